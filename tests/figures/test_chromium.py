"""How the browser tests act: whatever a page draws in the frame after an event is there when the action returns."""

import pytest
from chromium import new_context, new_page

BUTTON = """<title>none</title><script>clicks = 0</script>
<button onclick="requestAnimationFrame(() => { document.title = ++clicks; })">Draw</button>"""
pytestmark = pytest.mark.browser


@pytest.fixture(params=["a page", "a page of a context"])
def page(request, browser):
    page = new_page(browser) if request.param == "a page" else new_context(browser).new_page()
    page.set_content(BUTTON)
    yield page
    page.close()


def test_an_action_waits_for_the_frame_that_shows_it(page):
    button = page.get_by_role("button")
    for click in range(1, 40, 4):
        button.click()
        assert page.title() == str(click)
        button.press("Enter")
        assert page.title() == str(click + 1)
        page.keyboard.press("Enter")
        assert page.title() == str(click + 2)
        page.mouse.click(*(button.bounding_box()[name] + 4 for name in "xy"))
        assert page.title() == str(click + 3)


def test_a_page_without_scripts_has_no_frame_to_wait_for(browser):
    page = new_context(browser, java_script_enabled=False).new_page()
    page.set_content(BUTTON)
    page.get_by_role("button").click()
    page.keyboard.press("Enter")
    assert page.title() == "none"
    page.close()
