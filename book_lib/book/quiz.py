"""The questions of the chapters' self-checks: read from the YAML files in quizzes, each checked."""

from pathlib import Path

import yaml

QUIZZES = Path(__file__).with_name("quizzes")
FIELDS = {
    "single": ({"kind", "question", "options"}, set()),
    "multiple": ({"kind", "question", "options"}, set()),
    "number": ({"kind", "question", "answer", "tolerance", "why_right", "why_wrong"}, {"unit"}),
}


def read_questions(chapter):
    """The questions of book_lib/book/quizzes/CHAPTER.yml, for the figure quiz.

    Dicts of kind "single" or "multiple" (question; options: dicts of text, right, why) or "number" (question, answer, tolerance, unit if
    any, why_right, why_wrong: a text, or cases {near, why} and a last {why}). Raises ValueError naming question and field.
    """
    path = QUIZZES / f"{chapter}.yml"
    if not path.is_file():
        raise ValueError(f"there is no quiz {chapter!r}; there are: {', '.join(sorted(p.stem for p in QUIZZES.glob('*.yml')))}")
    try:
        questions = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"quiz {chapter!r}: {' '.join(str(error).split())}") from None
    if found := fault(questions):
        raise ValueError(f"quiz {chapter!r}: {found[0]} must be {found[1]}")
    return questions


def fault(questions):
    """(place, what it must be) of the first thing wrong in a list of questions, or None."""
    if not isinstance(questions, list | tuple) or not questions:
        return "questions", "a list of at least one question"
    for number, question in enumerate(questions, 1):
        if found := fault_in_question(question):
            return f"question {number}{', ' if found[0] else ''}{found[0]}", found[1]
    return None


def fault_in_question(question):
    if not isinstance(question, dict):
        return "", "a dict"
    if question.get("kind") not in FIELDS:
        return "kind", f"one of {', '.join(FIELDS)}"
    required, optional = FIELDS[question["kind"]]
    for field in sorted(set(question) ^ required):
        if field in required:
            return field, "given"
        if field not in optional:
            return field, f"left out: a question of kind {question['kind']} has {', '.join(sorted(required | optional))}"
    if not is_text(question["question"]):
        return "question", "a text"
    return fault_in_number(question) if question["kind"] == "number" else fault_in_options(question)


def fault_in_options(question):
    options = question["options"]
    if not isinstance(options, list | tuple) or len(options) < 2:
        return "options", "a list of at least two"
    for number, option in enumerate(options, 1):
        if not isinstance(option, dict) or set(option) != {"text", "right", "why"}:
            return f"option {number}", "a dict of text, right and why"
        for field in ("text", "why"):
            if not is_text(option[field]):
                return f"option {number}, {field}", "a text"
        if not isinstance(option["right"], bool):
            return f"option {number}, right", "true or false"
    rights = sum(option["right"] for option in options)
    if question["kind"] == "single" and rights != 1:
        return "options", f"right in exactly one place; {rights} are right"
    return ("options", "right in at least one place") if rights == 0 else None


def fault_in_number(question):
    if not is_number(question["answer"]):
        return "answer", "a number"
    if not is_number(question["tolerance"], 0):
        return "tolerance", "a number, zero or more"
    for field in ("unit", "why_right"):
        if field in question and not is_text(question[field]):
            return field, "a text"
    if is_text(question["why_wrong"]):
        return None
    cases, near = question["why_wrong"], lambda case: abs(case["near"] - question["answer"]) <= 2 * question["tolerance"]
    if not isinstance(cases, list | tuple) or not cases:
        return "why_wrong", "a text or a list of cases"
    for number, case in enumerate(cases, 1):
        last = number == len(cases)
        if not isinstance(case, dict) or set(case) != ({"why"} if last else {"near", "why"}) or not is_text(case["why"]):
            return f"why_wrong, case {number}", "a dict of near and why; the last one has why alone, for every other number"
        if not last and (not is_number(case["near"]) or near(case)):
            return f"why_wrong, case {number}, near", "a number that is not taken for the answer"
    return None


def is_text(value):
    return isinstance(value, str) and bool(value.strip())


def is_number(value, low=float("-inf")):
    return isinstance(value, int | float) and not isinstance(value, bool) and low <= value < float("inf")
