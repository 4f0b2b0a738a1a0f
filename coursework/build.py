"""From one master notebook: the student edition, the grader edition, the Gradescope zip and the instructor edition."""

import contextlib
import io
import json
import shutil
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import nbformat

from coursework.assignments import BUILT, CourseworkError, read_notebook, read_questions
from coursework.master import same_source

_TOOLS = (Path(__file__).parent / "in_tests.py").read_text(encoding="utf-8").split('"""', 2)[2].strip()


def build(folder, out=BUILT):
    """Build all editions of one assignment into out/NN_name/. Returns that path (see also check_solutions).

    student/NN_name.ipynb · grader/ (solutions, all tests, assignment.json) · gradescope/NN_name.zip · instructor/NN_name.ipynb
    """
    name = folder.name
    if not same_source(folder):
        raise CourseworkError(f"{name}: the notebook is not what its text says; run 'python -m coursework master {name.split('_')[0]}'")
    master = read_notebook(folder / f"{name}.ipynb")
    questions = read_questions(master)
    with tempfile.TemporaryDirectory(prefix="coursework-") as scratch:
        made = _run_otter_assign(folder, Path(scratch))
        for edition in ("student", "autograder"):
            _name_check_cells(made / edition / f"{name}.ipynb")
        for zipped in (made / "autograder").glob("*.zip"):
            _give_tests_their_tools(zipped)
        leaked = solution_leaks(master, read_notebook(made / "student" / f"{name}.ipynb"))
        if leaked:
            raise CourseworkError(f"{name}: the student edition would contain {leaked[0]!r}")
        target = Path(out) / name
        shutil.rmtree(target, ignore_errors=True)
        (target / "gradescope").mkdir(parents=True)
        shutil.move(next((made / "autograder").glob("*.zip")), target / "gradescope" / f"{name}.zip")
        shutil.move(made / "student", target / "student")
        shutil.move(made / "autograder", target / "grader")
    (target / "grader" / "assignment.json").write_text(json.dumps([asdict(question) for question in questions], indent=1))
    (target / "instructor").mkdir()
    nbformat.write(instructor_edition(master, questions), target / "instructor" / f"{name}.ipynb")
    return target


def check_solutions(folders, out=BUILT):
    """Run every assignment's solved notebook against all its tests, as a submission. Raises CourseworkError where it loses a point."""
    from coursework import checker
    from coursework.confined import Share, run_all
    from coursework.entries import Entry
    from coursework.grade import grade_entry, load_edition

    editions = {folder.name: load_edition(folder.name, out) for folder in folders}
    modules = list(dict.fromkeys(module for edition in editions.values() for module in edition.modules))
    nursery = checker.Nursery(modules, walls=())
    try:
        jobs = {}
        for name, edition in editions.items():
            solved = Entry(f"{name}.ipynb", str(Path(out) / name / "grader" / f"{name}.ipynb"))
            jobs[name] = lambda solved=solved, edition=edition: grade_entry(solved, edition, nursery, checker.Limits())
        for name, record, problem in run_all(jobs, 2, Share()):
            for question, row in (record or {}).get("questions", {}).items():
                if row["score"] < row["possible"]:
                    problem = f"{question}: {[*row['messages'], *row['hidden']][0]}"
            if problem:
                raise CourseworkError(f"{name}: the solution does not pass its own tests ({problem})")
    finally:
        nursery.close()


def _run_otter_assign(folder, scratch):
    from otter.assign import main as otter_assign

    source = scratch / folder.name
    shutil.copytree(folder, source, ignore=shutil.ignore_patterns(".OTTER_LOG", "__pycache__", ".ipynb_checkpoints"))
    (scratch / "made").mkdir()
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            otter_assign(str(source / f"{folder.name}.ipynb"), str(scratch / "made"), no_run_tests=True)
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise CourseworkError(f"{folder.name}: Otter does not accept the master notebook: {lines[-1]}") from error
    return scratch / "made"


def _name_check_cells(path):
    """Give the cells that Otter adds an id of their own, so that two builds of one master are the same file; and tests their tools."""
    notebook = read_notebook(path)
    tests = notebook.metadata.otter.tests
    for question, source in tests.items():
        tests[question] = _with_tools(source)
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.startswith("grader.check("):
            cell["id"] = f"{cell.source.split(chr(34))[1]}-check"
    nbformat.write(notebook, path)


