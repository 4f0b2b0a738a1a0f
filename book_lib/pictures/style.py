"""The look of every Matplotlib picture, and how one becomes an SVG file whose colours and letters are those of the page.

Colours stand here once, by the names of the page's CSS variables (Okabe and Ito 2008, darkened where text needs it). A picture is 500 units
wide with letters of 13: on a page 640 pixels wide they are read at 16 pixels, on a phone 360 pixels wide at 9.
"""

import base64
import io
import re
import sys
import warnings
from xml.etree import ElementTree

import matplotlib
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter
from PIL import Image

INK, SOFT, LINE, PAPER, WASH, ACCENT = "#1d2329", "#57606a", "#d5dade", "#ffffff", "#f6f7f8", "#0b6a8f"
QUERY, KEY, VALUE = "#0072b2", "#d55e00", "#009e73"
NEGATIVE, IGNORED = "#6e7781", "#8c959f"
QUERY_TEXT, KEY_TEXT, VALUE_TEXT = "#00639b", "#a84a00", "#00704f"
QUERY_WASH, KEY_WASH, VALUE_WASH = "#e4f1f9", "#fbeadd", "#e0f4ee"
RECURRENT, GATED, CONVOLUTION, ATTENTION = "#a8437f", "#6a4fa3", "#8f6400", INK
FINE, MIDDLE, COARSE = "#7cc5ef", "#f0e442", "#f3a6d2"          # sampling points by the resolution of their map, with a dark edge
VARIABLES = {
    INK: "--ink", SOFT: "--soft", LINE: "--line", PAPER: "--paper", WASH: "--wash", ACCENT: "--accent",
    QUERY: "--q", KEY: "--k", VALUE: "--v", NEGATIVE: "--neg", IGNORED: "--ign",
    QUERY_TEXT: "--q-text", KEY_TEXT: "--k-text", VALUE_TEXT: "--v-text",
    QUERY_WASH: "--q-wash", KEY_WASH: "--k-wash", VALUE_WASH: "--v-wash",
    RECURRENT: "--rnn", GATED: "--gru", CONVOLUTION: "--conv",
    FINE: "--fine", MIDDLE: "--middle", COARSE: "--coarse",
}

WIDTH, LETTERS = 500, 13                     # units across a picture, and the size of its text
COLUMN = WIDTH / 72                          # inches
PIXELS = 184                                 # per inch, of what is drawn as pixels: twice those of a page
MOST_MARKS, MOST_BYTES = 2_000, 120_000
HALO = "halo"

BOOK = {
    "figure.dpi": 72, "savefig.dpi": PIXELS, "figure.facecolor": PAPER, "savefig.facecolor": PAPER, "axes.facecolor": PAPER,
    "figure.constrained_layout.use": True, "font.family": "DejaVu Sans", "font.size": LETTERS, "text.color": INK,
    "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": SOFT, "axes.labelcolor": INK, "axes.linewidth": 0.8,
    "axes.labelsize": LETTERS, "axes.titlesize": LETTERS, "axes.titleweight": "bold", "axes.titlelocation": "left", "axes.titlepad": 8,
    "axes.axisbelow": True, "axes.grid": True, "grid.color": LINE, "grid.linewidth": 0.6, "lines.linewidth": 2, "lines.markersize": 5.5,
    "xtick.color": SOFT, "ytick.color": SOFT, "xtick.labelcolor": INK, "ytick.labelcolor": INK, "xtick.labelsize": LETTERS,
    "ytick.labelsize": LETTERS, "xtick.minor.size": 0, "ytick.minor.size": 0, "axes.unicode_minus": True,
}
SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}href"


def use_book_style():
    """Give all following figures the book's look, and let a notebook show each as one SVG file."""
    matplotlib.rcParams.update(BOOK)
    if "IPython" in sys.modules and (shell := sys.modules["IPython"].get_ipython()) is not None:
        show = shell.display_formatter.mimebundle_formatter
        show.for_type(Figure, lambda figure, include=None, exclude=None: {"image/svg+xml": svg(figure)})


