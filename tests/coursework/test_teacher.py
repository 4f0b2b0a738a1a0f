"""What a teacher does with a class: a roster, attempts, typed points, late work, platforms, feedback, statistics, odd files."""

import csv
import json
import os
import re
import zipfile
from datetime import UTC, datetime

import pytest
from classroom import replace_cell, total

from coursework import report
from coursework.__main__ import main
from coursework.assignments import CourseworkError
from coursework.entries import find_entries
from coursework.roster import match, read_roster
from coursework.similar import THE_SOLUTION, similar_pairs
from coursework.table import Late, read_table, write_table

ROSTER = """id,name,email,canvas,moodle,section
2024117,Ada Lovelace,ada@example.org,501,9001,A
2024118,"Hopper, Grace",grace@example.org,502,9002,A
2024119,李华,li@example.org,503,9003,B
"""


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def by_file(rows):
    return {row["file"]: row for row in rows}


def at(path, text):
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    os.utime(path, (moment, moment))


@pytest.fixture
def roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def graded_class(built, missing, tmp_path_factory):
    """Three students, one with two attempts, one of them late; graded once through the command line with everything it writes."""
    from classroom import Class

    home = tmp_path_factory.mktemp("teacher")
    (home / "submissions").mkdir()
    (home / "roster.csv").write_text(ROSTER, encoding="utf-8")
    pupils = Class(home / "submissions", built, bool(missing))

    def answered(notebook):
        replace_cell("q1-number", 'student_number = "0000"')(notebook)
        next(cell for cell in notebook.cells if cell.id == "q6-answer").source = "Spread & gradient <b>shrink</b>, see 32."

    first = pupils.hand_in("lovelaceada_501_77_assignment-1.ipynb", replace_cell("q3-answer", "attention = None"))
    second = pupils.hand_in("lovelaceada_501_78_assignment-2.ipynb", answered)
    late = pupils.hand_in("Grace Hopper_9002_assignsubmission_file_/work.IPYNB", replace_cell("q2-answer", "stable_softmax = None"))
    for path, moment in ((first, "2026-10-01T10:00"), (second, "2026-10-01T11:00"), (late, "2026-10-03T13:00")):
        at(path, moment)
    (home / "submissions" / "Grace Hopper_9002_assignsubmission_file_" / "photo.png").write_bytes(b"\x89PNG")
    command = ["grade", str(pupils.folder), "--chapter", "02", "--built", str(built), "--out", str(home / "table.csv")]
    command += ["--roster", str(home / "roster.csv"), "--due", "2026-10-01T12:00+00:00", "--late-per-day", "10"]
    command += ["--feedback", str(home / "feedback"), "--statistics", str(home / "statistics.html")]
    command += ["--canvas", str(home / "canvas.csv"), "--moodle", str(home / "moodle.csv"), *(["--trusted"] if missing else [])]
    assert main(command) == 0
    return home, command, pupils


def test_of_several_attempts_the_latest_counts(graded_class):
    rows = by_file(read_csv(graded_class[0] / "table.csv"))
    assert rows["lovelaceada_501_77_assignment-1.ipynb"]["status"] == "earlier attempt"
    assert rows["lovelaceada_501_77_assignment-1.ipynb"]["final"] == ""
    latest = rows["lovelaceada_501_78_assignment-2.ipynb"]
    assert (latest["id"], latest["name"], latest["total"], latest["final"]) == ("2024117", "Ada Lovelace", "27", "27")


def test_who_handed_in_nothing_has_a_row(graded_class):
    (row,) = [row for row in read_csv(graded_class[0] / "table.csv") if row["id"] == "2024119"]
    assert (row["status"], row["name"], row["final"]) == ("nothing handed in", "李华", "0")


def test_late_work_costs_what_the_rule_says(graded_class):
    rows = by_file(read_csv(graded_class[0] / "table.csv"))
    late = rows["Grace Hopper_9002_assignsubmission_file_/work.IPYNB"]
    assert (late["late days"], late["late percent"], late["total"], late["final"]) == ("3", "30", "22", "15.4")


