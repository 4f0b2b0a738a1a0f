"""The mount script: over http and from a folder, when it scrolls near, in print, from a shared address, and when something is wrong."""

from urllib.parse import quote

import pytest
from chromium import new_context, new_page
from figure_modules import NEEDED, said
from figure_page import HOSTS, MOUNTED, TWO_FRAMES, open_page, readout, served, write_page

from book_lib.book.figure import figure, names

pytestmark = pytest.mark.browser
STATES = f"[...{HOSTS}].map(host => host.dataset.mounted ?? '')"
CAUSAL = [[int(j <= i) for j in range(6)] for i in range(6)]


def mask(**settings):
    return figure("causal_mask", **settings)


def visit(browser, path, replace=(), **options):
    """Open a page written by write_page, with some of its text replaced, without waiting for its figures."""
    text = path.read_text(encoding="utf-8")
    for old, new in replace:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    page = new_page(browser, viewport={"width": 1280, "height": 900}, **options)
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(f"uncaught: {error}"))
    page.goto(path.as_uri())
    return page


def settled(page):
    page.wait_for_function(f"[...{HOSTS}].every(host => ['1', 'error'].includes(host.dataset.mounted))")
    return page.evaluate(STATES)


def test_over_http_and_from_a_folder_it_says_the_same_and_asks_nobody(browser, tmp_path):
    path = write_page(tmp_path, [mask()])
    with served(tmp_path) as server:
        for address in (f"{server}/{path.name}", path.as_uri()):
            page = open_page(browser, address)
            asked = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
            assert all(name.startswith((address.removesuffix(path.name), "blob:", "data:")) for name in asked)
            assert readout(page) == said("causal_mask") and page.faults == []
            page.close()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('data-figure="causal_mask"', 'data-figure="lost"', "lost"),
        ('data-state="{', 'data-state="{,', "causal_mask"),
        ('data-state="{', 'data-state="{&quot;tokens&quot;:7,', "causal_mask"),
    ],
    ids=["module missing", "state broken", "module throws"],
)
def test_the_picture_stays_when_a_figure_cannot_start(browser, tmp_path, old, new, fault):
    page = visit(browser, write_page(tmp_path, [mask(layers=2)]), [(old, new)])
    assert settled(page) == ["error"]
    assert page.locator(".bk-mask").first.is_visible()
    assert page.get_by_text(said("causal_mask", layers=2)).is_visible()
    assert any(f"interactive figure {fault}" in error for error in page.errors) and not any("uncaught" in error for error in page.errors)
    page.close()


def test_a_figure_far_below_waits_keeps_its_room_and_is_mounted_for_print(browser, tmp_path):
    spacer = "<h1>Figures</h1><div style='height: 4000px'></div>"
    page = visit(browser, write_page(tmp_path, [mask()]), [("<h1>Figures</h1>", spacer)])
    page.wait_for_load_state("load")
    page.evaluate(TWO_FRAMES)
    assert page.evaluate(STATES) == [""]
    assert page.evaluate("performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('causal_mask.js')).length") == 0
    before = page.evaluate("document.querySelector('figure[data-figure]').offsetHeight")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(MOUNTED)
    assert abs(page.evaluate("document.querySelector('figure[data-figure]').offsetHeight") - before) <= 1
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Start again").is_visible() and page.locator(".bk-readout").is_visible()
    page.close()


def test_scrolling_near_mounts(browser, tmp_path):
    spacer = "<h1>Figures</h1><div style='height: 4000px'></div>"
    page = visit(browser, write_page(tmp_path, [mask()]), [("<h1>Figures</h1>", spacer)])
    page.evaluate("scrollTo(0, 2900)")
    page.wait_for_function(MOUNTED)
    below = "document.querySelector('figure[data-figure]').getBoundingClientRect().top > innerHeight"
    assert page.evaluate(below), "mounted before it is seen"
    page.close()


