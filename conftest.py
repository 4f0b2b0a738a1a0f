"""How pytest runs the book's notebooks (`pytest --nbval chapters/NAME.ipynb`): each in one kernel, after the last cell its budget."""

import os
import time

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile

from run_chapter import BUDGET_QUESTION, KERNEL_ENVIRONMENT, budget_problems, read_budget


def pytest_configure(config):
    if config.option.nbval:
        os.environ.update(KERNEL_ENVIRONMENT)          # the kernels inherit it: they run as under `make chapter`


def pytest_collectstart(collector):
    if isinstance(collector, IPyNbFile):
        collector.skip_compare += ("image/svg+xml", "stderr")
        collector.seconds = {}


def pytest_collection_modifyitems(items):
    last_cells = {item.parent: place for place, item in enumerate(items) if isinstance(item, IPyNbCell)}
    for notebook, place in sorted(last_cells.items(), key=lambda entry: -entry[1]):
        if notebook.path.parent.name == "chapters":
            items.insert(place + 1, Budget.from_parent(notebook, name="Budget", cells=place_of(notebook, items)))


def place_of(notebook, items):
    return sum(isinstance(item, IPyNbCell) and item.parent is notebook for item in items)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    started = time.perf_counter()
    try:
        return (yield)
    finally:
        if isinstance(item, IPyNbCell):
            item.parent.seconds[item.cell_num] = time.perf_counter() - started


class OverBudget(Exception):
    """A chapter ran, but longer or with more memory than it may, or than it says."""


class Budget(pytest.Item):
    """Asks the kernel that has just run every cell what that took, so that no notebook is run a second time for it."""

    def __init__(self, *, cells, **about):
        super().__init__(**about)
        self.cells = cells

    def runtest(self):
        notebook = self.parent
        if len(notebook.seconds) < self.cells:
            pytest.skip("not every cell ran")
        peak_bytes, processor_seconds = read_budget(self.ask(notebook.kernel))
        stated = notebook.nb.metadata.get("book", {}).get("seconds_to_run")
        problems = budget_problems(stated, sum(notebook.seconds.values()), processor_seconds, peak_bytes)
        if problems:
            raise OverBudget("\n".join(problems))

    def ask(self, kernel):
        question = kernel.execute_cell_input(BUDGET_QUESTION)
        while True:
            message = kernel.get_message("iopub", timeout=30)
            if message["msg_type"] == "stream" and message["parent_header"].get("msg_id") == question:
                return message["content"]["text"]

    def repr_failure(self, excinfo):
        return str(excinfo.value) if excinfo.errisinstance(OverBudget) else super().repr_failure(excinfo)

    def reportinfo(self):
        return self.path, 0, f"{self.path.name}::Budget"