def _with_tools(source):
    """A test file with the functions of in_tests.py behind its head."""
    head, mark, cases = source.partition("\n@test_case(")
    return f"{head}\n{_TOOLS}\n\n{mark}{cases}" if mark and _TOOLS not in source else source


def _give_tests_their_tools(path):
    """The same in an archive: rewrite its test files and notebooks."""
    with zipfile.ZipFile(path) as archive:
        members = [(member, archive.read(member)) for member in archive.infolist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            if member.filename.endswith(".py") and b"@test_case(" in content:
                content = _with_tools(content.decode()).encode()
            archive.writestr(member, content)


def solution_leaks(master, student):
    """Lines of solutions and names of hidden tests that the student edition shows anywhere, its metadata included."""
    shown = json.dumps(student)
    inside, solutions, public = False, [], {line.strip() for line in _TOOLS.splitlines()}
    for cell in master.cells:
        if cell.cell_type == "raw":
            inside = cell.source.startswith("# BEGIN SOLUTION") or (inside and not cell.source.startswith("# END SOLUTION"))
        elif inside and cell.cell_type == "markdown":
            solutions += cell.source.splitlines()
        elif inside:
            solutions += _solution_lines(cell.source, public)
        else:
            public |= {line.strip() for line in cell.source.splitlines()}
    secrets = [line.strip() for line in solutions if len(line.strip()) > 8 and line.strip() not in public]
    secrets += [name for name, hidden in master_tests(master) if hidden]
    return [secret for secret in secrets if json.dumps(secret)[1:-1] in shown]


def _solution_lines(source, public):
    """The lines of a code cell that only a solution has; the others are added to `public`."""
    within = False
    for line in source.splitlines():
        text = line.strip()
        if text.startswith("# BEGIN SOLUTION") or text == "# END SOLUTION":
            within = text.startswith("# BEGIN")
        elif within:
            yield text
        elif text.endswith("# SOLUTION"):
            yield text.removesuffix("# SOLUTION").split("=", 1)[-1].strip()
        else:
            public.add(text)


def master_tests(master):
    """(name of the test function, whether it is hidden) for every test cell of a master notebook."""
    for cell in master.cells:
        if cell.cell_type == "code" and "# BEGIN TEST CONFIG" in cell.source:
            name = next(line.split("(")[0].removeprefix("def ") for line in cell.source.splitlines() if line.startswith("def "))
            yield name, "hidden: true" in cell.source.split("# END TEST CONFIG")[0]


def instructor_edition(master, questions):
    """The master as a teacher reads it: solutions, rubric, and every test with whether students see it."""
    by_name = {question.name: question for question in questions}
    edition = nbformat.v4.new_notebook(metadata=master.metadata)
    edition.cells = [nbformat.v4.new_markdown_cell(_overview(questions), id="overview")]
    for cell in master.cells:
        if cell.cell_type == "raw":
            if cell.source.startswith("# BEGIN QUESTION"):
                question = by_name[cell.source.split("name:")[1].split()[0]]
                edition.cells.append(nbformat.v4.new_markdown_cell(_teachers_box(question), id=f"{question.name}-teacher"))
            elif cell.source.startswith("# BEGIN SOLUTION"):
                edition.cells.append(nbformat.v4.new_markdown_cell("**Solution.**", id=f"{cell.id}-solution"))
            elif cell.source.startswith("# BEGIN TESTS"):
                text = "**Tests.** Students see those that are not marked `hidden: true`."
                edition.cells.append(nbformat.v4.new_markdown_cell(text, id=f"{cell.id}-tests"))
        else:
            edition.cells.append(cell)
    return edition


def _overview(questions):
    rows = [f"| {question.name} | {question.objective} | {question.points:g} | {question.minutes} |" for question in questions]
    total = f"| | *in all* | {sum(question.points for question in questions):g} | {sum(question.minutes for question in questions)} |"
    head = ["**Instructor edition**", "", "| question | who has solved it can … | points | minutes |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, total])


def _teachers_box(question):
    graded = "read by you, one line of the rubric at a time" if question.manual else "graded by its tests"
    facts = f"{question.points:g} points, {question.minutes} minutes, {graded}"
    lines = [f"**For the teacher · {question.name}**: {facts}. *Can {question.objective}.*"]
    if question.rubric:
        lines += ["", "| the answer … | points |", "|---|---|"]
        lines += [f"| {line} | {question.points / len(question.rubric):g} |" for line in question.rubric]
    return "\n".join(lines)
