"""Where the book's files are: the notebooks and masters that tools and tests go through, in the order of _toc.yml."""

import re
from pathlib import Path

import yaml

from book_lib.book.chapters import FOLDER, LAB, metadata, pages

ROOT = Path(__file__).resolve().parents[1]


def chapters_in_book(root=ROOT):
    """The notebooks that _toc.yml names in chapters/, lessons and labs, in its order. Raises ValueError where one does not exist."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    notebooks = [root / f"{name}.ipynb" for name, _ in pages(toc) if name.startswith(FOLDER)]
    missing = [notebook for notebook in notebooks if not notebook.exists()]
    if missing:
        raise ValueError(f"_toc.yml names {missing[0].relative_to(root).with_suffix('')}, but there is no such notebook")
    return notebooks


def other_notebooks(root=ROOT):
    """The notebooks that _toc.yml names outside chapters/, such as a page of the appendix that runs, in its order."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    return [root / f"{name}.ipynb" for name, _ in pages(toc) if not name.startswith(FOLDER) and (root / f"{name}.ipynb").exists()]


def masters(root=ROOT):
    """The master notebooks of coursework/NN_name/, one each."""
    return sorted((root / "coursework").glob("[0-9][0-9]_*/*.ipynb"))


def slug_of(notebook):
    """The name claims.yml and questions.yml call a chapter by: from the metadata of its lesson, else from the file's name."""
    notebook = lesson_of(Path(notebook))
    stated = metadata(notebook).get("slug") if notebook.exists() else None
    return stated or re.sub(r"^\d+_", "", notebook.stem)


def lesson_of(notebook):
    """The lesson that a lab belongs to; a lesson's own path."""
    return notebook.with_name(f"{notebook.stem.removesuffix(LAB)}.ipynb")


def find_chapter(name, root=ROOT):
    """The notebooks of one chapter: "02" for both, "02_lab" for the lab; or another notebook of the book by its file's name.

    Raises ValueError when there is none, or two chapters.
    """
    if (root / "_toc.yml").exists() and (others := [path for path in other_notebooks(root) if path.stem == name]):
        return others
    folder, number = root / "chapters", name.removesuffix(LAB)
    found = sorted(folder.glob(f"{number}_*.ipynb")) if re.fullmatch(r"\d\d", number) else []
    if len({lesson_of(path) for path in found}) > 1:
        raise ValueError(f"CH={name} is ambiguous: {', '.join(path.name for path in found)}")
    found = [path for path in found if name == number or path.stem.endswith(LAB)]
    if found:
        return found
    there = ", ".join(sorted({path.name.split("_")[0] for path in folder.glob("[0-9][0-9]_*.ipynb")})) or "none yet"
    raise ValueError(f"no chapter CH={name!r}: give its two digits, or NN_lab for its lab alone, there are {there}")
