"""New weights for a model of the page, in one command: `python tools/page_models.py [NAME ...]` exports, records, tests and measures again.

Every form of the model is written once to a scratch folder, which says how large it is; the figures that open it record their first states
anew; the tests compare the engine with PyTorch and operate the figures; scores, times and the busy time of a drag go to
benchmarks/page_models.json. Without names: all models. `make page-models MODEL=detr` does the same.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "site")]

from book_lib.book.figure import module, names  # noqa: E402
from book_site.page_models import OPENED  # noqa: E402
from export_page_model import HEADERS, KINDS  # noqa: E402

TESTS = ("tests/book_lib/test_engine.py", "tests/book_lib/test_page_models.py", "tests/book_lib/test_bugs.py",
         "tests/figures/test_engine_in_browser.py", "tests/figures/test_live_models.py")


def figures_of(models):
    """The figures that open one of the models."""
    return [name for name in names() if set(models) & set(OPENED.findall(module(name)))]


def commands(folder, models):
    """The commands in order: export, record, test, measure."""
    tools, figures = ROOT / "tools", figures_of(models)
    exports = [[tools / "export_page_model.py", name, "--kind", kind, "--output", Path(folder) / f"{name}.{kind}.bin"]
               for name in models for kind in KINDS]
    records = [[ROOT / "figures" / name / "record.py"] for name in figures]
    tests = ["-m", "pytest", *TESTS, *(f"tests/figures/test_figure_{name}.py" for name in figures)]
    return [*exports, *records, tests, [tools / "measure_page_models.py", *models, "--drag"]]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", metavar="NAME", help=f"of {', '.join(HEADERS)}")
    models = parser.parse_args(arguments).models or list(HEADERS)
    if unknown := set(models) - set(HEADERS):
        parser.error(f"the page has no model {sorted(unknown)[0]!r}; it has: {', '.join(HEADERS)}")
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(folder, models):
            print(" ".join(str(part).removeprefix(f"{ROOT}/") for part in command), flush=True)
            if failed := subprocess.run([sys.executable, *map(str, command)], cwd=ROOT).returncode:
                return failed
    return 0


if __name__ == "__main__":
    sys.exit(main())
