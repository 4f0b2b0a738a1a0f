"""What every picture of the book must keep, whatever it shows: one SVG file that follows the page in colour, letters and language."""

import re
from xml.etree import ElementTree

import matplotlib
import numpy as np

from book_lib.pictures import style
from book_lib.pictures.words import words_of

SVG = "{http://www.w3.org/2000/svg}"
PHONE = 353                                                # pixels of a picture on a phone 360 pixels wide, by site/static/book.css


def texts(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


def same(line, values):
    return len(line) == len(values) and np.allclose(line, values)


def check_picture(make, section, given=()):
    """Check the picture that make draws, with its words from one section of the words file; given: names that come with its data."""
    style.use_book_style()
    drawn = style.svg(make())
    assert drawn == style.svg(make())
    root = ElementTree.fromstring(drawn)
    _, _, width, height = (float(number) for number in root.get("viewBox").split())
    assert width == style.WIDTH and 100 < height < 900
    assert style.marks(drawn) <= style.MOST_MARKS and len(drawn) <= style.MOST_BYTES

    assert "<style" not in drawn and "id=" not in re.sub(r"<(?:clipPath|path) id=", "", drawn)
    without_images = re.sub(r'href="data:[^"]*"', "", drawn)
    assert re.findall(r"#[0-9a-f]{6}\b|rgb\(", re.sub(r"var\(--[\w-]+, #[0-9a-f]{6}\)", "", without_images)) == []
    assert re.findall(r"font-family: [^;]*", drawn) == ["font-family: var(--bk-sans, system-ui, sans-serif)"]

    known = section_words(section)
    for text in root.iter(f"{SVG}text"):
        look = dict(part.split(": ") for part in text.get("style").split("; "))
        assert float(look["font-size"].removesuffix("px")) * PHONE / width >= 9, text.text
        assert look["fill"].startswith("var("), text.text
        assert is_number(text.text) or text.text in given or any(pattern.fullmatch(text.text) for pattern in known), text.text
    check_places(make())


def section_words(section):
    """The words of a section as patterns, line by line, with anything where a number or name is filled in."""
    def strings(value):
        if isinstance(value, str):
            return value.split("\n")
        return [string for inner in (value.values() if isinstance(value, dict) else value) for string in strings(inner)]

    return [re.compile(re.sub(r"\\\{.*?\\\}", ".+", re.escape(words))) for words in strings(words_of(section, "en"))]


def is_number(text):
    return bool(re.fullmatch(r"[−-]?[\d.]+( · 10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)?|10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+", text))


def check_places(figure):
    """No text leaves the picture, and no label or name of an axis covers another."""
    figure.draw_without_rendering()
    labels = [label for axes in figure.axes for label in axes.texts if label.get_text() and label.get_visible()]
    names = [name for axes in figure.axes for name in (axes.xaxis.label, axes.yaxis.label, axes._left_title) if name.get_text()]
    boxes = [(text.get_text(), text.get_window_extent()) for text in labels + names]
    for place, (text, box) in enumerate(boxes):
        assert box.x0 >= -0.5 and box.y0 >= -0.5 and box.x1 <= figure.bbox.x1 + 0.5 and box.y1 <= figure.bbox.y1 + 0.5, text
        for other, other_box in boxes[:place]:
            assert not box.overlaps(other_box), (text, other)
