"""What the teacher reads after grading: a summary on the screen, a page of statistics, one page for each student, platforms' columns."""

import csv
import html
import os
import statistics
from pathlib import Path

from coursework.similar import similar_pairs
from coursework.table import plain

_GRADED = ("graded", "stopped", "visible tests only")
_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid #ccc }
td.n, th.n { text-align: right } .bar { fill: #0072b2 } .ok { color: #006b4f } .no { color: #a33b00 }
pre { white-space: pre-wrap; background: #f5f5f5; padding: .75rem }
"""


def summarise(records, edition, facts):
    """What the class did, as text: points, the question that most did not solve, its commonest diagnosis, what needs a look."""
    automatic = [question.name for question in edition.questions if not question.manual]
    graded = [record for record in records if record["status"] in _GRADED]
    lines = [f"{len(graded)} submissions of {edition.name}" + (f", {facts['reused']} of them graded earlier" if facts["reused"] else "")]
    if graded:
        lines += _points(graded, automatic)
    to_read = [question.name for question in edition.questions if question.manual]
    if to_read:
        lines.append(f"for you to read: {', '.join(to_read)} (one column a line of the rubric; what you type is kept)")
    lines += _needs_a_look(records, edition, facts)
    if facts.get("changes"):
        lines.append(f"changed since the table before ({len(facts['changes'])}):")
        lines += [f"  {who}: {name} {before or 'nothing'} -> {now or 'nothing'}" for who, name, before, now in facts["changes"][:20]]
    for wall, reason in facts["missing"].items():
        lines.append(f"a wall could not be built ({wall}: {reason})")
    if facts["missing"] and not facts["trusted"]:
        lines.append("so the hidden tests were not run; --trusted runs them, for people you trust")
    if not facts["group"]:
        lines.append("no control group could be made: the memory of a submission is added up every 50 ms and limited afterwards")
    return "\n".join(plain(line, 400) if not line.startswith("-") else line for line in lines)


def _points(graded, automatic):
    totals = [sum(record["questions"][name]["score"] for name in automatic) for record in graded]
    possible = sum(graded[0]["questions"][name]["possible"] for name in automatic)
    spread = f"mean {statistics.mean(totals):.1f} · median {statistics.median(totals):g} · lowest {min(totals):g} · highest {max(totals):g}"
    lines, short = [f"automatic points, of {possible:g}: {spread}"], {}
    for name in automatic:
        rows = [record["questions"][name] for record in graded]
        short[name] = [row for row in rows if row["score"] < row["possible"]]
        mean = sum(row["score"] for row in rows) / len(rows)
        lines.append(f"  {name}  mean {mean:4.1f} of {rows[0]['possible']:g}   not full: {len(short[name])}")
    worst = max(automatic, key=lambda name: len(short[name]))
    if short[worst]:
        message, count = commonest([_first(row) for row in short[worst]])
        lines += [f"most often not full: {worst} ({len(short[worst])} of {len(graded)}), {count} times because:", f"  {message}"]
    return lines


def _first(row):
    return [*row["messages"], *row.get("hidden", []), "hidden tests were not run"][0]


def commonest(messages):
    """The most frequent of some messages and how often it occurs; the first one where several are."""
    counts = {}
    for message in messages:
        counts[message] = counts.get(message, 0) + 1
    return max(counts.items(), key=lambda pair: pair[1])


def _needs_a_look(records, edition, facts):
    lines = [
        f"  {record['file']}: {record['status']}, {record['notes'][0] if record['notes'] else 'no reason given'}"
        for record in records
        if record["status"] not in ("graded", "visible tests only", "earlier attempt")
    ]
    attempts = sum(record["status"] == "earlier attempt" for record in records)
    lines += [f"  {attempts} earlier attempts are not counted"] if attempts else []
    lines += [f"  {facts['passed_over']} hidden files were passed over"] if facts.get("passed_over") else []
    for pair in similar_pairs(records, edition):
        lines.append(f"  {'the same code' if pair.equal else f'{pair.share:.0%} of the code in common'}: {pair.first}, {pair.second}")
    return ["needs a look:", *lines] if lines else []


# --- pages -------------------------------------------------------------------------------------------------------------------


def write_statistics(path, records, edition):
    """A page with a histogram of the points of every question and of all together, and the commonest diagnoses."""
    graded = [record for record in records if record["status"] in _GRADED]
    automatic = [question for question in edition.questions if not question.manual]
    parts = [f"<h1>{_text(edition.name)}</h1>", f"<p>{len(graded)} submissions were graded by their tests.</p>"]
    if graded:
        totals = [sum(record["questions"][question.name]["score"] for question in automatic) for record in graded]
        parts += ["<h2>All questions with tests</h2>", _histogram(totals, sum(question.points for question in automatic))]
    for question in automatic if graded else ():
        rows = [record["questions"][question.name] for record in graded]
        scores = [row["score"] for row in rows]
        parts.append(f"<h2>{_text(question.name)}: can {_text(question.objective)}</h2>")
        parts.append(f"<p>Mean {statistics.mean(scores):.2f} of {question.points:g}, median {statistics.median(scores):g}.</p>")
        parts.append(_histogram(scores, question.points))
        said = [_first(row) for row in rows if row["score"] < row["possible"]]
        if said:
            counts = sorted({message: said.count(message) for message in said}.items(), key=lambda pair: -pair[1])[:5]
            lines = "".join(f"<tr><td class=n>{count}</td><td>{_text(message)}</td></tr>" for message, count in counts)
            parts.append(f"<table><tr><th class=n>students</th><th>first diagnosis</th></tr>{lines}</table>")
    _write_page(Path(path), f"{edition.name}: statistics", "\n".join(parts))


def _histogram(scores, possible, bins=10):
    """Ten bars as an inline picture, with the numbers as text below each."""
    counts = [0] * bins
    for score in scores:
        counts[min(bins - 1, int(bins * score / possible)) if possible else 0] += 1
    most, bars = max(counts), []
    for place, count in enumerate(counts):
        height = 100 * count / most
        label = f"{possible * place / bins:g}"
        bars.append(f'<rect class="bar" x="{place * 44 + 4}" y="{115 - height:.1f}" width="36" height="{height:.1f}"/>')
        bars.append(f'<text x="{place * 44 + 22}" y="{110 - height:.1f}" font-size="12" text-anchor="middle">{count or ""}</text>')
        bars.append(f'<text x="{place * 44 + 22}" y="132" font-size="12" text-anchor="middle">{label}</text>')
    words = f"points from 0 to {possible:g}: " + ", ".join(str(count) for count in counts)
    return f'<svg role="img" aria-label="{words}" viewBox="0 -10 444 150" width="444">{"".join(bars)}</svg>'


def write_feedback(folder, records, edition, rows, *, hidden_messages=False):
    """One page a counted submission in `folder`: points, comments, the teacher's own. Returns how many.

    Messages of hidden tests are left out unless asked for: they are the teacher's to give away.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    by_file = {row["file"]: row for row in rows}
    written = 0
    for record in records:
        row = by_file.get(plain(record["file"], 2000))
        if row is None or record["status"] not in _GRADED:
            continue
        page = folder / f"{_file_name(row.get('id') or record['file'])}.html"
        _write_page(page, f"{edition.name}: feedback", _feedback(record, edition, row, hidden_messages))
        written += 1
    return written


def _feedback(record, edition, row, hidden_messages):
    name = row.get("name") or row.get("id") or row["file"]
    parts = [f"<h1>{_text(edition.name)}</h1>", f"<p>{_text(name)}: <b>{_text(row['final'])} of {_text(row['possible'])} points</b></p>"]
    if row.get("late percent") not in ("", "0", None):
        parts.append(f"<p>{_text(row['late days'])} days late: {_text(row['late percent'])} % off.</p>")
    if row.get("adjustment"):
        parts.append(f"<p>Adjustment by your teacher: {_text(row['adjustment'])} points.</p>")
    for question in edition.questions:
        points = row.get(question.name) or "0"
        parts.append(f"<h2>{_text(question.name)}: {_text(points)} of {question.points:g}</h2>")
        if question.manual:
            lines = [(key, row[key]) for key in row if key and key.startswith(f"{question.name}.")]
            cells = [(_text(key.split(" ", 1)[-1]), _text(value or "–")) for key, value in lines]
            items = "".join(f"<tr><td>{line}</td><td class=n>{value}</td></tr>" for line, value in cells)
            parts.append(f"<table>{items}</table><pre>{_text(record['answers'].get(question.name, ''))}</pre>")
            continue
        asked = record["questions"][question.name]
        items = [f"<li>{_text(message)}</li>" for message in asked["messages"]]
        hidden = asked.get("hidden", [])
        if hidden and hidden_messages:
            items += [f"<li>{_text(message)}</li>" for message in hidden]
        elif hidden:
            items.append("<li>some of the numbers compared after you handed in are not right</li>")
        parts.append(f"<ul>{''.join(items)}</ul>" if items else '<p class="ok">All checks passed.</p>')
    if row.get("teacher comment"):
        parts.append(f"<h2>From your teacher</h2><p>{_text(row['teacher comment'])}</p>")
    return "\n".join(parts)


def _file_name(text):
    return "".join(character if character.isalnum() or character in "-_." else "_" for character in text)[:100].lstrip(".") or "nobody"


def _text(text):
    return html.escape(plain(str(text), 20_000).removeprefix("'"))


def _write_page(path, title, body):
    scratch = path.with_name(path.name + ".part")
    head = '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    scratch.write_text(f"{head}<title>{_text(title)}</title><style>{_STYLE}</style>\n{body}\n</html>\n", encoding="utf-8", errors="replace")
    os.replace(scratch, path)


# --- other platforms ---------------------------------------------------------------------------------------------------------


def write_canvas(path, rows, edition, students):
    """The columns that Canvas imports into its gradebook: Student, ID, SIS User ID, SIS Login ID, Section, the assignment."""
    finals, possible = _finals(rows), sum(question.points for question in edition.questions)
    lines = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", edition.name]]
    lines += [["    Points Possible", "", "", "", "", f"{possible:g}"]]
    for student in students:
        lines.append([student.name, student.canvas, student.id, student.login, student.section, finals.get(student.id, "")])
    _write_rows(path, lines)


def write_moodle(path, rows, edition, students):
    """The columns of Moodle's grading worksheet: Identifier, Full name, ID number, Email address, Grade and so on."""
    finals, possible = _finals(rows), sum(question.points for question in edition.questions)
    comments = {row["id"]: row.get("teacher comment", "") for row in rows if row.get("id") and row["status"] != "earlier attempt"}
    lines = [["Identifier", "Full name", "ID number", "Email address", "Grade", "Maximum Grade", "Feedback comments"]]
    for student in students:
        identifier = f"Participant {student.moodle}" if student.moodle.isdigit() else student.moodle
        facts = [identifier, student.name, student.id, student.email, finals.get(student.id, ""), f"{possible:g}"]
        lines.append([*facts, comments.get(student.id, "")])
    _write_rows(path, lines)


def _finals(rows):
    return {row["id"]: row["final"] for row in rows if row.get("id") and row["status"] in (*_GRADED, "nothing handed in")}


def _write_rows(path, lines):
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows([[plain(cell, 2000) if cell.strip() == cell else cell for cell in line] for line in lines])
