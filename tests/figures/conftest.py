"""Pages with one figure each: over http and wide, from a folder and narrow; light and dark."""

import pytest
from figure_page import overflow, served, shared_windows, small_buttons, violations, write_page

PLACES = [("http", 1280, "light"), ("file", 360, "dark")]
OTHER = {"light": "dark", "dark": "light"}
PUT_THEME = "theme => { document.documentElement.dataset.theme = theme; }"


@pytest.fixture(scope="session")
def window(browser):
    """window(address, width): the page at this address, in a window that tests share; see figure_page.shared_windows."""
    with shared_windows(browser) as show:
        yield show


@pytest.fixture(scope="module")
def site(tmp_path_factory, shown):
    """Addresses of a page with one figure, by (scheme, theme); shown: a fixture of the test file, the figure."""
    folder = tmp_path_factory.mktemp("figure")
    with served(folder) as address:
        pages = {theme: write_page(folder, [shown], theme, theme) for theme in ("light", "dark")}
        yield {("http", theme): f"{address}/{page.name}" for theme, page in pages.items()} | {
            ("file", theme): page.as_uri() for theme, page in pages.items()}


@pytest.fixture
def page(window, site):
    """The page of the figure, in a wide window and from its folder; at the end it must be free of errors."""
    page = window(site["file", "light"])
    yield page
    assert page.faults == []


@pytest.fixture(params=PLACES, ids=lambda place: "-".join(map(str, place)))
def visit(request, site, window):
    """Open the page of the figure; at the end it must be free of errors, no wider than its window, its controls large, and accessible.

    In both themes: what the other one can change, contrast, is asked of it, too.
    """
    scheme, width, theme = request.param
    pages = []

    def start():
        pages.append(window(site[scheme, theme], width))
        return pages[-1]

    yield start
    (page,) = pages
    found = list(page.faults), overflow(page), small_buttons(page), violations(page)     # axe last: it asks for more
    page.evaluate(PUT_THEME, OTHER[theme])
    assert (*found, violations(page, runOnly=["color-contrast"])) == ([], 0, [], [], [])
