"""How many submissions a minute, and where the time goes."""

import contextlib
import io
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coursework.assignments import find_assignment
from coursework.grade import grade_folder


def bench(chapter, copies, *, compare, built, **how):
    """Grade `copies` copies of the solved notebook and print the rate and its parts; with `compare`, time `otter run` on one copy too."""
    name = find_assignment(chapter).name
    solved = Path(built) / name / "grader" / f"{name}.ipynb"
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch) / "submissions"
        folder.mkdir()
        for number in range(copies):
            shutil.copy(solved, folder / f"copy_{number:03}.ipynb")
        records, facts = grade_folder(folder, chapter, Path(scratch) / "grades.csv", built=built, **how)
    full = sum(all(row["score"] == row["possible"] for row in record["questions"].values()) for record in records)
    print(f"{copies} copies of {name}, {how['workers']} workers: {facts['seconds']:.1f} s, {60 * copies / facts['seconds']:.0f} a minute")
    print(f"all of them with full points: {full == copies}")
    print(f"once, at the start: {facts['start_seconds']:.2f} s (import torch and the other modules, try the walls)")
    for part, text in (("start", "fork and walls"), ("cells", "run the cells"), ("checks", "run the tests"), ("total", "in all")):
        print(f"per copy, {text}: {1000 * statistics.median(record['seconds'][part] for record in records):.0f} ms (median)")
    for part, text in (("pupil", "of the submission's processes"), ("checker", "of the process that checks")):
        spent = statistics.median(record["processor_seconds"][part] for record in records)
        print(f"per copy, processor time {text}: {1000 * spent:.0f} ms (median)")
    if compare:
        _time_otter(Path(built) / name, solved)


def _time_otter(folder, solved):
    for statement in ("import numpy", "import torch", "import otter"):
        print(f"a new process, '{statement}': {_seconds([sys.executable, '-c', statement]):.2f} s")
    zipped = next((folder / "gradescope").glob("*.zip"))
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch, contextlib.redirect_stdout(io.StringIO()):
        seconds = _seconds([sys.executable, "-m", "otter", "run", "-a", str(zipped), "-o", scratch, "--no-logo", str(solved)])
    print(f"'otter run' on one copy: {seconds:.1f} s")


def _seconds(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
