"""Run a chapter, each notebook in a fresh kernel, and store its outputs, normalised: `python tools/run_chapter.py 02`.

Given 02 it runs lesson and lab, given 02_lab the lab alone.

`--check` runs nothing and says whether the notebook (without a number: every notebook of the book) is stored as this tool would store it.
"""

import argparse
import hashlib
import os
import re
import statistics
import sys
import time
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from book_files import ROOT, chapters_in_book, find_chapter, other_notebooks

SECONDS_ALLOWED, GIGABYTES_ALLOWED = 90, 1.5
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
DRAWING = re.compile(r'<svg\b[^>]*(data-drawing="[\w-]+" data-lit="[\w-]+" data-size="[\w-]+")')
SVG, DRAWN_LATER = 'xmlns="http://www.w3.org/2000/svg"', "Run this cell, or open the book, to see this drawing."
KERNEL_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
KEPT_NOTEBOOK_METADATA, KEPT_CELL_METADATA = ("book", "mystnb"), ("book", "tags", "mystnb")

# Asked of the kernel after the last cell: peak resident memory in bytes, and seconds of processor time.
BUDGET_QUESTION = """
def _book_budget():
    import resource, sys, time
    try:
        peak = next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return f"{peak} {time.process_time() + children.ru_utime + children.ru_stime}"
print(_book_budget())
"""
# Asked after every cell that took a while: processor seconds of a small fixed piece of work like that of the chapters, so that their own
# seconds can be compared on any machine, busy or not; and the seconds that asking took.
REFERENCE_QUESTION = """
def _book_reference():
    import time
    began = time.process_time()
    import torch
    with torch.enable_grad():
        x = torch.linspace(-1, 1, 64 * 48, dtype=torch.float64).reshape(64, 48).requires_grad_()
        for step in range(440):
            if step == 40:
                started = time.process_time()
            torch.autograd.grad(torch.softmax(x @ x.T, -1).matmul(x).square().sum(), x)
            sum(number * number for number in range(1500))
    ended = time.process_time()
    return f"{ended - started} {ended - began}"
print(_book_reference())
"""
WORTH_A_REFERENCE = 1.0      # seconds of a cell after which the reference is asked
REFERENCE_SECONDS = 0.105    # what the reference takes on the machine for which the chapters state their seconds
OTHER_PROCESSORS = 1.5       # how far another processor's seconds, set against its reference, were seen to lie off, and some more


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter", nargs="?", default="", help="two digits, such as 02, for lesson and lab; 02_lab for the lab alone")
    parser.add_argument("--check", action="store_true", help="run nothing; say whether the stored notebook is normalised")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            return check(find_chapter(options.chapter) if options.chapter else chapters_in_book() + other_notebooks())
        return max(run(notebook) for notebook in find_chapter(options.chapter))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1


def run(path):
    """Execute the notebook at path, normalise it and write it back, unless a cell fails. Returns the exit code."""
    notebook = read(path)
    try:
        seconds, peak_bytes = execute(notebook, path.parent)
    except ValueError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return 1
    normalise(notebook)
    write(notebook, path)
    stated = notebook.metadata.get("book", {}).get("seconds_to_run")
    for line in budget_problems(stated, seconds, peak_bytes):
        print(f"{path.name}: {line}", file=sys.stderr)
    memory = f"{peak_bytes / 1e9:.2f} GB (allowed: {GIGABYTES_ALLOWED} GB)"
    print(f"{path.name}: took {seconds:.1f} s of the book's machine (stated: {stated} s) and {memory}")
    return 0


def execute(notebook, folder):
    """Run every cell of the notebook in one fresh kernel whose working directory is folder.

    Returns what that took, as Meter.read gives it. Raises ValueError naming the first cell that failed.
    """
    code_cells = [index for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    reached = []
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}},
    )
    meter = Meter(lambda question: _ask(client, question))
    try:
        with client.setup_kernel(env={**os.environ, **KERNEL_ENVIRONMENT}):
            for index in code_cells:
                reached.append(index)
                started = time.perf_counter()
                client.execute_cell(notebook.cells[index], index)
                meter.after_cell(time.perf_counter() - started)
            return meter.read()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        index = reached[-1]
        first_line = notebook.cells[index].source.strip().splitlines()[0]
        place = f"code cell {code_cells.index(index) + 1} of {len(code_cells)}"
        raise ValueError(f"{place} failed: `{first_line}`: {last_line(error)}") from None
    except NoSuchKernel:
        raise ValueError("there is no Python kernel here: install requirements.txt first") from None


