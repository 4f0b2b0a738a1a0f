"""The command line: python -m coursework build | master | grade | bench (each with --help)."""

import argparse
import sys

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
    grade.add_argument("--out", default="grades.csv", help="the CSV to write (default: grades.csv)")
    bench = _add(commands, "bench", _bench, "measure the grading rate on copies of the solved notebook")
    bench.add_argument("--copies", type=_positive, default=200)
    bench.add_argument("--compare", action="store_true", help="also time 'otter run' on one copy")
    for command in (grade, bench):
        command.add_argument("--workers", type=_positive, default=2, help="submissions graded at the same time (default: 2)")
        command.add_argument("--seconds", type=_positive, help="time limit of one submission (default: 60)")
        command.add_argument("--cell-seconds", type=_positive, help="time limit of one cell or one call (default: 10)")
        command.add_argument("--memory-mb", type=_positive, help="memory of one submission (default: 2048)")
        command.add_argument("--no-walls", action="store_true", help="where walls cannot be built: only for people you trust")
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
    from coursework.build import build

    chosen = [find_assignment(options.chapter)] if options.chapter else list(find_assignments().values())
    if not chosen:
        raise CourseworkError("there is no assignment in coursework/")
    for folder in chosen:
        print(build(folder, options.built))


def _master(options):
    from coursework.master import write_master

    print(write_master(find_assignment(options.chapter)))


def _grade(options):
    from coursework.grade import grade_folder, load_edition, summarise

    records, facts = grade_folder(options.folder, options.chapter, options.out, **_how(options))
    print(summarise(records, load_edition(options.chapter, options.built), facts))
    print(f"written to {options.out}")


def _bench(options):
    from coursework.bench import bench

    bench(options.chapter, options.copies, compare=options.compare, **_how(options))


def _how(options):
    from coursework.grade import limits_from

    limits = limits_from(options.seconds, options.cell_seconds, options.memory_mb)
    return {"workers": options.workers, "limits": limits, "walled": not options.no_walls, "built": options.built}


if __name__ == "__main__":
    sys.exit(main())