def test_a_file_that_is_no_notebook_is_in_the_table_and_in_no_statistics(graded_class):
    home = graded_class[0]
    row = by_file(read_csv(home / "table.csv"))["Grace Hopper_9002_assignsubmission_file_/photo.png"]
    assert row["status"] == "not graded" and "called .png" in row["notes"]
    page = (home / "statistics.html").read_text(encoding="utf-8")
    assert "2 submissions were graded" in page and page.count("<svg") == 6
    assert "there is no function stable_softmax" in page
    assert sum(int(number) for number in re.search(r"points from 0 to 27: ([\d, ]+)", page)[1].split(", ")) == 2


def test_a_number_that_is_not_the_students_is_noted(pupils, roster):
    pupils.hand_in("2024117.ipynb", replace_cell("q1-number", 'student_number = "2024118"'))
    pupils.grade(roster=roster)
    (row,) = [row for row in read_csv(pupils.out) if row["id"] == "2024117"]
    assert "student_number in the notebook is '2024118', in the roster '2024117'" in row["notes"]
    assert float(row["q1"]) < 5


def test_canvas_and_moodle_get_the_columns_they_import(graded_class):
    home = graded_class[0]
    canvas = read_csv(home / "canvas.csv")
    assert list(canvas[0]) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "02_self_attention"]
    assert canvas[0]["02_self_attention"] == "32" and canvas[0]["Student"].strip() == "Points Possible"
    assert {row["ID"]: row["02_self_attention"] for row in canvas[1:]} == {"501": "27", "502": "15.4", "503": "0"}
    moodle = read_csv(home / "moodle.csv")
    assert [(row["Identifier"], row["Grade"], row["Maximum Grade"]) for row in moodle][0] == ("Participant 9001", "27", "32")


def test_each_student_gets_one_page_without_hidden_messages(graded_class):
    home = graded_class[0]
    assert sorted(path.name for path in (home / "feedback").iterdir()) == ["2024117.html", "2024118.html"]
    page = (home / "feedback" / "2024118.html").read_text(encoding="utf-8")
    assert "15.4 of 32 points" in page and "30 % off" in page and "there is no function stable_softmax" in page
    assert "some of the numbers compared after you handed in are not right" in page
    answered = (home / "feedback" / "2024117.html").read_text(encoding="utf-8")
    assert "Spread &amp; gradient &lt;b&gt;shrink&lt;/b&gt;, see 32." in answered


def test_typed_points_are_merged_and_survive_a_rerun(graded_class):
    home, command, _ = graded_class
    rows = read_csv(home / "table.csv")
    ada = next(row for row in rows if row["file"].endswith("assignment-2.ipynb"))
    first, second = [column for column in ada if column.startswith("q6.")][:2]
    ada |= {first: "1", second: "0,5", "teacher comment": "Good start.", "adjustment": "-1"}
    grace = next(row for row in rows if row["id"] == "2024118" and row["status"] == "graded")
    grace |= {"excused days": "3", first: "two"}
    write_rows(home / "table.csv", rows)
    assert main(command) == 0
    rows = read_csv(home / "table.csv")
    ada = next(row for row in rows if row["file"].endswith("assignment-2.ipynb"))
    assert (ada[first], ada[second], ada["q6"], ada["total"], ada["final"]) == ("1", "0,5", "1.5", "27", "27.5")
    assert ada["teacher comment"] == "Good start." and "Good start." in (home / "feedback" / "2024117.html").read_text()
    grace = next(row for row in rows if row["id"] == "2024118" and row["status"] == "graded")
    assert (grace["late percent"], grace["final"]) == ("0", "22") and "q6.1: 'two' is no number" in grace["notes"]
    moodle = {row["Identifier"]: row["Feedback comments"] for row in read_csv(home / "moodle.csv")}
    assert moodle["Participant 9001"] == "Good start."


