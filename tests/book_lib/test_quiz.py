"""The questions of the self-checks: what is accepted, what is complained about, and those that the book ships."""

import copy
import math

import pytest
import torch
import yaml

from book_lib.attention import scaled_dot_product_attention
from book_lib.book import quiz
from book_lib.book.quiz import read_questions

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


RIGHT = SINGLE["options"][0]
WRONG = [
    (changed(SINGLE, kind="essay"), "question 2 (essay): kind must be one of ('single', 'multiple', 'number'), got 'essay'"),
    (changed(SINGLE, question=None), "question 2 (single): must contain ['question'] properties"),
    (changed(SINGLE, question="  "), "question 2 (single): question must be a text"),
    (changed(SINGLE, hint="x"), "question 2 (single): must not contain {'hint'} properties"),
    (changed(SINGLE, options=[SINGLE["options"][0]]), "question 2 (single): options must contain at least 2 items"),
    (changed(SINGLE, options=[SINGLE["options"][0]] * 2), "question 2 (single): options must be right in exactly one place; 2 are right"),
    (changed(MULTIPLE, options=[SINGLE["options"][1]] * 2), "question 2 (multiple): options must be right in at least one place"),
    (changed(SINGLE, options=[{"text": "x", "right": True}] * 2), "question 2 (single): options 1 must contain ['why'] properties"),
    (changed(SINGLE, options=[RIGHT, {"text": "x", "right": False, "why": ""}]), "question 2 (single): options 2, why must be a text"),
    (changed(SINGLE, options=[RIGHT, {"text": "x", "right": 0, "why": "y"}]), "question 2 (single): options 2, right must be true"),
    (changed(NUMBER, answer="0.8"), "question 2 (number): answer must be a number, got '0.8'"),
    (changed(NUMBER, tolerance=-1), "question 2 (number): tolerance must be bigger than or equal to 0, got -1"),
    (changed(NUMBER, tolerance=None), "question 2 (number): must contain ['tolerance'] properties"),
    (changed(NUMBER, why_wrong=[]), "question 2 (number): why_wrong must be a text or a list of cases, got []"),
    (changed(NUMBER, why_wrong=[{"near": 2, "why": "x"}]), "question 2 (number): why_wrong 1 must have near and why"),
    (changed(NUMBER, why_wrong=[{"near": 0.805, "why": "x"}, {"why": "y"}]), "question 2 (number): why_wrong 1, near must be a number"),
    ("Which?", "question 2: must be object, got 'Which?'"),
]


def refused(tmp_path, monkeypatch, questions):
    """What is said of a file of questions."""
    monkeypatch.setattr(quiz, "QUIZZES", tmp_path)
    (tmp_path / "bad.yml").write_text(questions if isinstance(questions, str) else yaml.safe_dump(questions), encoding="utf-8")
    with pytest.raises(ValueError) as error:
        read_questions("bad")
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(("question", "message"), WRONG, ids=[message[12:50] for _, message in WRONG])
def test_a_wrong_question_is_named(question, message, tmp_path, monkeypatch):
    assert refused(tmp_path, monkeypatch, [SINGLE, question]).startswith(f"bad.yml: {message}")


def test_unknown_and_broken_files(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="^there is no quiz '99_nothing'; there are: .*02_self_attention"):
        read_questions("99_nothing")
    assert refused(tmp_path, monkeypatch, []) == "bad.yml: expected a list with at least one question, got []"
    assert refused(tmp_path, monkeypatch, "a: 1") == "bad.yml: expected a list with at least one question, got {'a': 1}"
    assert "line" in refused(tmp_path, monkeypatch, "- a: [1\nb")


@pytest.mark.parametrize("name", sorted(path.stem for path in quiz.QUIZZES.glob("*.yml")))
def test_every_shipped_quiz_is_sound(name):
    questions = read_questions(name)
    assert len(questions) >= 5 and {question["kind"] for question in questions} == set(quiz.KINDS)
    whys = [option["why"] for question in questions for option in question.get("options", ())]
    assert len(set(whys)) == len(whys), "each answer has its own explanation"


def test_the_numbers_asked_for_in_chapter_2_are_those_of_the_library():
    asked = {question["question"]: question for question in read_questions("02_self_attention") if question["kind"] == "number"}
    (softmax, doubled) = asked.values()
    query, keys = torch.ones(1, 2, dtype=torch.float64), torch.tensor([[0, 0], [1, 1]], dtype=torch.float64)
    for factor, stated in ((1, softmax["answer"]), (math.sqrt(2), softmax["why_wrong"][0]["near"])):
        assert math.isclose(scaled_dot_product_attention(factor * query, keys, keys)[1][0, 1], stated, abs_tol=5e-4)
    assert doubled["answer"] == (2 * 12) ** 2 / 12**2
