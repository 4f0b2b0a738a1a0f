"""Every page of the finished site in a real browser: nothing from elsewhere, no error, no sideways scrolling, light, for everyone."""

import gzip
import re
from pathlib import Path

import pytest
import yaml
from chromium import new_context
from everyone import faults, fonts_of_the_machine, pale_text
from reading import Visit, names

from export_page_model import HEADERS
from page_models import figures_of

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[2]
PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
BUDGET = 600_000
MODEL_BUDGET = 1_500_000
LIVE = set(figures_of(HEADERS))  # figures that open a model
WEIGHTS = {}                     # of what was asked for, by address: pages share most of it
WIDER_THAN_PAGE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 4)
    .map(e => e.outerHTML.slice(0, 120))"""
WIDTHS = (1280, 768, 390, 360)
ONE_OF_A_KIND = ("chapters/02_self_attention.html", "chapters/02_self_attention_lab.html", "appendix/claims.html", "appendix/api.html")
GROUNDS_OF_OUTPUTS = "[...document.querySelectorAll('.cell_output .text_html')].map(e => getComputedStyle(e).backgroundColor)"


@pytest.fixture
def visit(browser):
    contexts = []

    def start(address, width=1280, **options):
        contexts.append(new_context(browser, **options))
        return Visit(contexts[-1], width).read(address)

    yield start
    for context in contexts:
        context.close()


def off_site(visited, address):
    return [url for url in visited.addresses if not url.startswith((address, "data:", "blob:"))]


@pytest.fixture(params=names())
def name(request):
    return request.param


def test_a_page_is_whole_and_its_own(read, name, site_url):
    visited = read(name)
    assert off_site(visited, site_url) == []
    assert [f"{answer.status} {answer.url}" for answer in visited.responses if answer.status >= 400] == []
    weights = {answer.url: weight(answer) for answer in visited.responses if not is_picture(answer.url) and not is_model(answer.url)}
    assert sum(weights.values()) <= BUDGET, sorted(weights.items(), key=lambda item: -item[1])[:8]
    models = [weight(answer) for answer in visited.responses if is_model(answer.url)]
    assert len(models) <= 2 and max(models, default=0) <= MODEL_BUDGET, models
    shown = visited.page.evaluate("[...document.querySelectorAll('figure.bk-fig')].map(figure => figure.dataset.figure)")
    assert LIVE & set(shown) or not [answer.url for answer in visited.responses if answer.url.endswith(("/engine.js", ".model.js"))]
    alts = visited.page.evaluate("[...document.querySelectorAll('main img')].map(picture => picture.getAttribute('alt'))")
    assert [alt for alt in alts if not alt or re.search(r"_images|[0-9a-f]{20}|\.png$", alt)] == []
    assert fonts_of_the_machine(visited.page) == []
    if name.startswith("chapters/"):
        run_and_download_follow_the_configuration(visited.page, name)
    for width in WIDTHS:
        visited.at(width)
        assert visited.page.evaluate(WIDER_THAN_PAGE) == [], f"{name} scrolls sideways at {width} px"
    assert visited.faults == []


def is_picture(url):
    return url.split("?")[0].endswith(PICTURES) or url.startswith(("data:", "blob:"))


def is_model(url):
    """A live model stands outside a page's budget, and has one of its own."""
    return url.endswith(".model.js")


def weight(answer):
    """Bytes that came over the wire for an answer: of fonts as they are, of texts packed."""
    if answer.url not in WEIGHTS:
        body = answer.body()
        WEIGHTS[answer.url] = len(body) if ".woff" in answer.url else len(gzip.compress(body, 6))
    return WEIGHTS[answer.url]


def test_a_page_can_be_read_by_everyone(read, name):
    visited = read(name)
    choose(visited.page, "dark")
    assert pale_text(visited.page) == [] and grounds_are_the_page_s(visited.page)
    choose(visited.page, "light")
    assert faults(visited.page) == [] and grounds_are_the_page_s(visited.page)
    assert faults(visited.at(360, is_drawn=True), contrast=False) == []              # no colour depends on the width
    visited.at(1280, is_drawn=True)


def grounds_are_the_page_s(page):
    """Whether HTML outputs stand on the ground of the page; the theme alone would put a light one under them in the dark."""
    return set(page.evaluate(GROUNDS_OF_OUTPUTS)) <= {"rgba(0, 0, 0, 0)"}


@pytest.mark.parametrize("name", ["index.html", *ONE_OF_A_KIND, "search.html", "genindex.html"])
def test_a_page_of_each_kind_comes_whole_to_a_phone_and_can_be_read_there_by_everyone(visit, name, site_url):
    visited = visit(site_url + name, 360, color_scheme="light", reduced_motion="reduce")
    assert visited.faults == [] and off_site(visited, site_url) == []
    assert visited.page.evaluate(WIDER_THAN_PAGE) == []
    assert faults(visited.page) == []


def choose(page, scheme):
    """Press the button for the page's colours until it is light or dark."""
    for _ in range(3):
        if page.evaluate("document.documentElement.dataset.theme") == scheme:
            return
        page.get_by_role("button", name="Colours").click()
    raise AssertionError(f"no {scheme} page")


