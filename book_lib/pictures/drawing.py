"""Architecture drawings as SVG with real text: parts that look the same in every drawing, one function per drawing.

Colours are CSS variables with light defaults, so that one file serves light, dark, print and phone. A drawing has a size ("large" or
"small") and one part that is lit; the rest is grey. In text, `_` makes what follows a subscript: W_Q, [n, d_model].
"""

import re
from html import escape
from pathlib import Path

from book_lib.pictures.words import words_of

STYLE = "".join(Path(__file__).with_suffix(".css").read_text(encoding="utf-8").splitlines())


class Drawing:
    """A drawing in a notebook, such as Drawing("attention_layer", lit="scores", size="small"): Jupyter shows it.

    The book stores its name and what is lit, and draws it while it is built.
    Raises ValueError for a drawing, part or size that there is not.
    """

    def __init__(self, name, *, lit="all", size="large"):
        _require("drawing", name, DRAWINGS)
        _require("lit", lit, ("all", *DRAWINGS[name]["parts"]))
        _require("size", size, DRAWINGS[name]["layouts"])
        self.name, self.lit, self.size = name, lit, size

    def __repr__(self):
        return f"Drawing({self.name!r}, lit={self.lit!r}, size={self.size!r})"

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"image/svg+xml": self.svg(), "text/plain": repr(self)}

    def svg(self, layout=None, *, language=None, style=True):
        """The drawing as one SVG file, in the layout "wide" (the default), "narrow" or "strip"."""
        layouts = DRAWINGS[self.name]["layouts"][self.size]
        layout = layout or next(iter(layouts))
        _require("layout", layout, layouts)
        words = words_of(f"drawing.{self.name}", language)
        width, height, parts = layouts[layout](words, self.lit)
        said = escape(f"{words['title']}. {words['description'][self.lit]}")
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" class="bk-d bk-d-{layout}" {size}'
        about = f'data-drawing="{self.name}" data-lit="{self.lit}" data-size="{self.size}" role="img" aria-label="{said}"'
        paper = f'<rect class="bk-d-paper" width="{width}" height="{height}"/>'
        return f"{head} {about}>{f'<style>{STYLE}</style>' if style else ''}{paper}{''.join(parts)}</svg>"

    def html(self, *, language=None, style=True):
        """The drawing for a page, in every layout of its size; the width of the page chooses among them."""
        layouts = DRAWINGS[self.name]["layouts"][self.size]
        drawn = "".join(self.svg(layout, language=language, style=False) for layout in layouts)
        head = f'<div class="bk-drawing" data-drawing="{self.name}" data-lit="{self.lit}" data-size="{self.size}">'
        return f"{head}{f'<style>{STYLE}</style>' if style else ''}{drawn}</div>"


# ---- the vocabulary: parts that look the same in every drawing ----

def tokens(x, y, *, width=48, height=44, rows=4, columns=1):
    """Vectors, one row per token, around the middle (x, y); with columns a table, such as one of scores."""
    left, top = x - width / 2, y - height / 2
    rules = [f"M{_n(left)} {_n(top + height * i / rows)}h{_n(width)}" for i in range(1, rows)]
    rules += [f"M{_n(left + width * i / columns)} {_n(top)}v{_n(height)}" for i in range(1, columns)]
    drawn = f'<path class="bk-d-rule" d="{"".join(rules)}"/>' if rules else ""
    return f'<rect x="{_n(left)}" y="{_n(top)}" width="{_n(width)}" height="{_n(height)}"/>{drawn}'


def projection(x, y, name, *, width=44, height=38, towards="right"):
    """A learned matrix, narrowing in the direction of the flow ("right", "up" or "down"), with its name in it."""
    w, h, cut = width / 2, height / 2, 7
    corners = {
        "right": [(-w, -h), (w, cut - h), (w, h - cut), (-w, h)],
        "up": [(cut - w, -h), (w - cut, -h), (w, h), (-w, h)],
        "down": [(-w, -h), (w, -h), (w - cut, h), (cut - w, h)],
    }[towards]
    path = "L".join(f"{_n(x + dx)} {_n(y + dy)}" for dx, dy in corners)
    return f'<path d="M{path}Z"/>{text(x, y + 5, name, "name")}'


