"""The command line: python -m coursework build | master | grade | bench (each with --help)."""

import argparse
import sys
from pathlib import Path

from coursework.assignments import BUILT, CourseworkError, find_assignment, find_assignments


def main(arguments=None):
    """Run one command; bad input is one clear line on stderr and exit status 2."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except CourseworkError as error:
        print(f"coursework {options.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"\ncoursework {options.command}: interrupted; the same command goes on from here", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser(prog="python -m coursework", description="Build and grade the book's assignments.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add(commands, "build", _build, "build all editions of every assignment, or of one", chapter_required=False)
    _add(commands, "master", _master, "run a master notebook's text and store the notebook with its outputs")
    grade = _add(commands, "grade", _grade, "grade a folder of submissions into a CSV")
    grade.add_argument("folder", help="the folder with what was handed in (subfolders are searched)")
    grade.add_argument("--out", help="the table to write (default: grades-NN_name.csv, one for each assignment)")
    grade.add_argument("--roster", help="a CSV of the class: id, and name, email, login, canvas, moodle, section, submitted where known")
    grade.add_argument("--regrade", action="store_true", help="grade anew what has been graded, and list who changed")
    grade.add_argument("--due", help="when it was due, such as 2026-10-01T23:59+08:00")
    grade.add_argument("--late-per-day", type=float, default=10.0, help="percent off for each day that has begun (default: 10)")
    grade.add_argument("--late-most", type=float, default=50.0, help="percent off at most (default: 50)")
    grade.add_argument("--feedback", metavar="FOLDER", help="write one HTML page for each student")
    grade.add_argument("--hidden-messages", action="store_true", help="show students the messages of hidden tests, too")
    grade.add_argument("--statistics", metavar="FILE", help="write an HTML page with histograms")
    grade.add_argument("--canvas", metavar="FILE", help="write a CSV that Canvas imports (needs --roster)")
    grade.add_argument("--moodle", metavar="FILE", help="write a CSV that Moodle imports (needs --roster)")
    bench = _add(commands, "bench", _bench, "measure the grading rate on copies of the solved notebook")
    bench.add_argument("--copies", type=_positive, default=200)
    bench.add_argument("--compare", action="store_true", help="also time 'otter run' on one copy")
    for command in (grade, bench):
        command.add_argument("--workers", type=_positive, default=2, help="submissions graded at the same time (default: 2)")
        command.add_argument("--seconds", type=_positive, help="processor time of one submission (default: 60)")
        command.add_argument("--cell-seconds", type=_positive, help="processor time of one cell or one call (default: 10)")
        command.add_argument("--memory-mb", type=_positive, help="memory of one submission, all its processes together (default: 2048)")
        command.add_argument("--trusted", action="store_true", help="run hidden tests where walls are missing: only for people you trust")
    return parser


def _add(commands, name, run, text, chapter_required=True):
    command = commands.add_parser(name, help=text, description=text)
    command.set_defaults(run=run)
    command.add_argument("--chapter", required=chapter_required, help="number or name of the assignment, such as 02")
    command.add_argument("--built", default=BUILT, help="where the built editions are (default: build/coursework)")
    return command


def _positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _build(options):
    from coursework.build import build, check_solutions

    chosen = [find_assignment(options.chapter)] if options.chapter else list(find_assignments().values())
    if not chosen:
        raise CourseworkError("there is no assignment in coursework/")
    for folder in chosen:
        print(build(folder, options.built))
    if not sys.platform.startswith("linux"):
        print("the solutions were not run against their tests: that needs Linux")
        return
    check_solutions(chosen, options.built)
    print("every solution passes all tests of its assignment")


def _master(options):
    from coursework.master import write_master

    print(write_master(find_assignment(options.chapter)))


def _grade(options):
    from coursework import report
    from coursework.grade import grade_folder, load_edition, require_linux
    from coursework.roster import read_roster
    from coursework.table import late_rule, read_table

    require_linux()
    name = find_assignment(options.chapter).name
    if (options.canvas or options.moodle) and not options.roster:
        raise CourseworkError("--canvas and --moodle need --roster: the platforms know students by their numbers")
    out = Path(options.out or f"grades-{name}.csv")
    late = late_rule(options.due, options.late_per_day, options.late_most)
    how = _how(options) | {"roster": options.roster, "late": late, "regrade": options.regrade}
    records, facts = grade_folder(options.folder, options.chapter, out, **how)
    edition = load_edition(options.chapter, options.built)
    print(report.summarise(records, edition, facts))
    print(f"written to {out}")
    rows = read_table(out, edition)
    students = read_roster(options.roster) if options.roster else []
    if options.feedback:
        pages = report.write_feedback(options.feedback, records, edition, rows, hidden_messages=options.hidden_messages)
        print(f"{pages} pages written to {options.feedback}")
    for path, write in ((options.canvas, report.write_canvas), (options.moodle, report.write_moodle)):
        if path:
            write(path, rows, edition, students)
            print(f"written to {path}")
    if options.statistics:
        report.write_statistics(options.statistics, records, edition)
        print(f"written to {options.statistics}")


def _bench(options):
    from coursework.bench import bench

    bench(options.chapter, options.copies, compare=options.compare, **_how(options))


def _how(options):
    from coursework.grade import limits_from

    limits = limits_from(options.seconds, options.cell_seconds, options.memory_mb)
    return {"workers": options.workers, "limits": limits, "trusted": options.trusted, "built": options.built}


if __name__ == "__main__":
    sys.exit(main())
