"""What `make book` refuses, in tiny books that use this book's own configuration and extension."""

import json
import os
import re

import pytest
import yaml

from conftest import ROOT, build_book

FAULTS = r"""# A book with faults

Unknown macro: $\attentionn{Q}$.

```{interactive} no_such_figure
```

```{interactive} attention_by_hand
{"number": 7}
```

```{interactive} attention_by_hand
{not json
```

A [broken anchor](other.md#nowhere), a [missing file](nowhere.pdf), {ref}`no-such-label`, {cite:t}`nobody1900`.

<a href="other.html#nobody-home">raw link</a>

![](picture.png)

<img src="https://example.org/far.png" alt="A picture far away">
"""
SAID = (
    r"index\.md:3: .*Undefined control sequence: \\attentionn",
    r"index\.md:5: .*no_such_figure",
    r"index\.md:8: .*number.*7",
    r"index\.md:12: .*attention_by_hand",
    r"no-such-label",
    r"nobody1900",
    r"nowhere\.pdf",
    r"index\.html: link to other\.html#nobody-home: no such anchor",
    r"index\.html: picture .* has no human alt text",
    r"index\.html: .*example\.org/far\.png from another host",
)
GOOD = "# A good book\n\n$a_i$ and [the other](other.md).\n\n```{interactive} attention_by_hand\n```\n"
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8ffff3f"
    "0005fe02fe0def46b80000000049454e44ae426082"
)


def tiny_book(folder, index, config=None, **pages):
    own = ("site", "vendor", "book_lib", "figures", "tools", "benchmarks", "claims.yml", "history.yml", "questions.yml", "references.bib")
    for name in own:
        if (ROOT / name).exists():
            os.symlink(ROOT / name, folder / name)
    settings = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    (folder / "_config.yml").write_text(config or yaml.safe_dump(settings), encoding="utf-8")
    toc = {"format": "jb-book", "root": "index", "chapters": [{"file": name} for name in pages]}
    (folder / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    for name, text in {"index": index, **pages}.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    (folder / "picture.png").write_bytes(DOT)
    return folder


def test_every_fault_is_one_line_and_is_said_again(tmp_path):
    book = tiny_book(tmp_path, FAULTS, other="# Other\n\nText.\n")
    first = build_book(book)
    assert first.returncode == 1
    for said in SAID:
        assert re.search(said, first.stderr), f"{said!r} is not in\n{first.stderr}"
    assert re.search(r"nowhere(?!\.pdf)", first.stderr)
    assert "Traceback" not in first.stderr and str(book) not in first.stderr.replace(first.stderr.splitlines()[-1], "")
    assert first.stderr.splitlines()[-1].startswith("make book: stopped")
    assert build_book(book).stderr.count("\n") == first.stderr.count("\n")


def test_a_good_book_builds_quietly_and_follows_its_pages(tmp_path):
    book = tiny_book(tmp_path, GOOD, other="# Other\n\nText.\n")
    built = build_book(book)
    assert built.returncode == 0 and built.stderr == ""
    assert built.stdout.splitlines()[0] == "Building “Attention to Detection” from 2 pages"
    assert built.stdout.splitlines()[-1].endswith("_build/html/index.html")
    html = (book / "_build/html/index.html").read_text(encoding="utf-8")
    assert 'class="katex"' in html and "_figures/mount.js" in html and (book / "_build/html/_figures/attention_by_hand.js").exists()
    other = (book / "_build/html/other.html").read_text(encoding="utf-8")
    assert "mount.js" not in other and "katex.min.css" not in other and "copybutton" not in other
    (book / "other.md").write_text("# Another name\n\nText.\n", encoding="utf-8")
    again = build_book(book)
    assert again.returncode == 0 and "Another name" in (book / "_build/html/index.html").read_text(encoding="utf-8")
    (book / "_toc.yml").write_text(yaml.safe_dump({"format": "jb-book", "root": "index"}), encoding="utf-8")
    (book / "index.md").write_text("# A good book\n\nAlone.\n", encoding="utf-8")
    assert build_book(book).returncode == 0 and not (book / "_build/html/other.html").exists()


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda book: (book / "_toc.yml").write_text("root: [", encoding="utf-8"), "_toc.yml is not YAML"),
    (lambda book: (book / "_toc.yml").unlink(), "_toc.yml is missing"),
    (lambda book: (book / "_config.yml").write_text("title: {", encoding="utf-8"), "_config.yml is not YAML"),
    (lambda book: (book / "_config.yml").write_text("author: [1, 2]\nsphinx: 3\n", encoding="utf-8"), "_config.yml:"),
    (lambda book: (book / "index.md").unlink(), "_toc.yml names index, but there is no index.md or index.ipynb"),
    (lambda book: (book / "index.md").rename(book / "index.ipynb"), "index.ipynb is not a notebook"),
    (lambda book: ((book / "index.md").unlink(), (book / "index.ipynb").write_text(json.dumps([1]))), "index.ipynb is not a notebook"),
])
def test_what_cannot_be_started_is_one_line(tmp_path, spoil, said):
    book = tiny_book(tmp_path, "# A book\n")
    spoil(book)
    run = build_book(book)
    assert run.returncode == 2 and len(run.stderr.splitlines()) == 1 and said in run.stderr


def test_a_folder_that_is_not_there(tmp_path):
    run = build_book(tmp_path / "nowhere")
    assert run.returncode == 2 and run.stderr.startswith("make book: there is no folder")
