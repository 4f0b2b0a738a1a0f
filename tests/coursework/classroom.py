"""Making submissions, right, wrong and hostile, and grading them."""

import json
import re
from pathlib import Path

import nbformat

from coursework.assignments import find_assignments
from coursework.grade import grade_folder, load_edition

WRONG_SOLUTIONS = Path(__file__).parent / "wrong_solutions"
RIGHT_SOLUTIONS = Path(__file__).parent / "right_solutions"
ASSIGNMENTS = list(find_assignments())


class Class:
    """A folder of submissions to the first assignment, made from its solved or its student notebook."""

    def __init__(self, folder, built, trusted, name="02_self_attention"):
        self.folder, self.built, self.trusted, self.name = folder, built, trusted, name
        self.chapter = name.split("_")[0]
        self.out = folder.parent / "grades.csv"

    def notebook(self, edition="grader"):
        return nbformat.read(self.built / self.name / edition / f"{self.name}.ipynb", as_version=4)

    def hand_in(self, file, change=None, edition="grader"):
        """Write one submission: the solved notebook after `change(notebook)`."""
        notebook = self.notebook(edition)
        if change:
            change(notebook)
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    def grade(self, **how):
        how = {"workers": 2, "trusted": self.trusted, "built": self.built, "progress": False} | how
        records, self.facts = grade_folder(self.folder, self.chapter, self.out, **how)
        return {record["file"]: record for record in records}

    @property
    def edition(self):
        return load_edition(self.chapter, self.built)


def replace_cell(cell_id, source):
    """A change of a notebook: this cell now has this source."""

    def change(notebook):
        (cell,) = [cell for cell in notebook.cells if cell.get("id") == cell_id]
        cell.source = source

    return change


def append_cell(source):
    """A change of a notebook: one more code cell at the end."""
    return lambda notebook: notebook.cells.append(nbformat.v4.new_code_cell(source))


def insert_cell(before, source):
    """A change of a notebook: a code cell before the one with this id."""

    def change(notebook):
        place = [cell.get("id") for cell in notebook.cells].index(before)
        notebook.cells.insert(place, nbformat.v4.new_code_cell(source))

    return change


def wrong_solutions(name):
    """(file, question, expected diagnosis, code) of every deliberately wrong solution of an assignment."""
    for path in sorted((WRONG_SOLUTIONS / name).glob("*.py")):
        diagnosis, code = re.fullmatch(r'"""(.*?)"""\n\n(.*)', path.read_text(), flags=re.DOTALL).groups()
        yield path.stem, path.stem.split("_")[0], diagnosis, code


def right_solutions(name):
    """(file, question, code) of every right solution of an assignment that is written differently from ours."""
    for path in sorted((RIGHT_SOLUTIONS / name).glob("*.py")):
        yield path.stem, path.stem.split("_")[0], path.read_text()


def total(record):
    return sum(question["score"] for question in record["questions"].values())


def possible(record):
    return sum(question["possible"] for question in record["questions"].values())
