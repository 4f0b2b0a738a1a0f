"""The questions of the self-checks: what is accepted, what is complained about, and those that the book ships."""

import copy
import math
import re

import pytest
import torch
import yaml

from book_lib.attention import scaled_dot_product_attention
from book_lib.book import quiz
from book_lib.book.quiz import read_questions
from book_lib.detection.boxes import box_iou
from book_lib.experiments.look_back import look_back, read_into_one_vector

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


def test_the_page_before_chapter_1_asks_ten_questions_and_says_where_to_learn_each():
    root = quiz.QUIZZES.parents[2]
    toc, page = ((root / name).read_text(encoding="utf-8") for name in ("_toc.yml", "are_you_ready.md"))
    assert 0 < toc.index("file: are_you_ready") < toc.index("file: chapters/01_history")
    assert '"chapter": "are_you_ready"' in page and len(read_questions("are_you_ready")) == 10
    rows = re.findall(r"^\| ([\d, ]+) \|.*\]\(https://", page, flags=re.MULTILINE)
    assert [int(number) for row in rows for number in row.split(",")] == list(range(1, 11))


def test_the_numbers_of_the_page_before_chapter_1_are_right():
    answers = {question["question"]: question["answer"] for question in read_questions("are_you_ready") if question["kind"] == "number"}
    conv, channels = torch.nn.Conv2d(1, 1, 3, stride=2, padding=1), torch.nn.Conv2d(16, 32, 3)
    known = [
        conv(torch.zeros(1, 1, 32, 32)).size(2), sum(parameter.numel() for parameter in channels.parameters()),
        torch.softmax(torch.tensor([math.log(3), 0.0]), dim=0)[0].item(),
        torch.nn.functional.cross_entropy(torch.zeros(1, 2), torch.tensor([0])).item(),
        box_iou(torch.tensor([[0.0, 0, 2, 2]]), torch.tensor([[1.0, 0, 3, 2]])).item()]
    assert len(answers) == len(known) and all(abs(a - b) < 0.001 for a, b in zip(answers.values(), known, strict=True))


def test_the_numbers_asked_for_in_chapter_1_are_those_of_its_example():
    faded, seen, pairs = (question["answer"] for question in read_questions("01_history") if question["kind"] == "number")
    words = torch.cat([torch.eye(4, dtype=torch.float64)[[0, 2, 1, 3]], torch.zeros(1, 4, dtype=torch.float64)])
    question = torch.tensor([3.0, 0, 0, 0], dtype=torch.float64)
    assert read_into_one_vector(words)[0] == faded and pairs == (64 * 64) ** 2
    assert math.isclose(look_back(question, words)[1][0], seen, abs_tol=5e-4)
