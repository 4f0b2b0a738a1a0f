"""A chapter that moves into a copy of the tree: lesson, lab, figure, module, two lines in _toc.yml, no other file touched; it builds."""

import hashlib
import shutil
import sys

import nbformat
import yaml
from bs4 import BeautifulSoup

from conftest import ROOT, build_book

sys.path.insert(0, str(ROOT / "tests" / "chapters"))

from sample_book import good_lab, good_lesson  # noqa: E402

from run_chapter import normalise, write  # noqa: E402

SKIPPED = shutil.ignore_patterns(".*", "_build", "build", "vendor", "coursework", "tests", "node_modules", "__pycache__", "*.egg-info")
MODEL = '"""Layers that only bats know."""\n\n\ndef echo(wave):\n    """Give back a wave of any shape, unchanged."""\n    return wave\n'
NAME = "bats_in_flight"
FACTS = {"question": "What does a bat hear?", "summary": "Echoes, and who answers.", "title": "Bats", "slug": "bats", "needs": ["detr"]}
WORDS = {
    "# 3 ·": "# 13 ·", "# Lab 3 ·": "# Lab 13 ·", "Several questions": "Bats", "(q-multi-head-1)=\n": "", "(q-multi-head-2)=\n": "",
    "{claim}`C14`": "so", "{claim}`C11`": "so", "ex-03-": "ex-13-", " 3.1.": " 13.1.", "eq-slices": "eq-bats", "eq-lab": "eq-bats-lab",
}


def files_of(root):
    skipped = {"_build", "vendor", "__pycache__"}
    found = (path for path in root.rglob("*") if path.is_file() and not skipped & set(path.relative_to(root).parts))
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def move_in(root):
    """Put the files of chapter 13 into the tree at root."""
    shutil.copytree(root / "figures" / "split_merge", root / "figures" / NAME)
    (root / "book_lib" / "bats.py").write_text(MODEL, encoding="utf-8")
    for file, notebook in (("13_bats", good_lesson()), ("13_bats_lab", good_lab())):
        notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "markdown" or "base64" not in cell.source]
        for cell in notebook.cells:
            for old, new in WORDS.items():
                cell.source = cell.source.replace(old, new)
        if not file.endswith("_lab"):
            notebook.metadata.book.update(FACTS)
            text = f'<figure class="bk-fig" data-figure="{NAME}" data-state="{{}}">An interactive figure.</figure>'
            shown = nbformat.v4.new_output("display_data", data={"text/html": text})
            notebook.cells[-2].outputs = [shown]
        normalise(notebook)
        write(notebook, root / "chapters" / f"{file}.ipynb")
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chapter = {"file": "chapters/13_bats", "sections": [{"file": "chapters/13_bats_lab"}]}
    toc["parts"][-2]["chapters"].append(chapter)
    (root / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")


def test_a_new_chapter_touches_no_other_file(tmp_path):
    root = tmp_path / "book"
    shutil.copytree(ROOT, root, ignore=SKIPPED)
    if (ROOT / "vendor").exists():
        (root / "vendor").symlink_to(ROOT / "vendor")
    before = files_of(root)
    move_in(root)
    after = files_of(root)
    assert {name for name in before if before[name] != after.get(name)} == {"_toc.yml"}
    built = build_book(root)
    assert built.returncode == 0, built.stdout + built.stderr
    assert files_of(root) == after
    pages = {name: BeautifulSoup((root / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
             for name in ("index", "chapters/13_bats", "chapters/13_bats_lab", "chapters/01_history", "appendix/api")}
    assert "Echoes, and who answers." in pages["index"].select_one(".bk-path").get_text()
    assert "book_lib.bats.echo" in {tag.get("id") for tag in pages["appendix/api"].select("dt.sig")}
    assert pages["chapters/13_bats"].select_one(f'figure[data-figure="{NAME}"]') and pages["chapters/13_bats_lab"].select(".bk-switch a")
    assert "What does a bat hear?" in pages["chapters/01_history"].select_one('figure[data-figure="book_map"]')["data-data"]
    assert any("13 · Bats" in link.get_text() for link in pages["chapters/01_history"].select(".bd-docs-nav a"))