def start_anew(start, tries=3):
    """What start() returns, which starts a kernel; again where that dies at once, as it does if another process takes one of its ports.

    A kernel is told free ports before it listens there. Raises the RuntimeError of the last try, and any other at once.
    """
    for left in reversed(range(tries)):
        try:
            return start()
        except RuntimeError as error:
            if not left or "died before replying" not in str(error):
                raise
    raise ValueError(f"tries is {tries}, expected 1 or more")


class Meter:
    """What a kernel spends on a notebook, in seconds of the machine for which the chapters state theirs.

    ask: runs a piece of source in the kernel, as no cell of the notebook, and returns what it printed. Seconds are of the processor and
    divided by those of a piece of work that is done in between: a slower machine, or one that does other things, gives about the same.
    """

    def __init__(self, ask):
        self.ask, self.references, self.asking = ask, [], 0.0

    def after_cell(self, seconds):
        """To be called after each cell with the seconds it took: the longer ones are worth a look at how fast the machine is just now."""
        if seconds >= WORTH_A_REFERENCE:
            self._refer()

    def read(self):
        """(seconds, peak bytes) of the kernel so far."""
        self._refer()
        peak_bytes, seconds = self.ask(BUDGET_QUESTION).split()
        return (float(seconds) - self.asking) * REFERENCE_SECONDS / statistics.mean(self.references), int(peak_bytes)

    def _refer(self):
        reference, asking = map(float, self.ask(REFERENCE_QUESTION).split())
        self.references.append(reference)
        self.asking += asking


def budget_problems(stated, seconds, peak_bytes, doubt=1.0):
    """What is wrong with a run of so many seconds and bytes (of a Meter), given the seconds that the chapter states to its readers.

    doubt: the factor by which the seconds may be wrong: 1 on the machine for which the chapters state theirs, OTHER_PROCESSORS elsewhere.
    """
    problems = []
    if not isinstance(stated, (int, float)) or stated <= 0:
        problems.append('metadata.book.seconds_to_run is missing: say there, and in the opening, how long a run takes')
    elif not stated / 2 <= seconds * doubt or not seconds / doubt <= stated * 2:
        problems.append(f"the run took {seconds:.1f} s, but seconds_to_run states {stated} s: they may differ by a factor of two at most")
    if seconds / doubt > SECONDS_ALLOWED:
        problems.append(f"the run took {seconds:.1f} s; a chapter may take {SECONDS_ALLOWED} s")
    if peak_bytes > GIGABYTES_ALLOWED * 1e9:
        problems.append(f"the run needed {peak_bytes / 1e9:.2f} GB of memory; a chapter may need {GIGABYTES_ALLOWED} GB")
    return problems


def last_line(error):
    """The line of an exception raised in a cell that says what went wrong, without colours."""
    if isinstance(error, CellTimeoutError):
        return "it ran longer than ten minutes"
    if isinstance(error, DeadKernelError):
        return "the kernel died (out of memory?)"
    value = next((line for line in reversed(str(error.evalue).splitlines()) if line.strip()), "")
    return re.sub(r"\x1b\[[0-9;]*m", "", f"{error.ename}: {value}")


def normalise(notebook):
    """Strip from the notebook what differs from run to run or machine to machine, in place: what is left is source and output."""
    book = {key: notebook.metadata[key] for key in KEPT_NOTEBOOK_METADATA if key in notebook.metadata}
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    language = {"name": "python", "pygments_lexer": "ipython3"}
    notebook.metadata = nbformat.from_dict({**book, "kernelspec": kernel, "language_info": language})
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    seen, count = {}, 0
    for cell in notebook.cells:
        cell.source = "\n".join(line.rstrip() if cell.cell_type == "code" else line for line in cell.source.strip("\n").split("\n"))
        cell.id = _stable_id(cell, seen)
        cell.metadata = nbformat.from_dict({key: cell.metadata[key] for key in KEPT_CELL_METADATA if cell.metadata.get(key)})
        if "tags" in cell.metadata:
            cell.metadata.tags = sorted(set(cell.metadata.tags))
        if cell.cell_type == "code":
            count += 1
            cell.execution_count = count
            cell.outputs = _normal_outputs(cell.outputs, count)
        else:
            cell.pop("attachments", None)