def test_a_shared_address_restores_the_state_and_a_broken_one_does_no_harm(browser, tmp_path):
    path = write_page(tmp_path, [mask(number="0.1")])
    page = open_page(browser, path.as_uri())
    page.get_by_role("button", name="Causal mask").click()
    page.wait_for_function("location.hash.includes('mask')")
    again = open_page(browser, page.url)
    assert readout(again) == said("causal_mask", mask=CAUSAL)
    again.get_by_role("button", name="Start again").click()
    assert readout(again) == said("causal_mask")
    again.wait_for_function("location.hash === '#interactive-0-1'")
    for broken in ("{layers:", "%7B%22layers%22%3A99%7D", "%7B%22no%22%3A1%7D", "%zz"):
        page.goto("about:blank")
        page.goto(f"{path.as_uri()}#interactive-0-1={broken}")
        page.wait_for_function(MOUNTED)
        assert readout(page) == said("causal_mask") and page.faults == []
    page.close()
    again.close()


def test_two_figures_of_a_kind_keep_their_own_state(browser, tmp_path):
    page = open_page(browser, write_page(tmp_path, [mask(number="0.1"), mask(number="0.2")]).as_uri())
    page.get_by_role("button", name="Open all").last.click()
    page.evaluate(TWO_FRAMES)
    first, second = page.locator(".bk-readout").all_inner_texts()
    assert first == said("causal_mask") and second == said("causal_mask", mask=[[1] * 6] * 6)
    repeated = "(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(node => node.id))"
    assert page.evaluate(repeated) == 0 and page.faults == []
    page.close()


def test_a_shared_state_whose_parts_do_not_fit_gives_way_to_the_first(browser, tmp_path):
    path = write_page(tmp_path, [figure("attention_by_hand", number="0.1")])
    page = open_page(browser, f"{path.as_uri()}#interactive-0-1=" + quote('{"tokens":["it","road"],"row":5}'))
    assert readout(page) == said("attention_by_hand") and page.faults == []
    page.close()


def test_what_is_thrown_later_is_one_sentence_and_the_page_lives(browser, tmp_path):
    path = write_page(tmp_path, [mask(), figure("attention_by_hand")])
    script = tmp_path / "_figures" / "causal_mask.js"
    reach = "function reach({ mask, layers }) {"
    source = script.read_text(encoding="utf-8")
    assert reach in source
    script.write_text(source.replace(reach, f"{reach} if (layers > 1) throw new Error('no');"), encoding="utf-8")
    page = visit(browser, path)
    assert settled(page) == ["1", "1"]
    page.get_by_label("layers").focus()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("alert").inner_text() == "This figure cannot be drawn: no"
    assert page.get_by_role("slider", name="key of road").is_visible()
    page.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", names())
def test_the_still_picture_takes_the_room_of_the_live_figure(window, tmp_path, name, width):
    """Nothing on the page moves when a figure starts, so no room has to be kept for it by hand."""
    path = write_page(tmp_path, [figure(name, number="0.1", **NEEDED.get(name, {}))])
    still = path.with_name("still.html")
    still.write_text(path.read_text("utf-8").replace(' src="_figures/mount.js"', ""), encoding="utf-8")
    page = window(still.as_uri(), width, is_mounted=False)
    assert page.evaluate(STATES) == [""]
    room = page.locator(".bk-fig").bounding_box()["height"]
    page.add_script_tag(url="_figures/mount.js")
    page.wait_for_function(MOUNTED)
    page.evaluate(TWO_FRAMES)
    assert page.locator(".bk-fig").bounding_box()["height"] == pytest.approx(room, abs=1)


def test_without_javascript_the_picture_stands_there_and_says_so(browser, tmp_path):
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(tmp_path, [mask(number="0.1")]).as_uri())
    assert page.locator(".bk-mask").first.is_visible() and page.get_by_text(said("causal_mask")).is_visible()
    assert page.get_by_text("first state").is_visible() and not page.get_by_role("button", name="Start again").is_visible()
    context.close()
