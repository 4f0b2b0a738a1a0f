"""New weights for a model of the page, in one command: `make page-models` exports, records, tests and measures it again.

Every form of every model is written once to a scratch folder, which says how large it is; the figures' recorded states are made anew; the
tests compare the engine with PyTorch; the scores, times and the busy time of a drag go to benchmarks/page_models.json.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RECORDERS = ("one_idea", "your_scene", "your_sentence", "break_it")
TESTS = ("tests/book_lib/test_engine.py", "tests/book_lib/test_page_models.py", "tests/book_lib/test_bugs.py",
         "tests/figures/test_engine_in_browser.py", *(f"tests/figures/test_figure_{name}.py" for name in RECORDERS))


def commands(folder):
    """The commands in order: export, record, test, measure."""
    from export_page_model import HEADERS, KINDS

    tools = ROOT / "tools"
    exports = [[tools / "export_page_model.py", name, "--kind", kind, "--output", Path(folder) / f"{name}.{kind}.bin"]
               for name in HEADERS for kind in KINDS]
    records = [[ROOT / "figures" / name / "record.py"] for name in RECORDERS]
    return [*exports, *records, ["-m", "pytest", "-q", *TESTS], [tools / "measure_page_models.py", "--drag"]]


def main():
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(folder):
            print(" ".join(str(part).removeprefix(f"{ROOT}/") for part in command), flush=True)
            if failed := subprocess.run([sys.executable, *map(str, command)], cwd=ROOT).returncode:
                return failed
    return 0


if __name__ == "__main__":
    sys.exit(main())
