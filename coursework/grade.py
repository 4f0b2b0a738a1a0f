"""Grade a folder of submissions into a CSV: in parallel, within limits, and able to go on after an interruption."""

import concurrent.futures
import contextlib
import csv
import fcntl
import hashlib
import json
import multiprocessing
import os
import signal
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from coursework import checker, walls
from coursework.assignments import BUILT, CourseworkError, Question, find_assignment, read_notebook
from coursework.sandbox import imports_of
from coursework.submission import NotASubmission, find_submissions, fingerprint, read_submission


@dataclass(frozen=True)
class Edition:
    """The grader edition of an assignment: what was built from its master notebook."""

    name: str
    questions: list
    tests: dict
    modules: list
    digest: str
    untouched: str


def load_edition(chapter, built=BUILT):
    """The grader edition of a chapter's assignment. Raises CourseworkError when it has not been built."""
    name = find_assignment(chapter).name
    folder = Path(built) / name
    if not (folder / "grader" / "assignment.json").is_file():
        raise CourseworkError(f"{folder / 'grader'} is not there: run 'make coursework' first")
    questions = [Question(**question) for question in json.loads((folder / "grader" / "assignment.json").read_text())]
    solved = read_notebook(folder / "grader" / f"{name}.ipynb")
    student = read_notebook(folder / "student" / f"{name}.ipynb")
    tests = {question.name: solved.metadata.otter.tests[question.name] for question in questions if not question.manual}
    sources = [cell.source for cell in solved.cells if cell.cell_type == "code"]
    untouched = fingerprint([cell.source for cell in student.cells if cell.cell_type == "code"])
    digest = hashlib.sha256(json.dumps(tests, sort_keys=True).encode()).hexdigest()
    return Edition(name, questions, tests, imports_of(sources), digest, untouched)


# --- one submission ----------------------------------------------------------------------------------------------------------


def grade_file(path, label, edition, nursery, limits):
    """Grade one file. Returns a record of plain data (what the journal keeps); never raises on account of the submission."""
    record = {"file": label, "digest": _digest(path), "edition": edition.digest, "status": "graded", "notes": [], "answers": {}}
    try:
        submission = read_submission(path, edition.name, edition.questions)
    except NotASubmission as problem:
        return record | {"status": "not graded", "notes": [str(problem)], "questions": _nothing(edition, str(problem)), "fingerprint": ""}
    outcome = checker.examine(nursery, submission.cells, edition.tests, limits)
    ending = _ending(outcome, len(submission.cells), limits)
    questions = {
        name: _question_record(outcome.tests[name]) if name in outcome.tests else _not_checked(source, ending)
        for name, source in edition.tests.items()
    }
    failed = [f"code cell {index + 1}: {error['type']}: {error['message']}"[:300] for index, error in sorted(outcome.cell_errors.items())]
    return record | {
        "status": "graded" if outcome.finished else "stopped",
        "notes": ([ending] if ending else []) + submission.notes + failed,
        "questions": questions,
        "answers": submission.answers,
        "fingerprint": submission.fingerprint,
        "seconds": {name: round(value, 4) for name, value in outcome.seconds.items()},
        "peak_mb": outcome.ending.get("peak_mb", 0),
    }


def _question_record(test_file):
    failed = [result for result in test_file.test_case_results if not result.passed]
    messages = list(dict.fromkeys(result.message for result in failed))
    return {"score": test_file.score, "possible": test_file.possible, "messages": messages}


def _not_checked(source, reason):
    return {"score": 0, "possible": checker.load_test_file(source).possible, "messages": [f"not checked: {reason}"]}


def _nothing(edition, reason):
    return {name: _not_checked(source, reason) for name, source in edition.tests.items()}


def _ending(outcome, n_cells, limits):
    if outcome.finished:
        return ""
    if outcome.ending.get("reason") == "out of time":
        return f"stopped after {limits.submission_seconds:g} s"
    code = outcome.ending.get("exit", 0)
    if code < 0:
        return f"the notebook's process was ended by signal {-code} ({signal.Signals(-code).name})"
    return f"the notebook ended its own process (exit status {code})"


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- the batch ---------------------------------------------------------------------------------------------------------------


