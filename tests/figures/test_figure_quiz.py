"""The quiz: what it calls right; by mouse, by keyboard, on a phone, light and dark, without JavaScript."""

import json
import re

import pytest
from chromium import new_context
from figure_modules import ask, said
from figure_page import open_page, overflow, readout, violations, write_page

from book_lib.book.figure import figure
from book_lib.book.quiz import read_questions

CHAPTER = "02_self_attention"
QUESTIONS = read_questions(CHAPTER)
SINGLE = {"kind": "single", "options": [{"text": "this", "right": True, "why": "because"}, {"text": "that", "right": False, "why": "no"}]}
MULTIPLE = {"kind": "multiple", "options": [{"text": text, "right": text != "b", "why": f"why {text}"} for text in "abc"]}
NUMBER = {"kind": "number", "answer": 0.8, "tolerance": 0.01, "why_right": "yes", "why_wrong": "count again"}


def results(questions, choices):
    """For each question whether its choice is right."""
    return ask("quiz", f"s.data.map((q, i) => m.isRight(q, {json.dumps(choices)}[i]))", chapter=CHAPTER, data=questions)


def test_right_wrong_and_not_yet():
    quiz = {"chapter": CHAPTER, "data": [SINGLE, MULTIPLE, NUMBER]}
    assert said("quiz", **quiz) == said("quiz", **quiz, choices=[0, [0, 2], "0.795"]) == "0 of 3 answered, 0 right."
    assert said("quiz", **quiz, choices=[0, [0, 2], "0.795"], checked=[True] * 3) == "3 of 3 answered, 3 right."
    assert results(quiz["data"], [0, [0, 2], "0.795"]) == [True] * 3 and results(quiz["data"], [1, [0, 1, 2], "0.2"]) == [False] * 3


@pytest.mark.parametrize(
    ("typed", "right"),
    [("0.8", True), ("0,80", True), (" .81 ", True), ("8e-1", True), ("0.789", False), ("−0.8", False), ("", False), ("nan", False)],
)
def test_typed_numbers(typed, right):
    assert results([NUMBER], [typed]) == [right]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quiz")
    write_page(folder, [figure("quiz", chapter=CHAPTER, number="2.4")], "dark", "dark")
    return write_page(folder, [figure("quiz", chapter=CHAPTER, number="2.4")]).as_uri()


@pytest.fixture
def page(window, address):
    page = window(address)
    yield page
    assert page.faults == []


def box(page, number):
    return page.get_by_role("group", name=f"Question {number} of")


def of_kind(kind):
    return [number for number, question in enumerate(QUESTIONS, 1) if question["kind"] == kind]


def check(page, number):
    page.get_by_role("button", name=f"Check question {number}", exact=True).click()
    readout(page)
    return box(page, number).get_by_role("status")


@pytest.mark.browser
def test_every_answer_of_a_single_choice_says_why(page):
    asked = [(number, option) for number in of_kind("single") for option in QUESTIONS[number - 1]["options"]]
    for number, option in asked:
        box(page, number).get_by_role("radio", name=option["text"]).check()
        readout(page)
        assert box(page, number).get_by_role("status").inner_text().strip() == "", "an explanation stays only with its answer"
        said = check(page, number).inner_text()
        assert option["why"] in said and ("Right." in said) == option["right"]
    assert readout(page).startswith(f"{len(of_kind('single'))} of {len(QUESTIONS)} answered")


@pytest.mark.browser
def test_multiple_choice_explains_what_was_chosen_and_what_was_left_out(page):
    first, second, third, _ = (option["text"] for option in QUESTIONS[2]["options"])
    box(page, 3).get_by_label(first).check()
    box(page, 3).get_by_label(second).check()
    said = check(page, 3).inner_text()
    assert "Not yet." in said and f"Chosen – {second}" in said and f"Left out – {third}" in said and f"– {first}" not in said
    box(page, 3).get_by_label(second).uncheck()
    box(page, 3).get_by_label(third).check()
    said = check(page, 3).inner_text()
    assert "Right." in said and all(option["why"] in said for option in QUESTIONS[2]["options"])


