"""Interactive figure: the self-check at the end of a chapter; it says for every wrong answer why it is wrong."""

from html import escape
from pathlib import Path

import yaml

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_number, is_whole, labels, module_source, plain, wrong_trait

QUIZZES = Path(__file__).parents[1] / "book" / "quizzes"
FIELDS = {
    "single": ({"kind", "question", "options"}, set()),
    "multiple": ({"kind", "question", "options"}, set()),
    "number": ({"kind", "question", "answer", "tolerance", "why_right", "why_wrong"}, {"unit"}),
}


def read_questions(chapter: str) -> list[dict]:
    """The questions of book_lib/book/quizzes/CHAPTER.yml. ValueError where the file is missing or holds no list."""
    path = QUIZZES / f"{chapter}.yml"
    if not path.is_file():
        raise ValueError(f"there is no quiz {chapter!r}; there are: {', '.join(sorted(p.stem for p in QUIZZES.glob('*.yml')))}")
    try:
        questions = yaml.safe_load(path.read_text("utf-8"))
    except yaml.YAMLError as error:
        raise ValueError(f"quiz {chapter!r}: {' '.join(str(error).split())}") from None
    if not isinstance(questions, list):
        raise ValueError(f"quiz {chapter!r} must be a list of questions")
    return questions


def fault(questions) -> tuple[str, str] | None:
    """(place, what it must be) of the first thing wrong in a list of questions, or None."""
    if not isinstance(questions, list | tuple) or not questions:
        return "questions", "a list of at least one question"
    for number, question in enumerate(questions, 1):
        if found := fault_in_question(question):
            return f"question {number}{', ' if found[0] else ''}{found[0]}", found[1]
    return None


def fault_in_question(question) -> tuple[str, str] | None:
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


def fault_in_options(question) -> tuple[str, str] | None:
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


def fault_in_number(question) -> tuple[str, str] | None:
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


def is_text(value) -> bool:
    return isinstance(value, str) and bool(value.strip())


class Questions(Checked):
    """The questions of a quiz; a ValueError names the question and the field that is wrong."""

    def validate(self, figure, value):
        if found := fault(value):
            place, wanted = found
            raise ValueError(f"{type(figure).__name__}: {place} must be {wanted}")
        return plain(value)


def parse(text) -> float | None:
    """The number a reader typed: decimal comma, real minus sign and spaces are understood. None where it is not a number."""
    try:
        value = float(text.replace(" ", "").replace("−", "-").replace(",", "."))
    except (ValueError, AttributeError):
        return None
    return value if is_number(value) else None


def is_right(question: dict, choice) -> bool:
    """Whether a choice (a place, a list of places, a typed number) answers the question."""
    if question["kind"] == "number":
        value = parse(choice)
        return value is not None and abs(value - question["answer"]) <= question["tolerance"] + 1e-9
    rights = [place for place, option in enumerate(question["options"]) if option["right"]]
    return choice == (rights[0] if question["kind"] == "single" else rights)


def fits(question: dict, choice) -> bool:
    if choice is None:
        return True
    if question["kind"] == "number":
        return isinstance(choice, str)
    last = len(question["options"]) - 1
    if question["kind"] == "single":
        return is_whole(choice, 0, last)
    return isinstance(choice, list) and all(is_whole(place, 0, last) for place in choice) and choice == sorted(set(choice))


class Quiz(InteractiveFigure):
    """Questions a reader checks alone; each wrong answer has its own explanation.

    questions: dicts of kind "single" or "multiple" (question; options: dicts of text, right, why) or "number" (question, answer,
    tolerance, unit if any, why_right, why_wrong: a text, or cases {near, why} and a last {why}). choices: for each question None, a
    place, a list of places or the typed text; checked: whether it was handed in; both are [] until the reader begins. Raises
    ValueError naming question and field.
    """

    name = "quiz"
    _esm = module_source(name)

    questions = Questions([], lambda value: True, "a list of questions")
    choices = Checked([], lambda value: isinstance(value, list | tuple), "one choice for each question")
    checked = Checked([], lambda value: all(isinstance(on, bool) for on in value), "True or False for each question")

    def __init__(self, questions, **traits):
        super().__init__(questions=questions, **traits)
        lines = sum(len(question.get("options", ())) for question in self.questions)
        self.height = (190 + 190 * len(self.questions) + 42 * lines, 230 + 245 * len(self.questions) + 46 * lines)

    def require_agreement(self) -> None:
        n = len(self.questions)
        if self.choices and (len(self.choices) != n or not all(map(fits, self.questions, self.choices))):
            raise wrong_trait(self, "choices", self.choices, f"a fitting choice or None for each of the {n} questions")
        if self.checked and len(self.checked) != n:
            raise wrong_trait(self, "checked", self.checked, f"True or False for each of the {n} questions")

    def results(self) -> list[bool | None]:
        """For each question True or False, and None while it has not been checked."""
        n = len(self.questions)
        handed_in = zip(self.questions, self.choices or [None] * n, self.checked or [False] * n, strict=True)
        return [is_right(question, choice) if checked else None for question, choice, checked in handed_in]

    def sentence(self) -> str:
        results, words = self.results(), labels(self.name)
        done = len(results) - results.count(None)
        return fill(words["progress"], done=done, n=len(results), right=results.count(True))

    def picture(self) -> str:
        return f'<ol class="bk-quiz">{"".join(map(self._question, self.questions))}</ol>'

    def _question(self, question: dict) -> str:
        words = labels(self.name)
        if question["kind"] == "number":
            cases = question["why_wrong"] if isinstance(question["why_wrong"], list) else [{"why": question["why_wrong"]}]
            answer = f"{question['answer']:g} {question.get('unit', '')}".strip()
            lines = [f"{answer}: {question['why_right']}"] + [f"{case['near']:g}: {case['why']}" for case in cases if "near" in case]
            choices = ""
        else:
            marks = {True: words["true"], False: words["false"]}
            lines = [f"{marks[option['right']]} {option['text']}: {option['why']}" for option in question["options"]]
            items = "".join(f"<li>{escape(option['text'])}</li>" for option in question["options"])
            choices = f"<ul>{items}</ul>"
        answers = "".join(f"<p>{escape(line)}</p>" for line in lines)
        return (
            f'<li><p class="bk-question">{escape(question["question"])}</p>{choices}'
            f"<details><summary>{escape(words['answer'])}</summary>{answers}</details></li>"
        )