def operation(x, y, name, *, width=52, height=28):
    """A step without parameters."""
    box = f'x="{_n(x - width / 2)}" y="{_n(y - height / 2)}" width="{_n(width)}" height="{_n(height)}"'
    return f'<rect {box} rx="{_n(height / 2)}"/>{text(x, y + 5, name)}'


def attention(x, y, name, *, width=124, height=34):
    """An attention layer; where its input comes in, from below, three tabs: queries, keys and values."""
    left, low = x - width / 2, y + height / 2
    tabs = "".join(group(True, f'<rect x="{_n(x + dx - 7)}" y="{_n(low - 6)}" width="14" height="6"/>', role=role)
                   for dx, role in ((-22, "q"), (0, "k"), (22, "v")))
    box = f'<rect x="{_n(left)}" y="{_n(y - height / 2)}" width="{_n(width)}" height="{_n(height)}"/>'
    return f"{box}{tabs}{text(x, y + 2, name)}"


def feed_forward(x, y, name, *, width=124, height=34):
    """A feed-forward network: a map to more features, and one back."""
    w, h = width / 2, height / 2
    corners = [(-w, 0), (9 - w, -h), (w - 9, -h), (w, 0), (w - 9, h), (9 - w, h)]
    path = "L".join(f"{_n(x + dx)} {_n(y + dy)}" for dx, dy in corners)
    return f'<path d="M{path}Z"/>{text(x, y + 5, name)}'


def add_norm(x, y, name, *, width=124, height=26):
    """A residual connection's sum, and the layer norm of it."""
    return operation(x, y, name, width=width, height=height)


def add(x, y):
    """Where two streams of vectors are added."""
    return f'<circle cx="{_n(x)}" cy="{_n(y)}" r="10"/><path class="bk-d-line" d="M{_n(x - 5)} {_n(y)}h10M{_n(x)} {_n(y - 5)}v10"/>'


def line(*points):
    """A line through points (x, y)."""
    return f'<path class="bk-d-line" d="M{"L".join(f"{_n(x)} {_n(y)}" for x, y in points)}"/>'


def arrow(*points):
    """A line through points (x, y), with a tip at the last one. All its legs are upright or level."""
    (x0, y0), (x1, y1) = points[-2:]
    dx, dy = (x1 > x0) - (x1 < x0), (y1 > y0) - (y1 < y0)
    sides = [(x1 - 8 * dx - 4 * dy * s, y1 - 8 * dy - 4 * dx * s) for s in (1, -1)]
    tip = "L".join(f"{_n(x)} {_n(y)}" for x, y in [(x1, y1), *sides])
    return f'{line(*points[:-1], (x1 - 5 * dx, y1 - 5 * dy))}<path class="bk-d-tip" d="M{tip}Z"/>'


def text(x, y, content, kind="", *, left=False):
    """A line of text on the base line (x, y), centred or beginning there; kind: "", "name" or "shape"."""
    classes = " ".join(([f"bk-d-{kind}"] if kind else []) + (["bk-d-left"] if left else []))
    plain, *rest = re.split(r"_([a-z]+|[A-Z])", content)
    marked = escape(plain)
    for below, after in zip(rest[::2], rest[1::2], strict=True):
        marked += f'<tspan class="bk-d-sub" dy="3.5">{escape(below)}</tspan>'
        marked += f'<tspan dy="-3.5">{escape(after)}</tspan>' if after else ""
    return f'<text{_class(classes)} x="{_n(x)}" y="{_n(y)}">{marked}</text>'


def group(on, *parts, role=""):
    """Parts that are lit together; role "q", "k" or "v" colours them, "dashed" is for what is optional or comes later."""
    classes = " ".join(f"bk-d-{name}" for name in (role, "" if on else "off") if name)
    return f'<g{_class(classes)}>{"".join(parts)}</g>'


def lit_parts(lit):
    """A function that says whether any of the parts it is given is lit."""
    return lambda *parts: lit == "all" or lit in parts


def _class(classes):
    return f' class="{classes}"' if classes else ""


def _n(number):
    return f"{number:g}"


def _require(what, value, known):
    if value not in known:
        raise ValueError(f"{what} is {value!r}, expected one of {list(known)}")


# ---- the drawings ----

