"""Fill the tables of a chapter's experiments, run by run: `python tools/experiments.py 02 [NAME …] [--list] [--share 1/2]`.

recipes/chapter_02/NAME.py says what is to be run: FACTS (a dict that goes into the log), plan(runs) (the wanted runs, each a dict of plain
values, in the order of their worth; it may look at the stored ones) and run(**wanted) (a dict of what came out). Every run is stored in
models/NAME/metrics.json as soon as it has ended, and what is stored is not run again: a table may be filled over several days.
--list prints what is done and what is not. --share 1/2 and --share 2/2 divide the rest between two processes.
"""

import argparse
import json
import runpy
import sys
import time
from pathlib import Path

import torch

from book_lib.book.models import load_log, save_log

ROOT = Path(__file__).parents[1]


def recipes_of(chapter, names=(), root=None):
    """The files of a chapter's experiments, {name: path}, sorted. Raises ValueError for a chapter without any and for an unknown name."""
    folder = (root or ROOT) / "recipes" / f"chapter_{chapter}"
    known = {path.stem: path for path in sorted(folder.glob("*.py"))}
    if not known:
        have = ", ".join(sorted(path.name.removeprefix("chapter_") for path in folder.parent.glob("chapter_*")))
        raise ValueError(f"chapter {chapter!r} has no experiments; the chapters that have some: {have}")
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"chapter {chapter} has no experiment {unknown[0]!r}; it has {', '.join(known)}")
    return {name: known[name] for name in names} if names else known


def stored_runs(name):
    """The runs that models/NAME/metrics.json holds; none where there is no file."""
    try:
        return load_log(name)["runs"]
    except ValueError:
        return []


def is_stored(wanted, runs):
    return any(all(key in run and run[key] == value for key, value in wanted.items()) for run in runs)


def missing_runs(recipe, runs, share=(1, 1)):
    """What the plan wants and the log does not hold, in the plan's order: every count-th of the plan, from the part-th on."""
    part, count = share
    return [wanted for wanted in recipe["plan"](runs)[part - 1 :: count] if not is_stored(wanted, runs)]


def fill(path, share=(1, 1)):
    """Run what is missing of one table, and store it after each run."""
    name, recipe = path.stem, runpy.run_path(str(path))
    while missing := missing_runs(recipe, stored_runs(name), share):
        wanted, begun = missing[0], time.process_time()
        row = {**wanted, **recipe["run"](**wanted)}
        print(f"{name}, {len(missing) - 1} to go, {time.process_time() - begun:.0f} s of processor: {row}", file=sys.stderr, flush=True)
        save_log(name, {                                                     # read anew: another process may have stored runs meanwhile
            "recipe": f"recipes/{path.parent.name}/{path.name}",
            **recipe["FACTS"],
            "versions": {"torch": torch.__version__},
            "runs": [*stored_runs(name), row],
        })


def table(path):
    """One line for each run of the plan: done or not yet."""
    recipe, runs = runpy.run_path(str(path)), stored_runs(path.stem)
    lines = [f"{'done' if is_stored(wanted, runs) else '    '}  {json.dumps(wanted)}" for wanted in recipe["plan"](runs)]
    return "\n".join([f"{path.stem}: {sum(line.startswith('done') for line in lines)} of {len(lines)} runs are done", *lines])


def as_share(text):
    part, count = map(int, text.split("/"))
    if not 1 <= part <= count:
        raise argparse.ArgumentTypeError(f"{text!r}: the first number must be between 1 and the second")
    return part, count


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("chapter")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--share", type=as_share, default=(1, 1))
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    try:
        paths = recipes_of(given.chapter, given.names)
    except ValueError as error:
        parser.error(str(error))
    for path in paths.values():
        if given.list:
            print(table(path))
        else:
            fill(path, given.share)


if __name__ == "__main__":
    main()
