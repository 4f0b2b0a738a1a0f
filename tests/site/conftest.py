"""The finished site, built once a session with what `make book` runs, and served on the loopback interface."""

import functools
import http.server
import itertools
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from figure_page import open_page, overflow, served, small_buttons, violations, write_page
from filelock import FileLock

ROOT = Path(__file__).resolve().parents[2]
PLACES = [("http", 1280, "light"), ("http", 360, "dark"), ("file", 1280, "dark"), ("file", 360, "light")]


def build_book(folder):
    """Run tools/build_book.py on a folder; its exit code, output and complaints."""
    command = [sys.executable, str(ROOT / "tools" / "build_book.py"), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


@pytest.fixture(scope="session")
def site_html():
    """The folder _build/html, built once for all processes of a test run: a second build, even of nothing new, changes style sheets."""
    testrun_uid = os.environ.get("PYTEST_XDIST_TESTRUNUID") or uuid.uuid4().hex
    run = ROOT / "_build" / ".test_run"
    run.parent.mkdir(exist_ok=True)
    with FileLock(ROOT / "_build" / ".lock"):
        if not run.is_file() or run.read_text() != testrun_uid:
            built = build_book(ROOT)
            assert built.returncode == 0, built.stdout + built.stderr
            run.write_text(testrun_uid)
    return ROOT / "_build" / "html"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def site_url(site_html):
    """The address of the served site, with a slash at its end."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site_html)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


@pytest.fixture(scope="module")
def site(tmp_path_factory, figures):
    """Addresses of pages with one figure each, by (scheme, figure, theme); figures: a fixture of the test file, {name: figure}."""
    folder = tmp_path_factory.mktemp("figures")
    with served(folder) as address:
        addresses = {}
        for name, theme in itertools.product(figures, ("light", "dark")):
            page = write_page(folder, [figures[name]], theme, f"{name}-{theme}")
            addresses["http", name, theme], addresses["file", name, theme] = f"{address}/{page.name}", page.as_uri()
        yield addresses


@pytest.fixture(params=PLACES, ids=lambda place: "-".join(map(str, place)))
def visit(request, site, browser):
    """Open the page of a figure; at the end it must be free of errors, no wider than its window, its controls large, and accessible."""
    scheme, width, theme = request.param
    pages = []

    def start(name):
        pages.append(open_page(browser, site[scheme, name, theme], width))
        return pages[-1]

    yield start
    for page in pages:
        found = list(page.faults), overflow(page), small_buttons(page), violations(page)     # axe last: it asks for more
        page.close()
        assert found == ([], 0, [], [])