def normalisation_problems(notebook):
    """One line for each cell that is not stored as normalise would store it."""
    normal, stored = nbformat.from_dict(notebook), nbformat.from_dict(notebook)
    normalise(normal)
    problems = [] if normal.metadata == stored.metadata else ["the notebook's metadata carry more (or less) than they should"]
    if len(normal.cells) != len(stored.cells):
        return problems + ["there are empty cells"]
    for number, (want, have) in enumerate(zip(normal.cells, stored.cells, strict=True), start=1):
        differing = sorted(key for key in set(want) | set(have) if want.get(key) != have.get(key))
        if differing:
            first_line = (have.source.strip().splitlines() or [""])[0]
            problems.append(f"cell {number} (`{first_line[:60]}`) is not normalised: {', '.join(differing)}")
    return problems


def check(paths):
    """Print what is not normalised in the notebooks at paths. Returns the exit code."""
    problems = [f"{path.name}: {problem}" for path in paths for problem in file_problems(path)]
    print("\n".join(problems) or f"{len(paths)} notebooks are normalised")
    return 1 if problems else 0


def file_problems(path):
    """normalisation_problems of the notebook at path, and whether its bytes are the ones write would produce."""
    notebook = read(path)
    problems = normalisation_problems(notebook)
    if not problems and Path(path).read_text(encoding="utf-8") != as_text(notebook):
        problems.append("the file is laid out differently (indent, key order, last newline)")
    return [f"{problem}; run `make chapter CH={Path(path).name[:2]}`" for problem in problems]


def read(path):
    """The notebook at path. Raises ValueError in one line when it is not one."""
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises half a dozen types, none of them derived from another
        raise ValueError(f"{Path(path).name} is not a notebook: {str(error).splitlines()[0][:120]}") from None


def write(notebook, path):
    """Write the notebook to path in one step, so that an interrupted run leaves the old file."""
    beside = Path(path).with_suffix(".tmp")
    beside.write_text(as_text(notebook), encoding="utf-8")
    beside.replace(path)


def as_text(notebook):
    """The notebook as the one text this book stores: keys sorted, indent 1, one newline at the end."""
    return nbformat.writes(notebook, version=4, indent=1, sort_keys=True, ensure_ascii=False).rstrip("\n") + "\n"


def _ask(client, question):
    cell = nbformat.v4.new_code_cell(question)
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    finally:
        client.nb.cells.pop()
    return cell.outputs[0].text


def _stable_id(cell, seen):
    """An id made from what the cell says, so that it changes with its cell and with nothing else."""
    name = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
    seen[name] = seen.get(name, 0) + 1
    return name if seen[name] == 1 else f"{name}-{seen[name]}"


def _normal_outputs(outputs, count):
    normal, streams = [], {}
    for output in outputs:
        if output.output_type == "stream":
            if output.name == "stderr":
                continue
            text = _without_addresses(output.text)
            if output.name in streams:
                streams[output.name].text += text
                continue
            streams[output.name] = output = nbformat.v4.new_output("stream", name=output.name, text=text)
        elif "data" in output:
            output = _normal_data(output, count)
            if not output.data:
                continue
        normal.append(output)
    return normal


def _normal_data(output, count):
    data = {kind: _without_addresses(text) for kind, text in output.data.items() if kind != WIDGET_VIEW}
    if drawing := DRAWING.match(data.get("image/svg+xml", "")):
        data["image/svg+xml"] = f'<svg {SVG} {drawing[1]} viewBox="0 0 420 24"><text y="17">{DRAWN_LATER}</text></svg>'
    sizes = {kind: _size(output.metadata.get(kind)) for kind in data}
    metadata = {kind: size for kind, size in sizes.items() if size}
    if output.output_type == "execute_result":
        return nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=count)
    return nbformat.v4.new_output("display_data", data=data, metadata=metadata)


def _size(about):
    return {key: about[key] for key in ("width", "height") if key in about} if isinstance(about, dict) else {}


def _without_addresses(text):
    return re.sub(r"\bat 0x[0-9a-f]{6,}", "at 0x000000", text) if isinstance(text, str) else text


if __name__ == "__main__":
    sys.exit(main())
