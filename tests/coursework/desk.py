"""Checking one answer at a time without a sandbox: the solved notebook's names, one answer replaced, against a question's tests."""

import contextlib
import io
import json
import os
import sys
import types

from coursework.assignments import read_notebook
from coursework.checker import load_test_file, run_test_file


class Desk:
    """The solved notebook of an assignment, run once, and its tests."""

    def __init__(self, built, name):
        self.name = name
        solved = read_notebook(built / name / "grader" / f"{name}.ipynb")
        self.questions = json.loads((built / name / "grader" / "assignment.json").read_text())
        self.sources = {question: source for question, source in solved.metadata.otter.tests.items()}
        self.cells = {cell.id: cell.source for cell in solved.cells if cell.cell_type == "code"}
        last = max(place for place, cell in enumerate(solved.cells) if cell.source.startswith("grader.check("))
        self.names = {}
        with _no_otter(), contextlib.redirect_stdout(io.StringIO()):
            for cell in solved.cells[:last]:
                if cell.cell_type == "code" and not cell.source.startswith("grader.check("):
                    exec(compile(cell.source, cell.id, "exec"), self.names)

    def coded(self):
        """The questions that ask for a function, with the names of the functions: {question: [name, …]}."""
        found = {}
        for question, source in self.sources.items():
            cell = self.cells[f"{question}-answer"]
            names = [line.split("(")[0].removeprefix("def ") for line in cell.splitlines() if line.startswith("def ")]
            if names:
                found[question] = names
            assert source
        return found

    def environment(self, code=None, **names):
        """The names of the notebook, after running `code` in place of an answer, and with some names replaced."""
        environment = dict(self.names)
        if code is not None:
            with _no_otter(), contextlib.redirect_stdout(io.StringIO()):
                exec(compile(code, "answer", "exec"), environment)
        return environment | names

    def check(self, question, environment):
        """(points, points possible, messages of visible tests then of hidden ones)."""
        file = run_test_file(load_test_file(self.sources[question]), environment)
        failed = sorted((result for result in file.test_case_results if not result.passed), key=lambda result: result.test_case.hidden)
        return file.score, file.possible, [result.message for result in failed]


@contextlib.contextmanager
def _no_otter():
    """Otter's notebook object looks for files; here nothing asks it for anything."""
    known, folder = sys.modules.get("otter"), os.getcwd()
    module = types.ModuleType("otter")
    module.Notebook = lambda *args, **kwargs: types.SimpleNamespace(check=lambda question: None)
    sys.modules["otter"] = module
    try:
        yield
    finally:
        os.chdir(folder)
        if known is None:
            del sys.modules["otter"]
        else:
            sys.modules["otter"] = known
