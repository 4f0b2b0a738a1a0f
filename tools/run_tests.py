"""Run the book's tests: what `make test` does. `python tools/run_tests.py chapters site` runs these parts only."""

import os
import re
import subprocess
import sys
import time

from book_files import ROOT, chapters_in_book, masters
from run_chapter import KERNEL_ENVIRONMENT

MINUTES_ALLOWED = 20
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider"]
NBVAL = ["--color=no", "--nbval", "--nbval-current-env", "--nbval-sanitize-with=tests/nbval_sanitize.cfg", "--nbval-cell-timeout=300"]
TWO_WORKERS = ["-n", "2", "--dist", "loadfile"]
CLOSING = re.compile(r"\d+ (?:passed|failed|skipped|error)")


def commands():
    """What each part runs, in order."""
    notebooks, coursework = map(str, chapters_in_book()), list(map(str, masters()))
    return {
        "ruff": [[PYTHON, "-m", "ruff", "check", "--quiet", "."]],
        "library": [[*PYTEST, "-n", "2", "tests/book_lib", "tests/parity"]],
        "chapters": [[*PYTEST, *TWO_WORKERS, *NBVAL, *notebooks, "tests/chapters"]],
        "coursework": [[*PYTEST, *TWO_WORKERS, *NBVAL, *coursework, "tests/coursework"]] if coursework else [],
        "site": [[PYTHON, "tools/build_book.py"], [*PYTEST, "tests/site"]],
    }


def main(wanted):
    try:
        parts = commands()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    unknown = [name for name in wanted if name not in parts]
    if unknown:
        print(f"there is no part {unknown[0]!r}; the parts are {', '.join(parts)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    results = {name: run_part(name, parts[name]) for name in parts if name in wanted or not wanted}
    seconds = time.monotonic() - started
    print("\n" + "\n".join(line for _, line in results.values()))
    failed = [name for name, (passed, _) in results.items() if not passed]
    verdict = f"failed: {', '.join(failed)}" if failed else "all parts passed"
    over = f"; it may take {MINUTES_ALLOWED} min" if seconds > 60 * MINUTES_ALLOWED else ""
    print(f"make test: {verdict}, in {seconds / 60:.1f} min{over}")
    return 1 if failed else 0


def run_part(name, part):
    """Run the commands of one part until one fails. Returns (passed, the part's line for the summary)."""
    if not part:
        return True, f"{name:<12} nothing to test yet"
    print(f"\n== {name}", flush=True)
    started, closing, code = time.monotonic(), "", 0
    for command in part:
        code, closing = run(command)
        if code:
            break
    return code == 0, f"{name:<12} {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - started:4.0f} s   {closing}"


def run(command):
    """Run one command from the root, showing what it prints. Returns (exit code, pytest's closing line if there was one)."""
    closing, environment = "", os.environ | KERNEL_ENVIRONMENT | {"PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            closing = line.strip(" =\n") if CLOSING.search(line) else closing
    return process.returncode, closing


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
