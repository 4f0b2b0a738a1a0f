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
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium_path():
    """The browser's executable: the environment's CHROMIUM, or the first found on the path; None where there is none."""
    return os.environ.get("CHROMIUM") or next((path for path in map(shutil.which, NAMES) if path), None)


def launch(playwright):
    """Start the machine's own Chromium under a sync Playwright."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=list(FLAGS))
