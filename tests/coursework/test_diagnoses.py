"""Every wrong solution is caught by its own diagnosis, every right one passes however it is written, and no constant earns a point."""

from collections import Counter

import pytest
import torch
from classroom import ASSIGNMENTS, Class, replace_cell, right_solutions, total, wrong_solutions
from desk import Desk

from coursework.checker import load_test_file, run_test_file

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def desk(request, built):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Desk(built, request.param)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def wrong(desk):
    """{file: (question, expected diagnosis, points, points possible, messages)}."""
    found = {}
    for file, question, diagnosis, code in wrong_solutions(desk.name):
        found[file] = (question, diagnosis, *desk.check(question, desk.environment(code)))
    return found


def test_each_costs_points(wrong):
    assert not [file for file, (_, _, points, possible, _) in wrong.items() if points >= possible]


def test_its_own_diagnosis_is_the_first_thing_said(wrong):
    assert not {file: messages for file, (_, diagnosis, _, _, messages) in wrong.items() if diagnosis not in messages[0]}


def test_at_least_three_different_ones_per_question(desk, wrong):
    diagnoses = [diagnosis for _, diagnosis, *_ in wrong.values()]
    assert len(set(diagnoses)) == len(diagnoses)
    counts = Counter(question for question, *_ in wrong.values())
    assert all(counts[question] >= 3 for question in desk.sources)


def test_right_solutions_written_differently_keep_all_points(desk):
    lost = {}
    for file, question, code in right_solutions(desk.name):
        points, possible, messages = desk.check(question, desk.environment(code))
        if points < possible:
            lost[file] = messages
    assert not lost


def test_at_least_three_right_ones_per_coded_question(desk):
    counts = Counter(question for _, question, _ in right_solutions(desk.name))
    assert all(counts[question] >= 3 for question in desk.coded())


def test_no_constant_function_earns_a_point(desk):
    """Whatever a function returns in a visible test, returned always, and its zeros and ones, are worth nothing."""
    earned = {}
    for question, functions in desk.coded().items():
        for name in functions:
            returned = []

            def spy(*args, original=desk.names[name], returned=returned, **kwargs):
                returned.append(original(*args, **kwargs))
                return returned[-1]

            run_test_file(load_test_file(desk.sources[question]), desk.environment(**{name: spy}), with_hidden=False)
            constants = {}
            for value in returned:
                alike = [value, torch.zeros_like(value), torch.ones_like(value)] if isinstance(value, torch.Tensor) else [value]
                constants |= {repr(constant): constant for constant in alike}
            assert constants
            for text, constant in constants.items():
                nothing = dict.fromkeys((*functions, "verdicts", "ratios", "counts", "greedy_fails", "lost_pair", "argmin_fails"), None)
                names = nothing | {name: lambda *args, constant=constant, **kwargs: constant}
                points, _, _ = desk.check(question, desk.environment(**names))
                if points:
                    earned[question, name, text[:80]] = points
    assert not earned


@pytest.mark.parametrize("letter", ["same", "different", "holds", "cannot tell", "doubles", "fewer", []])
def test_the_same_answer_four_times_earns_no_more_than_the_prediction(desk, letter):
    alike = dict.fromkeys("abcd", letter)
    for question in desk.sources:
        if "verdicts" in desk.sources[question] or "observed" in desk.sources[question]:
            functions = dict.fromkeys(desk.coded().get(question, ()), None)
            points, _, _ = desk.check(question, desk.environment(**functions, verdicts=alike, observed=alike, predicted=None))
            assert points == 0


def test_the_sandbox_gives_what_the_desk_gives(desk, built, missing, tmp_path):
    """All right solutions of an assignment, one of each question in a notebook, through walls and wire: full points."""
    (tmp_path / "submissions").mkdir()
    pupils = Class(tmp_path / "submissions", built, bool(missing), desk.name)
    of_question = {}
    for _, question, code in right_solutions(desk.name):
        of_question.setdefault(question, []).append(code)

    def answers(number):
        def change(notebook):
            for question, codes in of_question.items():
                if number < len(codes):
                    replace_cell(f"{question}-answer", codes[number])(notebook)
            last = max(place for place, cell in enumerate(notebook.cells) if cell.source.startswith("grader.check("))
            del notebook.cells[last + 1 :]

        return change

    for number in range(max(map(len, of_question.values()))):
        pupils.hand_in(f"{number}.ipynb", answers(number))
    possible = sum(load_test_file(source).possible for source in desk.sources.values())
    records = pupils.grade()
    assert {file: record["questions"] for file, record in records.items() if total(record) < possible} == {}
