"""A page with nothing but interactive figures, put together as the site does it, for browser tests that need no built book."""

import contextlib
import functools
import html
import http.server
import json
import shutil
import threading
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from chromium import new_page

from book_site import figures as site_figures
from book_site.page_models import write_models
from build_book import NODE_MODULES, put_vendored

ROOT = Path(__file__).resolve().parents[1]
PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Figures</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="colours.css"><link rel="stylesheet" href="{name}.css"><script src="_figures/mount.js" defer></script>
<style>body {{ margin: 0 auto; max-width: 696px; padding: 16px; background: var(--paper); color: var(--ink); }}</style></head>
<body><main><h1>Figures</h1>{figures}</main></body>
</html>
"""
AXE = Axe().axe_script
BROKEN = "([context, options]) => axe.run(context ?? document, options).then(({ violations }) => violations)"
HOSTS = "document.querySelectorAll('figure[data-figure]')"
COUNT_QUESTIONS = """window.asked = window.answered = 0;
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (...list) {
  if (!this.isCounted) this.addEventListener("message", () => { window.answered += 1; });
  this.isCounted = true;
  window.asked += 1;
  return post.apply(this, list);
};"""
HEIGHT = 900                                                # px of a window
TWO_FRAMES = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
MOUNTED = f"[...{HOSTS}].every(host => host.dataset.mounted === '1')"


@functools.cache
def still_of(text):
    """The element of a page for the text/html of a figure, with its still picture, as the site makes it."""
    put_vendored(ROOT / "vendor" / "_node", NODE_MODULES)
    ((name, given),) = site_figures.FIGURE.findall(text)
    state = site_figures.first_state(name, json.loads(html.unescape(given)))
    drawn = site_figures.draw({site_figures.key_of(name, state, "en"): (name, state, "en")}, ROOT / site_figures.LINKEDOM)
    (still,) = drawn.values()
    if "error" in still:
        raise ValueError(still["error"])
    return site_figures.in_page(name, given, state, still)


def write_page(folder, figures, theme="light", name="index"):
    """Write NAME.html with these figures, and the scripts and styles they need, into a folder; its path."""
    scripts = folder / "_figures"
    scripts.mkdir(parents=True, exist_ok=True)
    shutil.copy(site_figures.HERE / "mount.js", scripts)
    shutil.copy(site_figures.library().FIGURES / "_lib" / "colours.css", folder)
    names = sorted({figure.figure_name for figure in figures})
    (folder / f"{name}.css").write_text(site_figures.style_of_page(names), encoding="utf-8")
    for figure in names:
        (scripts / f"{figure}.js").write_text(site_figures.script(figure, "en"), encoding="utf-8")
    write_models(scripts, names)
    page = folder / f"{name}.html"
    text = "".join(still_of(figure.static_html()) for figure in figures)
    page.write_text(PAGE.format(theme=theme, name=name, figures=text), encoding="utf-8")
    return page


def open_page(browser, address, width=1280):
    """Open a page of figures in a window of its own and wait until all are mounted; `page.faults` collects errors and failed requests."""
    page = empty_window(browser, width)
    mount_all(page, address)
    return page


def empty_window(browser, width):
    """A window for pages of figures, as new_page makes it, a touch screen where it is narrow; `page.faults` as open_page says."""
    page = new_page(browser, viewport={"width": width, "height": HEIGHT}, reduced_motion="reduce", has_touch=width < 600)
    page.add_init_script(COUNT_QUESTIONS)
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("requestfailed", lambda request: page.faults.append(f"failed: {request.url}"))
    return page


@contextlib.contextmanager
def shared_windows(browser):
    """A function that shows an address in the one window of its width, as open_page does in a new one, which costs much more.

    With is_mounted=False it does not wait for figures. What the last test left there is gone: its page, what that page stored, where the
    mouse was, what was emulated and how wide it was.
    """
    windows = {}

    def show(address, width=1280, is_mounted=True):
        if width not in windows or windows[width].is_closed():
            windows[width] = empty_window(browser, width)
        page = windows[width]
        clear(page, width)
        if is_mounted:
            mount_all(page, address)
        else:
            page.goto(address)
        return page

    yield show
    for page in windows.values():
        page.close()


def clear(page, width):
    """Make a window as empty as a new one of this width."""
    if page.url != "about:blank":
        page.evaluate("localStorage.clear(), sessionStorage.clear()")
        page.unroute_all()
        page.goto("about:blank")                             # from here an address is opened anew, even if only its state differs
    page.emulate_media(media="null", color_scheme="null", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.mouse.move(0, 0)
    page.faults.clear()


def reopen(page):
    """Open the page anew in its first state. A mere reload keeps the state that stands in the address 0.4 s after each change."""
    mount_all(page, page.url.partition("#")[0])


def mount_all(page, address):
    page.goto(address)
    page.evaluate("document.querySelectorAll('figure[data-figure]').forEach(host => host.scrollIntoView())")
    page.wait_for_function(MOUNTED)


def says(page, what):
    """Wait until the readout holds a text, however long a model in the page takes to say it; the whole readout."""
    page.wait_for_function("what => document.querySelector('.bk-readout').textContent.includes(what)", arg=what)
    return page.locator(".bk-readout").inner_text()


def answered(page):
    """Wait until every question that was put to a model in the page has its answer, and the figure has drawn it."""
    page.evaluate(TWO_FRAMES)
    page.wait_for_function("asked === answered && !document.querySelector('.bk-readout').textContent.includes('Loading')")
    page.evaluate(TWO_FRAMES)


def readout(page):
    """What the figure says, once it has drawn its latest state."""
    page.evaluate(TWO_FRAMES)
    return page.locator(".bk-readout").inner_text()


def bring_axe(page):
    """Bring axe's script into a page, once."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE)


def axe(page, context=None, **options):
    """The rules that axe finds broken on the page, or in this part of it, as axe reports them."""
    bring_axe(page)
    return page.evaluate(BROKEN, [context, {"reporter": "no-passes"} | options])


def violations(page, **options):
    """What axe finds serious or critical on the page."""
    found = axe(page, **options)
    return [f"{item['id']}: {item['nodes'][0]['html'][:150]}" for item in found if item["impact"] in ("serious", "critical")]


def small_buttons(page, where=".bk-controls"):
    """The buttons in a part of the page that are less than 40 px wide or high."""
    return page.locator(f"{where} button").evaluate_all("""buttons => buttons.filter(button => {
      const { width, height } = button.getBoundingClientRect();
      return width > 0 && (width < 40 || height < 40);
    }).map(button => button.outerHTML)""")


def overflow(page):
    """How many px the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@contextlib.contextmanager
def served(folder):
    """The address of a folder on the loopback interface, without a slash at its end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def tab_to(page, target, steps=80):
    """Move the keyboard's focus to a locator with Tab alone."""
    for _ in range(steps):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {target}")


def drag(page, target, dx, dy):
    """Drag the middle of a locator by the mouse, (dx, dy) px."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def slide(page, slider, share):
    """Click a range input where its thumb stands at a share of its length."""
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.click(box["x"] + 8 + share * (box["width"] - 16), box["y"] + box["height"] / 2)
