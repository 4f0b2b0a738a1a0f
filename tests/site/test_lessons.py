"""What only a browser can measure of a lesson: its length, its first screen, and that nothing is cut, wide or on a phone."""

import pytest

from book_files import chapters_in_book
from book_lib.book.chapters import metadata
from conftest import ROOT

pytestmark = pytest.mark.browser

SCREENS, FIRST_PICTURE, WORDS = 25, 620, 2800
NOTEBOOKS = [path for path in chapters_in_book(ROOT) if metadata(path).get("form")]
LESSONS = [path.stem for path in NOTEBOOKS if metadata(path)["form"] == "lesson"]
OLD = [path.stem for path in chapters_in_book(ROOT) if not metadata(path).get("form")]
PICTURE = """() => Math.min(...[...document.querySelectorAll("article :is(img, svg, canvas, figure.bk-fig)")]
  .map(each => each.getBoundingClientRect()).filter(box => box.width > 200 && box.height > 80).map(box => box.top))"""
COUNT = """() => {
  const page = document.querySelector("article").cloneNode(true);
  const other = "pre, svg, .math, .katex, details, [popover], .bk-cards, .bk-head, script, style, .headerlink, "
    + ".bk-fig:not([data-figure=quiz])";
  for (const each of page.querySelectorAll(other)) each.remove();
  return page.textContent.match(/[\\p{L}\\p{N}][\\p{L}\\p{N}’'-]*/gu).length;
}"""
CODE = """() => {
  const seen = [...document.querySelectorAll("article pre")].filter(each => each.checkVisibility());
  return [seen.length, seen.filter(each => each.scrollWidth > each.clientWidth + 1).length];
}"""
CUT = """() => [...document.querySelectorAll(".bk-equation")].filter(each => each.scrollWidth > each.clientWidth + 1)
  .map(each => each.textContent)"""

FACE = """() => document.fonts.ready.then(() => [...document.fonts].some(face =>
  face.family.includes("Source Serif 4") && face.weight === "400" && face.style === "normal" && face.status === "loaded"))"""


def of_chapters(names):
    return pytest.mark.parametrize("name", [f"chapters/{name}.html" for name in names])


@of_chapters(LESSONS)
def test_a_lesson_is_short_and_begins_with_a_picture(read, name):
    page = read(name).page
    assert page.evaluate("document.documentElement.scrollHeight / innerHeight") <= SCREENS + 0.5
    assert page.evaluate(PICTURE) <= FIRST_PICTURE
    assert page.evaluate(COUNT) <= WORDS


@of_chapters(LESSONS)
def test_a_mark_leads_to_the_run_in_the_lesson_s_own_lab(read, name):
    links = read(name).page.evaluate("[...document.querySelectorAll('.bk-claim-card a')].map(each => each.getAttribute('href'))")
    lab = name.removeprefix("chapters/").replace(".html", "_lab.html")
    assert links and all(link.startswith(f"{lab}#claim-C") for link in links)


@of_chapters([path.stem for path in NOTEBOOKS] + OLD)
def test_at_most_a_tenth_of_the_code_is_wider_than_its_block(read, name):
    blocks, too_wide = read(name).page.evaluate(CODE)
    assert too_wide <= blocks / 10


@of_chapters([path.stem for path in NOTEBOOKS])
def test_no_equation_is_cut_on_a_phone(read, name):
    page = read(name).at(390)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@of_chapters(LESSONS[:1] or OLD[:1])
def test_the_text_is_set_in_the_face_that_the_site_brings(read, name):
    assert read(name).page.evaluate(FACE)
