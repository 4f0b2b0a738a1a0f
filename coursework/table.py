"""The table of one assignment: computed columns, written anew each time, and columns the teacher types into, which are kept."""

import contextlib
import csv
import math
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from coursework.assignments import CourseworkError
from coursework.roster import read_csv

TYPED = ("adjustment", "excused days", "teacher comment")
_MOST_COMMENT, _MOST_ANSWER = 2000, 20_000
_NOT_COUNTED = ("earlier attempt", "not graded", "nothing handed in", "grader failed", "no longer there")


@dataclass(frozen=True)
class Late:
    """The rule for late work: after `due` each day that has begun costs `per_day` percent of the points reached, `most` at most."""

    due: datetime | None = None
    per_day: float = 0.0
    most: float = 100.0

    def days(self, submitted):
        if self.due is None or not submitted:
            return 0
        return max(0, math.ceil((submitted - self.due.timestamp()) / 86400))

    def percent(self, days):
        return min(self.most, self.per_day * max(0.0, days))


def late_rule(due, per_day, most):
    """A Late from what the command line says. Raises CourseworkError for a time that is none."""
    if due is None:
        return Late()
    return Late(_time(due), per_day, most)


def _time(text):
    try:
        moment = datetime.fromisoformat(text.strip().replace(" ", "T"))
    except ValueError as error:
        raise CourseworkError(f"{text!r} is no time, such as 2026-10-01T23:59 or 2026-10-01T23:59+08:00") from error
    return moment if moment.tzinfo else moment.astimezone()


def rubric_columns(edition):
    """{question: [(column, its points)]} of the questions that the teacher reads: one column a line of the rubric."""
    return {
        question.name: [
            (f"{question.name}.{number} {line} ({question.points / len(question.rubric):g})", question.points / len(question.rubric))
            for number, line in enumerate(question.rubric, 1)
        ]
        for question in edition.questions
        if question.manual
    }


def read_table(path, edition):
    """The rows of the table as it is now, typed points included; [] where there is none. Raises CourseworkError for another one."""
    path = Path(path)
    if not path.exists():
        return []
    rows = read_csv(path)
    if rows and not {"file", "assignment", "status"} <= set(rows[0]):
        raise CourseworkError(f"{path}: not a table of this grader; move it away, or choose another --out")
    others = {row["assignment"] for row in rows} - {edition.name, "", None}
    if others:
        raise CourseworkError(f"{path}: holds the grades of {min(others)}; choose another --out for {edition.name}")
    return rows


def write_table(path, records, edition, students=(), late=None, old=()):
    """Write the table: one row a file, and one a student of the roster without any. Returns who changed: (who, question, before, after).

    What was typed into `old` (read_table) is kept, in the row of the same student, otherwise of the same file. Typed values whose row is
    gone stay in a row of their own. The table before is kept beside this one, as NAME.before.csv.
    """
    path, late = Path(path), late or Late()
    by_id = {student.id: student for student in students}
    automatic = [question.name for question in edition.questions if not question.manual]
    rubric = rubric_columns(edition)
    typed_columns = [column for columns in rubric.values() for column, _ in columns] + list(TYPED)
    kept = _Kept(old, typed_columns)
    rows = []
    for record in records:
        student = by_id.get(record.get("student"))
        notes = list(record["notes"])
        if student and record.get("student_number") and record["student_number"].strip() not in ("0000", student.id):
            notes.append(f"student_number in the notebook is {record['student_number']!r}, in the roster {student.id!r}")
        counts = record["status"] not in _NOT_COUNTED
        typed = kept.take(student.id if student else "", record["file"], counts, notes)
        row = _row(record["file"], record["status"], student, edition)
        submitted = _time(student.submitted).timestamp() if student and student.submitted else record.get("modified", 0.0)
        asked = record["questions"]
        points = {name: asked[name]["score"] for name in automatic if name in asked}
        points |= {name: _number(typed, columns, notes) for name, columns in rubric.items()}
        days = max(0.0, late.days(submitted) - (_plain_number(typed.get("excused days")) or 0.0))
        gained = sum(points.values()) + (_plain_number(typed.get("adjustment")) or 0.0)
        row |= {
            "submitted": datetime.fromtimestamp(submitted, UTC).strftime("%Y-%m-%d %H:%M UTC") if submitted else "",
            "late days": f"{days:g}" if late.due else "",
            "late percent": f"{late.percent(days):g}" if late.due else "",
            "possible": f"{sum(question.points for question in edition.questions):g}",
            "digest": record["digest"][:12],
        }
        if record["status"] not in ("earlier attempt", "no longer there"):
            row["total"] = f"{sum(points[name] for name in automatic):g}"
            row["final"] = f"{round(max(0.0, gained * (1 - late.percent(days) / 100)), 2):g}"
            row |= {name: f"{value:g}" for name, value in points.items()}
        row |= typed
        for name in automatic:
            row[f"{name} comment"] = plain(" | ".join(asked[name]["messages"][:3]), _MOST_COMMENT)
            row[f"{name} hidden"] = plain(" | ".join(asked[name].get("hidden", [])[:3]), _MOST_COMMENT)
        for name in rubric:
            row[f"{name} answer"] = plain(record["answers"].get(name, ""), _MOST_ANSWER)
        row["notes"] = plain("; ".join(notes), _MOST_COMMENT)
        rows.append(row)
    there = {record.get("student") for record in records}
    for student in students:
        if student.id not in there:
            typed = kept.take(student.id, "", True, [])
            rows.append(_row("", "nothing handed in", student, edition) | {"total": "0", "final": "0"} | typed)
    for row, typed in kept.left():
        rows.append({key: value or "" for key, value in row.items() if key} | {"status": "no longer there", "final": ""} | typed)
    _write(path, _columns(edition, rubric), rows)
    return _changes(old, rows, automatic)


