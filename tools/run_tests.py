"""Run the book's tests: what `make test` does. `python tools/run_tests.py python` runs this part only.

Notebooks, library and coursework are one part, and all that needs a browser another, each for three processes, so that neither of two
cores waits: not for the last notebook, not for a student who only sleeps, not for the next frame of a page. How long each test took
is kept in build/times_PART.xml. With `--chapter 09` it runs what belongs to this chapter, three parts at a time.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from book_files import ROOT, chapters_in_book, find_chapter, lesson_of, masters, other_notebooks
from node import node_program
from portability import NBVAL
from run_chapter import KERNEL_ENVIRONMENT, read

MINUTES_ALLOWED, MINUTES_FOR_A_CHAPTER = 20, 2
AT_ONCE = 3                                                                  # processes, for two cores
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider"]
BY_FILE = ["-n", str(AT_ONCE), "--dist", "loadfile", "--no-loadscope-reorder"]       # a file after the other, in the order given
SHARED = ["-n", str(AT_ONCE), "--dist", "worksteal"]
LINT = (
    ("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "figures", "site"),
    ("eslint/bin/eslint.js", "figures", "site"),
)
CLOSING = re.compile(r"\d+ (?:passed|failed|skipped|error)")
NOTHING_COLLECTED = 5


def in_node(program, *arguments):
    """The command that runs a program of node_modules."""
    return [str(node_program()), f"node_modules/{program}", *arguments]


def commands():
    """What each part runs: long notebooks first, and last the many short files of the library."""
    notebooks = sorted(chapters_in_book() + other_notebooks(), key=lambda path: -seconds_to_run(path))
    python = [*map(str, notebooks), "tests/coursework", *map(str, masters()), "tests/chapters", "tests/parity", "tests/book_lib"]
    return {
        "lint": [[PYTHON, "-m", "ruff", "check", "--quiet", "."], *(in_node(*command) for command in LINT)],
        "python": [[*PYTEST, *times_of("python"), *BY_FILE, *NBVAL, *python]],
        "browser": [[*PYTEST, *times_of("browser"), *SHARED, "tests/figures", "tests/site"]],
    }


def times_of(part):
    """What makes pytest keep the seconds of each test of a part, with those of its fixtures."""
    return [f"--junitxml=build/times_{part}.xml", "--override-ini=junit_duration_report=total"]


def seconds_to_run(notebook):
    """What a chapter's notebook says of itself; of another one nobody knows, so that it comes early."""
    return read(notebook).metadata.get("book", {}).get("seconds_to_run", 60)


def commands_of_chapter(number):
    """What each part of one chapter runs in a process of its own, the longest first. Raises ValueError where there is no such chapter.

    Its notebooks and its assignment, its pages and the figures it shows, the modules it imports, and its rules and its coursework; what
    many chapters show or import belongs to the first of them.
    """
    notebooks = sorted(find_chapter(number), key=lambda path: path == lesson_of(path))
    name = lesson_of(notebooks[0]).stem
    assignment = [path for path in masters() if path.stem == name]
    tests = sorted(set(tests_used_by([*notebooks, *assignment])) - tests_of_many_chapters(number))
    figures = [file for file in tests if file.startswith("tests/figures/")]
    parity = [file for file in tests if file.startswith("tests/parity/")]
    library = [file for file in tests if file not in figures + parity]
    shown = " or ".join([name, *(Path(file).stem for file in figures)])
    return {
        "browser": [[*PYTEST, *figures, "tests/site", "-k", shown]],
        "notebooks": [[*PYTEST, *NBVAL, *map(str, [*notebooks, *assignment])]],
        "library": [[*PYTEST, *library]] if library else [],
        "parity": [[*PYTEST, *parity]] if parity else [],
        "coursework": [[*PYTEST, "tests/chapters", "tests/coursework", "-k", name]],
    }


