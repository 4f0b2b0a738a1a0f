"""Headless Chromium for the browser tests: where it is and how it is started, for every test that needs it."""

import functools
import os
import shutil

from playwright.sync_api import Error, Locator, Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ACTIONS = {
    Locator: ("check", "clear", "click", "dblclick", "dispatch_event", "drag_to", "fill", "focus", "hover", "press", "press_sequentially",
              "select_option", "set_checked", "tap", "uncheck"),
    Page: ("dispatch_event", "emulate_media", "set_viewport_size"),
}
INPUTS = {"keyboard": ("press", "type", "insert_text", "down", "up"), "mouse": ("click", "dblclick", "down", "move", "up", "wheel"),
          "touchscreen": ("tap",)}
NEXT_FRAME = "document.hidden || new Promise(done => requestAnimationFrame(() => setTimeout(done)))"
PATIENCE = 180_000           # ms until a state that does not come counts as missing: enough for a slow machine that does other work, too
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path():
    """The browser's executable: the environment's CHROMIUM, or the first found on the path; None where there is none."""
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)


def launch(playwright):
    """Start the machine's own Chromium under a sync Playwright; from then on actions wait for what they make a page draw."""
    settle_after_actions()
    return playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS), timeout=PATIENCE)


def new_context(browser, **options):
    """A browser context, such as browser.new_context makes, whose pages wait as long as a slow machine needs."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    context.set_default_navigation_timeout(PATIENCE)
    if options.get("java_script_enabled", True):
        context.on("page", settle_after_input)
    return context


def new_page(browser, **options):
    """A page, such as browser.new_page makes, with a context of its own and as patient as those of new_context."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE)
    if options.get("java_script_enabled", True):
        settle_after_input(page)
    return page


def settled(act, page_of):
    """act, an action of Playwright's, followed by a frame: what a page draws in the frame after an event is there when act returns."""

    @functools.wraps(act)
    def wrapped(self, *args, **options):
        done, page = act(self, *args, **options), page_of(self)
        try:
            if hasattr(page, "settles"):
                page.evaluate(NEXT_FRAME)
        except Error as error:                                               # the action has opened another page, or closed this one
            if not any(sign in str(error) for sign in ("context was destroyed", "has been closed", "Target closed", "navigation")):
                raise
        return done

    return wrapped


def settle_after_actions():
    """Teach all locators and pages to wait after an action; those of a page do so from settle_after_input on."""
    for kind, names in ACTIONS.items():
        for name in names:
            if not hasattr(getattr(kind, name), "__wrapped__"):
                setattr(kind, name, settled(getattr(kind, name), lambda self: self if isinstance(self, Page) else self.page))


def settle_after_input(page):
    """Make a page's actions wait for the frame that shows what they did: those of its locators, keyboard, mouse and finger.

    Not to be called for a page without scripts, which never says that a frame has come.
    """
    page.settles = True
    for device, names in INPUTS.items():
        tool = getattr(page, device)
        for name in names:
            setattr(tool, name, functools.partial(settled(getattr(type(tool), name), lambda _: page), tool))