def card(height, panels=1, *, stacked=False):
    """Open an empty figure of column width and the given height in inches; returns (figure, axes), a list for several panels."""
    with matplotlib.rc_context(BOOK):
        figure = Figure(figsize=(COLUMN, height))
        axes = figure.subplots(panels, 1) if stacked else figure.subplots(1, panels)
    return figure, axes


def svg(figure):
    """The figure as an SVG file: text as text in the page's letters, colours as CSS variables, the same bytes each time.

    What has pixels (scenes, heat maps; rasterized=True for clouds of points) lies in it as images with few colours, transparent where the
    page should show. Raises ValueError for a colour that is none of VARIABLES, for mathematical text, for more than MOST_MARKS marks, and
    above MOST_BYTES.
    """
    with warnings.catch_warnings():                          # the page writes the text, with letters that Matplotlib's own font lacks
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawn = _follow_the_page(_drawn(figure))
    if (count := marks(drawn)) > MOST_MARKS:
        raise ValueError(f"the picture has {count} marks, at most {MOST_MARKS} are allowed: draw them with rasterized=True")
    if len(drawn) > MOST_BYTES:
        raise ValueError(f"the picture takes {len(drawn) / 1000:.0f} kB, at most {MOST_BYTES / 1000:.0f} are allowed: draw less in it")
    return drawn


def marks(drawn):
    """How many marks an SVG file has: lines, areas, points, texts and images."""
    return len(re.findall(r"<(?:path|use|rect|text|image)\b", drawn))


def name_axes(axes, x, y):
    """Name the axes, x under its axis and y above the picture, where it is read level and has room."""
    axes.set_xlabel(x)
    axes.set_title(y, fontweight="normal")


def label_line(axes, x, y, text, colour, *, dx=6, dy=0, ha="left", va="center"):
    """Write a line's name beside its point (x, y), dx and dy in points away from it, on a halo of the paper's colour."""
    return axes.annotate(text, (x, y), (dx, dy), textcoords="offset points", color=colour, ha=ha, va=va, fontweight="bold", gid=HALO)


def label_ends(axes, ends, gap=18, leaders=False):
    """Name each line at its right end; ends: (x, y, text, colour) for each. Names that would touch are moved gap points apart.

    With leaders, a thin line leads from the end of each line to its name.
    """
    axes.figure.draw_without_rendering()
    points = 72 / axes.figure.dpi
    heights = {text: axes.transData.transform((x, y))[1] * points for x, y, text, _ in ends}
    lowest = -float("inf")
    for x, y, text, colour in sorted(ends, key=lambda end: heights[end[2]]):
        place = max(heights[text], lowest + gap)
        lowest = place
        dx, dy = 26 if leaders else 9, place - heights[text]
        label_line(axes, x, y, text, colour, dx=dx, dy=dy)
        if leaders:
            leader = {"arrowstyle": "-", "color": colour, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 3}
            axes.annotate("", (x, y), (dx - 3, dy), textcoords="offset points", arrowprops=leader)


def number(value):
    """A number as a tick label says it: below 0.001 and from 100 000 as a power of ten, such as 10⁻⁵."""
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        return f"{value:g}".replace("-", "−")
    sign, (digits, power) = "−" if value < 0 else "", f"{abs(value):.2e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{sign}10{raised}" if float(digits) == 1 else f"{sign}{float(digits):g} · 10{raised}"


NUMBERS = FuncFormatter(lambda value, _: number(value))


