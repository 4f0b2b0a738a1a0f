"""A page with one live figure, put together as the site does it."""

import shutil

from book_lib.book.figure import figure, style
from book_site import figures, page_models

PAGE = """<!doctype html>
<html lang="en" data-theme="{theme}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Live</title>
<link rel="icon" href="data:,"><style>{style}</style><script src="../_figures/mount.js" defer></script>
<style>body {{ margin: 0 auto; max-width: 760px; padding: 16px; background: var(--paper); color: var(--ink); }}</style></head>
<body><main><h1>Live</h1>{figure}</main></body>
</html>
"""


def write_live_page(folder, name, theme="light", **traits):
    """Write pages/NAME.html with one figure, and beside it the scripts that it may load. Returns the page's path."""
    scripts = folder / figures.FOLDER
    if not (scripts / "engine.js").exists():
        scripts.mkdir(parents=True, exist_ok=True)
        (folder / "pages").mkdir(exist_ok=True)
        page_models.write_scripts(scripts, page_models.models_of(["your_scene", "your_sentence"]))
    shutil.copy(figures.HERE / "mount.js", scripts)
    (scripts / f"{name}.js").write_text(figures.script(name, "en"), encoding="utf-8")
    page = folder / "pages" / f"{name}.html"
    page.write_text(PAGE.format(theme=theme, style=style(name), figure=figure(name, **traits).static_html()), encoding="utf-8")
    return page


def open_live(browser, path, width=1280, script="", **options):
    """Open such a page from its folder and wait until its figure runs; `page.faults` collects its errors and what it asks elsewhere."""
    page = browser.new_page(viewport={"width": width, "height": 900}, has_touch=width < 600, **options)
    page.faults = []
    page.on("console", lambda message: page.faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.faults.append(request.url) if request.url.startswith("http") else None)
    if script:
        page.add_init_script(script)
    page.goto(path.as_uri())
    page.wait_for_selector("figure[data-mounted='1']")
    return page


def says(page, what):
    """Wait until the readout holds a text; the whole readout."""
    page.wait_for_function("what => document.querySelector('.bk-readout').textContent.includes(what)", arg=what)
    return page.locator(".bk-readout").inner_text()
