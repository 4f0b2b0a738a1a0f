"""The fonts that the site brings along: they are light, and they have every sign the book writes with."""

import base64
import hashlib
import re
import unicodedata

import pytest
from fontTools.ttLib import TTFont

import book_fonts
from build_book import VENDORED, recipe_of

KILOBYTES = 80
FACES = {
    "sans": "source-sans/source-sans-3.woff2",
    "mono": "source-code-pro/source-code-pro.woff2",
    "signs": "dejavu-fonts-ttf/signs.woff2",
}
NEEDED = {
    "Latin": "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0xAC), *range(0xAE, 0x100)))),
    "pinyin": "āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü",
    "Greek": "".join(map(chr, (*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA)))),
    "arrows": "←↑→↓↔↗↘⇒⇔↦",
    "operators": "−×÷·±√∑∏∂∇∞≈≠≡≤≥≪≫∈∉∩∪⊂⊆∅∘⊕⊗⊙∥‖⌈⌉⌊⌋⟨⟩∝",
    "raised and lowered": "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵀⁿᵢⱼₖ₀₁₂₃₄₅₆₇₈₉",
    "signs": "…•●○◆★✓✗■□",
}


@pytest.fixture(scope="module")
def fonts(site_html):
    return {face: site_html / "_vendor" / path for face, path in FACES.items()}


def test_they_are_light(fonts):
    assert sum(path.stat().st_size for path in fonts.values()) <= 1000 * KILOBYTES


@pytest.mark.parametrize("face", ["sans", "mono"])
@pytest.mark.parametrize("kind", NEEDED)
def test_they_have_what_the_book_writes(kind, face, fonts):
    there = set(TTFont(fonts[face]).getBestCmap()) | set(TTFont(fonts["signs"]).getBestCmap())
    lacking = [sign for sign in NEEDED[kind] if ord(sign) not in there]
    assert lacking == [], [unicodedata.name(sign) for sign in lacking]


def test_pinyin_and_greek_are_of_the_face_itself(fonts):
    assert set(map(ord, NEEDED["Latin"] + NEEDED["pinyin"] + NEEDED["Greek"])) <= set(TTFont(fonts["sans"]).getBestCmap())


def test_the_sans_keeps_its_weights(fonts):
    axis, = TTFont(fonts["sans"])["fvar"].axes
    assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", 400, 700)


def test_every_font_of_the_style_sheet_is_there(site_html):
    sheet = (site_html / "_static" / "fonts.css").read_text(encoding="utf-8")
    addresses = re.findall(r'url\("([^"]+)"\)', sheet)
    assert len(addresses) == 10
    assert all((site_html / "_static" / address).resolve().is_file() for address in addresses)


def test_a_range_of_characters():
    assert book_fonts.characters("a-c ·") == set(map(ord, "abc ·"))
    assert book_fonts.characters("-") == {ord("-"), ord(" ")}


def test_another_cut_makes_other_fonts(monkeypatch):
    recipes = {name: recipe_of(wanted) for name, (_, _, wanted) in VENDORED.items()}
    monkeypatch.setattr(book_fonts, "__file__", __file__)
    assert {name for name, (_, _, wanted) in VENDORED.items() if recipe_of(wanted) != recipes[name]} == {
        "source-sans", "source-code-pro", "dejavu-fonts-ttf"}
    assert all(len(base64.b64decode(integrity)) == hashlib.sha512().digest_size for _, integrity, _ in VENDORED.values())


def test_licences_travel_along(site_html):
    for folder in (site_html / "_vendor").iterdir():
        assert list(folder.glob("LICENSE*")), folder.name
