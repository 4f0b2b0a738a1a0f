"""`make portability`: what hides on one machine turns red under another setting, and which setting a notebook has in `make test`."""

import nbformat
import pytest

import run_chapter
from portability import ONE_THREAD, SETTINGS, compare, main, setting_of

CPU = "import os\nos.environ.get('ATEN_CPU_CAPABILITY', 'its own'), os.environ['OMP_NUM_THREADS']"
ROUNDING = "import torch\nthird = torch.full((3, 3), 1 / 3, dtype=torch.float64)\nprint(f'{third.mm(third).sum() - 1:.0e}')"
BOUND = ROUNDING.replace("print(f'{third.mm(third).sum() - 1:.0e}')", "print(abs(third.mm(third).sum() - 3) < 1e-12)")


@pytest.fixture
def notebook(tmp_path):
    """A notebook of three cells, run as `make chapter` runs it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in (CPU, ROUNDING, BOUND)])
    notebook.cells[1].source = notebook.cells[1].source.replace("- 1:", "- 3:")
    path = tmp_path / "07_rounding.ipynb"
    run_chapter.execute(notebook, tmp_path)
    run_chapter.normalise(notebook)
    run_chapter.write(notebook, path)
    return path


def test_what_depends_on_the_machine_turns_red(notebook):
    cells, faults = compare([notebook], "own")
    assert (cells, faults) == (3, {})
    cells, faults = compare([notebook], "avx2-2")
    assert cells == 3 and [place.split()[-1] for place in faults] == ["0"] and "avx2" in faults[next(iter(faults))]
    _, faults = compare([notebook], "last-bits")
    assert [place.split()[-1] for place in faults] == ["1"], "rounding errors differ, and the bound of the last cell holds"


def test_the_verdict_is_the_exit_code(notebook, capsys):
    assert main([str(notebook), "--settings", "own"]) == 0
    assert "the same everywhere" in capsys.readouterr().out
    assert main([str(notebook), "--settings", "avx2"]) == 1
    assert "make portability: 1 differences" in capsys.readouterr().out
    assert main(["nowhere.ipynb"]) == 2


def test_half_of_the_notebooks_run_as_on_another_processor(tmp_path):
    for name in ("02_attention", "02_attention_lab", "03_heads", "04_positions"):
        (tmp_path / f"{name}.ipynb").touch()
    settings = {path.stem: setting_of(path) for path in tmp_path.iterdir()}
    assert settings == {"02_attention": "own", "02_attention_lab": "avx2", "03_heads": "own", "04_positions": "avx2"}


def test_settings_name_one_or_two_threads():
    assert {setting["OMP_NUM_THREADS"] for setting in SETTINGS.values()} == {"1", "2"}
    assert SETTINGS["own"] == ONE_THREAD
