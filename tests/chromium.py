"""Headless Chromium for the browser tests: where it is and how it is started, for every test that needs it."""

import os
import shutil

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE = 180_000           # ms until a state that does not come counts as missing: enough for a slow machine that does other work, too
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path():
    """The browser's executable: the environment's CHROMIUM, or the first found on the path; None where there is none."""
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)


def launch(playwright):
    """Start the machine's own Chromium under a sync Playwright."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS), timeout=PATIENCE)


def new_context(browser, **options):
    """A browser context, such as browser.new_context makes, whose pages wait as long as a slow machine needs."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE)
    context.set_default_navigation_timeout(PATIENCE)
    return context


def new_page(browser, **options):
    """A page, such as browser.new_page makes, with a context of its own and as patient as those of new_context."""
    page = browser.new_page(**options)
    page.set_default_timeout(PATIENCE)
    return page