SHAPES = {
    "X": "[n, d_model]", "W_Q": "[d_model, d_k]", "W_K": "[d_model, d_k]", "W_V": "[d_model, d_v]", "W_O": "[d_v, d_model]",
    "Q": "[n, d_k]", "K": "[n, d_k]", "V": "[n, d_v]", "scores": "[n, n]", "weights": "[n, n]", "output": "[n, d_v]",
}


def _attention_wide(words, lit):
    """The layer from left to right, and in grey what a Transformer does with its output."""
    on = lit_parts(lit)
    parts = [
        group(False, arrow((20, 146), (6, 146), (6, 332), (728, 332), (728, 273)), role="dashed"),
        group(False, text(374, 326, ", ".join(words["residual"]))),
        group(on("project"), _rows(46, 146, words["X"], SHAPES["X"], width=48), line((94, 52), (94, 262)))]
    for y, letter, role, user in ((52, "Q", "q", "scores"), (146, "K", "k", "scores"), (262, "V", "v", "mix")):
        matrix = f"W_{letter}"
        parts += [
            group(on("project"), arrow((70 if letter == "K" else 94, y), (116, y))),
            group(on("project"), projection(138, y, matrix), arrow((160, y), (200, y)), role=role),
            group(on("project"), text(138, y + 36, SHAPES[matrix], "shape")),
            group(on("project", user), _rows(216, y, words[letter], SHAPES[letter], width=32), role=role)]
    parts += [
        group(on("scores"), arrow((232, 52), (286, 52), (286, 85)), role="q"),
        group(on("scores"), arrow((232, 146), (286, 146), (286, 113)), role="k"),
        group(on("scores"), operation(286, 99, "Q Kᵀ"), arrow((312, 99), (340, 99)), _table(364, 99, words["scores"]),
              text(364, 139, SHAPES["scores"], "shape"), arrow((388, 99), (416, 99)), operation(454, 99, "÷ √d_k", width=76)),
        group(on("softmax"), arrow((454, 113), (454, 127))),
        group(on("softmax"), operation(454, 141, words["mask"], width=76), role="dashed"),
        group(on("softmax"), arrow((454, 155), (454, 169)), operation(454, 183, words["softmax"], width=76), arrow((492, 183), (530, 183))),
        group(on("softmax", "mix"), _table(554, 183, words["weights"])),
        group(on("softmax", "mix"), text(562, 226, SHAPES["weights"], "shape", left=True)),
        group(on("mix"), arrow((554, 207), (554, 248))),
        group(on("mix"), arrow((232, 262), (502, 262)), role="v"),
        group(on("mix"), operation(554, 262, words["of weights"], width=104), arrow((606, 262), (624, 262)),
              _rows(640, 262, words["output"], SHAPES["output"], width=32)),
        group(False, arrow((656, 262), (672, 262)), projection(691, 262, "W_O", width=38), arrow((710, 262), (718, 262)), add(728, 262),
              arrow((738, 262), (752, 262)), role="dashed"),
        *(_legend(532, 30, words) if lit == "all" else ())]
    return 752, 346, parts


def _attention_narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on = lit_parts(lit)
    parts = [
        group(False, arrow((126, 44), (10, 44), (10, 758), (91, 758)), role="dashed"),
        group(False, *_beside(122, 754, *words["residual"])),
        group(on("project"), tokens(150, 44), text(150, 14, words["X"], "name"), text(180, 48, SHAPES["X"], "shape", left=True)),
        group(on("project"), line((52, 86), (248, 86)))]
    for x, letter, role, user in ((52, "Q", "q", "scores"), (150, "K", "k", "scores"), (248, "V", "v", "mix")):
        matrix, start = f"W_{letter}", 66 if letter == "K" else 86
        parts += [
            group(on("project"), arrow((x, start), (x, 106))),
            group(on("project"), projection(x, 125, matrix, towards="down"), arrow((x, 144), (x, 180)), role=role),
            group(on("project"), text(x + 6, 163, SHAPES[matrix], "shape", left=True)),
            group(on("project", user), tokens(x, 202, width=32), *_beside(x + 22, 199, letter, SHAPES[letter]), role=role)]
    parts += [
        group(on("scores"), arrow((52, 224), (52, 270), (75, 270)), role="q"),
        group(on("scores"), arrow((150, 224), (150, 270), (127, 270)), role="k"),
        group(on("scores"), operation(101, 270, "Q Kᵀ"), arrow((101, 284), (101, 306)), tokens(101, 330, height=48, columns=4)),
        group(on("scores"), *_beside(133, 326, words["scores"], SHAPES["scores"])),
        group(on("scores"), arrow((101, 354), (101, 374)), operation(101, 388, "÷ √d_k", width=76)),
        group(on("softmax"), arrow((101, 402), (101, 418))),
        group(on("softmax"), operation(101, 432, words["mask"], width=76), role="dashed"),
        group(on("softmax"), arrow((101, 446), (101, 462)), operation(101, 476, words["softmax"], width=76), arrow((101, 490), (101, 512))),
        group(on("softmax", "mix"), tokens(101, 536, height=48, columns=4), *_beside(133, 532, words["weights"], SHAPES["weights"])),
        group(on("mix"), arrow((101, 560), (101, 588))),
        group(on("mix"), arrow((248, 224), (248, 602), (153, 602)), role="v"),
        group(on("mix"), operation(101, 602, words["of weights"], width=104), arrow((101, 616), (101, 638))),
        group(on("mix"), tokens(101, 660, width=32), *_beside(125, 656, words["output"], SHAPES["output"])),
        group(False, arrow((101, 682), (101, 696)), projection(101, 715, "W_O", towards="down"), role="dashed"),
        group(False, arrow((101, 734), (101, 748)), add(101, 758), arrow((101, 768), (101, 788)), role="dashed")]
    return 344, 790, parts


