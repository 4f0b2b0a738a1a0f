"""Who handed in what: a list of the class, and file names as learning platforms make them."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from coursework.assignments import CourseworkError

_ENCODINGS = ("utf-8-sig", "utf-16", "gb18030")
_COLUMNS = {
    "id": ("id", "student id", "student_id", "number", "sis user id", "id number", "学号"),
    "name": ("name", "full name", "student", "姓名"),
    "email": ("email", "email address", "mail"),
    "login": ("login", "username", "sis login id"),
    "canvas": ("canvas", "canvas id"),
    "moodle": ("moodle", "identifier", "participant"),
    "section": ("section", "group"),
    "submitted": ("submitted", "submission time"),
}


@dataclass(frozen=True)
class Student:
    """One line of the roster. Only the id is needed; `canvas` and `moodle` are the numbers these platforms use."""

    id: str
    name: str = ""
    email: str = ""
    login: str = ""
    canvas: str = ""
    moodle: str = ""
    section: str = ""
    submitted: str = ""


def read_csv(path):
    """The rows of a CSV as a spreadsheet may have saved it: any usual encoding, commas, semicolons or tabs. Raises CourseworkError."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise CourseworkError(f"{path}: cannot be read ({error.strerror})") from error
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else [name for name in _ENCODINGS if name != "utf-16"]
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise CourseworkError(f"{path}: neither UTF-8 nor GB 18030")
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def read_roster(path):
    """The students of a roster CSV (columns id, name, email, login, canvas, moodle, section, submitted; only id is needed)."""
    rows = read_csv(path)
    students = []
    for row in rows:
        lower = {str(key).strip().lower(): (value or "").strip() for key, value in row.items() if key}
        found = {field: next((lower[name] for name in names if lower.get(name)), "") for field, names in _COLUMNS.items()}
        if found["id"]:
            students.append(Student(**found))
    if not students:
        raise CourseworkError(f"{path}: a roster needs a column 'id' and at least one student")
    twice = {student.id for student in students if sum(other.id == student.id for other in students) > 1}
    if twice:
        raise CourseworkError(f"{path}: the id {min(twice)!r} stands there twice")
    return students


def match(entries, students):
    """({label: student id}, {label of an earlier attempt: label of the one that counts}).

    A file belongs to the student whose id, platform number, login or full name stands in its path, as long as it is one student only.
    Of several notebooks of a student the last counts: by the number that the platform adds to the name, then by the time of the file.
    """
    keys = {}
    for student in students:
        mail = student.email.split("@")[0]
        for key in {student.id, student.canvas, student.moodle, student.login, mail} - {""}:
            keys.setdefault(key.casefold(), set()).add(student.id)
        parts = student.name.casefold().split()
        for spelled in (parts, parts[::-1], [*parts[-1:], *parts[:-1]]):
            if len("".join(spelled)) > 1:
                keys.setdefault("".join(spelled), set()).add(student.id)
                keys.setdefault(" ".join(spelled), set()).add(student.id)
    whose = {}
    for entry in entries:
        pieces = {piece.strip().casefold() for piece in re.split(r"[/_.()\[\]]|(?<=\d)-|-(?=\d)|\s-\s", entry.label)}
        pieces |= {word for piece in pieces for word in piece.split()} | {piece.replace(",", "").replace("-", " ") for piece in pieces}
        found = {student for piece in pieces for student in keys.get(piece, ())}
        if len(found) == 1:
            whose[entry.label] = found.pop()
    superseded = {}
    for student in set(whose.values()):
        own = [entry for entry in entries if whose.get(entry.label) == student and not entry.problem and _may_be_a_notebook(entry.label)]
        last = max(own, key=_when, default=None)
        superseded |= {entry.label: last.label for entry in own if entry is not last}
    return whose, superseded


def _may_be_a_notebook(label):
    return label.lower().endswith(".ipynb")


def _when(entry):
    attempt = re.search(r"-(\d{1,3})\.ipynb$", entry.label.lower())
    return int(attempt.group(1)) if attempt else 0, entry.modified, entry.label
