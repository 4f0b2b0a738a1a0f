"""A small book with one good chapter, made on the spot: the lints must be content with it, and with nothing that is taken from it."""

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

You need to know what a matrix is. 2 minutes to read, 4 seconds to run.
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
from IPython.display import HTML, Image

from book_lib.book.claims import verdict
from book_lib.book.source import show_source
"""
FIGURES = """\
def figure(name):
    return HTML(f'<div class="bk-widget" data-esm="{name}" data-model="{{}}">a picture</div>')


def Quiz(questions):
    return figure("quiz")


figure("attention_by_hand")
"""
PICTURE = """\
dot = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
Image(data=base64.b64decode(dot))
"""
PROOF = """\
error = abs(0.1 + 0.2 - 0.3)
assert error < 1e-12
print(f"outputs and gradients: largest error {error:.1e}")
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
    cells += [code('verdict("C13", total == 45, measured=f"{total} by counting")'), code('verdict("C01", True, source="the paper")')]
    cells += [text(MISCONCEPTION)]
    for number in range(1, 6):
        solution = code(f"print({number} + {number})")
        cells += [text(EXERCISE.format(n=number)), solution, text("```{solution-end}\n```")]
    cells += [code("Quiz(questions=[])"), text(CLOSING)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.book = {"minutes_to_read": 2, "seconds_to_run": 4}
    return notebook


def make_book(root):
    """Write the book's own files and the chapter, run and normalised, under root. Returns the chapter's path."""
    root, chapter = Path(root), Path(root) / "chapters" / "02_self_attention.ipynb"
    chapter.parent.mkdir(parents=True)
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copy(ROOT / "CITATION.cff", root)
    (root / "_toc.yml").write_text("format: jb-book\nroot: index\nchapters:\n  - file: chapters/02_self_attention\n", encoding="utf-8")
    owed = [load_claims()[name] | {"chapters": ["self_attention"]} for name in ("C01", "C13")]
    (root / "claims.yml").write_text(yaml.safe_dump(owed, allow_unicode=True), encoding="utf-8")
    question = {"id": "q-self-attention-1", "chapter": "self_attention", "question": "What are query, key and value?"}
    (root / "questions.yml").write_text(yaml.safe_dump([question]), encoding="utf-8")
    (root / "references.bib").write_text("@inproceedings{vaswani2017, title={Attention Is All You Need}}\n", encoding="utf-8")
    notebook = good_notebook()
    run_chapter.execute(notebook, chapter.parent)
    run_chapter.normalise(notebook)
    run_chapter.write(notebook, chapter)
    return chapter
