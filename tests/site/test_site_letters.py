"""Letters of pictures, drawings and figures on a phone: none is shown smaller than 9 px, and no picture is cut or leaves the window."""

import re

import pytest
from figure_page import MOUNTED
from reading import names

pytestmark = pytest.mark.browser
LEAST = 9                                                  # px
OPEN = """(folds => { folds.forEach(each => { each.open = true; }); return folds; })(
  [...document.querySelectorAll('main details:not([open])')])"""
SMALL = r"""least => {
  const found = [], walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement, text = walker.currentNode.data.replace(/[\s\u200b]+/g, " ").trim();
    const svg = e.closest("svg");
    if (!text || !(svg || e.closest("figure")) || !e.checkVisibility({ visibilityProperty: true })) continue;
    const m = svg && e.getScreenCTM ? e.getScreenCTM() : { a: 1, b: 0, c: 0, d: 1 };
    const size = parseFloat(getComputedStyle(e).fontSize) * Math.min(Math.hypot(m.a, m.b), Math.hypot(m.c, m.d));
    if (size < least) found.push(`${size.toFixed(2)} px: ${text.slice(0, 40)}`);
  }
  return found;
}"""
CUT = """[...document.querySelectorAll("main .bk-svg, main .bk-d")].filter(svg => {
  const { left, right, width } = svg.getBoundingClientRect();
  const box = svg.closest(".cell_output");
  const isCut = box && getComputedStyle(box).overflowX !== "visible" && box.scrollWidth > box.clientWidth;
  return width && (left < 0 || right > innerWidth || isCut);
}).map(svg => svg.getAttribute("aria-label"))"""
LINKED = "[...document.querySelectorAll('main img')].map(each => each.src).filter(src => src.endsWith('.svg'))"


@pytest.mark.parametrize("name", [name for name in names() if name not in ("search.html", "genindex.html")])
def test_no_letter_of_a_picture_is_smaller_than_nine_pixels_on_a_phone(read, name):
    visited = read(name)
    assert visited.page.evaluate(f"!document.querySelector('figure[data-figure]') || {MOUNTED}")
    assert visited.page.evaluate(LINKED) == []
    folds = visited.page.evaluate_handle(OPEN)
    for width in (390, 360):
        assert visited.at(width).evaluate(SMALL, LEAST) + visited.page.evaluate(CUT) == [], f"{width} px"
    folds.evaluate("folds => folds.forEach(each => { each.open = false; })")


def test_the_pictures_of_the_book_are_drawn_in_its_pages(site_html):
    drawn = [re.findall(r'<svg[^>]* class="[^"]*\bbk-(?:svg|d)\b', (site_html / name).read_text("utf-8")) for name in names()]
    assert sum(map(len, drawn)) > 80
