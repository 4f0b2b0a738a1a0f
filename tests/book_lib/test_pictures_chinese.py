"""Chinese in still pictures, stored outputs and drawings: pinyin and a gloss beside each character, and no character turned."""

import re
from xml.etree import ElementTree

import nbformat
import pytest
from figure_walk import HAN, ROOT

from book_lib.data.translation_glosses import GLOSSES
from book_lib.pictures.drawing import DRAWINGS, Drawing

READ = re.compile(rf"({HAN.pattern}+) ([^,]+), ([^/]+)")
DRAWN = [Drawing(name, lit=lit, size=size)
         for name, about in DRAWINGS.items() for lit in ("all", *about["parts"]) for size in about["layouts"]]
HEAD = re.compile(r"<\?xml.*?\?>|<!DOCTYPE.*?>", re.DOTALL)


def stored_pictures():
    for path in sorted([*ROOT.glob("chapters/*.ipynb"), *ROOT.glob("appendix/*.ipynb")]):
        for place, cell in enumerate(nbformat.read(path, 4).cells):
            for output in cell.get("outputs", ()):
                if drawn := output.get("data", {}).get("image/svg+xml"):
                    yield f"{path.stem} {place}", "".join(drawn)


def faults(drawn):
    """What is wrong with the Chinese of an SVG or a page with some: a list."""
    found = []
    for element in ElementTree.fromstring(f"<div>{drawn}</div>").iter():
        if element.tag.endswith("style"):
            continue
        text = "".join(element.itertext()) if element.tag.endswith(("text", "figcaption")) else element.get("aria-label", "")
        read = {character for word, pinyin, _ in READ.findall(text) if GLOSSES.get(word, ("",))[0] == pinyin.strip() for character in word}
        found += [f"{text!r} does not read {character}" for character in HAN.findall(text) if character not in read]
        angle = re.search(r"rotate\((-?[\d.]+)", element.get("transform", ""))
        if angle and float(angle[1]) and HAN.search("".join(element.itertext())):
            found.append(f"{text!r} is turned")
    return found


def test_what_counts_as_a_fault():
    svg = "<svg><text>{}</text></svg>".format
    assert faults(svg("动物 dòngwù, animal")) == faults(svg("累 lèi, tired / 宽 kuān, wide")) == faults(svg("，")) == []
    assert len(faults(svg("动物 dòngwù"))) == 2 and len(faults(svg("动物"))) == 2 and len(faults(svg("动 wù, animal"))) == 1
    assert len(faults('<svg><text transform="rotate(-90 1 2)">累 lèi, tired</text></svg>')) == 1
    assert len(faults('<svg aria-label="累"/>')) == 1


def test_pictures_in_the_notebooks_read_their_chinese():
    pictures = list(stored_pictures())
    assert len(pictures) > 30 and any(HAN.search(drawn) for _, drawn in pictures)
    assert {name: found for name, drawn in pictures if (found := faults(HEAD.sub("", drawn)))} == {}


@pytest.mark.parametrize("drawing", DRAWN, ids=lambda one: f"{one.name}-{one.lit}-{one.size}")
def test_drawings_read_their_chinese(drawing):
    assert faults(drawing.html(style=False)) == []