class Journal:
    """What has been graded, one JSON line per submission, written and synced the moment it is known. Only one grader may hold it."""

    def __init__(self, path):
        self.path = Path(path)
        self.file = open(self.path, "a+b")  # noqa: SIM115
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CourseworkError(f"{self.path}: another grader is writing to it") from error
        self.records = list(self._read())

    def _read(self):
        self.file.seek(0)
        content = self.file.read()
        if content and not content.endswith(b"\n"):
            self.file.truncate(content.rfind(b"\n") + 1)
        for line in content.split(b"\n")[:-1]:
            try:
                yield json.loads(line)
            except ValueError as error:
                raise CourseworkError(f"{self.path}: not a journal of this grader; move it away to grade from the start") from error

    def add(self, record):
        self.records.append(record)
        self.file.write(json.dumps(record).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def known(self, edition):
        """The records made with this edition, by (file, digest)."""
        return {(record["file"], record["digest"]): record for record in self.records if record["edition"] == edition.digest}

    def close(self):
        self.file.close()


def grade_folder(folder, chapter, out, *, workers=2, limits=None, walled=True, built=BUILT, progress=True):
    """Grade all submissions below `folder` into the CSV `out`, going on where an interrupted run stopped.

    Returns (records of all submissions, facts about the run). Raises CourseworkError for what the teacher can mend.
    """
    folder, out, limits = Path(folder), Path(out), limits or checker.Limits()
    if not folder.is_dir():
        raise CourseworkError(f"{folder}: no such folder")
    paths = find_submissions(folder)
    if not paths:
        raise CourseworkError(f"{folder}: no submissions in this folder")
    if not out.parent.is_dir():
        raise CourseworkError(f"{out.parent}: no such folder to write {out.name} into")
    edition = load_edition(chapter, built)
    journal = Journal(out.with_name(out.name + ".journal"))
    try:
        known = journal.known(edition)
        labels = {path.relative_to(folder).as_posix(): path for path in paths}
        records = {label: known.get((label, _digest(path))) for label, path in labels.items()}
        waiting = [(label, labels[label]) for label, record in records.items() if record is None]
        facts = {"reused": len(labels) - len(waiting), "walled": walled, "seconds": 0.0}
        try:
            if waiting:
                hidden = [folder.resolve(), Path(built).resolve(), find_assignment(chapter), out.resolve()]
                facts |= _grade_waiting(waiting, edition, journal, records, workers, limits, walled, hidden, progress)
        finally:
            done = [record for record in records.values() if record]
            write_csv(out, done, edition)
        return done, facts
    finally:
        journal.close()


def _grade_waiting(waiting, edition, journal, records, workers, limits, walled, hidden, progress):
    start = time.perf_counter()
    nursery = checker.Nursery(edition.modules, walled=walled, hidden=hidden)
    try:
        _try_the_walls(nursery, limits)
        started = time.perf_counter() - start
        bar = tqdm(total=len(waiting), desc=f"grading {edition.name}", unit="copy", disable=not progress)
        with bar:
            for label, record in _graded(waiting, edition, nursery, limits, workers):
                records[label] = record
                if record["status"] != "grader failed":
                    journal.add(record)
                bar.update()
        return {"seconds": time.perf_counter() - start, "start_seconds": started, "new": len(waiting)}
    finally:
        nursery.close()


def _try_the_walls(nursery, limits):
    try:
        checker.examine(nursery, [], {}, limits)
    except walls.WallsError as error:
        advice = "see 'Grading' in the teaching guide, or add --no-walls for people you trust"
        raise CourseworkError(f"submissions cannot be walled off on this machine ({error}): {advice}") from error


_AT_WORK = {}


def _graded(waiting, edition, nursery, limits, workers):
    """Yield (label, record) as they come. A worker that dies costs its submission, not the batch."""
    _AT_WORK.update(edition=edition, nursery=nursery, limits=limits)
    left = dict(waiting)
    with contextlib.suppress(BrokenProcessPool):
        yield from _graded_in_pool(left, workers)
    for label, path in list(left.items()):
        try:
            yield from _graded_in_pool({label: path}, 1)
        except BrokenProcessPool:
            yield label, _failure(path, label, edition, "a process of the grader died")


def _graded_in_pool(left, workers):
    """Grade the submissions in `left` {label: path}, taking out each that is done."""
    fork = multiprocessing.get_context("fork")
    with concurrent.futures.ProcessPoolExecutor(workers, mp_context=fork, initializer=_start_worker) as pool:
        futures = {pool.submit(_grade_in_worker, path, label): label for label, path in left.items()}
        try:
            for future in concurrent.futures.as_completed(futures):
                label, record = futures[future], future.result()
                del left[label]
                yield label, record
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _start_worker():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    walls.die_with_parent()


def _grade_in_worker(path, label):
    try:
        return grade_file(path, label, _AT_WORK["edition"], _AT_WORK["nursery"], _AT_WORK["limits"])
    except Exception as error:
        return _failure(path, label, _AT_WORK["edition"], f"{type(error).__name__}: {error}")


def _failure(path, label, edition, reason):
    note = f"the grader failed, not the student: {reason}"
    record = {"file": label, "digest": _digest(path), "edition": edition.digest, "status": "grader failed", "notes": [note]}
    return record | {"questions": _nothing(edition, note), "answers": {}, "fingerprint": ""}


# --- what the teacher gets -----------------------------------------------------------------------------------------------------


def write_csv(path, records, edition):
    """One row per submission: status, points, comments, answers to read. Written beside and moved into place, so never half a file."""
    automatic = [question.name for question in edition.questions if not question.manual]
    manual = [question.name for question in edition.questions if question.manual]
    names = [question.name for question in edition.questions]
    texts = [f"{name} comment" for name in automatic] + [f"{name} answer" for name in manual] + ["notes"]
    scratch = path.with_name(path.name + ".part")
    with open(scratch, "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "status", "total", "possible", *names, *texts])
        for record in records:
            asked = record["questions"]
            total, possible = (sum(asked[name][key] for name in automatic) for key in ("score", "possible"))
            scores = [f"{asked[name]['score']:g}" if name in asked else "" for name in names]
            comments = [" | ".join(asked[name]["messages"][:3]) for name in automatic]
            answers = [record["answers"].get(name, "") for name in manual]
            texts = [_plain(text) for text in (*comments, *answers, "; ".join(record["notes"]))]
            writer.writerow([_plain(record["file"]), record["status"], f"{total:g}", f"{possible:g}", *scores, *texts])
    os.replace(scratch, path)


def _plain(text):
    """Text that a spreadsheet shows and does not run."""
    printable = "".join(character for character in text if character.isprintable() or character == "\n")
    return "'" + printable if printable.startswith(("=", "+", "-", "@")) else printable


def summarise(records, edition, facts):
    """What the class did, as text: points, the question that most did not solve, its commonest diagnosis, what needs a look."""
    automatic = [question.name for question in edition.questions if not question.manual]
    totals = sorted(sum(record["questions"][name]["score"] for name in automatic) for record in records)
    possible = sum(records[0]["questions"][name]["possible"] for name in automatic)
    lines = [f"{len(records)} submissions of {edition.name}" + (f", {facts['reused']} of them graded earlier" if facts["reused"] else "")]
    middle = totals[len(totals) // 2] if len(totals) % 2 else (totals[len(totals) // 2 - 1] + totals[len(totals) // 2]) / 2
    spread = f"mean {sum(totals) / len(totals):.1f} · median {middle:g} · lowest {totals[0]:g} · highest {totals[-1]:g}"
    lines.append(f"automatic points, of {possible:g}: {spread}")
    short = {}
    for name in automatic:
        rows = [record["questions"][name] for record in records]
        short[name] = [row for row in rows if row["score"] < row["possible"]]
        mean = sum(row["score"] for row in rows) / len(rows)
        lines.append(f"  {name}  mean {mean:4.1f} of {rows[0]['possible']:g}   not full: {len(short[name])}")
    worst = max(automatic, key=lambda name: len(short[name]))
    if short[worst]:
        message, count = commonest([row["messages"][0] for row in short[worst] if row["messages"]])
        lines += [f"most often not full: {worst} ({len(short[worst])} of {len(records)}), {count} times because:", f"  {message}"]
    to_read = [question.name for question in edition.questions if question.manual]
    if to_read:
        lines.append(f"for you to read: {', '.join(to_read)} (empty columns in the CSV; the rubric is in the instructor edition)")
    lines += _needs_a_look(records, edition)
    if not facts["walled"]:
        lines.append("graded without walls: submissions could read files of this machine")
    return "\n".join(lines)


def commonest(messages):
    """The most frequent of some messages and how often it occurs; the first one where several are."""
    counts = {}
    for message in messages:
        counts[message] = counts.get(message, 0) + 1
    return max(counts.items(), key=lambda pair: pair[1])


def _needs_a_look(records, edition):
    lines = [f"  {record['file']}: {record['status']}, {record['notes'][0]}" for record in records if record["status"] != "graded"]
    same = {}
    for record in records:
        if record["fingerprint"] and record["fingerprint"] != edition.untouched:
            same.setdefault(record["fingerprint"], []).append(record["file"])
    copies = [files for files in same.values() if len(files) > 1]
    lines += [f"  the same code: {', '.join(files[:4])}{f' and {len(files) - 4} more' if len(files) > 4 else ''}" for files in copies]
    return ["needs a look:", *lines] if lines else []


def limits_from(seconds, cell_seconds, memory_mb):
    """Limits with these values in place of the defaults (None keeps one)."""
    given = {"submission_seconds": seconds, "cell_seconds": cell_seconds, "memory_mb": memory_mb}
    return checker.Limits(**(asdict(checker.Limits()) | {key: value for key, value in given.items() if value is not None}))
