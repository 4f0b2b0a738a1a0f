"""What tests share: one headless Chromium a session. A machine without it skips the browser tests; where CI is set they fail instead."""

import os

import pytest
from chromium import chromium_path, launch

from node import node_program

MISSING = "no Chromium here: install it (Debian: apt-get install chromium) or name its executable in CHROMIUM"


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") and not chromium_path():
        if os.environ.get("CI"):
            pytest.fail(f"{MISSING}; in CI a browser test may not be skipped", pytrace=False)
        pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter):
    skipped = sum(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", []))
    if skipped:
        terminalreporter.write_line(f"{skipped} browser tests skipped: {MISSING}")


@pytest.fixture(scope="session")
def browser():
    """A running Chromium (Playwright's sync API); tests that use it are marked `browser`."""
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("PLAYWRIGHT_NODEJS_PATH", str(node_program()))     # Playwright's own Node wants a libatomic that Debian may lack
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
