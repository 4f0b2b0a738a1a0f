"""The words of pictures and drawings: one file per language beside this one, one section per module or drawing."""

import functools
import json
import os
from pathlib import Path

FOLDER = Path(__file__).parent


def words_of(section, language=None):
    """The words of one section, as a dict; language defaults to the environment's BOOK_LANGUAGE, else English.

    Raises ValueError where there is no file for the language or no such section in it.
    """
    language = language or os.environ.get("BOOK_LANGUAGE", "en")
    sections = _file(language)
    if section not in sections:
        raise ValueError(f"words.{language}.json has no section {section!r}; it has {sorted(sections)}")
    return sections[section]


@functools.cache
def _file(language):
    path = FOLDER / f"words.{language}.json"
    if not path.is_file():
        there = sorted(file.name.split(".")[1] for file in FOLDER.glob("words.*.json"))
        raise ValueError(f"there are no words for the language {language!r}; there are {there}")
    return json.loads(path.read_text(encoding="utf-8"))
