"""The finished site, built once a session with what `make book` runs, and served on the loopback interface."""

import functools
import http.server
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from filelock import FileLock
from reading import names, one_reader

ROOT = Path(__file__).resolve().parents[2]
FILES = ["test_site_pages.py", "test_lessons.py", "test_site_letters.py"]    # whose tests share a page, in this order


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


@pytest.fixture(scope="session")
def read(browser, site_url):
    """read(name): a page of the book in a wide window, opened once for the tests that follow each other; see reading.one_reader."""
    with one_reader(browser, site_url) as reader:
        yield reader


def pytest_collection_modifyitems(items):
    """First what needs no site, while another process builds it; then page by page, so that a page is opened once for all its tests."""
    here = [(place, item) for place, item in enumerate(items) if Path(__file__).parent in item.path.parents]
    pages = {name: place for place, name in enumerate(names())}

    def order(item):
        if "read" not in item.fixturenames:
            return -1 if "site_html" in item.fixturenames else -2, 0
        page = item.callspec.params.get("name") if hasattr(item, "callspec") else None
        return pages.get(page, -1), FILES.index(item.path.name)

    for (place, _), item in zip(here, sorted((item for _, item in here), key=order), strict=True):
        items[place] = item
