"""What makes pages show early: one style in the page, no script before it, few elements, nothing that moves while it loads."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from chromium import new_context
from everyone import at_rest
from reading import names

sys.path.insert(0, str(Path(__file__).parents[2] / "site"))

from book_site import pages, speed  # noqa: E402

STYLE_BYTES, ELEMENTS, SHIFT = 140_000, 16_000, 0.02
SHEET = """@charset "utf-8"; /* a { b } */ @import "other.css";
.used, .gone:hover, a.gone > b { color : red ; background: url(data:image/png;base64,a;b) }
.gone, .used .gone { margin: 0 }
@media (min-width: 9px) { .gone { top: 0 } #there:not(.gone) { top: 1px; --pst-idle: "a;b"; --pst-read: 2px } }
@supports (x: y) { .gone { top: 0 } }
a[href^=".gone"]::before { content: ".gone { }"; left: var(--pst-read); src: url("../font.woff2") }
@font-face { font-family: "Idle Face"; src: url(idle.woff2) }
@keyframes turn { from { top: 0 } to { top: 1px } } .used { animation: turn 1s }
"""
SHIFTS = """window.shifts = []; new PerformanceObserver(list => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) shifts.push(shift.value);
}).observe({ type: "layout-shift", buffered: true });"""
HEIGHTS = """() => [...document.querySelectorAll('div.cell_input pre')].filter(pre => pre.checkVisibility()).map(pre => {
  pre.style.contentVisibility = "hidden"; const before = pre.getBoundingClientRect().height;
  pre.style.contentVisibility = "visible"; return [before, pre.getBoundingClientRect().height];
})"""


class Elements(HTMLParser):
    """The elements of a page in one pass: all as (name, attributes), and the attributes of the pictures in its main part."""

    def __init__(self, text):
        super().__init__()
        self.all, self.pictures, self.is_main = [], [], False
        self.feed(text)
        self.close()

    def handle_starttag(self, name, attributes):
        self.all.append((name, dict(attributes)))
        self.is_main = self.is_main or name == "main"
        self.pictures += [dict(attributes)] if self.is_main and name == "img" else []

    def handle_endtag(self, name):
        self.is_main = self.is_main and name != "main"

    def named(self, name, attribute):
        return [about for each, about in self.all if each == name and attribute in about]


@pytest.mark.parametrize("name", [name for name in names() if name != "search.html"])
def test_nothing_is_waited_for(name, site_html):
    text = (site_html / name).read_text(encoding="utf-8")
    page = Elements(text)
    assert [about for about in page.named("link", "rel") if about["rel"] == "stylesheet"] == []
    assert len(page.named("style", "data-sheets")) == 1
    assert [about["src"] for about in page.named("script", "src") if "defer" not in about] == []
    assert len(speed.STYLE.search(text)[0]) <= STYLE_BYTES
    assert len(page.all) <= ELEMENTS or "appendix/api" in text
    assert [about for about in page.pictures if not (about.get("width") and about.get("height"))] == []


def test_a_page_keeps_the_addresses_of_its_style(site_html):
    path = site_html / "chapters" / "02_self_attention.html"
    style = speed.STYLE.search(path.read_text(encoding="utf-8"))[0]
    addresses = {address for _, address in speed.ADDRESS.findall(style) if not re.match(r"data:|#", address)}
    assert any("source-serif" in address for address in addresses)
    assert [address for address in addresses if not (path.parent / address).is_file()] == []


def test_a_second_build_makes_the_same_style(site_html):
    path = site_html / "chapters" / "02_self_attention.html"
    text = path.read_text(encoding="utf-8")
    assert speed.with_own_style(text, path) == text


@pytest.fixture
def style(tmp_path):
    (tmp_path / "css").mkdir()
    (tmp_path / "css" / "sheet.css").write_text(SHEET, encoding="utf-8")
    (tmp_path / "css" / "other.css").write_text("i { top: 3px }", encoding="utf-8")
    (tmp_path / "app.js").write_text('look(".gone"); node.className = "written";', encoding="utf-8")
    page = tmp_path / "chapters" / "page.html"
    head = '<link rel="stylesheet" href="../css/sheet.css?v=1" /><script src="../app.js?v=2"></script>'
    text = f'<head>{head}</head><a class="used" id="there"><i></i></a>'
    return lambda: speed.STYLE.search(speed.with_own_style(text, page))[0]


def test_a_style_has_the_rules_that_its_page_uses(style):
    text = style()
    assert text.startswith('<style data-sheets="[&quot;../css/sheet.css&quot;]">i{top: 3px}\n.used{color')
    assert "url(data:image/png;base64,a;b)}" in text
    assert "@media (min-width: 9px){#there:not(.gone){top: 1px;--pst-read: 2px}}" in text
    assert 'content: ".gone { }"' in text and 'url("../font.woff2")' in text
    assert "@keyframes turn" in text
    assert not re.search(r"idle|Idle|@supports|@charset|@import|/\*|\.gone[^)\"{ ]", text)


def test_words_of_scripts_are_those_they_write(tmp_path):
    (tmp_path / "app.js").write_text('find(".sought"); node.className = "written two"; more = `<i class="${x} third">`;')
    assert {"written", "two", "third"} <= speed.words_of(tmp_path / "app.js")
    assert "sought" not in speed.words_of(tmp_path / "app.js")


def test_code_has_spans_where_its_colour_changes():
    tokens = [("n", "x"), ("o", "="), ("w", " "), ("o", "-"), ("p", "("), ("s2", "&quot;a"), ("s2", "&quot;")]
    code = "".join(f'<span class="{kind}">{text}</span>' for kind, text in tokens)
    assert pages.few_spans(code) == 'x<span class="o">= -</span>(<span class="s2">&quot;a&quot;</span>'
    comments = '<span class="c1"># a</span>\n<span class="c1"># b</span>'
    assert pages.few_spans(comments) == comments


def test_code_without_spans_has_the_colour_of_its_neighbours(site_html):
    sheet = (site_html / "_static" / "pygments.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        colours = dict(re.findall(rf'html\[data-theme="{theme}"\] \.highlight \.(\w+) {{ color: (#\w+)', sheet))
        assert len({colours[kind] for kind in pages.PLAIN}) == 1


@pytest.fixture(scope="module", params=[1350, 412])
def arrivals(request, browser):
    """A reader with a window of one width to whom fonts never come; each page is loaded from the site, as routes keep no cache."""
    context = new_context(browser, viewport={"width": request.param, "height": 900})
    context.add_init_script(SHIFTS)
    context.route("**/*.woff2", lambda route: route.abort())
    yield context
    context.close()


@pytest.mark.browser
@pytest.mark.parametrize("name", [name for name in names() if name.startswith(("chapters/", "index"))])
def test_nothing_but_a_line_of_text_moves_while_a_page_loads(name, arrivals, site_url):
    """Fonts stay away: when they come is chance, and with which faces of the machine they change places, too."""
    page, errors = arrivals.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(site_url + name, wait_until="load")
    at_rest(page)
    assert page.evaluate("shifts.reduce((sum, value) => sum + value, 0)") <= SHIFT and errors == []
    page.close()


@pytest.mark.browser
def test_the_contents_have_their_column_before_they_come(browser, site_url):
    context = new_context(browser, viewport={"width": 1350, "height": 900})
    page = context.new_page()
    page.goto(site_url + "chapters/02_self_attention.html")
    at_rest(page)
    where = "document.querySelector('.bd-article-container').getBoundingClientRect().x"
    before = page.evaluate(where)
    page.evaluate("document.querySelectorAll('.bd-sidebar-secondary').forEach(column => column.remove())")
    assert page.evaluate(where) == before
    context.close()


@pytest.mark.browser
def test_code_that_is_not_drawn_yet_is_as_high_as_it_will_be(browser, site_url):
    context = new_context(browser, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site_url + "chapters/02_self_attention_lab.html")
    at_rest(page)
    heights = page.evaluate(HEIGHTS)
    before, after = (sum(height[side] for height in heights) for side in (0, 1))
    assert len(heights) > 10 and abs(before - after) <= 0.1 * after
    context.close()
