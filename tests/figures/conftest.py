"""Pages with one figure each: over http and from a folder, wide and narrow, light and dark."""

import pytest
from figure_page import open_page, overflow, served, small_buttons, violations, write_page

PLACES = [("http", 1280, "light"), ("http", 360, "dark"), ("file", 1280, "dark"), ("file", 360, "light")]


@pytest.fixture(scope="module")
def site(tmp_path_factory, shown):
    """Addresses of a page with one figure, by (scheme, theme); shown: a fixture of the test file, the figure."""
    folder = tmp_path_factory.mktemp("figure")
    with served(folder) as address:
        pages = {theme: write_page(folder, [shown], theme, theme) for theme in ("light", "dark")}
        yield {("http", theme): f"{address}/{page.name}" for theme, page in pages.items()} | {
            ("file", theme): page.as_uri() for theme, page in pages.items()}


@pytest.fixture
def page(browser, site):
    """The page of the figure, in a wide window and from its folder; at the end it must be free of errors."""
    page = open_page(browser, site["file", "light"])
    yield page
    assert page.faults == []
    page.close()


@pytest.fixture(params=PLACES, ids=lambda place: "-".join(map(str, place)))
def visit(request, site, browser):
    """Open the page of the figure; at the end it must be free of errors, no wider than its window, its controls large, and accessible."""
    scheme, width, theme = request.param
    pages = []

    def start():
        pages.append(open_page(browser, site[scheme, theme], width))
        return pages[-1]

    yield start
    for page in pages:
        found = list(page.faults), overflow(page), small_buttons(page), violations(page)     # axe last: it asks for more
        page.close()
        assert found == ([], 0, [], [])
