"""Chapter 1 says what history.yml says: the numbers of its text stand in the file, in an output, in a formula or beside a citation."""

import re

import nbformat
import pytest

from book_files import ROOT

NOTEBOOKS = [ROOT / "chapters" / f"01_history{lab}.ipynb" for lab in ("", "_lab")]
DECIMAL = re.compile(r"(?<![\d.^{-])\d+\.\d+(?![\d.])")


@pytest.fixture(scope="module")
def cells():
    return [cell for path in NOTEBOOKS for cell in nbformat.read(path, as_version=4).cells]


def known_numbers(cells):
    shown = [output for cell in cells for output in cell.get("outputs", [])]
    outputs = " ".join(str(output.get("text", "")) + str(output.get("data", {}).get("text/plain", "")) for output in shown)
    filed = (ROOT / "history.yml").read_text("utf-8")
    return set(DECIMAL.findall(outputs)) | set(DECIMAL.findall(filed))


def unsourced(text, known):
    """Decimal numbers of a text that are neither known nor in a paragraph with a citation or a named table."""
    sourced = re.compile(r"\{cite\}|Table \d(?!\.)")
    no_number = re.compile(r"\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|(?:Interactive|Figure|Table) L?\d\.\d", re.DOTALL)
    return [found for paragraph in text.split("\n\n") if not sourced.search(paragraph)
            for found in DECIMAL.findall(no_number.sub("", paragraph)) if found not in known]


def test_every_decimal_number_of_the_text_has_a_source(cells):
    known = known_numbers(cells)
    assert [found for cell in cells if cell.cell_type == "markdown" for found in unsourced(cell.source, known)] == []


def test_a_number_from_nowhere_would_be_noticed(cells):
    known = known_numbers(cells)
    assert unsourced("It reached 31.7 BLEU.\n\nThe base model has 27.3.", known) == ["31.7"]