def _drawn(figure):
    """The figure as Matplotlib writes it, with each text of several lines in a group named by where its lines are anchored."""
    figure.draw_without_rendering()
    named = []
    for text in figure.findobj(Text):
        if text.get_text().count("$") > 1:
            raise ValueError(f"the text {text.get_text()!r} is mathematics, whose letters have fixed places; write it in Unicode")
        if "\n" in text.get_text() and text.get_visible():
            box, where = text.get_window_extent(), text.get_horizontalalignment()
            anchor, x = {"left": ("start", box.x0), "center": ("middle", (box.x0 + box.x1) / 2), "right": ("end", box.x1)}[where]
            named.append((text, text.get_gid()))
            text.set_gid(f"{text.get_gid()} {anchor} {x * 72 / figure.dpi:.2f}")
    page = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "book", "svg.id": None}):
        figure.savefig(page, format="svg", dpi=PIXELS, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    for text, name in named:
        text.set_gid(name)
    return page.getvalue()


def _follow_the_page(drawn):
    """What Matplotlib has written, with the page's letters and colours instead of its own."""
    root = ElementTree.fromstring(drawn)
    for element in [element for element in root if element.tag == f"{SVG}metadata" or element.find(f"{SVG}style") is not None]:
        root.remove(element)
    for group in root.iter(f"{SVG}g"):
        name = group.attrib.pop("id", "").split(" ")
        for text in group.findall(f"{SVG}text"):
            _follow_the_letters(text, name)
    for element in root.iter():
        if element.tag == f"{SVG}image":
            element.attrib.pop("id", None)
        if LINK in element.attrib:
            link = element.attrib.pop(LINK)
            element.set("href", _lighter(link) if element.tag == f"{SVG}image" else link)
        for name in {"d", "x", "y", "transform"}.intersection(element.keys()):
            element.set(name, _short(element.get(name)))
        if "style" in element.attrib:
            element.set("style", re.sub(r"#[0-9a-f]{6}\b", _variable, element.get("style")))
    width, height = (_short(size) for size in root.get("viewBox").split()[2:])
    root.attrib = {
        "viewBox": f"0 0 {width} {height}", "width": width, "height": height,
        "style": "font-family: var(--bk-sans, system-ui, sans-serif); stroke-linejoin: round"}
    ElementTree.register_namespace("", SVG[1:-1])
    return re.sub(r">\s+<", ">\n<", ElementTree.tostring(root, encoding="unicode"))


def _follow_the_letters(text, name):
    style = re.sub(r"font-family: [^;]*(?:; )?", "", text.get("style"))
    if len(name) == 3:
        text.attrib.update(x=name[2], y=re.search(r"translate\(\S+ (\S+?)\)", text.attrib.pop("transform"))[1])
        style += f"; text-anchor: {name[1]}"
    if name[0] == HALO:
        style += f"; stroke: {PAPER}; stroke-width: 4px; paint-order: stroke"
    if re.match(r"rotate\(-?0 ", text.get("transform", "")):
        del text.attrib["transform"]
    text.set("style", style)


def _lighter(link):
    """An image, as a data link, with as few colours as its content needs; small ones as they are."""
    head, content = link.split(",", 1)
    image = Image.open(io.BytesIO(base64.b64decode(content)))
    if image.width * image.height < 4096:
        return link
    opaque = image.mode == "RGB" or image.getextrema()[3][0] == 255
    image = image.convert("RGB").quantize(64) if opaque else image.quantize(128, Image.Quantize.FASTOCTREE)
    page = io.BytesIO()
    image.save(page, "PNG", optimize=True)
    return f"{head},{base64.b64encode(page.getvalue()).decode()}"


def _short(numbers):
    return re.sub(r"-?\d+\.\d+", lambda found: f"{round(float(found[0]), 2) + 0:.7g}", re.sub(r"\s+", " ", numbers).strip())


def _variable(found):
    if found[0] not in VARIABLES:
        raise ValueError(f"the colour {found[0]} is none of the book's; use one of book_lib.pictures.style, and alpha for shades of it")
    return f"var({VARIABLES[found[0]]}, {found[0]})"
