"""One class in which almost nobody plays fair: each is graded or reported, none stops the batch, none gets full marks for cheating."""

import csv
import os
import socket
import threading
import zipfile

import psutil
import pytest
from classroom import Class, append_cell, insert_cell, possible, replace_cell, total

from coursework import checker
from coursework.assignments import CourseworkError
from coursework.calls import REFUSED
from coursework.entries import MOST_MB
from coursework.report import summarise

LIMITS = checker.Limits(submission_seconds=3, cell_seconds=1, memory_mb=768, patience=4.0)
ENDED = "stopped after 3 s of processor time, or because it only waited"
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
import glob, os
found = [path for path in {paths} if os.path.lexists(path)]
found += glob.glob("/**/*.ipynb", root_dir="/", recursive=False) + os.listdir(".") + glob.glob("/proc/*")
raise RuntimeError(f"found {{len(found)}} things: {{found}}")
"""
SEARCHES_MEMORY = """
import gc
words, found = ("each_row_has_its" + "_own_largest", "hostile" + "-class"), []
for held in gc.get_objects():
    texts = list(held.values()) if isinstance(held, dict) else list(held) if isinstance(held, (list, tuple, set)) else [held]
    for text in texts:
        text = text.decode("latin-1") if isinstance(text, (bytes, bytearray)) else text
        if isinstance(text, str) and any(word in text and text != word for word in words):
            found.append(text[:100])
raise RuntimeError(f"found {len(found)} things: {found}")
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
SYSTEM_CALLS = f"""
import ctypes, errno, os, platform
libc = ctypes.CDLL(None, use_errno=True)
which, allowed = 0 if platform.machine() == "x86_64" else 1, []
calls = {dict(REFUSED)!r}
for name, numbers in calls.items():
    if numbers[which] is not None:
        ctypes.set_errno(0)
        if libc.syscall(numbers[which], *[0] * 6) != -1 or ctypes.get_errno() != errno.EPERM:
            allowed.append(name)
for family in (16, 38, 40):                                  # netlink, crypto, vsock
    if libc.socket(family, 2, 0) != -1 or ctypes.get_errno() != errno.EAFNOSUPPORT:
        allowed.append("socket " + str(family))
if libc.syscall(56 if which == 0 else 220, 0x10000000 | 17, 0, 0, 0, 0) != -1:
    allowed.append("a user namespace")
for command in (5, 6, 1024):
    if libc.fcntl(os.open(os.__file__, os.O_RDONLY), command, 0) != -1 or ctypes.get_errno() != errno.EPERM:
        allowed.append("fcntl " + str(command))
raise RuntimeError("allowed: " + str(allowed) + ", host " + os.uname().nodename + ", user " + str(os.getuid()))
"""
KEYRING = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall(248, b"user", b"answers", b"def stable_softmax", 18, -4)
if libc.syscall(249, b"user", b"answers", None, -4) > 0:
    raise RuntimeError("the neighbour left something")
"""
SLEEPING_CHILDREN = """
import os, time
for _ in range(63):
    try:
        if os.fork() == 0:
            os.setsid()
            time.sleep(3600)
    except OSError:
        break
"""
FORK_BOMB = """
import os
while True:
    try:
        os.fork()
        os.setsid()
    except OSError:
        pass
"""
FIVE_CHILDREN = """
import os, time
for _ in range(5):
    if os.fork() == 0:
        hoard = bytearray(os.urandom(2**20)) * 300
        time.sleep(3600)
time.sleep(2)
"""
FORGED = """
import gc, json, struct, sys
pupil = next(held for held in gc.get_objects() if type(held).__name__ == "_Pupil")


def say(message, body=b""):
    text = json.dumps(message).encode()
    pupil.session.sendall(struct.pack(">II", len(text), len(body)) + text + body)


"""
CLAIMS_MEMORY = FORGED + """
def stable_softmax(scores, dim=-1):
    for _ in range(3):
        say({"value": {"kind": "tensor", "dtype": "float32", "shape": [400_000_000], "start": 0, "size": 0}, "changed": []})
"""
MANY_PARTS = FORGED + """
def stable_softmax(scores, dim=-1):
    say({"value": {"kind": "list", "items": [{"kind": "list", "items": []}] * 25_000}, "changed": []})
