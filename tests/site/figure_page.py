"""A page with nothing but interactive figures, put together as the site does it, for browser tests that need no built book."""

import json
import shutil
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

from book_lib.widgets import STYLE, module_source

SITE = Path(__file__).resolve().parents[2] / "site"
PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Figures</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="chrome.css"><script src="_esm/mount.js" defer></script>
<style>body {{ margin: 0 auto; max-width: 760px; padding: 16px; background: var(--paper); color: var(--ink); }}</style></head>
<body><main><h1>Figures</h1>{figures}</main></body>
</html>
"""
MOUNTED = "[...document.querySelectorAll('.bk-widget')].every(host => host.dataset.mounted === '1')"


def write_page(folder, figures, theme="light", name="index"):
    """Write NAME.html with these figures, and the scripts and the style they need, into a folder; its path."""
    scripts = folder / "_esm"
    scripts.mkdir(parents=True, exist_ok=True)
    shutil.copy(SITE / "mount.js", scripts)
    shutil.copy(STYLE, folder / "chrome.css")
    for figure in figures:
        source = f"(window.__bookEsm=window.__bookEsm||{{}})[{json.dumps(figure.name)}]={json.dumps(module_source(figure.name))};\n"
        (scripts / f"{figure.name}.src.js").write_text(source, encoding="utf-8")
    page = folder / f"{name}.html"
    page.write_text(PAGE.format(theme=theme, figures="".join(figure.static_html() for figure in figures)), encoding="utf-8")
    return page


def open_page(browser, address, width=1280):
    """Open a page of figures and wait until all are mounted; `page.faults` collects its errors and failed requests."""
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce", has_touch=width < 600)
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("requestfailed", lambda request: page.faults.append(f"failed: {request.url}"))
    page.goto(address)
    page.evaluate("document.querySelectorAll('.bk-widget').forEach(host => host.scrollIntoView())")
    page.wait_for_function(MOUNTED)
    return page


def readout(page):
    """What the figure says, once it has drawn its latest state."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    return page.locator(".bk-readout").inner_text()


def violations(page):
    """What axe finds serious or critical on the page."""
    found = Axe().run(page).response["violations"]
    return [f"{item['id']}: {item['nodes'][0]['html'][:150]}" for item in found if item["impact"] in ("serious", "critical")]


def overflow(page):
    """How many px the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - innerWidth")