SPOILT = (".highlight .kn, .highlight .n { color: #ccc !important }", "article p { background: #777 !important }")


def test_pale_text_would_be_noticed(visit, site_url):
    page = visit(site_url + "chapters/03_multi_head_attention_lab.html", color_scheme="light", reduced_motion="reduce").page
    for style in SPOILT:
        sheet = page.add_style_tag(content=style)
        assert [found.split(":")[0] for found in pale_text(page)] == ["serious color-contrast"], style
        sheet.evaluate("style => style.remove()")


def search_for(page, words):
    """Type into the search that has just been opened, and press Enter."""
    page.wait_for_function("document.activeElement.type === 'search'")
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def is_found(page, name):
    """Wait until the results, which come one by one, have a link to a page."""
    page.locator(f"#search-results li a[href*='{name}']").first.wait_for()
    return True


def test_search_finds_over_http_from_any_page_by_keyboard(visit, site_url):
    visited = visit(site_url + "appendix/notation.html")
    visited.page.keyboard.press("Control+k")
    search_for(visited.page, "glossary")
    visited.page.wait_for_url("**/search.html?q=glossary")
    assert is_found(visited.page, "appendix/glossary.html")
    assert visited.faults == [] and off_site(visited, site_url) == []


def test_search_finds_on_a_phone(visit, site_url):
    visited = visit(site_url + "appendix/notation.html", 360)
    visited.page.get_by_role("button", name="Search").locator("visible=true").first.click()
    search_for(visited.page, "bibliography")
    assert is_found(visited.page, "appendix/bibliography.html")


def test_an_unzipped_folder_works_without_a_server(visit, site_html):
    base = site_html.as_uri() + "/"
    chapters = [name for name in names() if name.startswith("chapters/")]
    for name in ("index.html", chapters[0], chapters[-1], "appendix/notation.html"):
        visited = visit(base + name)
        assert visited.faults == [] and off_site(visited, base) == []
    assert visited.page.locator(".katex").count() > 0
    assert visited.page.evaluate("[...document.fonts].some(font => font.family.includes('KaTeX') && font.status === 'loaded')")
    found = visit(base + "search.html?q=attention")
    assert is_found(found.page, "chapters/") and found.faults == []


def test_the_reader_chooses_light_or_dark_and_it_stays(visit, site_url):
    page = visit(site_url + "index.html", color_scheme="light").page
    seen = []
    for _ in range(3):
        page.get_by_role("button", name="Colours").click()
        seen.append(page.evaluate("[document.documentElement.dataset.mode, document.documentElement.dataset.theme].join()"))
    assert sorted(seen) == ["auto,light", "dark,dark", "light,light"]
    while page.evaluate("document.documentElement.dataset.mode") != "dark":
        page.get_by_role("button", name="Colours").click()
    page.goto(site_url + "appendix/notation.html", wait_until="commit")
    page.wait_for_function("document.body")                    # committed is before there is a root or a body
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", paper)[:3])) < 60


def test_chapters_are_reached_on_a_phone_by_the_menu(visit, site_url):
    page = visit(site_url + "index.html", 360).page
    page.get_by_role("button", name="Chapters").click()
    page.get_by_role("link", name="Notation").locator("visible=true").first.click()
    page.wait_for_url("**/appendix/notation.html")
    assert page.locator("h1").inner_text().startswith("Notation")


def run_and_download_follow_the_configuration(page, name):
    repository = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]
    place = repository["url"].removeprefix("https://github.com/")
    notebook = name.replace(".html", ".ipynb")
    page.locator(".bk-run summary").click()
    links = {link.inner_text(): link.get_attribute("href") for link in page.locator(".bk-run a").all()}
    assert links["Open on Binder"] == f"https://mybinder.org/v2/gh/{place}/{repository['branch']}?urlpath=lab/tree/{notebook}"
    assert links["Open on Colab"] == f"https://colab.research.google.com/github/{place}/blob/{repository['branch']}/{notebook}"
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the notebook").click()
    assert Path(download.value.path()).read_bytes() == (ROOT / notebook).read_bytes()
    page.locator(".bk-run summary").click()


def test_a_printed_page_has_its_title_and_no_frame(visit, site_url):
    page = visit(site_url + "appendix/notation.html").page
    page.emulate_media(media="print")
    assert page.locator("article h1").is_visible()
    assert not any(page.locator(frame).is_visible() for frame in (".bd-header-article", "#pst-primary-sidebar", ".bk-turn"))


def test_lines_are_neither_short_nor_long(visit, site_url):
    page = visit(site_url + "appendix/how_this_book_is_made.html").page
    counts = page.evaluate("""() => [...document.querySelectorAll("article section > p")].map(p => {
      const range = document.createRange(); range.selectNodeContents(p);
      const lines = new Set([...range.getClientRects()].map(r => Math.round(r.bottom / 8)));
      return [p.innerText.length, lines.size];
    }).filter(([, lines]) => lines >= 3).map(([letters, lines]) => letters / (lines - 0.5))""")
    assert counts and 62 <= sum(counts) / len(counts) <= 78