def tests_of_many_chapters(but):
    """What tests_used_by finds for more than a quarter of the chapters, but not where this one's lesson, or else lab, is the first."""
    users = {}
    for notebook in sorted(chapters_in_book(), key=lambda path: (path != lesson_of(path), path.stem)):
        for name in tests_used_by([notebook]):
            users.setdefault(name, []).append(notebook.stem[:2])
    quarter = len({number for numbers in users.values() for number in numbers}) / 4
    return {name for name, numbers in users.items() if len(set(numbers)) > quarter and numbers[0] != but}


def tests_used_by(notebooks):
    """The files under tests/ named after a module that one of the notebooks imports from book_lib, or a figure that it shows."""
    source = "\n".join(cell.source for notebook in notebooks for cell in read(notebook).cells if cell.cell_type == "code")
    names = {f"figures/test_figure_{name}" for name in re.findall(r"\bfigure\(\s*\"(\w+)\"", source)}
    for path, imported in re.findall(r"\bfrom book_lib\.?([\w.]*) import (\([^)]*\)|[\w, ]+)", source):
        module, words = path.rpartition(".")[2], re.findall(r"\w+", imported)
        tested = {module, *words, *(f"{module}_{word}" for word in words)}
        names |= {f"book_lib/test_{name}" for name in tested} | {f"parity/test_{name}_parity" for name in tested}
    return sorted(f"tests/{name}.py" for name in names if (ROOT / "tests" / f"{name}.py").exists())


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help="default: all parts")
    parser.add_argument("--chapter", help="two digits: only what belongs to this chapter")
    options = parser.parse_args(arguments)
    try:
        parts = commands_of_chapter(options.chapter) if options.chapter else commands()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    unknown = [name for name in options.parts if name not in parts]
    if unknown:
        print(f"there is no part {unknown[0]!r}; the parts are {', '.join(parts)}", file=sys.stderr)
        return 2
    started = time.monotonic()
    parts = {name: part for name, part in parts.items() if name in options.parts or not options.parts}
    results = run_at_once(parts) if options.chapter else {name: run_part(name, part) for name, part in parts.items()}
    seconds = time.monotonic() - started
    print("\n" + "\n".join(line for _, line in results.values()))
    failed = [name for name, (passed, _) in results.items() if not passed]
    verdict = f"failed: {', '.join(failed)}" if failed else "all parts passed"
    allowed = MINUTES_FOR_A_CHAPTER if options.chapter else MINUTES_ALLOWED
    over = f" (on two quiet cores it should take at most {allowed} min)" if seconds > 60 * allowed else ""
    print(f"make test: {verdict}, in {seconds / 60:.1f} min{over}")
    return 1 if failed else 0


def run_at_once(parts):
    """What run_part returns for each part; a part's output is shown in one piece, when the part has ended."""

    def run_quietly(name):
        lines = []
        try:
            return run_part(name, parts[name], lines.append)
        finally:
            print("".join(lines), end="", flush=True)

    print(f"{AT_ONCE} at a time: {', '.join(parts)}", flush=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            return dict(zip(parts, pool.map(run_quietly, parts), strict=True))
        finally:
            pool.shutdown(cancel_futures=True)


def show(text):
    print(text, end="", flush=True)


def run_part(name, part, show=show):
    """Run the commands of one part until one fails. Returns (passed, the part's line for the summary)."""
    if not part:
        return True, f"{name:<12} nothing to test yet"
    show(f"\n== {name}\n")
    started, closing, code = time.monotonic(), "", 0
    for command in part:
        code, closing = run(command, show)
        code = 0 if code == NOTHING_COLLECTED and "-k" in command else code
        if code:
            break
    return code == 0, f"{name:<12} {'passed' if code == 0 else 'FAILED'} in {time.monotonic() - started:4.0f} s   {closing}"


def run(command, show):
    """Run one command from the root, showing what it prints. Returns (exit code, pytest's closing line if there was one)."""
    closing, environment = "", os.environ | KERNEL_ENVIRONMENT | {"PYTHONUNBUFFERED": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "errors": "replace"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, **pipes) as process:
        for line in process.stdout:
            show(line)
            closing = line.strip(" =\n") if CLOSING.search(line) else closing
    return process.returncode, closing


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
