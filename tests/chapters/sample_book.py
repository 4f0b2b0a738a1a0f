"""Small books, made on the spot, one with a chapter of the old form, one with lesson and lab: the lints are content with them."""

import shutil
from pathlib import Path

import nbformat
import yaml

import run_chapter
from book_files import ROOT
from book_lib.book.claims import load_claims
from set_address import address, setup_cell

TITLE = """\
# Self-attention

Who looks at whom?

:::{admonition} What this chapter gives you
:class: bk-opening
- compute a weight by hand
- explain the root
- choose a mask

You need to know what a matrix is. 2 minutes to read, 6 seconds to run.
:::
"""
MISCONCEPTION = """\
```{admonition} A misconception
:class: bk-misconception
**Often believed:** it sees order. **In fact** it does not. **See for yourself** below.
```
"""
EXERCISE = """\
```{{exercise}} Number {n}
:label: ex-02-{n}
What is {n} and {n}?
```

````{{solution-start}} ex-02-{n}
:class: dropdown
````
"""
LESSON_FILE = "03_multi_head_attention"
LEVELLED = EXERCISE.replace("ex-02-", "ex-03-").replace(":label: ex-03-{n}", ":label: ex-03-{n}\n:class: level-{level}")
LESSON = """\
# 3 · Several questions

> Who looks at *whom*?

:::{admonition} In this lesson
:class: bk-opening
**You will** count the questions that one layer can ask.

**You need** self-attention, chapter 2.
:::
"""
MIDDLE = """\
**Figure 3.1.** A dot.

A {term}`query` asks, and a word answers it {claim}`C14`. Nothing else is needed, says the article {claim}`C11`.

(q-multi-head-1)=
## Slices

$$ a = b $$ (eq-slices)
"""
SINCE = """\
## Since then

- Keys were shared {cite}`vaswani2017`.
- Heads were taken away {cite}`vaswani2017`.
- Others were grouped {cite}`vaswani2017`.
"""
END = """\
::::{admonition} What to remember
:class: bk-closing
1. one
2. two
3. three
4. four
5. five
::::

```{chapter-questions}
```
"""
LAB = """\
# Lab 3 · Several questions

Everything that the lesson says, run.

```{chapter-questions}
```

(q-multi-head-2)=
## What stops the heads from all learning the same thing?

Little, by equation {eq}`eq-slices`.
"""
CLOSING = """\
::::{admonition} To remember
:class: bk-closing
1. one
2. two
3. three
4. four
5. five
::::

Read on in {cite:t}`vaswani2017`.
"""
IMPORTS = """\
import base64
import sys
import time

import torch
from IPython.display import Image

from book_lib.book.claims import verdict
from book_lib.book.source import show_source
"""
FIGURES = """\
from book_lib.book.figure import figure

figure("attention_by_hand")
"""
PICTURE = """\
dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
Image(data=base64.b64decode(dot))
"""
PROOF = """\
error = abs(0.1 + 0.2 - 0.3)
assert error < 1e-12
print("outputs and gradients: largest error below 1e-12")
"""
TIMED = """\
started = time.perf_counter()
table = torch.linspace(-1, 1, 64 * 48, dtype=torch.float64).reshape(64, 48).requires_grad_()
for _ in range(14_000):
    torch.autograd.grad(torch.softmax(table @ table.T, -1).matmul(table).square().sum(), table)
print(f"took {time.perf_counter() - started:.3f} s")
print("unsteady", time.perf_counter(), file=sys.stderr)
"""
ALT = {"mystnb": {"image": {"alt": "One red dot on a white ground."}}}


