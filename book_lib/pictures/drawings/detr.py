"""DETR, from the image to the matching: shapes are those of the model of the paper, ResNet-50 and 100 object queries on COCO."""

from book_lib.pictures.drawing import arrow, group, line, lit_parts, operation, projection, text, tokens

SHAPES = {
    "image": "[B, 3, H, W]", "mask": "[B, H, W]", "C5": "[B, 2048, H/32, W/32]", "features": "[B, 256, H/32, W/32]",
    "position code": "[B, 256, H/32, W/32]", "tokens": "[B, HW/32², 256]", "memory": "[B, HW/32², 256]", "queries": "[100, 256]",
    "states": "[B, 100, 256]", "logits": "[B, 100, 92]", "boxes": "[B, 100, 4]",
}


def image(x, y, *, size=44):
    """A picture of the book's scenes: a disc, a square and a triangle around the middle (x, y)."""
    s = size / 44
    frame = f'<rect x="{x - 22 * s:g}" y="{y - 22 * s:g}" width="{size:g}" height="{size:g}"/>'
    disc = f'<circle cx="{x - 9 * s:g}" cy="{y - 8 * s:g}" r="{7 * s:g}"/>'
    square = f'<rect x="{x + 3 * s:g}" y="{y + 3 * s:g}" width="{13 * s:g}" height="{13 * s:g}"/>'
    return f'{frame}{disc}{square}<path d="M{x + 9 * s:g} {y - 15 * s:g}l{7 * s:g} {12 * s:g}h{-14 * s:g}Z"/>'


def feature_map(x, y):
    """A map of cells, as deep as it has channels."""
    return tokens(x + 6, y - 6, width=34, height=34, rows=1) + tokens(x, y, width=34, height=34, columns=4)


def block(x, y, title, lines, *, width=118, height=132):
    """Layers that are repeated: a title, and what each layer does, from the top down."""
    top = y - 9 * len(lines) + 2
    rows = [text(x, top + 19 * i + 19, said) for i, said in enumerate(lines)]
    box = f'x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" height="{height:g}"'
    return f'<rect {box} rx="8"/>{text(x, top, title, "name")}{"".join(rows)}'


def _named(x, y, name, shape, drawn, *, above=30):
    return drawn + text(x, y - above, name, "name") + text(x, y + 38, shape, "shape")


def _aside(x, y, name, shape):
    return text(x, y - 3, name, "name", left=True) + text(x, y + 14, shape, "shape", left=True)


def _wide(words, lit):
    """Two rows from left to right: the article's two branches into the encoder, then the decoder and what it answers."""
    on = lit_parts(lit)
    up, low, row = 66, 172, 342
    parts = [
        group(on("positions"), text(6, 20, words["upper"], left=True), line((22, low), (10, low), (10, up)), arrow((10, up), (122, up)),
              _named(140, up, words["mask"], SHAPES["mask"], tokens(140, up, width=34, height=34, rows=1)),
              arrow((157, up), (212, up)), operation(246, up, words["smaller"], width=64), arrow((278, up), (305, up)),
              operation(338, up, words["sine"], width=66), arrow((371, up), (412, up)),
              _named(430, up, words["position code"], SHAPES["position code"], feature_map(430, up)), arrow((456, up), (552, up)),
              tokens(568, up, width=32), text(568, up + 38, SHAPES["tokens"], "shape"), arrow((584, up), (628, up))),
        group(on("backbone"), text(6, low + 64, words["lower"], left=True)),
        group(on("backbone"), _named(44, low, words["image"], SHAPES["image"], image(44, low)), arrow((66, low), (108, low)),
              projection(140, low, words["CNN"], width=62), arrow((172, low), (228, low)),
              _named(246, low, "C5", SHAPES["C5"], feature_map(246, low)), arrow((272, low), (311, low)),
              projection(338, low, "1 × 1", width=52), arrow((365, low), (412, low)),
              _named(430, low, words["features"], SHAPES["features"], feature_map(430, low)), arrow((456, low), (552, low))),
        group(on("backbone", "encoder"), tokens(568, low, width=32), text(568, low + 38, SHAPES["tokens"], "shape"),
              arrow((584, low), (628, low))),
        group(on("encoder"), block(688, 119, words["encoder"], words["encoder layer"], height=166)),
        group(on("encoder", "decoder"), arrow((688, 202), (688, 262), (208, 262), (208, 275))),
        group(on("encoder", "decoder"), text(330, 254, words["memory"], "name"), text(424, 254, SHAPES["memory"], "shape")),
        group(on("decoder"), _named(66, row, words["object queries"], SHAPES["queries"], tokens(66, row, width=32)),
              arrow((82, row), (148, row)), block(208, row, words["decoder"], words["decoder layer"]), arrow((268, row), (311, row))),
        group(on("decoder", "heads"), _named(328, row, words["states"], SHAPES["states"], tokens(328, row, width=32))),
        group(on("heads"), line((344, row), (386, row)), arrow((386, row), (386, row - 36), (404, row - 36)),
              arrow((386, row), (386, row + 50), (404, row + 50)), projection(434, row - 36, words["class"], width=58),
              projection(434, row + 50, words["box"], width=58), arrow((464, row - 36), (499, row - 36)),
              arrow((464, row + 50), (505, row + 50))),
        group(on("heads", "matching"), tokens(516, row - 36, width=32), text(516, row + 2, SHAPES["logits"], "shape"),
              tokens(516, row + 50, width=22), text(516, row + 88, SHAPES["boxes"], "shape"),
              arrow((532, row - 36), (618, row - 36)), arrow((527, row + 50), (618, row + 50))),
        group(on("matching"), block(680, row + 7, words["matching"], words["pairs"], width=122, height=120)),
        group(on("matching"), text(680, row + 116, words["objects"], "name"), arrow((680, row + 100), (680, row + 69)), role="dashed"),
    ]
    return 752, 468, parts


