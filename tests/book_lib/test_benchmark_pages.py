"""The benchmark of the pages: what a row of it says, and that a page cannot be timed before it is built."""

import gzip
import http.server
import threading
import urllib.request
from functools import partial

import pytest

from benchmarks import pages


def test_a_row_holds_the_medians_and_the_largest_shift():
    runs = [{"performance": 90, "accessibility": 100, "shift": 0.001}, {"performance": 97, "accessibility": 98, "shift": 0.0204},
            {"performance": 95, "accessibility": 100, "shift": 0.0}]
    assert pages.summary("Self-attention", "mobile", runs) == {
        "page": "Self-attention", "device": "mobile", "performance": 95, "accessibility": 100, "shift": 0.02, "runs": 3}


def test_rows_of_named_pages_are_renewed_and_others_stay():
    old, new = ({"page": page, "device": "mobile", "performance": score} for page, score in (("A", 90), ("B", 91)))
    again = {"page": "A", "device": "mobile", "performance": 99}
    assert pages.renewed([old], [new, again]) == [again, new] and pages.renewed([], [new]) == [new]


def test_text_is_served_compressed_and_the_rest_as_it_is(tmp_path):
    (tmp_path / "page.html").write_text("a page " * 100)
    (tmp_path / "picture.png").write_bytes(b"not text")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(pages.Gzipped, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    page, picture = (urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{name}") for name in ("page.html", "picture.png"))
    assert page.headers["Content-Encoding"] == "gzip" and gzip.decompress(page.read()) == b"a page " * 100
    assert picture.headers["Content-Encoding"] is None and picture.read() == b"not text"
    server.shutdown()


def test_without_a_built_book_it_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="`make book` first"):
        pages.main([])
