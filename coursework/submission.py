"""Reading what a student handed in, without running any of it. Runs in a process with limits (confined.py)."""

import ast
import contextlib
import hashlib
import json
from dataclasses import dataclass, field

from coursework.entries import NotASubmission, suffix_of

_MOST_CODE_BYTES = 2 * 2**20
_MOST_PARSED = 2**16
_MOST_NOTES, _MOST_CHARACTERS = 12, 300
_MOST_ANSWER = 20_000
_MOST_COMPARED = 20_000
ANSWERLESS = "(the cell for the answer is missing)"
UNTOUCHED = "(not answered)"


@dataclass
class Cell:
    """One cell of a notebook, as far as grading needs it."""

    kind: str
    source: str
    id: str = ""
    given: bool = False


@dataclass
class Submission:
    """The parts of a notebook that grading needs. `cells` are (id, source) in the order in which they are run."""

    cells: list
    answers: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    fingerprint: str = ""
    compared: str = ""


def read_submission(content, label, assignment_name, questions, given):
    """The cells, the answers to questions read by the teacher, and remarks, of a file's bytes. Raises NotASubmission.

    given: the cells of the student edition, (id, kind, source); by them cells are recognised in notebooks that keep no ids.
    """
    notebook = _notebook(content, label)
    metadata = notebook.get("metadata") if isinstance(notebook.get("metadata"), dict) else {}
    otter = metadata.get("otter") if isinstance(metadata.get("otter"), dict) else {}
    named = otter.get("assignment_name", assignment_name)
    if named != assignment_name:
        raise NotASubmission(f"this is assignment {str(named)[:80]!r}")
    cells = _cells(notebook)
    if sum(len(cell.source) for cell in cells) > _MOST_CODE_BYTES:
        raise NotASubmission(f"the text of its cells is longer than {_MOST_CODE_BYTES // 2**20} MB")
    _recognise(cells, given, questions)
    called = suffix_of(label) or "without an ending"
    notes = [] if called.lower() == ".ipynb" else [f"a notebook, though the file is called {called}"]
    answers = {question.name: _written_answer(cells, questions, question, given) for question in questions if question.manual}
    run = _run_cells(cells, questions, notes)
    own = _own_code(cells, given)
    return Submission(run, answers, (notes + _remarks(cells, questions))[:_MOST_NOTES], fingerprint([source for _, source in run]), own)


def fingerprint(sources):
    """A digest of the code that does not see comments or spacing: equal for copies of one another."""
    text = "\n".join(_plain_code(source) for source in sources)
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _notebook(content, label):
    problem = f"not a notebook: the file is called {suffix_of(label) or 'without an ending'}"
    if suffix_of(label).lower() == ".ipynb":
        problem = "not a notebook: the file cannot be read as one"
    try:
        try:
            notebook = json.loads(content)
        except UnicodeDecodeError:
            notebook = json.loads(content.decode("gb18030"))
    except (ValueError, RecursionError) as error:
        raise NotASubmission(problem) from error
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list) and notebook["worksheets"]:
        notebook = notebook | {"cells": [_modern(cell) for sheet in notebook["worksheets"] for cell in sheet.get("cells", [])]}
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise NotASubmission(problem)
    if not notebook["cells"]:
        raise NotASubmission("the notebook has no cells")
    return notebook


def _modern(cell):
    return cell | {"source": cell.get("source", cell.get("input", ""))} if isinstance(cell, dict) else cell


def _cells(notebook):
    cells = []
    for cell in notebook["cells"]:
        source = cell.get("source", "") if isinstance(cell, dict) else None
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str) or cell.get("cell_type") not in ("code", "markdown", "raw"):
            raise NotASubmission("not a notebook: one of its cells cannot be read")
        metadata = cell.get("metadata") if isinstance(cell.get("metadata"), dict) else {}
        name = cell.get("id", metadata.get("id", ""))
        cells.append(Cell(cell["cell_type"], source, str(name)[:64], not metadata.get("editable", True)))
    return cells


