"""Grade a folder of submissions into a table: in parallel, within limits, and able to go on after an interruption."""

import hashlib
import json
import os
import signal
import sys
import time
import warnings
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout
from tqdm import tqdm

from coursework.assignments import BUILT, CourseworkError, Question, find_assignment, read_notebook
from coursework.confined import Share, run_all
from coursework.entries import NotASubmission, find_entries, read_entry
from coursework.roster import match, read_roster
from coursework.submission import fingerprint, read_submission
from coursework.table import Late, read_table, write_table

if sys.platform.startswith("linux"):
    from coursework import checker, walls
    from coursework.sandbox import imports_of


@dataclass(frozen=True)
class Edition:
    """The grader edition of an assignment: what was built from its master notebook."""

    name: str
    questions: list
    tests: dict
    modules: list
    digest: str
    untouched: str
    given: list
    solved: list


def require_linux():
    """Raise CourseworkError where nothing can be graded."""
    if not sys.platform.startswith("linux"):
        raise CourseworkError("grading needs Linux: the walls around a student's code are made of its namespaces and limits")


def load_edition(chapter, built=BUILT):
    """The grader edition of a chapter's assignment. Raises CourseworkError when it has not been built, or not on Linux."""
    require_linux()
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
    given = [(cell.id, cell.cell_type, cell.source) for cell in student.cells]
    answers = {name for question in questions if not question.manual for name in question.answer_cells}
    solution = [cell.source for cell in solved.cells if cell.id in answers]
    digest = hashlib.sha256(json.dumps([tests, [asdict(question) for question in questions]], sort_keys=True).encode()).hexdigest()
    return Edition(name, questions, tests, imports_of(sources), digest, untouched, given, solution)


# --- one submission ----------------------------------------------------------------------------------------------------------