def good_notebook():
    """The chapter, not yet run."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [text(TITLE), code(setup_cell(address()), metadata={"tags": ["hide-cell"]}), code(IMPORTS), code(FIGURES)]
    cells += [code('figure("who_sees_whom")'), code(PICTURE, metadata=ALT)]
    cells += [text("**Figure 2.1.** A dot.\n\nA {term}`query` asks.\n\n(q-self-attention-1)=\n## Names")]
    cells += [code("show_source(verdict)"), code(PROOF), code(TIMED)]
    cells += [text("## The claims"), code("total = sum(range(10))")]
    cells += [code('verdict("C14", total == 45, measured=f"{total} by counting")'), code('verdict("C01", True, source="the paper")')]
    cells += [text(MISCONCEPTION)]
    for number in range(1, 6):
        solution = code(f"print({number} + {number})")
        cells += [text(EXERCISE.format(n=number)), solution, text("```{solution-end}\n```")]
    cells += [code('figure("quiz", chapter="02_self_attention")'), text(CLOSING)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.book = {
        "slug": "self_attention", "title": "Self-attention", "question": "Who looks at whom?", "summary": "Looking.", "needs": [],
        "minutes_to_read": 2, "seconds_to_run": 6,
    }
    return notebook


def good_lesson():
    """A lesson, not yet run."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    bare, fold = {"tags": ["remove-input"]}, {"tags": ["hide-input"], "book": {"fold": "how this dot was made"}}
    cells = [text(LESSON), code(setup_cell(address()), metadata={"tags": ["hide-cell"]})]
    cells += [code(IMPORTS + "\n" + FIGURES, metadata=bare), code('figure("who_sees_whom")', metadata=bare)]
    cells += [code(PICTURE, metadata=ALT | fold), text(MIDDLE), code("show_source(verdict)", metadata=bare)]
    cells += [text(MISCONCEPTION), text(SINCE)]
    notebook = nbformat.v4.new_notebook(cells=[*cells, code(f'figure("quiz", chapter="{LESSON_FILE}")', metadata=bare), text(END)])
    notebook.metadata.book = {
        "form": "lesson", "slug": "multi_head", "title": "Several questions", "question": "Who looks at whom?", "needs": [],
        "summary": "Several at once.", "minutes_to_read": 2, "seconds_to_run": 6,
    }
    return notebook


def good_lab():
    """Its lab, not yet run."""
    text, code = nbformat.v4.new_markdown_cell, nbformat.v4.new_code_cell
    cells = [text(LAB), code(setup_cell(address()), metadata={"tags": ["hide-cell"]}), code(IMPORTS, metadata={"tags": ["hide-input"]})]
    cells += [code(PICTURE, metadata=ALT), text("**Figure L3.1.** The same dot.\n\n$$ c = d $$ (eq-lab)")]
    cells += [code(PROOF), code("total = sum(range(10))")]
    cells += [code('verdict("C14", total == 45, measured=f"{total} by counting")'), code('verdict("C11", total == 45, source="the paper")')]
    for number in range(1, 6):
        cells.append(text(LEVELLED.format(n=number, level=(number + 1) // 2)))
        cells += [code(f"print({number} + {number})"), text("```{solution-end}\n```")]
    notebook = nbformat.v4.new_notebook(cells=[*cells, text("## Further reading\n\nBegin with {cite:t}`vaswani2017`.")])
    notebook.metadata.book = {"form": "lab", "seconds_to_run": 6}
    return notebook


def make_book(root):
    """Write the book's own files and a chapter of the old form, run and normalised, under root. Returns the chapter's path."""
    return _make(root, "self_attention", ("C01", "C14"), 1, **{"02_self_attention": good_notebook()})[0]


def make_pair(root):
    """Write the book's own files, a lesson and its lab, run and normalised, under root. Returns the two paths."""
    return _make(root, "multi_head", ("C11", "C14"), 2, **{LESSON_FILE: good_lesson(), f"{LESSON_FILE}_lab": good_lab()})


def _make(root, slug, owed, count, **notebooks):
    root = Path(root)
    (root / "chapters").mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copy(ROOT / "CITATION.cff", root)
    first, *others = [{"file": f"chapters/{name}"} for name in notebooks]
    toc = {"format": "jb-book", "root": "index", "chapters": [first | ({"sections": others} if others else {})]}
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    claims = [load_claims()[name] | {"chapters": [slug]} for name in owed]
    (root / "claims.yml").write_text(yaml.safe_dump(claims, allow_unicode=True), encoding="utf-8")
    name = f"q-{slug.replace('_', '-')}"
    questions = [{"id": f"{name}-{place}", "chapter": slug, "question": f"Number {place}?"} for place in range(1, count + 1)]
    (root / "questions.yml").write_text(yaml.safe_dump(questions), encoding="utf-8")
    entry = "@inproceedings{vaswani2017, author={Vaswani, Ashish}, title={Attention Is All You Need}, booktitle={NeurIPS}, year={2017}}\n"
    (root / "references.bib").write_text(entry, encoding="utf-8")
    for name, notebook in notebooks.items():
        run_chapter.execute(notebook, root / "chapters")
        run_chapter.normalise(notebook)
        run_chapter.write(notebook, root / "chapters" / f"{name}.ipynb")
    return [root / "chapters" / f"{name}.ipynb" for name in notebooks]
