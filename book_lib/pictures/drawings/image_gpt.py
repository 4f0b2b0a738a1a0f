"""Image GPT, from a picture to the probabilities of the next pixel: shapes are those of book_lib.vision.igpt."""

from book_lib.pictures.drawing import add, arrow, group, line, lit_parts, operation, projection, text, tokens
from book_lib.pictures.drawings.detr import block

SHAPES = {
    "picture": "[b, h, w]", "pixels": "[b, n]", "embedded": "[b, n, d_model]", "positions": "[n, d_model]",
    "states": "[b, n, d_model]", "logits": "[b, n, n_colours]",
}
PARTS = ("palette", "order", "start", "blocks", "output")


def _shaded(x, y, *, side=44, cells=4):
    """A picture of few levels: a grid with some cells filled."""
    cell = side / cells
    left, top = x - side / 2, y - side / 2
    places = ((1, 0), (2, 0), (2, 1), (1, 2), (1, 3))
    full = "".join(f"M{left + cell * i:g} {top + cell * j:g}h{cell:g}v{cell:g}h{-cell:g}Z" for i, j in places)
    return tokens(x, y, width=side, height=side, rows=cells, columns=cells) + f'<path class="bk-d-tip" d="{full}"/>'


def _row(x, y, *, width=72):
    return tokens(x, y, width=width, height=16, rows=1, columns=6)


def _bars(x, y, *, width=40, height=34):
    """Probabilities: bars on a line."""
    low, step = y + height / 2, width / 6
    bars = []
    for i, share in enumerate((0.2, 0.5, 1, 0.7, 0.3, 0.15)):
        place = f'x="{x - width / 2 + step * i + 1:g}" y="{low - height * share:g}"'
        bars.append(f'<rect {place} width="{step - 2:g}" height="{height * share:g}"/>')
    return "".join(bars) + line((x - width / 2, low), (x + width / 2, low))


def _wide(words, lit):
    """Two rows: into the blocks, then out to the next pixel, which is drawn and appended."""
    on, up, low = lit_parts(lit), 96, 268
    parts = [
        group(on("palette"), text(34, up - 34, words["picture"], "name"), _shaded(34, up), text(34, up + 40, SHAPES["picture"], "shape"),
              arrow((58, up), (82, up)), operation(120, up, words["palette"], width=76)),
        group(on("palette", "order"), arrow((158, up), (184, up))),
        group(on("order"), _row(222, up), text(222, up - 40, words["pixels"], "name"), text(222, up - 20, SHAPES["pixels"], "shape")),
        group(on("start"), arrow((260, up), (282, up)), operation(330, up, words["shift"], width=94),
              text(330, 18, words["start token"], "name"), tokens(330, 36, width=16, height=20, rows=1), arrow((330, 48), (330, up - 14))),
        group(on("start"), arrow((378, up), (398, up)), projection(432, up, words["embed"], width=66), arrow((466, up), (486, up)),
              add(498, up), text(498, 18, words["positions"], "name"), tokens(498, 42, width=26, height=32),
              arrow((498, 60), (498, up - 12)),
              text(486, up + 40, SHAPES["embedded"], "shape")),
        group(on("blocks"), arrow((508, up), (544, up)), block(643, up, words["block"], words["layers"], width=198, height=112)),
        group(on("blocks", "output"), line((643, up + 56), (643, up + 92), (60, up + 92)), arrow((60, up + 92), (60, low), (82, low)),
              text(352, up + 84, SHAPES["states"], "shape")),
        group(on("output"), operation(112, low, words["norm"], width=58), arrow((142, low), (166, low)),
              projection(200, low, words["linear"], width=62), arrow((232, low), (262, low)),
              tokens(284, low, width=40, height=34, columns=6),
              text(284, low - 26, words["logits"], "name"), text(284, low + 36, SHAPES["logits"], "shape"),
              arrow((306, low), (340, low)), operation(380, low, words["softmax"], width=78), arrow((420, low), (448, low)),
              _bars(474, low), text(484, low + 36, words["probabilities"], "name")),
        group(on("output"), arrow((500, low), (536, low)), operation(584, low, words["draw"], width=94), role="dashed"),
        group(on("output"), arrow((584, low + 14), (584, low + 60), (20, low + 60), (20, 154), (222, 154), (222, up + 10)), role="dashed"),
        group(on("output"), text(330, low + 78, words["append"]), role="dashed"),
    ]
    return 752, 356, parts


