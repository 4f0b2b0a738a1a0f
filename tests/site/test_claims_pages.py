"""The tables of the appendix, in a small book of one chapter: what they show, where they link, and that they follow their chapters."""

import io
import os
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from book_lib.book.claims import load_claims, verdict

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "- {id: q-self-attention-1, chapter: self_attention, question: \"What are query and key?\"}\n"
OTHER = "- {id: q-vit-1, chapter: vit, question: \"Class token or average?\"}\n"
CONF = """\
extensions = ["myst_nb", "book_site.form", "book_site.folds", "book_site.claims"]
nb_execution_mode = "off"
exclude_patterns = ["html", "trees", "jupyter_execute"]
html_theme = "basic"
smartquotes = False
project = "A small book"
"""


def write_chapter(root, measured="variance 64.1 at d = 64", label="(q-self-attention-1)=\n", stored=None):
    answer = verdict("C13", True, measured=measured, source="Table 1 <here>")
    data = {"text/html": (stored or answer._repr_html_()), "text/plain": repr(answer)}
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=1)
    words = nbformat.v4.new_markdown_cell(f"# Self-attention\n\n## Names\n\n{label}A query asks.")
    code = nbformat.v4.new_code_cell("verdict()", outputs=[output], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[words, code])
    notebook.metadata.book = {"title": "Self-attention", "slug": "self_attention", "question": "Why?", "summary": "What."}
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = root / "chapters" / "02_self_attention.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def book(tmp_path):
    for folder in ("chapters", "appendix"):
        (tmp_path / folder).mkdir()
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    pages = "chapters/02_self_attention\nappendix/claims\nappendix/questions"
    (tmp_path / "index.md").write_text(f"# Book\n\n```{{toctree}}\n{pages}\n```\n", encoding="utf-8")
    (tmp_path / "_toc.yml").write_text("root: index\nchapters:\n- file: chapters/02_self_attention\n", encoding="utf-8")
    (tmp_path / "claims.yml").write_text((ROOT / "claims.yml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "questions.yml").write_text(QUESTION + OTHER, encoding="utf-8")
    for name in ("claims", "questions"):
        text = (ROOT / "appendix" / f"{name}.md").read_text(encoding="utf-8")
        (tmp_path / "appendix" / f"{name}.md").write_text(text, encoding="utf-8")
    write_chapter(tmp_path)
    return tmp_path


def build(root):
    """Build the book where it is, again if it was built before. Returns its warnings."""
    warnings = io.StringIO()
    with docutils_namespace():
        Sphinx(root, root, root / "html", root / "trees", "html", status=None, warning=warnings).build()
    return warnings.getvalue()


def page(root, name):
    return BeautifulSoup((root / "html" / f"{name}.html").read_text(encoding="utf-8"), "html.parser")


def test_all_statements_with_what_the_chapter_stores(book):
    assert build(book) == ""
    rows = page(book, "appendix/claims").select("table.bk-claims tbody tr")
    claims = load_claims()
    assert [row.td.get_text(strip=True) for row in rows] == list(claims)
    for row, claim in zip(rows, claims.values(), strict=True):
        assert claim["zh"] == row.select_one('[lang="zh"]').get_text() and claim["en"] in row.get_text()
    answered = rows[12]
    said = answered.find_all("td")[2].get_text(" ", strip=True)
    assert said.startswith("mostly right (d is d_k") and "Measured: variance 64.1 at d = 64" in said and "Source: Table 1 <here>" in said
    assert all("open" in row.find_all("td")[2].get_text() and not row.find("a") for row in rows if row is not answered)
    assert "1 of 75 statements are answered (1 mostly right); the others are open" in page(book, "appendix/claims").get_text()
    link = answered.a["href"]
    assert link == "../chapters/02_self_attention.html#claim-C13" and page(book, "chapters/02_self_attention").find(id="claim-C13")


def test_questions_of_the_book_link_to_their_answers(book):
    assert build(book) == ""
    questions = page(book, "appendix/questions")
    links = [link for link in questions.select("li a") if "self_attention" in link["href"]]
    assert [link.get_text() for link in links] == ["What are query and key?"]
    target = links[0]["href"].partition("#")[2]
    assert target == "q-self-attention-1" and page(book, "chapters/02_self_attention").find(id=target)
    assert "Class token" not in questions.get_text()


def test_a_question_without_a_place_is_a_warning(book):
    write_chapter(book, label="")
    assert "undefined label: 'q-self-attention-1'" in build(book)


def test_the_tables_follow_the_chapter(book):
    build(book)
    chapter = write_chapter(book, measured="variance 65.9")
    later = chapter.stat().st_mtime + 2                # Sphinx compares times in whole seconds on some file systems
    os.utime(chapter, (later, later))
    assert build(book) == ""
    assert "variance 65.9" in page(book, "appendix/claims").get_text()
    (book / "questions.yml").write_text(QUESTION.replace("query and key", "key and query"), encoding="utf-8")
    assert build(book) == ""
    assert "What are key and query?" in page(book, "appendix/questions").get_text()


def test_a_verdict_that_claims_yml_no_longer_has(book):
    write_chapter(book, stored=verdict("C13", True, measured=1)._repr_html_().replace('verdict="mostly right"', 'verdict="wrong"'))
    told = build(book)
    assert "02_self_attention.ipynb stores C13 as 'wrong', claims.yml has 'mostly right': run it again" in told and told.count("\n") == 1


@pytest.mark.parametrize("name, text", [("claims.yml", "- {id: C01}\n"), ("questions.yml", "- why?\n")])
def test_a_wrong_file_is_one_warning_on_its_page(book, name, text):
    (book / name).write_text(text, encoding="utf-8")
    told = build(book)
    assert f"{name}: entry 1" in told and told.count("\n") == 1 and "Traceback" not in told
