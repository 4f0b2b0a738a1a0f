"""An interrupted batch goes on where it stopped: nothing is graded twice, nothing is lost."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from classroom import append_cell, possible, replace_cell, total
from filelock import FileLock, Timeout

from coursework import checker
from coursework.assignments import ROOT, CourseworkError

SLOW = "import time\ntime.sleep({seconds})"


def journal_of(pupils):
    return pupils.out.with_name(pupils.out.name + ".journal")


def lines_of(pupils):
    path = journal_of(pupils)
    return path.read_bytes().split(b"\n")[:-1] if path.exists() else []


def start_grading(pupils, workers):
    command = [sys.executable, "-m", "coursework", "grade", str(pupils.folder), "--chapter", pupils.chapter, "--out", str(pupils.out)]
    command += ["--built", str(pupils.built), "--workers", str(workers), *(["--trusted"] if pupils.trusted else [])]
    return subprocess.Popen(command, cwd=ROOT, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait_for(condition, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_killed_in_the_middle(pupils):
    for number in range(5):
        pupils.hand_in(f"{number}.ipynb", append_cell(SLOW.format(seconds=8 if number == 4 else 0.5 + number / 100)))
    grading = start_grading(pupils, workers=2)
    wait_for(lambda: len(lines_of(pupils)) >= 2)
    family = psutil.Process(grading.pid).children(recursive=True)
    os.kill(grading.pid, signal.SIGKILL)
    grading.wait()
    _, alive = psutil.wait_procs(family, timeout=90)
    assert not alive, "processes of the killed run live on"
    before = lines_of(pupils)
    assert 2 <= len(before) < 5

    records = pupils.grade()
    after = lines_of(pupils)
    assert after[: len(before)] == before
    assert sorted(json.loads(line)["file"] for line in after) == sorted(records) == [f"{number}.ipynb" for number in range(5)]
    assert pupils.facts["reused"] == len(before)
    assert all(total(record) == possible(record) for record in records.values())
    with open(pupils.out, encoding="utf-8-sig", newline="") as file:
        assert [row["file"] for row in csv.DictReader(file)] == [f"{number}.ipynb" for number in range(5)]


def test_half_a_line_is_dropped_and_graded_again(pupils):
    pupils.hand_in("a.ipynb")
    pupils.hand_in("b.ipynb")
    pupils.grade()
    first, second = lines_of(pupils)
    journal_of(pupils).write_bytes(first + b"\n" + second[: len(second) // 2])
    assert len(pupils.grade()) == 2
    assert pupils.facts["reused"] == 1 and len(lines_of(pupils)) == 2


def test_only_what_changed_is_graded_again_and_all_with_other_limits(pupils):
    for name in "ab":
        pupils.hand_in(f"{name}.ipynb")
    pupils.grade()
    pupils.hand_in("b.ipynb", replace_cell("q3-answer", "attention = None"))
    records = pupils.grade()
    assert pupils.facts["reused"] == 1
    assert total(records["a.ipynb"]) == 27 and total(records["b.ipynb"]) == 27 - 8
    pupils.grade()
    assert pupils.facts["reused"] == 2 and pupils.facts["seconds"] == 0
    pupils.grade(limits=checker.Limits(cell_seconds=9))
    assert pupils.facts["reused"] == 0


def test_two_graders_do_not_share_a_journal(pupils):
    pupils.hand_in("a.ipynb", append_cell(SLOW.format(seconds=60)))
    grading = start_grading(pupils, workers=1)
    try:
        wait_for(lambda: journal_of(pupils).exists() and _locked(journal_of(pupils)))
        with pytest.raises(CourseworkError, match="another grader is writing to it"):
            pupils.grade()
    finally:
        grading.terminate()
        grading.wait()


def _locked(path):
    try:
        with FileLock(f"{path}.lock", timeout=0):
            return False
    except Timeout:
        return True


def test_a_regrade_lists_who_changed(pupils):
    pupils.hand_in("a.ipynb", replace_cell("q3-answer", "attention = None"))
    pupils.hand_in("b.ipynb")
    pupils.grade()
    pupils.hand_in("a.ipynb")
    pupils.grade(regrade=True)
    assert pupils.facts["reused"] == 0
    assert pupils.facts["changes"] == [("a.ipynb", "q3", "0", "8"), ("a.ipynb", "total", "19", "27"), ("a.ipynb", "final", "19", "27")]