def _narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on, x = lit_parts(lit), 130
    parts = [
        group(on("palette"), text(192, 30, words["picture"], "name", left=True), text(192, 48, SHAPES["picture"], "shape", left=True),
              _shaded(x, 34), arrow((x, 58), (x, 76)), operation(x, 92, words["palette"], width=92)),
        group(on("palette", "order"), arrow((x, 106), (x, 128))),
        group(on("order"), _row(x, 138), text(192, 135, words["pixels"], "name", left=True),
              text(192, 153, SHAPES["pixels"], "shape", left=True)),
        group(on("start"), arrow((x, 148), (x, 172)), operation(x, 188, words["shift"], width=94),
              tokens(238, 188, width=16, height=20, rows=1), arrow((228, 188), (178, 188)),
              text(252, 193, words["start token"], "name", left=True)),
        group(on("start"), arrow((x, 202), (x, 222)), projection(x, 241, words["embed"], width=76, towards="down"),
              arrow((x, 260), (x, 278)), add(x, 290), tokens(222, 290, width=26, height=32), arrow((208, 290), (142, 290)),
              text(242, 294, words["positions"], "name", left=True), text(242, 312, SHAPES["positions"], "shape", left=True)),
        group(on("start", "blocks"), text(x + 12, 326, SHAPES["embedded"], "shape", left=True)),
        group(on("blocks"), arrow((x, 300), (x, 344)), block(x, 402, words["block"], words["layers"], width=204, height=114)),
        group(on("blocks", "output"), arrow((x, 459), (x, 500)), text(x + 12, 486, SHAPES["states"], "shape", left=True)),
        group(on("output"), operation(x, 514, words["norm"], width=64), arrow((x, 528), (x, 546)),
              projection(x, 565, words["linear"], width=76, towards="down"), arrow((x, 584), (x, 604)),
              tokens(x, 622, width=48, height=34, columns=6), text(192, 618, words["logits"], "name", left=True),
              text(192, 636, SHAPES["logits"], "shape", left=True), arrow((x, 640), (x, 660)),
              operation(x, 676, words["softmax"], width=82), arrow((x, 690), (x, 708)), _bars(x, 728),
              text(192, 732, words["probabilities"], "name", left=True)),
        group(on("output"), arrow((x, 748), (x, 770)), operation(x, 786, words["draw"], width=94), role="dashed"),
        group(on("output"), arrow((82, 786), (12, 786), (12, 138), (92, 138)), role="dashed"),
        group(on("output"), text(192, 791, words["append"], left=True), role="dashed"),
    ]
    return 344, 812, parts


def _strip(words, lit):
    """The five stations in a row, for the head of a section."""
    on, y = lit_parts(lit), 32
    return 356, 82, [
        group(on("palette"), _shaded(28, y, side=36), text(30, 76, words["short"]["palette"])),
        group(on("order"), arrow((48, y), (72, y)), _row(106, y, width=64), text(106, 76, words["short"]["order"])),
        group(on("start"), arrow((140, y), (160, y)), tokens(170, y, width=16, height=34), text(176, 76, words["short"]["start"])),
        group(on("blocks"), arrow((180, y), (204, y)),
              *(f'<rect x="{206 + 8 * i}" y="{12 + 4 * i}" width="44" height="34" rx="5"/>' for i in range(3)),
              text(238, 76, words["short"]["blocks"])),
        group(on("output"), arrow((270, y), (294, y)), _bars(322, y), text(318, 76, words["short"]["output"])),
    ]


DRAWING = {
    "parts": PARTS,
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