@pytest.mark.browser
def test_typical_wrong_numbers_have_their_own_explanation(page):
    asked = []
    for number in of_kind("number"):
        question = QUESTIONS[number - 1]
        asked += [(number, str(case.get("near", 77)), case["why"], False) for case in question["why_wrong"]]
        asked.append((number, str(question["answer"]).replace(".", ","), question["why_right"], True))
    for number, text, why, right in asked:
        question, field = QUESTIONS[number - 1], box(page, number).get_by_role("textbox")
        field.fill(text)
        field.press("Enter")
        readout(page)
        said = box(page, number).get_by_role("status").inner_text()
        assert why in said and ("Right." in said) == right
        assert results([question], [text]) == [right]


@pytest.mark.browser
def test_nothing_chosen_is_said_and_not_counted(page):
    assert check(page, 1).inner_text() == "Choose an answer first."
    assert check(page, 3).inner_text() == "Choose at least one answer first."
    box(page, 2).get_by_role("textbox").fill("four")
    assert "not a number" in check(page, 2).inner_text()
    assert readout(page) == f"0 of {len(QUESTIONS)} answered, 0 right."


@pytest.mark.browser
def test_by_keyboard_alone_then_start_again(page):
    page.evaluate("document.querySelector('.bk-fig input').focus()")
    for key in ("Space", "Tab", "Enter"):                                   # first option, which is right; the button; check
        page.keyboard.press(key)
    readout(page)
    assert "Right." in box(page, 1).get_by_role("status").inner_text()
    page.keyboard.press("Tab")
    page.keyboard.type("0.804")
    page.keyboard.press("Enter")
    assert readout(page) == f"2 of {len(QUESTIONS)} answered, 2 right."
    page.get_by_role("button", name="Start again").press("Enter")
    assert readout(page) == said("quiz", chapter=CHAPTER) == f"0 of {len(QUESTIONS)} answered, 0 right."
    assert not page.get_by_label("5 × 8", exact=True).is_checked() and box(page, 2).get_by_role("textbox").input_value() == ""
    assert box(page, 1).get_by_role("status").inner_text().strip() == ""


@pytest.mark.browser
def test_answers_survive_a_visit_by_the_same_address(browser, page, address):
    page.get_by_label("5 × 8", exact=True).check()
    check(page, 1)
    page.wait_for_function("location.hash.includes('checked')")
    again = open_page(browser, page.url)
    assert readout(again) == f"1 of {len(QUESTIONS)} answered, 1 right." and again.get_by_role("radio", name="5 × 8").is_checked()
    again.close()


@pytest.mark.browser
def test_ids_are_the_same_on_every_visit(browser, page, address):
    pattern = "[...document.querySelectorAll('[id], [name]')].map(node => [node.id, node.getAttribute('name')].join())"
    again = open_page(browser, address)
    assert page.evaluate(pattern) == again.evaluate(pattern)
    again.close()


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), [("index", 1280), ("index", 360), ("dark", 1280), ("dark", 360)])
def test_everyone_can_use_it(window, address, theme, width):
    page = window(address.replace("index", theme), width)
    page.get_by_label("8 × 5").check()
    check(page, 1)
    box(page, 4).get_by_role("textbox").fill("4")
    check(page, 4)
    assert overflow(page) == 0
    sizes = page.evaluate("[...document.querySelectorAll('.bk-option, .bk-button, .bk-typed')].map(node => node.offsetHeight)")
    assert min(sizes) >= 40
    assert page.faults == []
    assert violations(page) == []


@pytest.mark.browser
def test_without_javascript_questions_and_folded_answers_stand_there(browser, address):
    context = new_context(browser, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    reason = page.get_by_text(re.compile("That is the article's column form"))
    assert page.get_by_text(QUESTIONS[0]["question"]).is_visible() and not reason.is_visible()
    page.get_by_text("Answer", exact=True).first.click()
    assert reason.is_visible()
    context.close()
