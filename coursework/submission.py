"""Reading what a student handed in, without running any of it."""

import ast
import contextlib
import hashlib
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

_MAX_MB = 20
_ANSWERLESS = "the cell for the answer is missing"


class NotASubmission(Exception):
    """The file cannot be graded; the message says why."""


@dataclass
class Submission:
    """The parts of a notebook that grading needs."""

    cells: list
    answers: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    fingerprint: str = ""


def find_submissions(folder):
    """All files below a folder that somebody may have handed in, sorted; hidden files and folders are passed over."""
    folder = Path(folder)
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path for path in paths if not any(part.startswith((".", "__MACOSX")) for part in path.relative_to(folder).parts)]


def read_submission(path, assignment_name, questions):
    """The cells, the answers to questions read by the teacher, and remarks. Raises NotASubmission."""
    notebook = _read(path)
    named = notebook.metadata.get("otter", {}).get("assignment_name", assignment_name)
    if named != assignment_name:
        raise NotASubmission(f"this is assignment {named!r}")
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    answers = {question.name: _written_answer(notebook, questions, question) for question in questions if question.manual}
    return Submission(sources, answers, _remarks(notebook, questions), fingerprint(sources))


def fingerprint(sources):
    """A digest of the code that does not see comments or spacing: equal for copies of one another."""
    text = "\n".join(_plain_code(source) for source in sources)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _read(path):
    if path.suffix != ".ipynb":
        raise NotASubmission(f"not a notebook: the file is called {path.suffix or 'without an ending'}")
    if path.stat().st_size > _MAX_MB * 2**20:
        raise NotASubmission(f"the file is larger than {_MAX_MB} MB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            notebook = nbformat.read(path, as_version=4)
            sources = [cell.source for cell in notebook.cells if cell.cell_type in ("code", "markdown", "raw")]
    except Exception as error:
        raise NotASubmission("not a notebook: the file cannot be read as one") from error
    if not sources:
        raise NotASubmission("the notebook has no cells")
    return notebook


def _written_answer(notebook, questions, question):
    """The Markdown in the answer cell and in the cells the student added below it."""
    known = {cell for other in questions for cell in other.answer_cells}
    texts, inside = [], False
    for cell in notebook.cells:
        given = cell.get("id") in known or not cell.metadata.get("editable", True)
        inside = cell.get("id") in question.answer_cells or (inside and not given)
        if inside and cell.cell_type == "markdown":
            texts.append(cell.source.strip())
    return "\n\n".join(texts) if texts else f"({_ANSWERLESS})"


def _remarks(notebook, questions):
    present = [cell.get("id") for cell in notebook.cells]
    missing = [cell for question in questions for cell in question.answer_cells if cell not in present]
    remarks = [f"missing cell: {cell}" for cell in missing]
    functions = {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for name in _functions_of(cell.source):
                functions[name] = functions.get(name, 0) + 1
    return remarks + [f"{name} is defined in {count} cells" for name, count in functions.items() if count > 1]


def _functions_of(source):
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return {node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    return set()


def _plain_code(source):
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.dump(ast.parse(source))
    return source
