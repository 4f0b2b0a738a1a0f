"""A lesson and its lab as pages: switch, marks that open the stored verdict, cards of terms, folds, numbers by chapter, drawings."""

import os
import sys

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from chromium import new_page
from everyone import at_rest

from book_site.folds import svg_in_page
from conftest import ROOT, build_book

sys.path.insert(0, str(ROOT / "tests" / "chapters"))

from sample_book import good_lab, good_lesson, make_pair  # noqa: E402

LESSON, LAB = "chapters/03_multi_head_attention", "chapters/03_multi_head_attention_lab"
DRAWING = '<?xml version="1.0"?><svg id="top" viewBox="0 0 9 9"><style>.a{fill:var(--ink)}</style><g id="b"/><use href="#b"/></svg>'
GLOSSARY = '# Glossary\n\n```{glossary}\nquery\n  <span lang="zh">查询</span> The vector with which a token asks.\n```\n'
PAGES = {
    "index": "# A book\n\n```{chapter-path}\n```\n", "appendix/glossary": GLOSSARY,
    "appendix/bibliography": "# Bibliography\n\n```{bibliography}\n```\n",
}


def draw_svg(path):
    """Give the picture of the notebook an SVG output in place of its PNG."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                output.data = {"image/svg+xml": DRAWING}
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The built pages of a small book, by name, with its folder."""
    root = tmp_path_factory.mktemp("lesson")
    lesson, _ = make_pair(root)
    draw_svg(lesson)
    for name in ("site", "vendor", "book_lib", "figures", "tools", "history.yml", "benchmarks"):
        if (ROOT / name).exists():
            os.symlink(ROOT / name, root / name)
    (root / "appendix").mkdir()
    for name, text in PAGES.items():
        (root / f"{name}.md").write_text(text, encoding="utf-8")
    for name in ("claims", "questions"):
        (root / "appendix" / f"{name}.md").write_text((ROOT / "appendix" / f"{name}.md").read_text(encoding="utf-8"), encoding="utf-8")
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    toc["chapters"] += [{"file": f"appendix/{name}"} for name in ("glossary", "claims", "questions", "bibliography")]
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    built = build_book(root)
    assert built.returncode == 0, built.stdout + built.stderr
    html = root / "_build" / "html"
    return html, {name: BeautifulSoup((html / f"{name}.html").read_text(encoding="utf-8"), "html.parser")
                  for name in (LESSON, LAB, "index", "appendix/claims", "appendix/questions")}


def test_both_pages_lead_to_each_other_and_the_side_bar_names_the_chapter_once(pages):
    lesson, lab = pages[1][LESSON], pages[1][LAB]
    assert [(tag.name, tag.get_text()) for tag in lesson.select(".bk-switch > *")] == [("span", "Lesson"), ("a", "Lab")]
    links = [page.select_one(".bk-switch a")["href"] for page in (lesson, lab)]
    assert links == ["03_multi_head_attention_lab.html", "03_multi_head_attention.html"]
    assert lab.select_one(".bk-switch [aria-current]").get_text() == "Lab"
    heads = [page.select_one("h1").find(string=True) for page in (lesson, lab)]
    assert heads == ["Several questions", "Lab: Several questions"]
    times, seconds = [page.select_one(".bk-times").get_text() for page in (lesson, lab)], good_lesson().metadata.book["seconds_to_run"]
    assert times == [f"2 min to read · runs in {seconds} s", f"runs in {good_lab().metadata.book['seconds_to_run']} s"]
    for page in (lesson, lab, pages[1]["index"]):
        names = [link.get_text(strip=True) for link in page.select(".bd-docs-nav a")]
        assert names.count("3 · Several questions") == 1 and not any("Lab 3" in name for name in names)


def test_previous_and_next_lead_from_lesson_to_lesson(pages):
    turns = {name: {link["rel"][0]: link["href"] for link in pages[1][name].select(".bk-turn a")} for name in (LESSON, LAB)}
    assert turns[LESSON] == {"prev": "../index.html", "next": "../appendix/glossary.html"}
    assert turns[LAB] == {"prev": "03_multi_head_attention.html", "next": "../appendix/glossary.html"}


def test_a_mark_opens_the_verdict_that_the_lab_stores(pages):
    lesson = pages[1][LESSON]
    marks = {mark["popovertarget"]: " ".join(mark.get_text(" ").split()) for mark in lesson.select("button.bk-mark")}
    assert marks == {"verdict-C14": "C14 ✓ right, show the verdict", "verdict-C11": "C11 imprecise show the verdict"}
    card = lesson.find(id="verdict-C14")
    assert card.has_attr("popover") and card.select_one(".bk-verdict-measured").get_text() == "45 by counting"
    assert card.select_one(".bk-claim-more a")["href"] == "03_multi_head_attention_lab.html#claim-C14"
    assert pages[1][LAB].find(id="claim-C14") and not lesson.find(id="claim-C14")
    row = next(row for row in pages[1]["appendix/claims"].select("tr.bk-claim") if "C14" in row.get_text())
    assert row.a["href"] == "../chapters/03_multi_head_attention_lab.html#claim-C14"


