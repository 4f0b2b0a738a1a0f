"""Five ways to make one weight matrix cheaper: shapes are those of the library's functions on a matrix W [n_out, n_in]."""

from book_lib.pictures.drawing import arrow, group, line, lit_parts, text, tokens

WAYS = ("prune", "factorise", "distil", "quantise", "design")
SHAPES = {"W": "[n_out, n_in]", "left": "[n_out, r]", "right": "[r, n_in]", "rows": "[m, n_in]", "whole": "[n_out, n_in]",
          "scale": "[n_out, 1]"}
HOLES = ((0, 1), (0, 4), (1, 2), (2, 0), (2, 3), (2, 5), (3, 1), (4, 4), (5, 0), (5, 2), (5, 5))        # (row, column) of a 6 x 6 matrix


def holed(x, y, side):
    """A matrix some of whose numbers are zero: these are blank."""
    cell = side / 6
    blanks = "".join(f'<rect x="{x - side / 2 + column * cell:g}" y="{y - side / 2 + row * cell:g}" width="{cell:g}" height="{cell:g}"/>'
                     for row, column in HOLES)
    return tokens(x, y, width=side, height=side, rows=6, columns=6) + group(False, blanks)


def _prune(x, y, on, words, side):
    small = side < 60
    parts = [holed(x if small else x - side * 0.3, y, side * (0.9 if small else 0.66))]
    if not small:
        parts.append(tokens(x + side * 0.36, y, width=side * 0.5, height=side * 0.25, rows=3, columns=6))
    return group(on, *parts)


def _factorise(x, y, on, words, side):
    thin, gap = side * 0.26, side * 0.1
    left = x - (thin + gap + side * 0.8) / 2 + thin / 2
    return group(on, tokens(left, y, width=thin, height=side * 0.8, rows=6, columns=2),
                 tokens(left + thin / 2 + gap + side * 0.4, y - side * 0.4 + thin / 2, width=side * 0.8, height=thin, rows=2, columns=6))


def _distil(x, y, on, words, side):
    large, small = side * 0.66, side * 0.36
    left, right = x - side * 0.3, x + side * 0.48
    return (group(on, tokens(left, y, width=large, height=large, rows=6, columns=6), arrow((left + large / 2, y), (right - small / 2, y)))
            + group(on, tokens(right, y, width=small, height=small, rows=3, columns=3)))


def _quantise(x, y, on, words, side):
    small, cell = side < 60, side * 0.8 / 3
    parts = [tokens(x, y, width=3 * cell, height=3 * cell, rows=3, columns=3)]
    if small:
        return group(on, *parts, text(x, y + 5, words["int4"], "name"))
    parts += [text(x + (i % 3 - 1) * cell, y + (i // 3 - 1) * cell + 5, number) for i, number in enumerate(words["whole numbers"])]
    scale = tokens(x + 1.5 * cell + 13, y, width=12, height=3 * cell)
    return group(on, *parts) + group(on, scale)


def _design(x, y, on, words, side):
    half = side * 0.32
    edge, out = x + half - side * 0.08, x + half + side * 0.2
    return group(on, tokens(x - side * 0.08, y, width=2 * half, height=2 * half, rows=6, columns=6),
                 line((edge, y - half / 2), (out, y - half / 2), (out, y + half / 2)), arrow((out, y + half / 2), (edge, y + half / 2)))


PICTURES = {"prune": _prune, "factorise": _factorise, "distil": _distil, "quantise": _quantise, "design": _design}


def _wide(words, lit):
    """The matrix on the left, then the five ways."""
    on, high = lit_parts(lit), 92
    parts = [group(True, tokens(54, high, width=72, height=72, rows=6, columns=6), text(54, 38, "W", "name"),
                   text(54, 154, words["matrix"]), text(54, 172, SHAPES["W"], "shape")), group(True, arrow((100, high), (126, high)))]
    for i, way in enumerate(WAYS):
        x = 190 + 126 * i
        parts += [PICTURES[way](x, high, on(way), words, 90), group(on(way), text(x, 38, words[way][0], "name"),
                  text(x, 154, words[way][1]), text(x, 172, words[way][2]), *_shape(x, 192, way))]
    return 752, 222, parts


def _narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on, parts = lit_parts(lit), [group(True, tokens(64, 50, width=72, height=72, rows=6, columns=6), text(136, 40, "W", "name", left=True),
                                       text(136, 59, words["matrix"], left=True), text(136, 78, SHAPES["W"], "shape", left=True))]
    for i, way in enumerate(WAYS):
        y = 156 + 112 * i
        parts += [PICTURES[way](64, y, on(way), words, 92), 
                  group(on(way), text(136, y - 24, words[way][0], "name", left=True), text(136, y - 4, words[way][1], left=True),
                        text(136, y + 15, words[way][2], left=True), *_shape(136, y + 35, way, left=True))]
    return 344, 660, parts


def _strip(words, lit):
    """Five small ones in a row, for the head of a section."""
    on = lit_parts(lit)
    return 356, 82, [part for i, way in enumerate(WAYS) for part in (
        PICTURES[way](38 + 70 * i, 32, on(way), words, 50), group(on(way), text(38 + 70 * i, 76, words[way][0])))]


def _shape(x, y, way, *, left=False):
    said = {"prune": ("rows",), "factorise": ("left", "right"), "quantise": ("scale",)}.get(way, ())
    return [text(x, y + 18 * i, SHAPES[name], "shape", left=left) for i, name in enumerate(said)]


DRAWING = {
    "parts": WAYS,
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