def _narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on = lit_parts(lit)
    left, right, low = 82, 246, 190
    parts = [
        group(on("backbone"), text(left, 16, words["lower"])), group(on("positions"), text(right, 16, words["upper"])),
        group(on("backbone"), image(left, 50), _aside(left + 28, 47, words["image"], SHAPES["image"]), arrow((left, 72), (left, 92))),
        group(on("positions"), line((left + 112, 50), (right, 50)), arrow((right, 50), (right, 92)),
              tokens(right, 110, width=34, height=34, rows=1), _aside(right + 24, 107, words["mask"], SHAPES["mask"]),
              arrow((right, 127), (right, 150)), operation(right, 164, words["smaller"], width=64), arrow((right, 178), (right, 204)),
              operation(right, 218, words["sine"], width=66), arrow((right, 232), (right, 264)), feature_map(right, 288),
              text(right, 324, words["position code"], "name"), text(right, 342, SHAPES["position code"], "shape"),
              arrow((right, 348), (right, 366))),
        group(on("backbone"), projection(left, 112, words["CNN"], width=62, towards="down"), arrow((left, 131), (left, 148)),
              feature_map(left, 172), text(left, 208, SHAPES["C5"], "shape"), arrow((left, 213), (left, 228)),
              projection(left, 247, "1 × 1", width=56, towards="down"), arrow((left, 266), (left, 281)), feature_map(left, 305),
              text(left, 342, SHAPES["features"], "shape"), arrow((left, 348), (left, 366))),
        group(on("encoder"), block(164, 414, words["encoder"], words["encoder layer"], width=240, height=94)),
        group(on("encoder", "decoder"), arrow((low, 462), (low, 525)), _aside(low + 12, 490, words["memory"], SHAPES["memory"])),
        group(on("decoder"), _named(56, 592, words["object queries"], SHAPES["queries"], tokens(56, 592, width=32)),
              arrow((72, 592), (130, 592)), block(low, 592, words["decoder"], words["decoder layer"]), arrow((low, 659), (low, 680))),
        group(on("decoder", "heads"), tokens(low, 702, width=32), _aside(low + 26, 699, words["states"], SHAPES["states"])),
        group(on("heads"), line((low, 724), (low, 738)), arrow((low, 738), (low - 70, 738), (low - 70, 754)),
              arrow((low, 738), (low + 70, 738), (low + 70, 754)), projection(low - 70, 773, words["class"], width=58, towards="down"),
              projection(low + 70, 773, words["box"], width=58, towards="down"), arrow((low - 70, 792), (low - 70, 812)),
              arrow((low + 70, 792), (low + 70, 812))),
        group(on("heads", "matching"), tokens(low - 70, 834, width=32), text(low - 70, 874, SHAPES["logits"], "shape"),
              tokens(low + 70, 834, width=22), text(low + 70, 874, SHAPES["boxes"], "shape"),
              arrow((low - 70, 880), (low - 70, 902)), arrow((low + 70, 880), (low + 70, 902))),
        group(on("matching"), block(low, 950, words["matching"], words["pairs"], width=230, height=94)),
        group(on("matching"), arrow((low, 1022), (low, 998)), text(low, 1038, words["objects"], "name"), role="dashed"),
    ]
    return 344, 1048, parts


def _strip(words, lit):
    """The stations in two rows, for the head of a section."""
    on = lit_parts(lit)
    parts = [
        group(on("backbone"), image(24, 34, size=36), arrow((42, 34), (62, 34)), projection(88, 34, words["CNN"], width=52, height=34),
              arrow((114, 34), (210, 34))),
        group(on("positions"), text(42, 70, words["positions"]), line((74, 66), (92, 66)),
              arrow((92, 66), (92, 58), (228, 58), (228, 48)), arrow((92, 66), (104, 66), (104, 90))),
        group(on("encoder"), operation(252, 34, words["encoder"], width=84)),
        group(on("encoder", "decoder"), arrow((252, 48), (252, 74), (140, 74), (140, 90))),
        group(on("decoder"), tokens(50, 104, width=24, height=28), text(50, 137, words["object queries"]), arrow((62, 104), (84, 104)),
              operation(128, 104, words["decoder"], width=88)),
        group(on("heads"), arrow((172, 104), (192, 104)), projection(220, 104, words["heads"], width=56, height=34)),
        group(on("matching"), arrow((248, 104), (268, 104)), operation(310, 104, words["matching"], width=84)),
    ]
    return 356, 144, parts


DRAWING = {
    "parts": ("backbone", "positions", "encoder", "decoder", "heads", "matching"),
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
