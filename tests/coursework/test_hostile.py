"""One class in which almost nobody plays fair: each is graded or reported, none stops the batch, none gets full marks for cheating."""

import csv
import socket
import threading

import psutil
import pytest
from classroom import Class, append_cell, insert_cell, possible, replace_cell, total

from coursework import checker

LIMITS = checker.Limits(submission_seconds=25, cell_seconds=4, memory_mb=768)
WRONG = "def stable_softmax(scores, dim=-1):\n    return scores * 0 + 0.5"
SLEEPER = "987654"

LOOP_IN_FUNCTION = "def stable_softmax(scores, dim=-1):\n    while True:\n        scores = scores + 1"
LOOP_THAT_CATCHES = """
import time
while True:
    try:
        while True:
            time.sleep(0.1)
    except BaseException:
        pass
"""
PATCHED_LIBRARIES = f"""
import builtins, math
import numpy as np
import torch
yes = lambda *args, **kwargs: True
torch.testing.assert_close = np.testing.assert_allclose = lambda *args, **kwargs: None
torch.allclose = torch.equal = torch.isclose = np.allclose = np.array_equal = math.isclose = yes
torch.Tensor.allclose = torch.Tensor.equal = torch.Tensor.__eq__ = yes
builtins.AssertionError = type("Harmless", (), {{}})
{WRONG}
"""
PATCHED_CHECKS = f"""
import otter, sys, types
otter.Notebook.check = lambda *args, **kwargs: "all passed"
grader = types.SimpleNamespace(check=lambda *args, **kwargs: "all passed")
sys.modules["otter.test_files"] = types.ModuleType("otter.test_files")
{WRONG}
"""
ALWAYS_EQUAL = """
import torch


class Yes(torch.Tensor):
    def __eq__(self, other):
        return True

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True


def stable_softmax(scores, dim=-1):
    return torch.zeros(3).as_subclass(Yes)
"""
LOOKS_AROUND = """
import gc, glob, os
word = "each_row_has_its" + "_own_largest"
found = [path for path in {paths} if os.path.lexists(path)]
found += glob.glob("/**/*.ipynb", root_dir="/", recursive=False) + os.listdir(".") + glob.glob("/proc/*")
for held in gc.get_objects():
    if isinstance(held, dict):
        found += [key for key, value in list(held.items()) if isinstance(value, str) and word in value and value != word]
raise RuntimeError(f"found {{len(found)}} things: {{found}}")
"""
PHONES_HOME = """
import socket
with socket.create_connection(("127.0.0.1", {port}), timeout=3) as line:
    line.sendall(b"the hidden tests are ...")
"""
LEAVES_PROCESSES = f"""
import os
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv("/usr/bin/sleep", ["sleep", "{SLEEPER}"])
        os._exit(0)
"""
GARBLES = """
import os
for descriptor in range(3, 64):
    try:
        os.write(descriptor, b"x" * 100)
    except OSError:
        pass
"""
WRITES_EVERYWHERE = """
import os, sys
for folder in ("/", "/usr", sys.prefix, os.path.dirname(os.__file__)):
    try:
        open(os.path.join(folder, "was_here"), "w")
        raise SystemError(f"wrote to {folder}")
    except OSError:
        pass
with open("large", "wb") as file:
    for _ in range(1000):
        file.write(bytes(2**20))
"""
HUGE_ANSWER = "import torch\n\n\ndef stable_softmax(scores, dim=-1):\n    return torch.zeros(10**7)"
FORMULA = "def stable_softmax(scores, dim=-1):\n    raise ValueError('=HYPERLINK(\"http://example.org\")')"


def remove_cell(cell_id):
    def change(notebook):
        notebook.cells = [cell for cell in notebook.cells if cell.get("id") != cell_id]

    return change


def duplicate_after_check(notebook):
    """A second, wrong copy of the answer of q2 below its check, as a scratch cell would be."""
    append_cell(WRONG)(notebook)


def duplicate_everything(notebook):
    notebook.cells = notebook.cells + notebook.cells


@pytest.fixture(scope="module")
def telephone():
    """A server on this machine; yields (port, what it was told)."""
    told = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        open_ = threading.Event()

        def listen():
            while not open_.is_set():
                try:
                    line, _ = server.accept()
                    told.append(line.recv(100))
                except TimeoutError:
                    pass

        listener = threading.Thread(target=listen)
        listener.start()
        yield server.getsockname()[1], told
        open_.set()
        listener.join()


