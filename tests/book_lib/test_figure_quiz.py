"""The quiz: what it accepts, what it calls right, what it complains about, and the shipped questions."""

import copy
import math

import pytest

from book_lib.sequence import receptive_field
from book_lib.widgets import Quiz, read_questions
from book_lib.widgets import quiz as quiz_module
from book_lib.widgets.running_example import attend

SINGLE = {
    "kind": "single",
    "question": "Which?",
    "options": [{"text": "this", "right": True, "why": "because"}, {"text": "that", "right": False, "why": "no"}],
}
MULTIPLE = {
    "kind": "multiple",
    "question": "Which of them?",
    "options": [{"text": text, "right": text != "b", "why": f"why {text}"} for text in "abc"],
}
NUMBER = {
    "kind": "number",
    "question": "How many?",
    "answer": 0.8,
    "tolerance": 0.01,
    "unit": "m",
    "why_right": "yes",
    "why_wrong": [{"near": 0.2, "why": "the other one"}, {"why": "count again"}],
}


def changed(original, **fields):
    return {name: value for name, value in {**copy.deepcopy(original), **fields}.items() if value is not None}


def test_right_wrong_and_not_yet():
    quiz = Quiz([SINGLE, MULTIPLE, NUMBER])
    assert quiz.results() == [None, None, None] and quiz.sentence() == "0 of 3 answered, 0 right."
    quiz.choices = [0, [0, 2], "0.795"]
    assert quiz.results() == [None, None, None], "a choice that was not checked does not count"
    quiz.checked = [True, True, True]
    assert quiz.results() == [True, True, True] and quiz.sentence() == "3 of 3 answered, 3 right."
    quiz.choices = [1, [0, 1, 2], "0.2"]
    assert quiz.results() == [False, False, False]


@pytest.mark.parametrize(
    ("typed", "right"),
    [("0.8", True), ("0,80", True), (" .81 ", True), ("8e-1", True), ("0.789", False), ("−0.8", False), ("", False), ("nan", False)],
)
def test_typed_numbers(typed, right):
    assert Quiz([NUMBER], choices=[typed], checked=[True]).results() == [right]


RIGHT = SINGLE["options"][0]
WRONG = [
    (changed(SINGLE, kind="essay"), "question 2, kind must be one of single, multiple, number"),
    (changed(SINGLE, question=None), "question 2, question must be given"),
    (changed(SINGLE, question="  "), "question 2, question must be a text"),
    (changed(SINGLE, hint="x"), "question 2, hint must be left out"),
    (changed(SINGLE, options=[SINGLE["options"][0]]), "question 2, options must be a list of at least two"),
    (changed(SINGLE, options=[SINGLE["options"][0]] * 2), "question 2, options must be right in exactly one place; 2 are right"),
    (changed(MULTIPLE, options=[SINGLE["options"][1]] * 2), "question 2, options must be right in at least one place"),
    (changed(SINGLE, options=[{"text": "x", "right": True}] * 2), "question 2, option 1 must be a dict of text, right and why"),
    (changed(SINGLE, options=[RIGHT, {"text": "x", "right": False, "why": ""}]), "question 2, option 2, why must be a text"),
    (changed(SINGLE, options=[RIGHT, {"text": "x", "right": 0, "why": "y"}]), "question 2, option 2, right must be true or false"),
    (changed(NUMBER, answer="0.8"), "question 2, answer must be a number"),
    (changed(NUMBER, tolerance=-1), "question 2, tolerance must be a number, zero or more"),
    (changed(NUMBER, tolerance=None), "question 2, tolerance must be given"),
    (changed(NUMBER, why_wrong=[]), "question 2, why_wrong must be a text or a list of cases"),
    (changed(NUMBER, why_wrong=[{"near": 2, "why": "x"}]), "question 2, why_wrong, case 1 must be a dict of near and why"),
    (changed(NUMBER, why_wrong=[{"near": 0.805, "why": "x"}, {"why": "y"}]), "question 2, why_wrong, case 1, near must be a number"),
    ("Which?", "question 2 must be a dict"),
]


@pytest.mark.parametrize(("question", "message"), WRONG, ids=[message[12:50] for _, message in WRONG])
def test_a_wrong_question_is_named(question, message):
    with pytest.raises(ValueError) as error:
        Quiz([SINGLE, question])
    assert str(error.value).startswith(f"Quiz: {message}") and "\n" not in str(error.value)


def test_no_questions():
    with pytest.raises(ValueError, match="^Quiz: questions must be a list of at least one question$"):
        Quiz([])


@pytest.mark.parametrize(
    "choices", [[0], [2, None, None], [True, None, None], [None, [2, 0], None], [None, [0, 0], None], [None, None, 0.8]]
)
def test_choices_that_do_not_fit(choices):
    with pytest.raises(ValueError, match="^Quiz: choices is .* fitting choice or None for each of the 3 questions$"):
        Quiz([SINGLE, MULTIPLE, NUMBER], choices=choices)


def test_the_picture_hides_the_answers_in_details_and_explains_all():
    text = Quiz([SINGLE, MULTIPLE, NUMBER]).picture()
    assert text.count("<details>") == 3
    open_part = "".join(part.split("</details>")[-1] for part in text.split("<details>"))
    assert "this" in open_part and "because" not in open_part and "0.8" not in open_part
    for reason in ("because", "no", "why a", "why b", "why c", "yes", "the other one", "0.8 m"):
        assert reason in text


def test_unknown_and_broken_files(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="^there is no quiz '99_nothing'; there are: .*02_self_attention"):
        read_questions("99_nothing")
    monkeypatch.setattr(quiz_module, "QUIZZES", tmp_path)
    (tmp_path / "bad.yml").write_text("- a: [1\nb", encoding="utf-8")
    (tmp_path / "dict.yml").write_text("a: 1", encoding="utf-8")
    with pytest.raises(ValueError, match="^quiz 'bad': .*line") as error:
        read_questions("bad")
    assert "\n" not in str(error.value)
    with pytest.raises(ValueError, match="^quiz 'dict' must be a list of questions$"):
        read_questions("dict")


@pytest.mark.parametrize("name", sorted(path.stem for path in quiz_module.QUIZZES.glob("*.yml")))
def test_every_shipped_quiz_is_sound(name):
    questions = read_questions(name)
    quiz = Quiz(questions)
    assert len(questions) >= 5 and {question["kind"] for question in questions} == set(quiz_module.FIELDS)
    whys = [option["why"] for question in questions for option in question.get("options", ())]
    assert len(set(whys)) == len(whys), "each answer has its own explanation"
    assert quiz.results() == [None] * len(questions)


def test_the_numbers_asked_for_in_chapter_2_are_those_of_the_library():
    asked = {question["question"]: question for question in read_questions("02_self_attention") if question["kind"] == "number"}
    (softmax, doubled, deep) = asked.values()
    keys = [[0, 0], [1, 1]]
    assert math.isclose(attend([[1, 1]], keys, keys)["weights"][0][1], softmax["answer"], abs_tol=5e-4)
    unscaled = attend([[1, 1]], keys, keys, scale=False)["weights"][0][1]
    assert math.isclose(unscaled, softmax["why_wrong"][0]["near"], abs_tol=5e-4)
    assert doubled["answer"] == (2 * 12) ** 2 / 12**2
    assert receptive_field(deep["answer"], 5) == 41 and receptive_field(deep["answer"] - 1, 5) == 37