def _row(file, status, student, edition):
    row = {"assignment": edition.name, "file": plain(file, _MOST_COMMENT), "status": status}
    return row | ({"id": plain(student.id), "name": plain(student.name), "section": plain(student.section)} if student else {})


def _columns(edition, rubric):
    first = ["id", "name", "section", "file", "status", "final", "possible", "total", "late days", "late percent"]
    points = [column for question in edition.questions for column in [question.name, *(name for name, _ in rubric.get(question.name, []))]]
    kinds = {True: ("answer",), False: ("comment", "hidden")}
    texts = [f"{question.name} {kind}" for question in edition.questions for kind in kinds[question.manual]]
    return [*first, *points, *TYPED, *texts, "notes", "submitted", "assignment", "digest"]


def _write(path, columns, rows):
    """Written beside and moved into place, so never half a table; what was there before is kept."""
    scratch = path.with_name(path.name + ".part")
    with open(scratch, "w", newline="", encoding="utf-8-sig", errors="replace") as file:
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    if path.exists() and path.read_bytes() != scratch.read_bytes():
        shutil.copy2(path, path.with_name(path.stem + ".before.csv"))
    os.replace(scratch, path)


class _Kept:
    """What the teacher typed, handed out once each."""

    def __init__(self, old, columns):
        self.rows = []
        for row in old:
            starts = {column: column.split(" ")[0] if column not in TYPED else column for column in columns}
            typed = {}
            for column, start in starts.items():
                value = row.get(column)
                if value is None and column not in TYPED:                    # the wording of the rubric has changed
                    value = next((row[key] for key in row if key and key.split(" ")[0] == start and "." in start), None)
                if value and value.strip():
                    typed[column] = value.strip()
            if typed:
                self.rows.append((row, typed))

    def take(self, student, file, counts, notes):
        if not counts and student:
            return {}
        for index, (row, typed) in enumerate(self.rows):
            same = row.get("id") == student if student and row.get("id") else row.get("file") == plain(file, _MOST_COMMENT)
            if same and row.get("status") != "earlier attempt":
                del self.rows[index]
                if file and row.get("file") and row["file"] != plain(file, _MOST_COMMENT):
                    notes.append(f"points were typed for {row['file']}: read this attempt, too")
                return typed
        return {}

    def left(self):
        return self.rows


def _number(typed, columns, notes):
    """The sum of the typed points of one question; what is no number, or is more than the line gives, gets a note."""
    total = 0.0
    for column, most in columns:
        value = _plain_number(typed.get(column))
        if typed.get(column) and value is None:
            notes.append(f"{column.split(' ')[0]}: {typed[column]!r} is no number")
        elif value is not None and not 0 <= value <= most + 1e-9:
            notes.append(f"{column.split(' ')[0]}: {value:g} is not between 0 and {most:g}")
        total += value or 0.0
    return total


def _plain_number(text):
    with contextlib.suppress(ValueError, AttributeError):
        value = float(text.strip().lstrip("'").replace(",", "."))
        return value if math.isfinite(value) else None
    return None


def _changes(old, rows, automatic):
    """(file or student, question, points before, points now) of all that is not what it was."""
    before = {}
    for row in old:
        for key in (row.get("id"), row.get("file")):
            if key and row.get("status") not in ("earlier attempt", "no longer there"):
                before[key] = row
    changes = []
    for row in rows:
        if row["status"] in ("earlier attempt", "no longer there"):
            continue
        was = before.get(row.get("id")) if row.get("id") else before.get(row["file"])
        for name in [*automatic, "total", "final"] if was else ():
            if was.get(name, "") not in (row.get(name, ""), None):
                changes.append((row.get("name") or row["file"], name, was.get(name, ""), row.get(name, "")))
    return changes


def plain(text, most=200):
    """Text that a screen, a page and a spreadsheet show and do not run: printable, not too long, no formula."""
    shown = "".join(character if character.isprintable() or character == "\n" else "?" for character in text[: 2 * most])
    shown = shown if len(shown) <= most else shown[: most - 1] + "…"
    return "'" + shown if shown.startswith(("=", "+", "-", "@")) else shown