def _attention_strip(words, lit):
    """The stations of the layer in a row, for the head of a section."""
    on = lit_parts(lit)
    parts = [group(on("project"), tokens(26, 32, width=26, height=40), text(26, 76, words["tokens"]), arrow((39, 32), (74, 32)))]
    for y, letter, role, user in ((11, "Q", "q", "scores"), (31, "K", "k", "scores"), (51, "V", "v", "mix")):
        parts.append(group(on("project", user), tokens(86, y, width=24, height=18, rows=1), text(86, y + 5, letter, "name"), role=role))
    small = {"width": 30, "height": 30, "columns": 4}
    parts += [
        group(on("scores"), arrow((98, 21), (126, 21)), tokens(141, 21, **small), text(141, 76, words["scores"])),
        group(on("softmax"), arrow((156, 21), (172, 21)), operation(208, 21, words["softmax"], width=72), arrow((244, 21), (258, 21))),
        group(on("softmax", "mix"), tokens(273, 21, **small), text(268, 76, words["weights"])),
        group(on("mix"), arrow((98, 51), (316, 51)), role="v"),
        group(on("mix"), arrow((288, 21), (316, 21)), tokens(329, 36, width=26, height=50), text(329, 76, words["output"]))]
    return 356, 82, parts


def _translators_wide(words, lit):
    """Three translators below each other: through one vector, with a look back, without the chain."""
    parts = []
    for i, kind in enumerate(TRANSLATORS):
        y, on = 42 + 118 * i, lit_parts(lit)(kind)
        title, said = words[kind]
        parts += [group(on, text(10, y - 6, title, "name", left=True), text(10, y + 13, said, "shape", left=True)),
                  *_translator(kind, on, words, y=y, read=[262 + 78 * k for k in range(4)], write=[634, 678, 722], width=26)]
    return 752, 350, parts


def _translators_narrow(words, lit):
    """The same for a page 340 pixels wide, each title above its translator."""
    parts = []
    for i, kind in enumerate(TRANSLATORS):
        y, on = 68 + 148 * i, lit_parts(lit)(kind)
        parts += [group(on, text(6, y - 54, words[kind][0], "name", left=True)),
                  *_translator(kind, on, words, y=y, read=[28 + 53 * k for k in range(4)], write=[270, 300, 330], width=18)]
    return 344, 462, parts


def _translators_strip(words, lit):
    """Three small ones in a row, for the head of a section."""
    parts = []
    for i, kind in enumerate(TRANSLATORS):
        x, on = 122 * i, lit_parts(lit)(kind)
        read, write = [x + 12 + 18 * k for k in range(3)], [x + 84, x + 102]
        parts += _translator(kind, on, words, y=38, read=read, write=write, width=10, height=22, named=False)
        parts.append(group(on, text(x + 56, 80, words[kind][0])))
    return 356, 86, parts