def _recognise(cells, given, questions):
    """Give the cells of the student edition their ids back where a program has dropped them (Colab does)."""
    known = {name for name, _, _ in given}
    answers = {name for question in questions for name in question.answer_cells}
    present = {cell.id for cell in cells} & known
    unnamed = [cell for cell in cells if cell.id not in known]
    for name, kind, source in given:
        if name not in present:
            for cell in unnamed:
                if cell.id not in known and cell.kind == kind and cell.source.strip() == source.strip():
                    cell.id, present = name, present | {name}
                    break
    order = [name for name, _, _ in given]
    for name in order:
        if name in answers and name not in present:
            place = order.index(name)
            before = next((other for other in reversed(order[:place]) if other in present), None)
            after = next((other for other in order[place + 1 :] if other in present), None)
            ids = [cell.id for cell in cells]
            low = ids.index(before) + 1 if before else 0
            high = ids.index(after) if after in ids[low:] else len(cells)
            between = [cell for cell in cells[low:high] if cell.id not in known]
            if between and before:
                wanted = next(kind for other, kind, _ in given if other == name)
                chosen = next((cell for cell in between if cell.kind == wanted), between[0])
                chosen.id, present = name, present | {name}


def _written_answer(cells, questions, question, given):
    """The text in the answer cell and in the Markdown cells the student added below it; a placeholder left as it was is no answer."""
    known = {cell for other in questions for cell in other.answer_cells} | {name for name, _, _ in given}
    placeholders = [source.strip() for name, _, source in given if name in question.answer_cells]
    texts, inside, seen = [], False, False
    for cell in cells:
        is_answer = cell.id in question.answer_cells
        inside = is_answer or (inside and cell.id not in known and not cell.given)
        seen = seen or is_answer
        if inside and (is_answer or cell.kind == "markdown"):
            text = cell.source.strip()
            for placeholder in placeholders:
                text = text.replace(placeholder, "").strip()
            texts += [text] if text else []
    if not seen:
        return ANSWERLESS
    return "\n\n".join(texts)[:_MOST_ANSWER] or UNTOUCHED


def _run_cells(cells, questions, notes):
    """(id, source) of what is run: the code cells, without written answers that became code, with answers that became text."""
    written = {name for question in questions if question.manual for name in question.answer_cells}
    coded = {name for question in questions if not question.manual for name in question.answer_cells}
    run = []
    for cell in cells:
        if cell.kind == "code" and cell.id in written:
            notes.append(f"{cell.id} is a code cell: read as text, not run")
        elif cell.kind == "code":
            run.append((cell.id, cell.source))
        elif cell.id in coded:
            notes.append(f"{cell.id} is a {cell.kind} cell: run as code")
            run.append((cell.id, cell.source))
    return run


def _own_code(cells, given):
    """What is compared between students: the code that is not the given one, in the order of the notebook."""
    ours = {source.strip() for _, _, source in given}
    return "\n".join(cell.source for cell in cells if cell.kind == "code" and cell.source.strip() not in ours)[:_MOST_COMPARED]


def _remarks(cells, questions):
    present = {cell.id for cell in cells}
    missing = [name for question in questions for name in question.answer_cells if name not in present]
    functions = {}
    for cell in cells:
        if cell.kind == "code":
            for name in _functions_of(cell.source):
                functions[name] = functions.get(name, 0) + 1
    twice = [f"{name} is defined in {count} cells" for name, count in functions.items() if count > 1]
    return [note[:_MOST_CHARACTERS] for note in [f"missing cell: {name}" for name in missing] + twice]


def _functions_of(source):
    if len(source) <= _MOST_PARSED:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return {node.name[:80] for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    return set()


def _plain_code(source):
    if len(source) <= _MOST_PARSED:
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.dump(ast.parse(source))
    return source
