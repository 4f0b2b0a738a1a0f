"""Finding assignments and reading what their master notebooks say about the questions."""

from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import yaml

ROOT = Path(__file__).resolve().parent.parent
BUILT = ROOT / "build" / "coursework"


class CourseworkError(Exception):
    """Something the teacher can mend; the message is one clear line."""


@dataclass(frozen=True)
class Question:
    """One question as its configuration in the master notebook states it."""

    name: str
    points: float
    minutes: int
    objective: str
    manual: bool = False
    rubric: list = field(default_factory=list)
    answer_cells: list = field(default_factory=list)


def find_assignments(root=None):
    """The folders coursework/NN_name that hold a master notebook source, by name."""
    home = (root or ROOT) / "coursework"
    return {folder.name: folder for folder in sorted(home.glob("[0-9][0-9]_*")) if (folder / f"{folder.name}.py").is_file()}


def find_assignment(chapter):
    """The folder of one assignment, by number ('02') or name ('02_self_attention')."""
    found = find_assignments()
    matching = [folder for name, folder in found.items() if chapter in (name, name.split("_")[0])]
    if not matching:
        raise CourseworkError(f"there is no assignment for chapter {chapter!r}; there is: {', '.join(found) or 'none'}")
    return matching[0]


def read_questions(notebook):
    """The questions of a master notebook, in order. Raises CourseworkError where one does not say what every question has to."""
    questions, block = [], ""
    for cell in notebook.cells:
        if cell.cell_type == "raw" and cell.source.startswith("# BEGIN QUESTION"):
            questions.append(_question(yaml.safe_load(cell.source)))
        elif cell.cell_type == "raw" and cell.source.startswith("# BEGIN"):
            block = cell.source.split()[2]
        elif cell.cell_type == "raw":
            block = ""
        elif block == "PROMPT" or (block == "SOLUTION" and cell.cell_type == "code"):
            questions[-1].answer_cells.append(cell.id)
    for question in questions:
        if not question.answer_cells:
            raise CourseworkError(f"question {question.name}: no cell to answer in (a SOLUTION block with code, or a PROMPT block)")
    return questions


def _question(settings):
    missing = [key for key in ("name", "points", "minutes", "objective") if key not in settings]
    if missing:
        raise CourseworkError(f"question {settings.get('name', '?')}: its configuration does not state {', '.join(missing)}")
    if settings.get("manual") and not settings.get("rubric"):
        raise CourseworkError(f"question {settings['name']}: it is read by the teacher, so its configuration needs a rubric")
    return Question(**{key: settings[key] for key in settings if key in Question.__dataclass_fields__})


def read_notebook(path):
    """A notebook file, or CourseworkError in one line."""
    try:
        return nbformat.read(path, as_version=4)
    except FileNotFoundError as error:
        raise CourseworkError(f"{path}: no such file") from error
    except Exception as error:
        raise CourseworkError(f"{path}: not a notebook") from error