def _translator(kind, on, words, *, y, read, write, width, height=36, named=True):
    """What reads, on the left, and what writes, and how the one reaches the other."""
    top, bottom, up, half = y - height / 2, y + height / 2, y - height / 2 - 16, width / 2
    middle, chained = (read[-1] + write[0]) / 2, kind != "no-chain"

    def chain(places):
        return [arrow((a + half, y), (b - half, y)) for a, b in zip(places, places[1:], strict=False)]

    def arcs(places):                                                        # within a half, every word meets every other
        pairs = [(a, b) for i, b in enumerate(places) for a in places[:i]]
        return [f'<path class="bk-d-line" d="M{_n(a)} {_n(bottom)}Q{_n((a + b) / 2)} {_n(bottom + (b - a) / 4 + 6)} {_n(b)} {_n(bottom)}"/>'
                for a, b in pairs]

    last = kind == "one-vector"                                              # the reader's last memory is all that the writer gets
    kept = [group(on, tokens(read[-1], y, width=width, height=height), role="k")] if last else []
    parts = [group(on, *(tokens(x, y, width=width, height=height) for x in (*read[: len(read) - last], *write))), *kept]
    if chained:
        parts.append(group(on, *chain(read), arrow((read[-1] + half, y), (write[0] - half, y)), *chain(write)))
    if kind != "one-vector":
        links = [line((read[0], up), (write[-1], up)), *(line((x, top), (x, up)) for x in read), *(arrow((x, up), (x, top)) for x in write)]
        parts.append(group(on, *links, role="q"))
    if not chained:
        parts.append(group(on, *arcs(read), *arcs(write), role="q"))
    if named:
        under = bottom + (26 if chained else 50)
        names = [text(x, under, word) for x, word in zip(read, words["source"], strict=True)] + [text(write[1], under, words["writes"])]
        if kind != "one-vector":
            names.append(text(middle, up - 7, words["looks"]))
        if not chained:
            room = write[0] - read[-1] > 120
            names.append(text(middle if room else (read[0] + write[-1]) / 2, bottom + 22 if room else under + 22, words["self"]))
        parts.append(group(on, *names))
    return parts


TRANSLATORS = ("one-vector", "look-back", "no-chain")


def _legend(x, y, words):
    return [
        group(True, projection(x, y, "W", width=36, height=28), text(x + 30, y + 5, words["learned"], "shape", left=True)),
        group(True, tokens(x, y + 36, width=24, height=24), text(x + 30, y + 41, words["data"], "shape", left=True)),
        group(True, operation(x, y + 72, "", width=36, height=22), text(x + 30, y + 77, words["step"], "shape", left=True))]


def _rows(x, y, name, shape, *, width):
    return tokens(x, y, width=width) + text(x, y - 30, name, "name") + text(x, y + 37, shape, "shape")


def _beside(x, y, name, shape):
    return text(x, y, name, "name", left=True), text(x, y + 16, shape, "shape", left=True)


def _table(x, y, name):
    return tokens(x, y, width=48, height=48, columns=4) + text(x, y - 32, name, "name")


DRAWINGS = {
    "attention_layer": {
        "parts": ("project", "scores", "softmax", "mix"),
        "layouts": {"large": {"wide": _attention_wide, "narrow": _attention_narrow}, "small": {"strip": _attention_strip}},
        "shapes": SHAPES,
    },
    "translators": {
        "parts": TRANSLATORS,
        "layouts": {"large": {"wide": _translators_wide, "narrow": _translators_narrow}, "small": {"strip": _translators_strip}},
        "shapes": {},
    },
}

from book_lib.pictures.drawings import (  # noqa: E402 - files made of the parts above
    compression,
    deformable_detr,
    detr,
    image_gpt,
    label_assignment,
    lane_shapes,
    multi_head,
    one_language,
    positions_added,
    transformer,
    vit,
)

DRAWINGS |= {
    "multi_head_attention": multi_head.DRAWING,
    "positions_added": positions_added.DRAWING,
    "transformer": transformer.DRAWING,
    "compression": compression.DRAWING,
    "image_gpt": image_gpt.DRAWING,
    "vit": vit.DRAWING,
    "detr": detr.DRAWING,
    "deformable_detr": deformable_detr.DRAWING,
    "label_assignment": label_assignment.DRAWING,
    "lane_shapes": lane_shapes.DRAWING,
    "one_language": one_language.DRAWING,
}