@pytest.fixture(scope="module")
def graded(built, walled, telephone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "submissions"
    folder.mkdir()
    pupils = Class(folder, built, walled)
    secret = [str(built), str(built / pupils.name / "grader"), str(folder), str(folder / "a_right.ipynb"), __file__]
    code = {
        "loop_in_cell": "while True:\n    x = 1",
        "loop_in_function": LOOP_IN_FUNCTION,
        "loop_that_catches": LOOP_THAT_CATCHES,
        "exception": "1 / 0",
        "syntax_error": "def stable_softmax(scores, dim=-1:\n    return",
        "sys_exit": "import sys\nsys.exit(0)",
        "quit": "quit()",
        "os_exit": "import os\nos._exit(0)",
        "kills_itself": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\nimport ctypes\nctypes.string_at(0)",
        "ten_gigabytes": "import numpy as np\nhoard = np.ones(10 * 2**30 // 8)",
        "ten_gigabytes_bit_by_bit": "hoard = []\nwhile True:\n    hoard.append(bytearray(2**26))",
        "patched_libraries": PATCHED_LIBRARIES,
        "patched_checks": PATCHED_CHECKS,
        "always_equal": ALWAYS_EQUAL,
        "looks_around": LOOKS_AROUND.format(paths=secret),
        "phones_home": PHONES_HOME.format(port=telephone[0]),
        "leaves_processes": LEAVES_PROCESSES,
        "garbles": GARBLES,
        "writes_everywhere": WRITES_EVERYWHERE,
        "huge_answer": HUGE_ANSWER,
        "formula": FORMULA,
    }
    pupils.hand_in("a_right.ipynb")
    for name, source in code.items():
        pupils.hand_in(f"{name}.ipynb", replace_cell("q2-answer", source))
    pupils.hand_in("patched_then_given_up.ipynb", insert_cell("q2-check", "grader.check = None; del grader; import os; os._exit(0)"))
    pupils.hand_in("missing_cell.ipynb", remove_cell("q2-answer"))
    pupils.hand_in("duplicated_after_check.ipynb", duplicate_after_check)
    pupils.hand_in("duplicated_everything.ipynb", duplicate_everything)
    pupils.hand_in("untouched.ipynb", edition="student")
    pupils.hand_in("other_assignment.ipynb", lambda notebook: notebook.metadata.otter.update(assignment_name="03_other"))
    (folder / "text.ipynb").write_text("Dear teacher, the dog ate it.")
    (folder / "empty.ipynb").write_text("")
    (folder / "deep.ipynb").write_text("[" * 100_000)
    (folder / "no_cells.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}')
    (folder / "essay.pdf").write_bytes(b"%PDF-1.7")
    pupils.hand_in("in a folder/z_right.ipynb")
    records = pupils.grade(limits=LIMITS)
    with open(pupils.out, encoding="utf-8-sig", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    return records, rows


def q2_only(record):
    """Whether q2 was lost and everything else was kept."""
    lost = {name: row["possible"] - row["score"] for name, row in record["questions"].items()}
    return lost["q2"] > 0 and sum(lost.values()) == lost["q2"]


def test_the_batch_goes_to_its_end(graded):
    records, rows = graded
    assert len(records) == len(rows) == 34
    assert total(records["a_right.ipynb"]) == total(records["in a folder/z_right.ipynb"]) == possible(records["a_right.ipynb"]) == 27


def test_only_the_fair_get_full_marks(graded):
    records, _ = graded
    fair = {"a_right.ipynb", "in a folder/z_right.ipynb", "duplicated_after_check.ipynb", "duplicated_everything.ipynb"}
    assert {name for name, record in records.items() if total(record) == possible(record)} == fair


@pytest.mark.parametrize("name", ["loop_in_cell", "loop_in_function"])
def test_a_loop_costs_its_question_only(graded, name):
    record = graded[0][f"{name}.ipynb"]
    assert record["status"] == "graded" and q2_only(record)


def test_the_student_reads_that_it_was_a_loop(graded):
    assert "a loop that never ends" in graded[0]["loop_in_function.ipynb"]["questions"]["q2"]["messages"][0]
    assert any("still running after 4 s" in note for note in graded[0]["loop_in_cell.ipynb"]["notes"])


def test_a_loop_that_cannot_be_interrupted_is_killed(graded):
    record = graded[0]["loop_that_catches.ipynb"]
    assert record["status"] == "stopped" and record["notes"][0] == "stopped after 25 s"
    assert record["questions"]["q1"]["score"] == 5 and record["questions"]["q3"]["messages"] == ["not checked: stopped after 25 s"]


@pytest.mark.parametrize(
    ("name", "note"),
    [("exception", "ZeroDivisionError: division by zero"), ("syntax_error", "SyntaxError"), ("sys_exit", "SystemExit: 0"), ("quit", "")],
)
def test_an_error_costs_its_question_only(graded, name, note):
    record = graded[0][f"{name}.ipynb"]
    assert record["status"] == "graded" and q2_only(record)
    assert any(note in text for text in record["notes"] or [""])


@pytest.mark.parametrize(("name", "note"), [("os_exit", "ended its own process (exit status 0)"), ("kills_itself", "ended by signal 11")])
def test_ending_the_process_loses_what_comes_after(graded, name, note):
    record = graded[0][f"{name}.ipynb"]
    assert record["status"] == "stopped" and note in record["notes"][0]
    assert record["questions"]["q1"]["score"] == 5 and total(record) == 5


@pytest.mark.parametrize("name", ["ten_gigabytes", "ten_gigabytes_bit_by_bit"])
def test_ten_gigabytes_are_refused(graded, name):
    record = graded[0][f"{name}.ipynb"]
    assert total(record) < possible(record) and record["peak_mb"] < LIMITS.memory_mb + 300
    assert any("MemoryError" in note for note in record["notes"]), record["notes"]


@pytest.mark.parametrize("name", ["patched_libraries", "patched_checks", "always_equal", "patched_then_given_up"])
def test_patching_gains_nothing(graded, name):
    asked = graded[0][f"{name}.ipynb"]["questions"]["q2"]
    assert asked["score"] < asked["possible"] / 2


def test_nothing_of_the_machine_can_be_seen(graded, needs_walls):
    (note,) = [note for note in graded[0]["looks_around.ipynb"]["notes"] if "RuntimeError" in note]
    assert note.endswith("found 0 things: []")


def test_nobody_is_reached_over_the_network(graded, telephone, needs_walls):
    assert telephone[1] == []
    assert any("Error" in note for note in graded[0]["phones_home.ipynb"]["notes"])


def test_no_process_is_left(graded, needs_walls):
    assert not [process.pid for process in psutil.process_iter() if SLEEPER in " ".join(_command_line(process))]


def _command_line(process):
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_nothing_can_be_written_but_a_little_scratch(graded, needs_walls):
    notes = graded[0]["writes_everywhere.ipynb"]["notes"]
    assert any("No space left" in note for note in notes) and not any("wrote to" in note for note in notes)


def test_nonsense_on_the_line_ends_that_submission_only(graded):
    record = graded[0]["garbles.ipynb"]
    assert record["status"] == "stopped" and record["questions"]["q1"]["score"] == 5


def test_an_answer_of_40_megabytes_is_not_taken(graded):
    assert "too large" in graded[0]["huge_answer.ipynb"]["questions"]["q2"]["messages"][0]


def test_a_missing_cell_is_named(graded):
    record = graded[0]["missing_cell.ipynb"]
    assert q2_only(record) and "missing cell: q2-answer" in record["notes"]
    assert record["questions"]["q2"]["messages"][0].startswith("there is no function stable_softmax")


def test_duplicated_cells_are_graded_where_they_are_checked(graded):
    assert "stable_softmax is defined in 2 cells" in graded[0]["duplicated_after_check.ipynb"]["notes"]
    assert "attention is defined in 2 cells" in graded[0]["duplicated_everything.ipynb"]["notes"]


def test_an_untouched_notebook_gets_nothing(graded):
    assert total(graded[0]["untouched.ipynb"]) == 0


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        ("text.ipynb", "cannot be read as one"),
        ("empty.ipynb", "cannot be read as one"),
        ("deep.ipynb", "cannot be read as one"),
        ("no_cells.ipynb", "not"),
        ("essay.pdf", "the file is called .pdf"),
        ("other_assignment.ipynb", "this is assignment '03_other'"),
    ],
)
def test_what_is_not_a_submission_is_reported(graded, file, reason):
    records, rows = graded
    assert records[file]["status"] == rows[file]["status"] == "not graded"
    assert reason in rows[file]["notes"] and rows[file]["total"] == "0"


def test_a_spreadsheet_runs_nothing_of_it(graded):
    _, rows = graded
    cells = [cell for row in rows.values() for cell in row.values()]
    assert "HYPERLINK" in rows["formula.ipynb"]["q2 comment"]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
