"""A figure live in JupyterLab: the notebook runs, a handle is moved, and Python has the value."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from chromium import new_page
from playwright.sync_api import TimeoutError

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
CELLS = (
    "from book_lib.book.figure import figure as show\nfigure = show('attention_by_hand')\nfigure",
    "print('the query of it is', figure.query[2])",
    "figure.row = 0",
)
OPTIONS = (
    "--no-browser --allow-root --ServerApp.ip=127.0.0.1 --ServerApp.port=0 --IdentityProvider.token= --ServerApp.password="
    " --LabApp.news_url=None --LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --ServerApp.disable_check_xsrf=True"
    " --ServerApp.terminals_enabled=False"
)
NODE = "document.querySelectorAll('.jp-Notebook .jp-CodeCell')[cell].querySelector('.jp-InputPrompt')"
PROMPT = f"(/[*\\d]+/.exec({NODE}.textContent) ?? [''])[0]"
BEGUN = f"([cell, before]) => {PROMPT} !== before"           # "*" from the moment the key arrives
DONE = f"([cell, before]) => ![before, '*', ''].includes({PROMPT})"


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab of its own: its notebooks, settings and runtime files in a temporary folder, on a free port."""
    home = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(CELLS)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (home / "work").mkdir()
    nbformat.write(notebook, home / "work" / "figure.ipynb")
    places = {name: str(home / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}
    environment = {**os.environ, **places, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS.split(), f"--ServerApp.root_dir={home / 'work'}"]
    with open(home / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=home)
    try:
        yield wait_for(server, home / "jupyter_runtime_dir", home / "log")
    finally:
        server.terminate()
        server.wait()


def wait_for(server, runtime, log):
    end = time.monotonic() + 150
    while time.monotonic() < end and server.poll() is None:
        for file in runtime.glob("jpserver-*.json"):
            try:
                url = json.loads(file.read_text())["url"]
                urllib.request.urlopen(f"{url}api/status", timeout=2).close()
                return url
            except (ValueError, OSError):
                pass
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()[-2000:]}", pytrace=False)


@pytest.fixture
def page(browser, lab):
    page = new_page(browser, viewport={"width": 1280, "height": 1100})
    dialog = page.locator(".jp-Dialog")                      # on a busy machine JupyterLab may ask for a kernel or say that it waits
    page.add_locator_handler(dialog, lambda: dialog.locator(".jp-mod-accept").click())
    page.goto(f"{lab}lab/tree/figure.ipynb?reset")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status='idle']").wait_for()
    yield page
    page.close()


def run(page, cell):
    """Run one cell and wait until its prompt has a number."""
    code = page.locator(".jp-Notebook .jp-CodeCell").nth(cell)
    before = page.evaluate(f"cell => {PROMPT}", cell)
    for _ in range(6):                                       # a key pressed while the kernel still connects is lost
        code.locator(".cm-content").click()
        page.keyboard.press("Shift+Enter")
        with contextlib.suppress(TimeoutError):
            page.wait_for_function(BEGUN, arg=[cell, before], timeout=30_000)
            break
    page.wait_for_function(DONE, arg=[cell, before])
    return code


def printed(page):
    code = run(page, 1)
    return code.locator(".jp-OutputArea-output").inner_text()


def test_a_handle_that_is_moved_moves_python(page):
    run(page, 0)
    figure = page.locator(".bk-fig").first
    figure.wait_for()
    assert "the query of it is [2" in printed(page)

    handle = figure.get_by_role("slider", name=re.compile("^query of"))
    handle.scroll_into_view_if_needed()
    handle.focus()
    page.keyboard.press("ArrowRight")
    said = printed(page)
    assert "the query of it is [2.5, 1" in said, "by keyboard"

    handle.scroll_into_view_if_needed()
    tip, unit = handle.locator(".bk-hit").bounding_box(), figure.locator(".bk-plane").bounding_box()["width"] / 340 * 30
    x, y = tip["x"] + tip["width"] / 2, tip["y"] + tip["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - unit, y - unit, steps=5)
    page.mouse.up()
    said = printed(page)
    assert "the query of it is [1.5, 2" in said, "by mouse"

    run(page, 2)
    page.wait_for_function("document.querySelector('.bk-readout').innerText.startsWith('“animal”')")