def test_questions_are_found_in_lesson_and_lab(pages):
    for name in (LESSON, LAB):
        links = [link["href"].rpartition("/")[2] for link in pages[1][name].select("details.bk-fold ul a")]
        here = {LESSON: ("", "03_multi_head_attention_lab.html"), LAB: ("03_multi_head_attention.html", "")}[name]
        assert links == [f"{here[0]}#q-multi-head-1", f"{here[1]}#q-multi-head-2"]
    assert len(pages[1]["appendix/questions"].select("article li")) == 2


def test_numbers_begin_with_the_chapters(pages):
    numbers = {name: [tag.get_text().strip("()#") for tag in pages[1][name].select(".eqno")] for name in (LESSON, LAB)}
    assert numbers == {LESSON: ["3.1"], LAB: ["L3.1"]}
    assert "by equation (3.1)" in pages[1][LAB].get_text()
    titles = [tag.get_text().split("(")[0].strip() for tag in pages[1][LAB].select("div.exercise .caption-number")]
    assert titles == [f"Exercise 3.{place}" for place in range(1, 6)]


def test_a_fold_says_what_is_inside_and_a_picture_is_a_figure_with_its_caption(pages):
    lesson = pages[1][LESSON]
    folds = [fold.get_text() for fold in lesson.select("div.cell > details.bk-fold > summary")]
    assert folds == ["set-up", "how this dot was made"] and "Show code" not in lesson.get_text()
    figure = lesson.select_one("figure.bk-picture")
    assert figure.figcaption.get_text().strip() == "Figure 3.1. A dot." and figure.find_next_sibling().name == "details"
    drawing = figure.select_one("svg.bk-svg")
    assert drawing["aria-label"] == "One red dot on a white ground." and drawing["role"] == "img"
    assert drawing.find("use")["href"] == f"#{drawing.g['id']}" and "var(--ink)" in drawing.style.get_text()


def test_two_drawings_in_one_page_share_no_id_and_no_style():
    first, second = (BeautifulSoup(svg_in_page(DRAWING, prefix, 'a "b"'), "html.parser").svg for prefix in ("p1", "p2"))
    ids = [tag["id"] for drawing in (first, second) for tag in drawing.find_all(id=True)] + [first["id"], second["id"]]
    assert len(set(ids)) == len(ids) == 4 and first["aria-label"] == 'a "b"'
    assert first.style.get_text().startswith("#p1 {")
    assert 'fill="url(#p1-b)"' in svg_in_page(DRAWING.replace("<use", '<use fill="url(#b)"'), "p1", "")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_marks_and_cards_work_by_mouse_and_keyboard_from_a_file(pages, browser, width):
    page = new_page(browser, viewport={"width": width, "height": 900})
    page.goto((pages[0] / f"{LESSON}.html").as_uri())
    mark, box = page.locator("button.bk-mark").first, page.locator("#verdict-C14")
    assert not box.is_visible()
    mark.click()
    box.wait_for(state="visible")
    sides = box.bounding_box()
    assert "45 by counting" in box.inner_text() and sides["x"] >= 0 and sides["x"] + sides["width"] <= width
    page.keyboard.press("Escape")
    box.wait_for(state="hidden")
    mark.focus()
    page.keyboard.press("Enter")
    box.wait_for(state="visible")
    box.get_by_role("button", name="Close").click()
    box.wait_for(state="hidden")
    at_rest(page)
    mark_side, text_side = mark.bounding_box(), page.locator("p:has(.bk-mark)").bounding_box()
    in_margin = mark_side["x"] >= text_side["x"] + text_side["width"]
    assert in_margin == (width == 1280) and text_side["y"] - 4 <= mark_side["y"] <= text_side["y"] + text_side["height"]
    term, card = page.locator("a.bk-term").first, page.locator(".bk-card")
    term.focus()
    card.wait_for(state="visible")
    assert "The vector with which a token asks." in card.inner_text()
    assert page.locator("#" + term.get_attribute("aria-describedby")).text_content() == card.text_content()
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    term.hover()
    card.wait_for(state="visible")
    page.close()


@pytest.mark.browser
def test_on_paper_a_mark_says_its_verdict_and_the_list_of_questions_is_open(pages, browser):
    page = browser.new_page()
    page.goto((pages[0] / f"{LESSON}.html").as_uri())
    said = "mark => mark.querySelector('.bk-mark-word')?.textContent ?? getComputedStyle(mark, '::after').content"
    marks, questions = page.locator("button.bk-mark"), page.locator(".bk-fold > ul li").first
    assert [mark.evaluate(said) for mark in marks.all()] == ["none", "imprecise"] and not questions.is_visible()
    page.emulate_media(media="print")
    assert [mark.evaluate(said) for mark in marks.all()] == ['" right"', "imprecise"] and questions.is_visible()
    page.close()
