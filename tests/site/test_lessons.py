"""What only a browser can measure of a lesson: its length, its first screen, and that nothing is cut, wide or on a phone."""

import pytest
from chromium import new_page
from everyone import at_rest

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


@pytest.fixture
def read(browser, site_url):
    """Open a chapter's page in a window of one width, all its figures drawn and its fonts there."""
    opened = []

    def start(name, width):
        opened.append(new_page(browser, viewport={"width": width, "height": 900}))
        page = opened[-1]
        page.goto(f"{site_url}chapters/{name}.html", wait_until="load")
        for figure in page.query_selector_all("figure.bk-fig[data-figure]"):
            figure.scroll_into_view_if_needed()
            page.wait_for_function("figure => figure.dataset.mounted === '1'", arg=figure)
        page.evaluate("scrollTo(0, 0)")
        at_rest(page)
        return page

    yield start
    for page in opened:
        page.close()


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_short_and_begins_with_a_picture(read, name):
    page = read(name, 1280)
    assert page.evaluate("document.documentElement.scrollHeight / innerHeight") <= SCREENS + 0.5
    assert page.evaluate(PICTURE) <= FIRST_PICTURE
    assert page.evaluate(COUNT) <= WORDS


@pytest.mark.parametrize("name", LESSONS)
def test_a_mark_leads_to_the_run_in_the_lesson_s_own_lab(read, name):
    links = read(name, 1280).evaluate("[...document.querySelectorAll('.bk-claim-card a')].map(each => each.getAttribute('href'))")
    assert links and all(link.startswith(f"{name}_lab.html#claim-C") for link in links)


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS] + OLD)
def test_at_most_a_tenth_of_the_code_is_wider_than_its_block(read, name):
    blocks, too_wide = read(name, 1280).evaluate(CODE)
    assert too_wide <= blocks / 10


@pytest.mark.parametrize("name", [path.stem for path in NOTEBOOKS])
def test_no_equation_is_cut_on_a_phone(read, name):
    page = read(name, 390)
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_text_is_set_in_the_face_that_the_site_brings(read):
    assert read(OLD[0] if OLD else LESSONS[0], 1280).evaluate(FACE)