def record_of(file, edition, **more):
    full = {"score": 1, "possible": 1, "messages": [], "hidden": []}
    asked = {question.name: dict(full) for question in edition.questions if not question.manual}
    record = {"file": file, "digest": "d" * 64, "status": "graded", "notes": [], "questions": asked, "answers": {}, "fingerprint": file}
    return record | more


def test_typed_points_of_a_file_that_is_gone_stay(pupils, tmp_path):
    edition = pupils.edition
    table = tmp_path / "table.csv"
    write_table(table, [record_of("a.ipynb", edition), record_of("b.ipynb", edition)], edition)
    rows = read_csv(table)
    rows[0]["teacher comment"] = "keep me"
    write_rows(table, rows)
    write_table(table, [record_of("b.ipynb", edition)], edition, old=read_table(table, edition))
    gone = by_file(read_csv(table))["a.ipynb"]
    assert gone["status"] == "no longer there" and gone["teacher comment"] == "keep me"
    write_table(table, [record_of("a.ipynb", edition), record_of("b.ipynb", edition)], edition, old=read_table(table, edition))
    assert by_file(read_csv(table))["a.ipynb"]["teacher comment"] == "keep me" and len(read_csv(table)) == 2
    assert (tmp_path / "table.before.csv").exists()


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8", ","), ("utf-16", "\t"), ("gb18030", ";")])
def test_a_table_as_a_spreadsheet_saves_it_is_understood(pupils, tmp_path, encoding, delimiter):
    edition, table = pupils.edition, tmp_path / "table.csv"
    write_table(table, [record_of("a.ipynb", edition)], edition)
    rows = read_csv(table)
    rows[0]["teacher comment"] = "很好"
    with open(table, "w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)
    write_table(table, [record_of("a.ipynb", edition)], edition, old=read_table(table, edition))
    assert read_csv(table)[0]["teacher comment"] == "很好"


def test_tables_of_two_chapters_do_not_mix(pupils, tmp_path, built):
    from coursework.grade import load_edition

    table = tmp_path / "table.csv"
    write_table(table, [record_of("a.ipynb", pupils.edition)], pupils.edition)
    with pytest.raises(CourseworkError, match="holds the grades of 02_self_attention"):
        read_table(table, load_edition("03", built))
    table.write_text("my,own,table\n1,2,3\n")
    with pytest.raises(CourseworkError, match="not a table of this grader"):
        read_table(table, pupils.edition)


def test_late_days_are_days_that_have_begun():
    rule = Late(datetime(2026, 10, 1, 12, tzinfo=UTC), per_day=10, most=25)
    hours = [rule.days(datetime(2026, 10, day, hour, tzinfo=UTC).timestamp()) for day, hour in ((1, 12), (1, 13), (2, 12), (2, 13), (9, 0))]
    assert hours == [0, 1, 1, 2, 8] and [rule.percent(days) for days in (0, 1, 2, 3)] == [0, 10, 20, 25]


def test_names_as_platforms_make_them_are_matched(tmp_path, roster):
    names = [
        "hopper_grace_502_1_x.ipynb", "李华_9003_assignsubmission_file_/a.ipynb", "ada lovelace - late.ipynb", "2024118 (1).ipynb",
        "x.ipynb", "2024117_2024118.ipynb",
    ]
    (tmp_path / "s").mkdir()
    for name in names:
        path = tmp_path / "s" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("{}")
    entries, _ = find_entries(tmp_path / "s")
    whose, superseded = match(entries, read_roster(roster))
    assert {label: whose.get(label) for label in names} == {
        names[0]: "2024118", names[1]: "2024119", names[2]: "2024117", names[3]: "2024118", names[4]: None, names[5]: None
    }
    assert len(superseded) == 1


@pytest.mark.parametrize(
    ("text", "line"),
    [("name\nAda\n", "needs a column 'id'"), ("id\n1\n1\n", "the id '1' stands there twice"), ("", "needs a column 'id'")],
)
def test_a_roster_that_is_none_is_refused(tmp_path, text, line):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(CourseworkError, match=line):
        read_roster(tmp_path / "r.csv")


def test_an_archive_keeps_its_names_whatever_their_encoding(tmp_path):
    (tmp_path / "s").mkdir()
    with zipfile.ZipFile(tmp_path / "s" / "class.zip", "w") as archive:
        info = zipfile.ZipInfo("__NAME__.ipynb")
        archive.writestr(info, "{}")
        archive.writestr("李华/b.ipynb", "{}")
        archive.writestr("../../up.ipynb", "{}")
        archive.writestr("__MACOSX/._b.ipynb", "{}")
    path = tmp_path / "s" / "class.zip"
    raw = path.read_bytes().replace(b"__NAME__", "李华作业".encode("gb18030"))
    path.write_bytes(raw)
    entries, _ = find_entries(tmp_path / "s")
    assert [entry.label for entry in entries] == ["class.zip/../../up.ipynb", "class.zip/李华/b.ipynb", "class.zip/李华作业.ipynb"]


def colab(notebook):
    """What Colab makes of a notebook: other ids in the metadata, none in the cells, no otter in the metadata."""
    notebook.metadata = {"colab": {"provenance": []}, "kernelspec": {"name": "python3", "display_name": "Python 3"}}
    notebook.nbformat_minor = 0
    for number, cell in enumerate(notebook.cells):
        del cell["id"]
        cell.metadata = {"id": f"c{number:011x}"}


@pytest.fixture(scope="module")
def odd(built, missing, tmp_path_factory):
    from classroom import Class

    folder = tmp_path_factory.mktemp("odd") / "submissions"
    folder.mkdir()
    pupils = Class(folder, built, bool(missing))
    place = {cell.id: place for place, cell in enumerate(pupils.notebook().cells)}

    def from_colab(notebook):
        notebook.cells[place["q6-answer"]].source = "My three sentences."
        del notebook.cells[place["q6-solution"]]
        colab(notebook)

    def kinds_exchanged(notebook):
        del notebook.cells[place["q6-solution"]]
        notebook.cells[place["q6-answer"]] |= {"cell_type": "code", "source": "It's 32, and steep"}
        notebook.cells[place["q2-answer"]]["cell_type"] = "markdown"

    def below_the_placeholder(notebook):
        notebook.cells[place["q6-answer"]].source += "\n\nBelow the line."

    def large_output(notebook):
        notebook.cells[place["q2-given"]]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "x" * 25 * 2**20}]

    pupils.hand_in("colab.ipynb", from_colab)
    pupils.hand_in("kinds.ipynb", kinds_exchanged)
    pupils.hand_in("below.ipynb", below_the_placeholder, edition="student")
    pupils.hand_in("placeholder.ipynb", edition="student")
    pupils.hand_in("large.IPYNB", large_output)
    pupils.hand_in("renamed.ipynb.txt")
    pupils.hand_in("missing_import.ipynb", lambda notebook: notebook.cells.pop(place["start-imports"]))
    inner = pupils.hand_in("in_zip.ipynb").read_text()
    (folder / "in_zip.ipynb").unlink()
    with zipfile.ZipFile(folder / "李华.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("work/assignment.ipynb", inner)
    return pupils.grade(), pupils


@pytest.mark.parametrize("file", ["colab.ipynb", "kinds.ipynb", "large.IPYNB", "renamed.ipynb.txt", "李华.zip/work/assignment.ipynb"])
def test_an_odd_file_keeps_all_points(odd, file):
    assert odd[0][file]["status"] in ("graded", "visible tests only") and total(odd[0][file]) == 27, odd[0][file]["notes"]


@pytest.mark.parametrize(
    ("file", "answer"),
    [
        ("colab.ipynb", "My three sentences."),
        ("kinds.ipynb", "It's 32, and steep"),
        ("below.ipynb", "Below the line."),
        ("placeholder.ipynb", "(not answered)"),
    ],
)
def test_the_written_answer_is_found(odd, file, answer):
    assert odd[0][file]["answers"] == {"q6": answer}


def test_what_was_odd_is_noted(odd):
    notes = odd[0]["kinds.ipynb"]["notes"]
    assert "q6-answer is a code cell: read as text, not run" in notes and "q2-answer is a markdown cell: run as code" in notes
    assert "a notebook, though the file is called .txt" in odd[0]["renamed.ipynb.txt"]["notes"]
    assert not [note for note in odd[0]["colab.ipynb"]["notes"] if "missing cell" in note]


def test_a_missing_import_is_named_with_its_cell(odd):
    record = odd[0]["missing_import.ipynb"]
    said = [message for question in ("q2", "q3", "q4") for message in record["questions"][question]["messages"]]
    assert any("name 'torch' is not defined" in message and "is an import missing" in message for message in said)
    assert any(note.startswith("cell q2-given (code cell") and "NameError" in note for note in record["notes"])


def test_renamed_and_reordered_code_is_seen(pupils):
    own = {
        "q2": "def stable_softmax(scores, dim=-1):\n    top = scores.max(dim=dim, keepdim=True).values\n"
        "    shifted = torch.exp(scores - top)\n"
        "    bottom = torch.sum(shifted, dim=dim, keepdim=True)\n    return torch.divide(shifted, bottom)\n",
        "q4": "def additive_scores(query, key, w):\n    left, right = query.unsqueeze(1), key.unsqueeze(0)\n    both = left + right\n"
        "    curved = torch.tanh(both)\n    return torch.einsum('nmd,d->nm', curved, w)\n",
    }

    def change(rename, reorder):
        def apply(notebook):
            for question, code in own.items():
                for old, new in rename.items():
                    code = re.sub(rf"\b{old}\b", new, code)
                replace_cell(f"{question}-answer", code)(notebook)
            for question in ("q1", "q3", "q5"):
                replace_cell(f"{question}-answer", "")(notebook)
            if reorder:
                ids = [cell.id for cell in notebook.cells]
                a, b = ids.index("q2-answer"), ids.index("q4-answer")
                notebook.cells[a], notebook.cells[b] = notebook.cells[b], notebook.cells[a]

        return apply

    pupils.hand_in("author.ipynb", change({}, False))
    pupils.hand_in("copy.ipynb", change({"top": "largest", "shifted": "e", "bottom": "total", "left": "q", "curved": "bent"}, True))
    pupils.hand_in("solution.ipynb")
    pupils.hand_in("untouched.ipynb", edition="student")
    records = list(pupils.grade().values())
    pairs = {frozenset((pair.first, pair.second)) for pair in similar_pairs(records, pupils.edition)}
    assert pairs == {frozenset(("author.ipynb", "copy.ipynb")), frozenset(("solution.ipynb", THE_SOLUTION))}


def test_a_hostile_text_does_no_harm_to_a_page(pupils, tmp_path):
    edition = pupils.edition
    record = record_of("<script>.ipynb", edition, notes=["\x1b[2J"], answers={"q6": "</pre><script>alert(1)</script>\ud800"})
    record["questions"]["q1"] = {"score": 0, "possible": 5, "messages": ["<img src=x onerror=alert(1)>"], "hidden": ["secret"]}
    write_table(tmp_path / "t.csv", [record], edition)
    rows = read_table(tmp_path / "t.csv", edition)
    assert report.write_feedback(tmp_path / "feedback", [record], edition, rows) == 1
    report.write_statistics(tmp_path / "s.html", [record], edition)
    (page,) = (tmp_path / "feedback").iterdir()
    for text in (page.read_text(encoding="utf-8"), (tmp_path / "s.html").read_text(encoding="utf-8")):
        assert "<script" not in text and "<img" not in text
    assert "secret" not in page.read_text(encoding="utf-8")
    report.write_feedback(tmp_path / "feedback", [record], edition, rows, hidden_messages=True)
    assert "secret" in page.read_text(encoding="utf-8")


def test_a_journal_line_is_plain_data(pupils):
    pupils.hand_in("a.ipynb")
    pupils.grade()
    (line,) = pupils.out.with_name("grades.csv.journal").read_text().splitlines()
    assert json.loads(line)["status"] in ("graded", "visible tests only")
