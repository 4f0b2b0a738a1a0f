"""From a checkout to a virtual environment: any folder, any line ends, and one clear line where something is missing."""

import os
import re
import shutil
import subprocess

import pytest

from book_files import ROOT

SHELL, DASH = shutil.which("sh"), "make: "


@pytest.fixture
def elsewhere(tmp_path):
    """A folder with a space and Chinese characters in its path, with the files that installing reads and a Python that installs nothing."""
    folder = tmp_path / "a book 注意力"
    (folder / "tools").mkdir(parents=True)
    for name in ("Makefile", "tools/install.sh", "requirements.txt", "requirements-book.txt", "requirements-dev.txt", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def python_that(folder, **answers):
    """An executable that answers as a Python would; answers: what it does instead where a word is in its arguments. pip logs them."""
    path = folder / "python"
    cases = "\n".join(f"  *{word}*) {answer} ;;" for word, answer in answers.items())
    path.write_text(f'''#!/bin/sh
case "$*" in
{cases}
  *"-m venv"*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
  *"-m pip"*) echo "$*" >>"{folder}/pip.log" ;;
  *platform*) echo 3.12.1 ;;
esac
''', encoding="utf-8")
    path.chmod(0o755)
    return path


def install(folder, what="book", **environment):
    environment = {"PATH": os.environ["PATH"], "VENV": ".venv", "PYTHON": "./python"} | environment
    return subprocess.run([SHELL, "tools/install.sh", what], cwd=folder, env=environment, capture_output=True, text=True)


def test_it_says_what_it_does(elsewhere):
    python_that(elsewhere, **{"importlib.metadata": "exit 1"})
    book, dev = install(elsewhere), install(elsewhere, "dev")
    assert (book.returncode, book.stderr, dev.returncode, dev.stderr) == (0, "", 0, "")
    said = book.stdout.splitlines()
    assert said[0] == "Making a virtual environment in .venv with Python 3.12.1"
    assert [re.search(r"\((\d) of 3", line)[1] for line in said[1:]] == ["1", "2", "3"] and "PyTorch" in said[1]
    assert dev.stdout.startswith("Installing what the tests need besides")
    wanted = (elsewhere / "pip.log").read_text()
    assert wanted.index("torch==") < wanted.index("requirements-book.txt") < wanted.index("-e .") < wanted.index("requirements-dev.txt")


def test_building_installs_nothing_that_only_tests_need():
    def names(file):
        lines = [line for line in (ROOT / file).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        more = [name for line in lines if line.startswith("-r ") for name in names(line[3:])]
        assert all("==" in line for line in lines if not line.startswith("-r "))
        return more + [line.partition("==")[0] for line in lines if not line.startswith("-r ")]

    book, everything = names("requirements-book.txt"), names("requirements-dev.txt")
    tests_only = {"transformers", "otter-grader", "playwright", "jupyterlab", "pytest", "hypothesis", "nbval"}
    assert not tests_only & set(book) and tests_only < set(everything)
    assert len(everything) == len(set(everything)), "a package stands in two files"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (dict(PYTHON="python-of-nowhere"), "there is no python-of-nowhere here: install Python 3.11 or newer"),
        ({"platform": "echo 3.10.4; exit 1"}, "Python 3.11 or newer is needed, ./python is 3.10.4"),
        ({"ensurepip": "exit 1"}, "lacks venv and pip: install them (Debian: apt-get install python3-venv)"),
        ({"importlib.metadata": "exit 1", "torch==": "exit 1"}, "PyTorch 2.13.0 cannot be installed for Python 3.12.1 on this machine"),
    ],
)
def test_what_is_missing_is_one_line(elsewhere, spoil, said):
    python_that(elsewhere, **{word: answer for word, answer in spoil.items() if word != "PYTHON"})
    run = install(elsewhere, **{name: value for name, value in spoil.items() if name == "PYTHON"})
    assert run.returncode == 1 and run.stderr.startswith(DASH) and said in run.stderr and run.stderr.count("\n") == 1


def test_make_works_in_any_folder(elsewhere):
    python_that(elsewhere)
    (elsewhere / "tools" / "build_book.py").touch()
    alone = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    make = {"cwd": elsewhere, "env": alone, "capture_output": True, "text": True}
    run = subprocess.run(["make", "book", "PYTHON=./python"], **make)
    assert run.returncode == 0, run.stderr
    assert "(3 of 3)" in run.stdout and (elsewhere / ".venv" / ".can-build").exists()
    again = subprocess.run(["make", "book", "PYTHON=./python"], **make)
    assert (again.returncode, again.stdout) == (0, "")


def test_a_script_keeps_its_line_ends_in_any_checkout(tmp_path):
    """git turns line ends into CRLF where core.autocrlf is set; the rules in .gitattributes hold against it."""
    def git(*words, folder=tmp_path / "stored"):
        person = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"]
        return subprocess.run(["git", *person, *words], cwd=folder, check=True, capture_output=True, text=True).stdout

    stored = tmp_path / "stored"
    (stored / "tools").mkdir(parents=True)
    for name in (".gitattributes", "tools/install.sh", "Makefile", "README.md"):
        shutil.copy(ROOT / name, stored / name)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "x")
    git("-c", "core.autocrlf=true", "clone", "--quiet", str(stored), str(tmp_path / "windows"))
    for name in ("tools/install.sh", "Makefile", "README.md"):
        assert b"\r" not in (tmp_path / "windows" / name).read_bytes(), name
    assert subprocess.run([SHELL, "-n", "tools/install.sh"], cwd=tmp_path / "windows").returncode == 0


def run_ci(folder):
    """What .ci/run does where there is nothing but bash and what this folder holds."""
    for name in ("bash", "dirname"):
        (folder / name).symlink_to(shutil.which(name))
    return subprocess.run([folder / "bash", ROOT / ".ci" / "run"], env={"PATH": str(folder)}, capture_output=True, text=True)


def test_ci_says_in_one_line_that_there_is_no_python(tmp_path):
    run = run_ci(tmp_path)
    assert run.returncode == 1 and run.stderr == "Python 3.11 or newer is needed, and none was found\n"


def test_ci_names_in_one_line_what_it_cannot_install(tmp_path):
    python_that(tmp_path, ensurepip="exit 1").rename(tmp_path / "python3")
    run = run_ci(tmp_path)
    assert run.returncode == 1 and run.stderr.startswith("Needed here, and not found: make python3-venv chromium")
    assert run.stderr.endswith(" (Debian's names)\n") and run.stderr.count("\n") == 1
