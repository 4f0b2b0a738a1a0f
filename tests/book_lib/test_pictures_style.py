"""pictures/style.py: how a Matplotlib figure becomes an SVG file that follows the page."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from picture_checks import SVG

from book_lib.pictures import style
from book_lib.pictures.style import card, label_line, marks, name_axes, number, svg
from book_lib.pictures.words import FOLDER


@pytest.fixture(autouse=True)
def book_style():
    style.use_book_style()


def drawn_texts(figure):
    return {text.text: text for text in ElementTree.fromstring(svg(figure)).iter(f"{SVG}text")}


def look(text):
    return dict(part.split(": ") for part in text.get("style").split("; "))


def test_lines_of_a_text_keep_their_anchor_whatever_the_letters():
    figure, axes = card(3)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for x, where in ((0.2, "left"), (0.5, "center"), (0.8, "right")):
        axes.text(x, 0.5, f"a long line {where}\n{where}", ha=where)
    axes.text(0.5, 0.2, "alone", ha="center")
    found = drawn_texts(figure)
    for where, anchor in (("left", "start"), ("center", "middle"), ("right", "end")):
        first, second = found[f"a long line {where}"], found[where]
        assert look(first)["text-anchor"] == look(second)["text-anchor"] == anchor and first.get("x") == second.get("x")
        assert float(first.get("y")) < float(second.get("y")) and "transform" not in first.attrib
    assert float(found["alone"].get("x")) == pytest.approx(float(found["center"].get("x")), abs=0.5)
    assert all(text.get_gid() is None for text in axes.texts)


def test_a_lines_name_stands_on_a_halo_of_paper_and_is_text():
    figure, axes = card(3)
    label_line(axes, 0.5, 0.5, "its name", style.QUERY)
    name = look(drawn_texts(figure)["its name"])
    assert name["stroke"] == "var(--paper, #ffffff)" and name["paint-order"] == "stroke" and name["fill"] == "var(--q, #0072b2)"


def test_axes_are_named_level():
    figure, axes = card(3)
    name_axes(axes, "steps", "loss")
    found = drawn_texts(figure)
    assert "transform" not in found["loss"].attrib and "font-weight" not in look(found["loss"]) and "steps" in found


def test_what_the_page_could_not_follow_is_refused():
    figure, axes = card(2)
    axes.plot([0, 1], color="#123456")
    with pytest.raises(ValueError, match="the colour #123456 is none of the book's"):
        svg(figure)
    figure, axes = card(2)
    axes.set_title("$d_k$")
    with pytest.raises(ValueError, match=r"'\$d_k\$' is mathematics"):
        svg(figure)
    figure, axes = card(2)
    for i in range(style.MOST_MARKS):
        axes.plot([0, 1], [0, i], color=style.INK)
    with pytest.raises(ValueError, match="marks, at most 2000 are allowed"):
        svg(figure)
    figure, axes = card(2)
    axes.imshow(np.random.default_rng(0).random((400, 600, 3)), interpolation="none")
    with pytest.raises(ValueError, match="kB, at most 120 are allowed"):
        svg(figure)


def test_a_cloud_of_points_is_drawn_as_pixels_the_paper_shows_through():
    figure, axes = card(2)
    x, y = np.random.default_rng(0).random((2, 5000))
    axes.scatter(x, y, color=style.QUERY, rasterized=True)
    drawn = svg(figure)
    assert drawn.count("<image") == 1 and marks(drawn) < 60 and len(drawn) < 60_000


def test_an_image_keeps_its_pixels_and_needs_few_bytes():
    figure, axes = card(3)
    noise = np.random.default_rng(0).integers(0, 255, (96, 96, 3)) / 255
    axes.imshow(noise, interpolation="none")
    (image,) = ElementTree.fromstring(svg(figure)).iter(f"{SVG}image")
    assert image.get("width") == image.get("height") == "96" and len(image.get("href")) < 96 * 96 * 1.4


@pytest.mark.parametrize(("value", "said"), [
    (0, "0"), (0.5, "0.5"), (-2, "−2"), (1024, "1024"), (1e-5, "10⁻⁵"), (1e5, "10⁵"),
    (2.5e-7, "2.5 · 10⁻⁷"), (-1e12, "−10¹²"), (0.001, "0.001")])
def test_numbers_on_axes(value, said):
    assert number(value) == said


def test_a_notebook_shows_the_svg_and_nothing_else():
    asked = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.display_formatter.active_types = shell.display_formatter.format_types
from book_lib.pictures import style
style.use_book_style()
figure, axes = style.card(2)
shown, about = shell.display_formatter.format(figure)
print(sorted(shown), shown["image/svg+xml"] == style.svg(figure), about)
"""
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, cwd=FOLDER.parents[1])
    assert run.stdout == "['image/svg+xml', 'text/plain'] True {}\n", run.stderr


def themes():
    sheet = FOLDER.parents[1] / "figures" / "_lib" / "colours.css"
    light, dark = sheet.read_text(encoding="utf-8").split("@media print")[0].split('html[data-theme="dark"]')
    return [dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6})", part)) for part in (light, dark)]


def luminance(colour):
    linear = [channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4 for channel in to_rgb(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_colours_are_those_of_the_book():
    light, dark = themes()
    assert {name: light[name] for name in style.VARIABLES.values()} == {name: colour for colour, name in style.VARIABLES.items()}
    assert set(style.VARIABLES.values()) <= dark.keys()


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_colour_can_be_read_on_the_paper(theme):
    colours = themes()[theme]
    paper = luminance(colours["--paper"])

    def contrast(name):
        low, high = sorted((luminance(colours[name]), paper))
        return (high + 0.05) / (low + 0.05)

    for name in ("--ink", "--soft", "--q-text", "--k-text", "--v-text", "--rnn", "--gru", "--conv"):
        assert contrast(name) >= 4.5, name
    for name in ("--q", "--k", "--v", "--neg", "--ign", "--accent"):
        assert contrast(name) >= 3, name
