"""Carry the book's public address, which stands in _config.yml (repository.url) and nowhere else, to what is derived from it.

`python tools/set_address.py` rewrites the folded set-up cell of each chapter and CITATION.cff; `--check` only says what disagrees.
"""

import argparse
import os
import re
import sys
from pathlib import Path

import nbformat
import yaml

from book_files import ROOT, chapters_in_book, masters, other_notebooks
from run_chapter import normalise, read, write

SETUP_MARK = "# Set-up: where the book's library is missing (on Colab, say), fetch it. Elsewhere this cell does nothing."
SKIPPED = {
    ".git", ".venv", "_build", "build", "dist", "vendor", "node_modules", "__pycache__", ".ruff_cache", ".pytest_cache", ".hypothesis",
}


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; say what disagrees with _config.yml")
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            for path in rewrite(ROOT):
                print(f"rewrote {path.relative_to(ROOT)}")
        problems = disagreements(ROOT)
    except ValueError as error:
        problems = [str(error)]
    print("\n".join(problems) or f"everything agrees with _config.yml: {address(ROOT)}")
    return 1 if problems else 0


def address(root=ROOT):
    """The repository's public address. Raises ValueError where _config.yml does not give one."""
    url = (yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8")).get("repository") or {}).get("url", "")
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", url):
        raise ValueError(f"_config.yml: repository.url must be https://HOST/OWNER/NAME, got {url!r}")
    return url


def setup_cell(url):
    """The source of the set-up cell of a notebook for a book at url."""
    if "/OWNER/" in url:
        missing = "The book's library is missing here: run `pip install -e .` in the book's folder, then restart this notebook."
        action = f'raise SystemExit("{missing}")'
    else:
        action = f"%pip install --quiet git+{url}"
    return f'{SETUP_MARK}\nimport importlib.util\n\nif importlib.util.find_spec("book_lib") is None:\n    {action}'


def rewrite(root):
    """Bring CITATION.cff and every set-up cell in line with _config.yml. Returns the files that changed."""
    url, changed = address(root), []
    citation = root / "CITATION.cff"
    text = citation.read_text(encoding="utf-8")
    wanted = re.sub(r"^repository-code: .*$", f"repository-code: {url}", text, flags=re.MULTILINE)
    if wanted != text:
        citation.write_text(wanted, encoding="utf-8")
        changed.append(citation)
    for path in chapters_in_book(root) + other_notebooks(root) + masters(root):
        notebook = read(path)
        is_chapter = path not in masters(root)
        cells = setup_cells(notebook) or ([_new_setup_cell(notebook)] if is_chapter else [])
        if any(cell.source != setup_cell(url) for cell in cells):
            cells[0].source = setup_cell(url)
            if is_chapter:
                normalise(notebook)
            write(notebook, path)
            changed.append(path)
    return changed


def disagreements(root):
    """One line for each file that does not follow from _config.yml, or that repeats the address though it should not know it."""
    url, problems = address(root), []
    stated = re.findall(r"^repository-code: (.*)$", (root / "CITATION.cff").read_text(encoding="utf-8"), flags=re.MULTILINE)
    if stated != [url]:
        problems.append(f"CITATION.cff gives {stated} as repository-code, _config.yml gives {url}")
    notebooks = chapters_in_book(root) + other_notebooks(root) + masters(root)
    for path in notebooks:
        problems += [f"{path.name}: {problem}" for problem in setup_problems(read(path), url, needed=path not in masters(root))]
    derived = {root / "_config.yml", root / "CITATION.cff", *notebooks}
    bare = url.removeprefix("https://")
    repeated = [path for path in text_files(root) if path not in derived and bare in _text(path)]
    problems = [f"{problem}; run python tools/set_address.py" for problem in problems]
    return problems + [f"{path.relative_to(root)} repeats the address {bare}, which belongs in _config.yml alone" for path in repeated]


def setup_problems(notebook, url, needed=True):
    """What is wrong with the set-up cell of one notebook, and whether the address stands elsewhere in it."""
    cells = setup_cells(notebook)
    if len(cells) != 1 and (needed or cells):
        return [f"{len(cells)} set-up cells, expected one"]
    problems = [f"the set-up cell is not the one for {url}" for cell in cells if cell.source != setup_cell(url)]
    problems += ["the set-up cell must carry the tag hide-cell" for cell in cells if "hide-cell" not in cell.metadata.get("tags", [])]
    repeated = [cell for cell in notebook.cells if url.removeprefix("https://") in cell.source and cell not in cells]
    return problems + ["the address stands outside the set-up cell"] * bool(repeated)


def setup_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.startswith(SETUP_MARK)]


def _new_setup_cell(notebook):
    cell = nbformat.v4.new_code_cell(metadata={"tags": ["hide-cell"]})
    codes = [place for place, other in enumerate(notebook.cells) if other.cell_type == "code"]
    notebook.cells.insert(codes[0] if codes else len(notebook.cells), cell)
    return cell


def text_files(root):
    """Every file of the repository that a person wrote."""
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if name not in SKIPPED and not name.endswith(".egg-info")]
        yield from (Path(folder) / name for name in names)


def _text(path):
    return path.read_text(encoding="utf-8", errors="ignore") if path.stat().st_size < 5_000_000 else ""


if __name__ == "__main__":
    sys.exit(main())