def grade_entry(entry, edition, nursery, limits, *, with_hidden=True):
    """Grade one file. Returns what its record says beyond where it came from; raises nothing on account of the submission.

    The points come from one run with all tests. Where a visible check fails or a cell raises, the notebook is run once more with the
    visible tests alone, and what students read comes from there: no text of a run that has seen hidden inputs reaches them.
    """
    import resource

    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    try:
        submission = read_submission(read_entry(entry), entry.label, edition.name, edition.questions, edition.given)
    except NotASubmission as problem:
        return not_graded(edition, str(problem))
    start = time.process_time()
    cells = [source for _, source in submission.cells]
    outcome = checker.examine(nursery, cells, edition.tests, limits, with_hidden=with_hidden)
    told = outcome
    if with_hidden and (outcome.cell_errors or not outcome.finished or any(_fails_visibly(test) for test in outcome.tests.values())):
        told = checker.examine(nursery, cells, edition.tests, limits, with_hidden=False)
    ending = _ending(outcome, limits)
    raised = {index: f"{error['type']}: {error['message']}" for index, error in sorted(told.cell_errors.items())}
    places = {index: f"cell {submission.cells[index][0] or '?'} (code cell {index + 1})" for index in raised}
    questions = {}
    for question in edition.questions:
        if not question.manual:
            source = edition.tests[question.name]
            row = _question_record(question.name, outcome, told) or _not_checked(source, ending)
            own = [index for index in raised if submission.cells[index][0] in question.answer_cells]
            blamed = [f"{places[index]} raised {raised[index]}"[:300] for index in own]
            if row["score"] < row["possible"] and row["messages"] and blamed:
                row["messages"] = blamed + row["messages"]
            questions[question.name] = row
    failed = [f"{places[index]}: {raised[index]}"[:300] for index in raised][:8]
    return {
        "status": ("graded" if with_hidden else "visible tests only") if outcome.finished else "stopped",
        "notes": ([ending] if ending else []) + submission.notes + failed,
        "questions": questions,
        "answers": submission.answers,
        "fingerprint": submission.fingerprint,
        "compared": submission.compared,
        "student_number": outcome.student_number,
        "seconds": {name: round(value, 4) for name, value in outcome.seconds.items()},
        "processor_seconds": {
            "pupil": round(sum(run.ending.get("processor_seconds", 0.0) for run in ([outcome] if told is outcome else [outcome, told])), 3),
            "checker": round(time.process_time() - start, 3),
        },
        "peak_mb": outcome.ending.get("peak_mb", 0),
        "checker_peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _fails_visibly(test_file):
    return any(not result.passed and not result.test_case.hidden for result in test_file.test_case_results)


def _question_record(name, outcome, told):
    """Points and messages of one question: {"score", "possible", "messages", "hidden"}, or None where it was not checked."""
    if name not in outcome.tests:
        return None
    test_file = outcome.tests[name]
    shown = told.tests.get(name)
    visible = [result.message for result in shown.test_case_results if not result.passed and not result.test_case.hidden] if shown else []
    if not visible and _fails_visibly(test_file):
        visible = ["a check failed once and passed once: does the answer depend on chance, or on what ran before?"]
    failed = [result for result in test_file.test_case_results if not result.passed and result.test_case.hidden]
    hidden = [result.message for result in failed if result.message != checker.NOT_RUN]
    return {
        "score": test_file.score,
        "possible": test_file.possible,
        "messages": [message[:600] for message in dict.fromkeys(visible)],
        "hidden": [message[:600] for message in dict.fromkeys(hidden)],
    }


def _not_checked(source, reason):
    return {"score": 0, "possible": checker.load_test_file(source).possible, "messages": [f"not checked: {reason}"], "hidden": []}


def not_graded(edition, reason, status="not graded"):
    """What a record says of a file without points."""
    questions = {name: _not_checked(source, reason) for name, source in edition.tests.items()}
    return {"status": status, "notes": [reason], "questions": questions, "answers": {}, "fingerprint": ""}


def _ending(outcome, limits):
    if outcome.finished:
        return ""
    reason, code = outcome.ending.get("reason"), outcome.ending.get("exit", 0)
    if outcome.broke_protocol:
        return "the notebook wrote to the grader's own connection, or answered with too much"
    if reason == "out of time":
        return f"stopped after {limits.submission_seconds:g} s of processor time, or because it only waited"
    if reason == "too much memory":
        return f"stopped because all its processes together took more than {limits.memory_mb} MB"
    if code < 0:
        return f"the notebook's process was ended by signal {-code} ({signal.Signals(-code).name})"
    return f"the notebook ended its own process (exit status {code})"


_WHY_CHECKING_ENDED = {
    "too large": "reading or checking it took more memory than the grader gives: it is too large",
    "too slow": "reading or checking it took more time than the grader gives",
}


# --- the batch ---------------------------------------------------------------------------------------------------------------


class Journal:
    """What has been graded, one JSON line per submission, written and synced the moment it is known. Only one grader may hold it."""

    def __init__(self, path):
        self.path = Path(path)
        self.lock = FileLock(str(self.path) + ".lock")
        try:
            self.lock.acquire(timeout=0)
        except Timeout as error:
            raise CourseworkError(f"{self.path}: another grader is writing to it") from error
        self.file = open(self.path, "a+b")  # noqa: SIM115
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

    def known(self, key):
        """The newest records that were made in this way, by (file, digest)."""
        return {(record["file"], record["digest"]): record for record in self.records if record.get("key") == key}

    def close(self):
        self.file.close()
        self.lock.release()


def grade_folder(
    folder, chapter, out, *, workers=2, limits=None, trusted=False, built=BUILT, progress=True, roster=None, late=None, regrade=False
):
    """Grade all submissions below `folder` into the table `out`, going on where an interrupted run stopped.

    trusted: run hidden tests even where a wall cannot be built. roster: a CSV of the class; late: a table.Late; regrade: grade anew what
    has been graded. Returns (records, facts about the run). Raises CourseworkError for what the teacher can mend.
    """
    require_linux()
    folder, out, limits = Path(folder), Path(out), limits or checker.Limits()
    if not folder.is_dir():
        raise CourseworkError(f"{folder}: no such folder")
    if not out.parent.is_dir():
        raise CourseworkError(f"{out.parent}: no such folder to write {out.name} into")
    students = read_roster(roster) if roster else []
    entries, passed_over = find_entries(folder)
    if not entries:
        raise CourseworkError(f"{folder}: no submissions in this folder")
    edition = load_edition(chapter, built)
    old = read_table(out, edition)
    journal = Journal(out.with_name(out.name + ".journal"))
    try:
        whose, superseded = match(entries, students)
        facts = {"reused": 0, "trusted": trusted, "missing": {}, "group": True, "seconds": 0.0, "passed_over": passed_over}
        records, hidden = {}, [folder.resolve(), Path(built).resolve(), find_assignment(chapter), out.resolve()]
        try:
            _grade_all(entries, superseded, edition, journal, records, facts, hidden, workers, limits, trusted, progress, regrade)
        finally:
            done = [
                record | {"modified": entry.modified, "student": whose.get(entry.label)}
                for entry in entries
                if (record := records.get(entry.label))
            ]
            facts["changes"] = write_table(out, done, edition, students, late or Late(), old)
        return done, facts
    finally:
        journal.close()


def _grade_all(entries, superseded, edition, journal, records, facts, hidden, workers, limits, trusted, progress, regrade):
    start = time.perf_counter()
    for entry in entries:
        if entry.problem or entry.label in superseded:
            reason = entry.problem or f"an earlier attempt: {superseded[entry.label]} counts"
            status = "not graded" if entry.problem else "earlier attempt"
            records[entry.label] = {"file": entry.label, "digest": entry.digest} | not_graded(edition, reason, status)
    waiting = [entry for entry in entries if entry.label not in records]
    full, visible = (_key(edition, limits, with_hidden) for with_hidden in (True, False))
    known = {} if regrade else journal.known(visible) | journal.known(full)
    for entry in waiting:
        if (entry.label, entry.digest) in known:
            records[entry.label] = known[entry.label, entry.digest]
    waiting = [entry for entry in waiting if entry.label not in records or (trusted and records[entry.label]["key"] == visible)]
    facts["reused"] = sum(entry.label in records for entry in entries if (entry.label, entry.digest) in known) - sum(
        entry.label in records for entry in waiting
    )
    if not waiting:
        return
    try:
        nursery, facts["missing"], facts["group"] = checker.find_walls(edition.modules, limits, hidden)
    except walls.WallsError as error:
        raise CourseworkError(f"submissions cannot be walled off on this machine ({error})") from error
    try:
        if "namespaces" in facts["missing"] and not trusted:
            advice = "see 'Grading' in the teaching guide, or add --trusted for people you trust"
            raise CourseworkError(f"submissions cannot be walled off on this machine ({facts['missing']['namespaces']}): {advice}")
        facts["with_hidden"] = with_hidden = trusted or not facts["missing"]
        facts["start_seconds"] = time.perf_counter() - start
        by_label = {entry.label: entry for entry in waiting}
        jobs = {
            entry.label: (lambda entry=entry: grade_entry(entry, edition, nursery, limits, with_hidden=with_hidden)) for entry in waiting
        }
        share = Share(
            processor_seconds=int(limits.submission_seconds + 60), clock_seconds=2 * limits.submission_seconds * limits.patience + 120
        )
        tqdm.monitor_interval = 0                          # its thread and the forks below do not go together
        with tqdm(total=len(waiting), desc=f"grading {edition.name}", unit="copy", disable=not progress) as bar:
            for label, found, problem in run_all(jobs, workers, share):
                entry = by_label[label]
                record = {"file": label, "digest": entry.digest, "key": full if with_hidden else visible}
                record |= found or _checking_ended(edition, problem)
                records[label] = record
                if record["status"] != "grader failed":
                    journal.add(record)
                bar.update()
        facts |= {"seconds": time.perf_counter() - start, "new": len(waiting)}
    finally:
        nursery.close()


def _checking_ended(edition, problem):
    if problem in _WHY_CHECKING_ENDED or problem.startswith("ended by signal"):
        return not_graded(edition, _WHY_CHECKING_ENDED.get(problem, f"the process that read and checked it was {problem}"), "stopped")
    return not_graded(edition, f"the grader failed, not the student: {problem}", "grader failed")


def _key(edition, limits, with_hidden):
    """What a record depends on beside the file: tests, questions, limits, and which tests were run."""
    return hashlib.sha256(json.dumps([edition.digest, asdict(limits), with_hidden], sort_keys=True).encode()).hexdigest()


def limits_from(seconds, cell_seconds, memory_mb):
    """Limits with these values in place of the defaults (None keeps one)."""
    given = {"submission_seconds": seconds, "cell_seconds": cell_seconds, "memory_mb": memory_mb}
    return replace(checker.Limits(), **{key: value for key, value in given.items() if value is not None})
