"""Every deliberately wrong solution is caught, by its own diagnosis, and costs points in its own question only."""

from collections import Counter

import pytest
from classroom import ASSIGNMENTS, Class, replace_cell, wrong_solutions


def up_to_last_check(notebook):
    """Without what follows the last checked question: what a pupil reads there to explain it costs seconds and no points."""
    last = max(place for place, cell in enumerate(notebook.cells) if cell.source.startswith("grader.check("))
    del notebook.cells[last + 1 :]


def hand_in_wrong(pupils, file, question, code):
    def change(notebook):
        replace_cell(f"{question}-answer", code)(notebook)
        up_to_last_check(notebook)

    pupils.hand_in(f"{file}.ipynb", change)


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def graded(request, built, walled, tmp_path_factory):
    name = request.param
    folder = tmp_path_factory.mktemp(name) / "submissions"
    folder.mkdir()
    pupils = Class(folder, built, walled, name)
    solutions = list(wrong_solutions(name))
    for file, question, _, code in solutions:
        hand_in_wrong(pupils, file, question, code)
    return pupils.edition, solutions, pupils.grade()


def test_each_is_caught_with_its_own_diagnosis(graded):
    _, solutions, records = graded
    missed = {}
    for file, question, diagnosis, _ in solutions:
        row = records[f"{file}.ipynb"]["questions"][question]
        if row["score"] >= row["possible"] or not any(diagnosis in message for message in row["messages"]):
            missed[file] = row
    assert not missed


def test_the_diagnosis_is_the_first_thing_said(graded):
    _, solutions, records = graded
    later = {}
    for file, question, diagnosis, _ in solutions:
        messages = records[f"{file}.ipynb"]["questions"][question]["messages"]
        if diagnosis not in messages[0]:
            later[file] = messages
    assert not later


def test_other_questions_keep_their_points(graded):
    _, solutions, records = graded
    for file, question, _, _ in solutions:
        for name, row in records[f"{file}.ipynb"]["questions"].items():
            if name != question:
                assert row["score"] == row["possible"], (file, name, row)


def test_at_least_three_different_ones_per_coded_question(graded):
    edition, solutions, _ = graded
    diagnoses = [diagnosis for _, _, diagnosis, _ in solutions]
    assert len(set(diagnoses)) == len(diagnoses)
    counts = Counter(question for _, question, _, _ in solutions)
    assert all(counts[question.name] >= 3 for question in edition.questions if not question.manual)
