"""A checkout whose path has spaces and Chinese characters: the book builds there, and is read from there."""

import pytest
from chromium import new_context
from test_site_build import GOOD, tiny_book

from conftest import build_book


@pytest.mark.browser
def test_a_book_in_any_folder_is_built_and_read(tmp_path, browser):
    folder = tmp_path / "my books 书" / "注意力 and detection"
    folder.mkdir(parents=True)
    book = tiny_book(folder, GOOD, other="# Other\n\nText.\n")
    built = build_book(book)
    assert built.returncode == 0 and built.stderr == "", built.stderr
    page, faults = new_context(browser).new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.goto((book / "_build" / "html" / "index.html").as_uri())
    figure = page.locator("figure[data-figure]").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('figure[data-figure]').dataset.mounted === '1'")
    page.get_by_role("link", name="the other").click()
    page.wait_for_url("**/other.html")
    assert page.locator("h1").inner_text().startswith("Other") and faults == []
    page.context.close()
