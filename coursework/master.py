"""Master notebooks: written as text (NN_name.py, jupytext's percent format), kept beside it as a notebook with outputs."""

import re

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from coursework.assignments import CourseworkError


def notebook_from_text(folder):
    """The master notebook of an assignment folder as its text says it, without outputs; cell ids come from the text or the position."""
    notebook = jupytext.read(folder / f"{folder.name}.py", fmt="py:percent")
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.metadata = nbformat.from_dict({"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}})
    for index, cell in enumerate(notebook.cells):
        cell["id"] = cell.metadata.pop("id", f"cell-{index:03}")
        cell.metadata = nbformat.from_dict({})
    return notebook


def write_master(folder):
    """Run the master notebook and store it with its outputs beside the text. Returns the path."""
    notebook = notebook_from_text(folder)
    try:
        NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    except CellExecutionError as error:
        last = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()[-1]
        raise CourseworkError(f"{folder.name}: the master notebook does not run: {last}") from error
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = _normalised(cell.outputs)
    path = folder / f"{folder.name}.ipynb"
    nbformat.write(notebook, path)
    return path


def same_source(folder):
    """Whether the stored master notebook has the cells its text says."""
    path = folder / f"{folder.name}.ipynb"
    if not path.is_file():
        return False
    stored, text = nbformat.read(path, as_version=4), notebook_from_text(folder)
    cells = [[(cell.id, cell.cell_type, cell.source) for cell in notebook.cells] for notebook in (stored, text)]
    return cells[0] == cells[1]


def _normalised(outputs):
    """The outputs without stderr, what was printed joined into one piece (a kernel sends it in pieces of its own choosing)."""
    printed = "".join(output.text for output in outputs if output.get("name") == "stdout")
    rest = [output for output in outputs if output.output_type != "stream"]
    return [nbformat.v4.new_output("stream", name="stdout", text=printed), *rest] if printed else rest
