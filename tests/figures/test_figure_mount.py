"""The mount script: over http and from a folder, when it scrolls near, in print, from a shared address, and when something is wrong."""

import functools
import http.server
import threading

import pytest
from figure_page import MOUNTED, open_page, readout, write_page

from book_lib.widgets import AttentionByHand, CausalMask
from book_lib.widgets.causal_mask import causal

pytestmark = pytest.mark.browser
HOSTS = "[...document.querySelectorAll('.bk-widget')].map(host => host.dataset.mounted ?? '')"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def visit(browser, path, replace=(), **options):
    """Open a page written by write_page, with some of its text replaced, without waiting for its figures."""
    text = path.read_text(encoding="utf-8")
    for old, new in replace:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
    page.errors = []
    page.on("console", lambda message: page.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.errors.append(f"uncaught: {error}"))
    page.goto(path.as_uri())
    return page


def settled(page):
    page.wait_for_function("[...document.querySelectorAll('.bk-widget')].every(host => ['1', 'error'].includes(host.dataset.mounted))")
    return page.evaluate(HOSTS)


def test_over_http_and_from_a_folder_it_says_the_same_and_asks_nobody(browser, tmp_path, served):
    path, said = write_page(tmp_path, [CausalMask()]), []
    for address in (served + path.name, path.as_uri()):
        page = open_page(browser, address)
        asked = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
        assert all(name.startswith((address.removesuffix(path.name), "blob:", "data:")) for name in asked)
        said.append(readout(page))
        assert page.faults == []
        page.close()
    assert said == [CausalMask().sentence()] * 2


def test_a_wrong_trait_is_one_sentence_and_the_page_lives(browser, tmp_path):
    path = write_page(tmp_path, [CausalMask(), AttentionByHand()])
    page = visit(browser, path, [("&quot;layers&quot;:1,", "&quot;layers&quot;:7,")])
    assert settled(page) == ["error", "1"]
    assert page.get_by_role("alert").all_inner_texts() == [
        "This figure cannot be drawn: its setting “layers” is 7, but it must be a whole number from 1 to 4."
    ]
    assert page.locator(".bk-fig").count() == 1 and page.errors == []
    page.close()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('data-esm="causal_mask"', 'data-esm="lost"', "lost"),
        ('data-model="{', 'data-model="{,', "causal_mask"),
    ],
    ids=["module missing", "model broken"],
)
def test_the_picture_stays_when_a_figure_cannot_start(browser, tmp_path, old, new, fault):
    page = visit(browser, write_page(tmp_path, [CausalMask()]), [(old, new)])
    assert settled(page) == ["error"]
    assert page.locator(".bk-fallback table").first.is_visible()
    assert page.get_by_text(CausalMask().sentence()).is_visible()
    assert any(f"interactive figure {fault}" in error for error in page.errors) and not any("uncaught" in error for error in page.errors)
    page.close()


def test_a_module_that_throws_leaves_its_picture(browser, tmp_path):
    path = write_page(tmp_path, [CausalMask()])
    script = tmp_path / "_esm" / "causal_mask.src.js"
    script.write_text('(window.__bookEsm ||= {})["causal_mask"] = "export default { render() { throw new Error(\'no\'); } };";')
    page = visit(browser, path)
    assert settled(page) == ["error"] and page.locator(".bk-fallback").count() == 1
    assert page.errors == ["interactive figure causal_mask: no"]
    page.close()


def test_a_figure_far_below_waits_keeps_its_room_and_is_mounted_for_print(browser, tmp_path):
    spacer = "<h1>Figures</h1><div style='height: 4000px'></div>"
    page = visit(browser, write_page(tmp_path, [CausalMask()]), [("<h1>Figures</h1>", spacer)])
    page.wait_for_load_state("networkidle")
    assert page.evaluate(HOSTS) == [""]
    assert page.evaluate("performance.getEntriesByType('resource').filter(entry => entry.name.includes('causal_mask')).length") == 0
    before = page.evaluate("document.querySelector('.bk-widget').offsetHeight")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function(MOUNTED)
    assert abs(page.evaluate("document.querySelector('.bk-widget').offsetHeight") - before) <= 60
    page.emulate_media(media="print")
    assert not page.get_by_role("button", name="Start again").is_visible() and page.locator(".bk-readout").is_visible()
    page.close()


def test_scrolling_near_mounts(browser, tmp_path):
    spacer = "<h1>Figures</h1><div style='height: 4000px'></div>"
    page = visit(browser, write_page(tmp_path, [CausalMask()]), [("<h1>Figures</h1>", spacer)])
    page.evaluate("scrollTo(0, 2900)")
    page.wait_for_function(MOUNTED)
    assert page.evaluate("document.querySelector('.bk-widget').getBoundingClientRect().top > innerHeight"), "mounted before it is seen"
    page.close()


def test_a_shared_address_restores_the_state_and_a_broken_one_does_no_harm(browser, tmp_path):
    path = write_page(tmp_path, [CausalMask(number="0.1")])
    page = open_page(browser, path.as_uri())
    page.get_by_role("button", name="Causal mask").click()
    page.wait_for_function("location.hash.includes('mask')")
    again = open_page(browser, page.url)
    assert readout(again) == CausalMask(mask=causal(6)).sentence()
    again.get_by_role("button", name="Start again").click()
    assert readout(again) == CausalMask().sentence()
    again.wait_for_function("location.hash === '#interactive-0-1'")
    for broken in ("{layers:", "%7B%22layers%22%3A99%7D", "%7B%22no%22%3A1%7D", "%zz"):
        page.goto("about:blank")
        page.goto(f"{path.as_uri()}#interactive-0-1={broken}")
        page.wait_for_function(MOUNTED)
        assert readout(page) == CausalMask().sentence() and page.faults == []
    page.close()
    again.close()


def test_two_figures_of_a_kind_keep_their_own_state(browser, tmp_path):
    page = open_page(browser, write_page(tmp_path, [CausalMask(number="0.1"), CausalMask(number="0.2")]).as_uri())
    page.get_by_role("button", name="Open all").last.click()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    first, second = page.locator(".bk-readout").all_inner_texts()
    assert first == CausalMask().sentence() and second == CausalMask(mask=[[1] * 6] * 6).sentence()
    repeated = "(ids => ids.length - new Set(ids).size)([...document.querySelectorAll('[id]')].map(node => node.id))"
    assert page.evaluate(repeated) == 0 and page.faults == []
    page.close()
