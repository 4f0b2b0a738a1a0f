"""How pytest runs the book's notebooks (`pytest --nbval chapters/NAME.ipynb`): each in one kernel, after the last cell its budget.

Each under one of portability.py's settings: `make test` gives half of them the kernels of a processor with AVX2 only; BOOK_KERNELS names
another setting for all.
"""

import gc
import os
import time
from functools import partial

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from portability import SETTINGS, setting_of
from run_chapter import KERNEL_ENVIRONMENT, OTHER_PROCESSORS, Meter, budget_problems, start_anew

gc.set_threshold(50_000, 20, 20)       # what libraries have loaded stays: to look there for what is dead takes a seventh of the time
VARIABLES = {name for setting in SETTINGS.values() for name in setting} | set(KERNEL_ENVIRONMENT)
OUTSIDE = {name: os.environ[name] for name in VARIABLES if name in os.environ}


def pytest_collectstart(collector):
    if isinstance(collector, IPyNbFile):
        collector.skip_compare += ("image/svg+xml", "stderr")
        collector.meter = Meter(lambda question: ask(collector.kernel, question))
        collector.cells_run = 0
        collector.setup = partial(start_anew, collector.setup)


def pytest_collection_modifyitems(items):
    last_cells = {item.parent: place for place, item in enumerate(items) if isinstance(item, IPyNbCell)}
    for notebook, place in sorted(last_cells.items(), key=lambda entry: -entry[1]):
        if notebook.path.parent.name == "chapters":
            items.insert(place + 1, Budget.from_parent(notebook, name="Budget", cells=place_of(notebook, items)))


def place_of(notebook, items):
    return sum(isinstance(item, IPyNbCell) and item.parent is notebook for item in items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    for name in VARIABLES:
        os.environ.pop(name, None)
    if isinstance(item, IPyNbCell):                    # its notebook's kernel, started by the first cell, inherits it
        os.environ.update(KERNEL_ENVIRONMENT | SETTINGS[os.environ.get("BOOK_KERNELS") or setting_of(item.parent.path)])
    else:
        os.environ.update(OUTSIDE)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    if not isinstance(item, IPyNbCell):
        return (yield)
    started = time.perf_counter()
    item.parent.cells_run += 1
    result = yield
    if item.parent.path.parent.name == "chapters":
        item.parent.meter.after_cell(time.perf_counter() - started)
    return result


def ask(kernel, question):
    """Run source in a kernel, as no cell of its notebook; what it printed."""
    number = kernel.execute_cell_input(question)
    while True:
        message = kernel.get_message("iopub", timeout=60)
        if message["parent_header"].get("msg_id") == number and message["msg_type"] in ("stream", "error"):
            return message["content"].get("text") or pytest.fail(str(message["content"]))


class OverBudget(Exception):
    """A chapter ran, but longer or with more memory than it may, or than it says."""


class Budget(pytest.Item):
    """Asks the kernel that has just run every cell what that took, so that no notebook is run a second time for it."""

    def __init__(self, *, cells, **about):
        super().__init__(**about)
        self.cells = cells

    def runtest(self):
        notebook = self.parent
        if notebook.cells_run < self.cells:
            pytest.skip("not every cell ran")
        stated = notebook.nb.metadata.get("book", {}).get("seconds_to_run")
        problems = budget_problems(stated, *notebook.meter.read(), doubt=OTHER_PROCESSORS)
        if problems:
            raise OverBudget("\n".join(problems))

    def repr_failure(self, excinfo):
        return str(excinfo.value) if excinfo.errisinstance(OverBudget) else super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::Budget"
