"""Letters of pictures, drawings and figures on a phone: none is shown smaller than 9 px, and no picture is cut or leaves the window."""

import pytest
from chromium import new_page
from everyone import at_rest
from figure_page import MOUNTED

pytestmark = pytest.mark.browser
LEAST = 9                                                  # px
OPEN = "document.querySelectorAll('main details').forEach(each => { each.open = true; })"
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


def pages(html):
    return sorted(str(path.relative_to(html)) for folder in (".", "chapters", "appendix") for path in (html / folder).glob("*.html"))


@pytest.mark.parametrize("width", [360, 390])
def test_no_letter_of_a_picture_is_smaller_than_nine_pixels_on_a_phone(browser, site_html, site_url, width):
    page, small, pictures = new_page(browser, viewport={"width": width, "height": 800}, reduced_motion="reduce"), {}, 0
    for name in pages(site_html):
        if name in ("search.html", "genindex.html"):
            continue
        page.goto(site_url + name)
        if not page.locator("main :is(svg, figure)").count():
            continue
        page.evaluate(OPEN)
        for place in range(page.locator("figure[data-figure]").count()):
            page.locator("figure[data-figure]").nth(place).evaluate("host => host.scrollIntoView()")
            page.wait_for_function("place => document.querySelectorAll('figure[data-figure]')[place].dataset.mounted === '1'", arg=place)
        assert page.evaluate(MOUNTED)
        at_rest(page)
        pictures += page.locator("main .bk-svg, main .bk-d").count()
        assert page.evaluate(LINKED) == [], name
        if found := page.evaluate(SMALL, LEAST) + page.evaluate(CUT):
            small[name] = found
    page.close()
    assert pictures > 80 and small == {}