"""
BLAMES_THE_GRADER = FORGED + """
say({"event": "cell", "index": "none", "error": 7, "seconds": "NaN"})
"""
LONG_EVENTS = FORGED + """
for index in range(30):
    say({"event": "cell", "index": index, "error": {"type": "E", "message": "m" * 8_000_000}, "seconds": 0})
"""
ECHOES = """
seen = []


def stable_softmax(scores, dim=-1):
    seen.append(scores.tolist())
    raise ValueError(str(seen))
"""
ECHOES_LATER = """
def attention(query, key, value, mask=None):
    raise ValueError(str(seen))
"""
ESCAPES = "def stable_softmax(scores, dim=-1):\n    raise ValueError('\\x1b[2J\\x1b]0;owned\\x07\\ud800 gone')"
LONG_NAME = "def " + "a" * 1_000_000 + "():\n    pass\n"
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
def graded(built, missing, telephone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile-class") / "submissions"
    folder.mkdir()
    pupils = Class(folder, built, bool(missing))
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
        "searches_memory": SEARCHES_MEMORY,
        "phones_home": PHONES_HOME.format(port=telephone[0]),
        "leaves_processes": LEAVES_PROCESSES,
        "garbles": GARBLES,
        "writes_everywhere": WRITES_EVERYWHERE,
        "huge_answer": HUGE_ANSWER,
        "formula": FORMULA,
        "claims_memory": CLAIMS_MEMORY,
        "many_parts": MANY_PARTS,
        "blames_the_grader": BLAMES_THE_GRADER,
        "long_events": LONG_EVENTS,
        "echoes": ECHOES,
        "escapes": ESCAPES,
        "long_name": LONG_NAME + WRONG,
        "six_megabytes_of_numbers": "x = [" + "1," * 3_000_000 + "]",
    }
    if not missing:
        code |= {"system_calls": SYSTEM_CALLS, "sleeping_children": SLEEPING_CHILDREN, "fork_bomb": FORK_BOMB}
        code |= {"five_children": FIVE_CHILDREN, "keyring_1": KEYRING, "keyring_2": KEYRING}
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
    (folder / "lists.ipynb").write_text("[" + "[]," * 10_000_000 + "[]]")

    def echo_later(notebook):
        replace_cell("q2-answer", ECHOES.replace("    raise", "    #"))(notebook)
        replace_cell("q3-answer", ECHOES_LATER)(notebook)

    pupils.hand_in("echoes_later.ipynb", echo_later)
    (folder / "link_to_the_solution.ipynb").symlink_to(built / pupils.name / "grader" / f"{pupils.name}.ipynb")
    (folder / "link_to_nothing.ipynb").symlink_to(folder / "nothing.ipynb")
    (folder / "link_to_a_secret.ipynb").symlink_to("/proc/1/mem")
    (folder / "loop.ipynb").symlink_to(folder / "loop.ipynb")
    (folder / "loop of folders").symlink_to(folder, target_is_directory=True)
    os.mkfifo(folder / "pipe.ipynb")
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("bomb.ipynb", bytes((MOST_MB + 1) * 2**20))
    pupils.hand_in("in a folder/z_right.ipynb")
    records = pupils.grade(limits=LIMITS)
    with open(pupils.out, encoding="utf-8-sig", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    return records, rows, summarise(list(records.values()), pupils.edition, pupils.facts)


def q2_only(record):
    """Whether q2 was lost and everything else was kept."""
    lost = {name: row["possible"] - row["score"] for name, row in record["questions"].items()}
    return lost["q2"] > 0 and sum(lost.values()) == lost["q2"]


def test_the_batch_goes_to_its_end(graded):
    records, rows, _ = graded
    assert len(records) == len(rows) >= 47
    assert total(records["a_right.ipynb"]) == total(records["in a folder/z_right.ipynb"]) == possible(records["a_right.ipynb"]) == 27


def test_only_the_fair_get_full_marks(graded):
    records, _, _ = graded
    fair = {"a_right.ipynb", "in a folder/z_right.ipynb", "duplicated_after_check.ipynb", "duplicated_everything.ipynb"}
    assert not [name for name, record in records.items() if record["status"] == "grader failed"]
    assert {name for name, record in records.items() if total(record) == possible(record)} == fair


@pytest.mark.parametrize("name", ["loop_in_cell", "loop_in_function"])
def test_a_loop_costs_its_question_only(graded, name):
    record = graded[0][f"{name}.ipynb"]
    assert record["status"] == "graded" and q2_only(record)


def test_the_student_reads_that_it_was_a_loop(graded):
    assert "a loop that never ends" in graded[0]["loop_in_function.ipynb"]["questions"]["q2"]["messages"][0]
    assert any("still running after 1 s" in note for note in graded[0]["loop_in_cell.ipynb"]["notes"])


def test_a_loop_that_cannot_be_interrupted_is_killed(graded):
    record = graded[0]["loop_that_catches.ipynb"]
    assert record["status"] == "stopped" and record["notes"][0] == ENDED
    assert record["questions"]["q1"]["score"] == 5 and record["questions"]["q3"]["messages"] == [f"not checked: {ENDED}"]


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
    assert asked["score"] == 0


@pytest.mark.parametrize("name", ["looks_around", "searches_memory"])
def test_nothing_of_the_machine_can_be_seen(graded, name, needs_walls):
    (note,) = [note for note in graded[0][f"{name}.ipynb"]["notes"] if "RuntimeError" in note]
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


def test_what_is_refused_fails_in_the_kernel(graded, needs_walls):
    (note,) = [note for note in graded[0]["system_calls.ipynb"]["notes"] if "RuntimeError" in note]
    assert "allowed: [], host submission, user 1" in note


def test_nothing_is_handed_on_through_the_keyring(graded, needs_walls):
    notes = [note for name in ("keyring_1", "keyring_2") for note in graded[0][f"{name}.ipynb"]["notes"]]
    assert not [note for note in notes if "left something" in note]


@pytest.mark.parametrize("name", ["sleeping_children", "fork_bomb", "five_children"])
def test_what_one_does_with_processes_costs_its_neighbours_nothing(graded, name, needs_walls):
    records = graded[0]
    assert q2_only(records[f"{name}.ipynb"]) or records[f"{name}.ipynb"]["status"] == "stopped"
    assert total(records["a_right.ipynb"]) == total(records["in a folder/z_right.ipynb"]) == 27


def test_all_processes_of_a_submission_share_one_limit(graded, needs_walls):
    assert graded[0]["five_children.ipynb"]["peak_mb"] <= LIMITS.memory_mb + LIMITS.scratch_mb + 64 + 300


@pytest.mark.parametrize("name", ["claims_memory", "many_parts", "blames_the_grader", "long_events"])
def test_a_forged_answer_ends_the_conversation_and_blames_nobody_else(graded, name):
    record = graded[0][f"{name}.ipynb"]
    assert record["status"] == "stopped" and record["notes"][0].startswith("the notebook wrote to the grader's own connection")
    assert record["questions"]["q1"]["score"] == 5 and total(record) == 5


def test_no_answer_makes_the_checker_grow(graded):
    ordinary = graded[0]["a_right.ipynb"]["checker_peak_mb"]
    grown = {name: record["checker_peak_mb"] - ordinary for name, record in graded[0].items() if "checker_peak_mb" in record}
    assert max(grown.values()) < 150, grown


@pytest.mark.parametrize(("name", "hidden"), [("echoes", "501.0"), ("echoes_later", "501.0")])
def test_hidden_inputs_reach_no_comment(graded, name, hidden):
    record = graded[0][f"{name}.ipynb"]
    told = [text for question in record["questions"].values() for text in question["messages"]] + record["notes"]
    assert any("ValueError" in text for text in told)
    assert not [text for text in told if hidden in text]
    assert not [text for question in record["questions"].values() for text in question["hidden"] if hidden in text]


def test_screen_and_table_show_printable_text_only(graded):
    _, rows, summary = graded
    shown = [summary, *(cell for row in rows.values() for cell in row.values())]
    assert "gone" in rows["escapes.ipynb"]["q2 comment"]
    assert not [text for text in shown if not text.replace("\n", "").isprintable()]


def test_no_row_is_large(graded):
    _, rows, _ = graded
    assert max(sum(map(len, row.values())) for row in rows.values()) < 40_000


@pytest.mark.parametrize(
    ("file", "word"),
    [
        ("link_to_the_solution.ipynb", "a link, not a file"),
        ("link_to_nothing.ipynb", "a link, not a file"),
        ("link_to_a_secret.ipynb", "a link, not a file"),
        ("loop.ipynb", "a link, not a file"),
        ("loop of folders", "a link, not a file"),
        ("pipe.ipynb", "not a file: a pipe"),
        ("six_megabytes_of_numbers.ipynb", "longer than 2 MB"),
        ("lists.ipynb", "not a notebook"),
        ("bomb.zip/bomb.ipynb", "larger than"),
    ],
)
def test_every_entry_has_a_row_and_a_word(graded, file, word):
    records, rows, _ = graded
    assert rows[file]["status"] in ("not graded", "stopped") and rows[file]["total"] == "0"
    assert word in rows[file]["notes"] or "too large" in rows[file]["notes"]


def test_the_table_is_written_even_when_grading_fails(pupils, monkeypatch):
    from coursework import grade

    pupils.hand_in("a.ipynb")

    def fails(*args, **kwargs):
        raise OSError("the disk is gone")

    monkeypatch.setattr(grade, "run_all", fails)
    (pupils.folder / "essay.pdf").symlink_to("/etc/hostname")
    with pytest.raises(OSError, match="the disk is gone"):
        pupils.grade()
    assert "essay.pdf" in pupils.out.read_text(encoding="utf-8-sig")


def test_without_root_hidden_tests_are_refused_unless_told(pupils, monkeypatch):
    if os.geteuid() == 0:
        monkeypatch.setattr(checker.os, "geteuid", lambda: 1000)
    pupils.hand_in("a.ipynb")
    pupils.trusted = False
    try:
        record = pupils.grade()["a.ipynb"]
    except CourseworkError as error:
        assert "--trusted" in str(error)
        return
    assert record["status"] == "visible tests only" and 0 < total(record) < 27
    assert "user" in pupils.facts["missing"]
    said = summarise([record], pupils.edition, pupils.facts)
    assert "a user of its own" not in said and "a wall could not be built (user: the grader does not run as root)" in said
    assert "the hidden tests were not run; --trusted runs them" in said
    pupils.trusted = True
    assert total(pupils.grade()["a.ipynb"]) == 27


def test_the_watched_sum_stops_what_a_control_group_would(pupils, monkeypatch, needs_walls):
    """Where no control group can be made, the memory of all processes is added up and the submission ended."""
    monkeypatch.setattr(checker, "_FOR_THE_NURSERY", checker._FOR_THE_NURSERY)
    meters = checker._HERE / "meters.py"
    copied = checker.shutil.copy

    def copy(source, target):
        path = copied(source, target)
        if source == meters:
            with open(path, "a") as file:
                file.write("\n\ndef _own_groups():\n    return {}\n")
        return path

    monkeypatch.setattr(checker.shutil, "copy", copy)
    pupils.hand_in("a.ipynb", replace_cell("q2-answer", FIVE_CHILDREN.replace("time.sleep(2)", "time.sleep(60)")))
    record = pupils.grade(limits=LIMITS)["a.ipynb"]
    assert record["status"] == "stopped" and "took more than 768 MB" in record["notes"][0]
    assert not pupils.facts["group"]


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
    records, rows, _ = graded
    assert records[file]["status"] == rows[file]["status"] == "not graded"
    assert reason in rows[file]["notes"] and rows[file]["total"] == "0"


def test_a_spreadsheet_runs_nothing_of_it(graded):
    _, rows, _ = graded
    cells = [cell for row in rows.values() for cell in row.values()]
    assert "HYPERLINK" in rows["formula.ipynb"]["q2 comment"]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_groups_of_a_killed_grader_are_removed(tmp_path):
    from coursework import meters

    nobody = 2**22 + 1                                          # larger than any process number
    (tmp_path / f"coursework-{nobody}" / "3").mkdir(parents=True)
    (tmp_path / f"coursework-{os.getpid()}").mkdir()
    assert meters._made(tmp_path / "coursework-new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"coursework-{os.getpid()}", "coursework-new"]
