"""Drawings on the page: a stored name becomes the drawing, in every layout and in the language of the site."""

from types import SimpleNamespace

import pytest
from docutils import nodes
from docutils.utils import new_document

from book_lib.pictures.drawing import Drawing
from book_site.drawings import drawing_in_page, note_sources
from book_site.folds import CellsOnThePage, Picture

STORED = '<svg xmlns="http://www.w3.org/2000/svg" data-drawing="attention_layer" data-lit="mix" data-size="large" viewBox="0 0 9 9"></svg>'


def test_a_stored_name_becomes_the_drawing():
    wanted = Drawing("attention_layer", lit="mix")
    assert drawing_in_page(STORED, "en") == wanted.html()
    assert drawing_in_page(wanted.svg(), "en", style=False) == wanted.html(style=False)       # as a kernel has shown it
    assert drawing_in_page("<svg><text>data-drawing=</text></svg>", "en") is None


def test_a_name_that_there_is_not_and_a_language_without_words_are_refused():
    with pytest.raises(ValueError, match="lit is 'nose'"):
        drawing_in_page(STORED.replace("mix", "nose"), "en")
    with pytest.raises(ValueError, match="no words for the language 'tlh'"):
        drawing_in_page(STORED, "tlh")


@pytest.mark.parametrize(("stored", "noted"), [(STORED, True), ("<svg></svg>", False)])
def test_a_page_depends_on_what_its_drawings_are_made_of(tmp_path, stored, noted):
    (tmp_path / "picture.svg").write_text(stored, encoding="utf-8")
    page, files = new_document("page"), []
    page += [nodes.image(uri="/picture.svg"), nodes.image(uri="picture.png"), nodes.image(uri="missing.svg")]
    note_sources(SimpleNamespace(srcdir=tmp_path, env=SimpleNamespace(note_dependency=files.append)), page)
    noted_files = {name.rsplit("/", 1)[1] for name in files}
    assert noted_files >= {"drawing.py", "drawing.css", "words.en.json", "detr.py"} if noted else not noted_files


def test_a_page_shows_its_drawings_in_figures_with_one_style_sheet(tmp_path):
    (tmp_path / "drawing.svg").write_text(STORED, encoding="utf-8")
    (tmp_path / "chart.svg").write_text('<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>', encoding="utf-8")
    page = new_document("page")
    page.settings.env = SimpleNamespace(srcdir=tmp_path, config=SimpleNamespace(language="en"))
    for name in ("drawing", "chart", "drawing"):
        output = nodes.container("", nodes.image(uri=f"{name}.svg", alt="A chart of nothing"), nb_element="cell_code_output")
        page += nodes.container("", output, nb_element="cell_code", cell_metadata={})
    CellsOnThePage(page).run()
    assert [type(cell[0]) for cell in page.children] == [Picture] * 3
    first, chart, second = (raw.astext() for raw in page.findall(nodes.raw))
    assert first == Drawing("attention_layer", lit="mix").html() and second == Drawing("attention_layer", lit="mix").html(style=False)
    assert 'aria-label="A chart of nothing"' in chart
