"""The questions of the chapters' self-checks: read from the YAML files in quizzes, each checked."""

from pathlib import Path

from book_lib.book.files import TEXT, entries, read_yaml, record

QUIZZES = Path(__file__).with_name("quizzes")

_NUMBER = {"type": "number", "description": "a number"}
_RIGHT = {"type": "boolean", "description": "true or false"}
_OPTIONS = {"type": "array", "minItems": 2, "items": record({"text": TEXT, "right": _RIGHT, "why": TEXT})}
_CASES = {"type": ["string", "array"], "pattern": r"\S", "minItems": 1, "items": record({"near": _NUMBER, "why": TEXT}, optional=("near",)),
          "description": "a text or a list of cases"}
_CHOICE = record({"kind": TEXT, "question": TEXT, "options": _OPTIONS})
_COUNT = record({"kind": TEXT, "question": TEXT, "answer": _NUMBER, "tolerance": {"type": "number", "minimum": 0}, "unit": TEXT,
                 "why_right": TEXT, "why_wrong": _CASES}, optional=("unit",))
KINDS = ("single", "multiple", "number")
_QUESTION = {"type": "object", "required": ["kind"], "properties": {"kind": {"enum": KINDS}},
             "if": {"properties": {"kind": {"const": "number"}}}, "then": _COUNT, "else": _CHOICE}


def read_questions(chapter):
    """The questions of book_lib/book/quizzes/CHAPTER.yml, for the figure quiz.

    Dicts of kind "single" or "multiple" (question; options: dicts of text, right, why) or "number" (question, answer, tolerance, unit if
    any, why_right, why_wrong: a text, or cases {near, why} and a last {why}). Raises ValueError naming question and field.
    """
    path = QUIZZES / f"{chapter}.yml"
    if not path.is_file():
        raise ValueError(f"there is no quiz {chapter!r}; there are: {', '.join(sorted(p.stem for p in QUIZZES.glob('*.yml')))}")
    questions = entries(path.name, read_yaml(path), _QUESTION, noun="question", title="kind")
    for where, question in questions:
        if fault := _fault_in_number(question) if question["kind"] == "number" else _fault_in_options(question):
            raise ValueError(f"{where}: {fault}")
    return [question for _, question in questions]


def _fault_in_options(question):
    rights = sum(option["right"] for option in question["options"])
    if rights != 1 and question["kind"] == "single" or not rights:
        return f"options must be right in {'exactly' if question['kind'] == 'single' else 'at least'} one place; {rights} are right"


def _fault_in_number(question):
    cases, answer = question["why_wrong"], question["answer"]
    if isinstance(cases, str):
        return None
    for place, case in enumerate(cases, start=1):
        if ("near" in case) == (place == len(cases)):
            return f"why_wrong {place} must have near and why; the last one has why alone, for every other number"
        if "near" in case and abs(case["near"] - answer) <= 2 * question["tolerance"]:
            return f"why_wrong {place}, near must be a number that is not taken for the answer {answer}, got {case['near']}"
