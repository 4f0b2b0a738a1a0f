"""Where the book's files are: the chapters and masters that tools and tests go through, in the order of _toc.yml."""

import re
from pathlib import Path

import yaml

from book_lib.book.claims import CHAPTERS

ROOT = Path(__file__).resolve().parents[1]


def chapters_in_book(root=ROOT):
    """The notebooks of _toc.yml that lie in chapters/, in the book's order. Raises ValueError where one does not exist."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [root / f"{name}.ipynb" for name in _files_of(toc) if name.startswith("chapters/")]
    missing = [chapter for chapter in chapters if not chapter.exists()]
    if missing:
        raise ValueError(f"_toc.yml names {missing[0].relative_to(root).with_suffix('')}, but there is no such notebook")
    return chapters


def notebooks_of(number, root=ROOT):
    """Everything of one chapter that runs: its lesson, its lab and its coursework's master. Raises ValueError where there is no lesson."""
    found = [find_chapter(number, root)] + sorted((root / "chapters").glob(f"{number}_*_lab.ipynb"))
    return found + [path for path in masters(root) if path.name.startswith(f"{number}_")]


def masters(root=ROOT):
    """The master notebooks of coursework/NN_name/, one each."""
    return sorted((root / "coursework").glob("[0-9][0-9]_*/*.ipynb"))


def slug_of(chapter):
    """chapters/04_positional_encoding.ipynb -> positional, the name claims.yml and questions.yml use; the file's own name for a new one."""
    name = re.sub(r"^\d+_", "", Path(chapter).stem)
    return next((slug for slug in CHAPTERS if f"{name}_".startswith(f"{slug}_")), name)


def find_chapter(number, root=ROOT):
    """The lesson chapters/<number>_*.ipynb, or its lab: number is 02 or 02_lab. Raises ValueError when there is none, or more than one."""
    folder, lab = root / "chapters", number.endswith("_lab")
    found = sorted(folder.glob(f"{number[:2]}_*.ipynb")) if re.fullmatch(r"\d\d(_lab)?", number) else []
    found = [path for path in found if path.stem.endswith("_lab") == lab]
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"CH={number} is ambiguous: {', '.join(path.name for path in found)}")
    there = ", ".join(sorted({path.name.split("_")[0] for path in folder.glob("[0-9][0-9]_*.ipynb")})) or "none yet"
    raise ValueError(f"no chapter CH={number!r}: give its two digits, there are {there}")


def _files_of(node):
    if isinstance(node, list):
        return [name for child in node for name in _files_of(child)]
    if not isinstance(node, dict):
        return []
    here = [node["file"].removesuffix(".ipynb").removesuffix(".md")] if "file" in node else []
    return here + [name for key in ("parts", "chapters", "sections", "subtrees", "entries") for name in _files_of(node.get(key))]
