"""Deformable DETR beside DETR, station by station: shapes are those of the models of the papers, ResNet-50 on COCO."""

from book_lib.pictures.drawing import arrow, group, line, lit_parts, operation, projection, text, tokens
from book_lib.pictures.drawings.detr import block, feature_map, image

SHAPES = {
    "image": "[B, 3, H, W]", "memory": "[B, HW/32², 256]", "features": "[B, 256, H/32, W/32]", "queries": "[100, 256]",
    "states": "[B, 100, 256]", "logits": "[B, 100, 92]", "boxes": "[B, 100, 4]",
    "finest": "[B, 256, H/8, W/8]", "coarsest": "[B, 256, H/64, W/64]", "four maps": "[B, N, 256]", "double queries": "[300, 512]",
    "reference": "[B, 300, 2]", "more states": "[B, 300, 256]", "more logits": "[B, 300, 91]", "more boxes": "[B, 300, 4]",
}
STATIONS = ("queries", "memory", "states", "logits", "boxes")
OF_DETR = dict(zip(STATIONS, STATIONS, strict=True))
OF_DEFORMABLE = dict(zip(STATIONS, ("double queries", "four maps", "more states", "more logits", "more boxes"), strict=True))


def levels(x, y, sizes):
    """The maps of four levels side by side, from the finest on."""
    drawn = []
    for size, columns in zip(sizes, (6, 4, 3, 2), strict=True):
        drawn.append(tokens(x + size / 2, y, width=size, height=size, rows=columns, columns=columns))
        x += size + 6
    return "".join(drawn)


def _wide(words, lit):
    """DETR above, Deformable DETR below."""
    return 752, 596, [*_row(words, lit, 150, deformable=False), *_row(words, lit, 458, deformable=True)]


def _row(words, lit, y, *, deformable):
    """One of the two models from left to right, around the height y."""
    own, names = lit_parts(lit), OF_DEFORMABLE if deformable else OF_DETR
    shape = {part: SHAPES[name] for part, name in names.items()}
    kind = "deformable" if deformable else "detr"

    def on(part):
        return own(part, "different")

    maps = levels(148, y, (34, 22, 14, 8)) + text(187, y + 38, SHAPES["finest"], "shape") + text(187, y + 56, SHAPES["coarsest"], "shape")
    one = feature_map(184, y) + text(187, y + 38, SHAPES["features"], "shape")
    parts = [
        group(True, text(6, y - 118, words["names"][kind], "name", left=True)),
        group(own(), image(42, y), text(42, y + 38, SHAPES["image"], "shape"), arrow((64, y), (82, y)),
              projection(108, y, words["CNN"], width=48), arrow((132, y), (144, y))),
        group(on("levels"), maps if deformable else one, arrow((247 if deformable else 212, y), (262, y))),
        group(on("encoder"), block(342, y, words["encoder"], words["encoder layer"][kind], width=160, height=98)),
        group(own("encoder", "decoder"), arrow((422, y), (458, y)), text(440, y + 76, words["memory"], "name"),
              text(440, y + 94, shape["memory"], "shape")),
        group(own("decoder", "reference", "different"), tokens(440, y - 98, width=32, height=32),
              text(462, y - 102, words["object queries"], "name", left=True), text(462, y - 85, shape["queries"], "shape", left=True),
              arrow((440, y - 82), (440, y - 70), (480, y - 70), (480, y - 58))),
        group(on("decoder"), block(538, y, words["decoder"], words["decoder layer"][kind], width=160, height=114)),
        group(on("heads"), line((618, y), (626, y)), arrow((626, y), (626, y - 38), (640, y - 38)),
              arrow((626, y), (626, y + 42), (640, y + 42)), projection(666, y - 38, words["class"], width=48, height=34),
              projection(666, y + 42, words["box"], width=48, height=34), arrow((690, y - 38), (704, y - 38)),
              arrow((690, y + 42), (706, y + 42)), tokens(718, y - 38, width=28, height=32), tokens(718, y + 42, width=22, height=32),
              text(700, y - 62, words["scores"][kind]), text(700, y - 6, shape["logits"], "shape"), text(700, y + 18, words["boxes"][kind]),
              text(700, y + 76, shape["boxes"], "shape")),
        group(on("matching"), arrow((742, y + 42), (742, y + 96), (732, y + 96)), line((732, y - 38), (742, y - 38), (742, y + 42)),
              line((729, y + 42), (742, y + 42)), operation(690, y + 96, words["matching"], width=80),
              text(692, y + 126, words["costs"][kind])),
    ]
    if deformable:
        parts.append(group(on("reference"), arrow((576, y - 98), (594, y - 98)), tokens(602, y - 98, width=14, height=32),
                           text(616, y - 102, words["reference"], "name", left=True),
                           text(616, y - 85, SHAPES["reference"], "shape", left=True), arrow((602, y - 82), (602, y - 58))))
    return parts


def _narrow(words, lit):
    """The two side by side, from top to bottom, for a page 340 pixels wide."""
    return 344, 964, [*_column(words, lit, 86, deformable=False), *_column(words, lit, 258, deformable=True)]


def _column(words, lit, x, *, deformable):
    own, names = lit_parts(lit), OF_DEFORMABLE if deformable else OF_DETR
    shape = {part: SHAPES[name] for part, name in names.items()}
    kind = "deformable" if deformable else "detr"

    def on(part):
        return own(part, "different")

    maps = levels(x - 51, 184, (40, 24, 14, 8)) + text(x, 222, SHAPES["finest"], "shape") + text(x, 240, SHAPES["coarsest"], "shape")
    one = feature_map(x - 3, 184) + text(x, 222, SHAPES["features"], "shape")
    parts = [
        group(True, text(x, 14, words["names"][kind], "name")),
        group(own(), image(x, 46), text(x, 84, SHAPES["image"], "shape"), arrow((x, 90), (x, 106)),
              projection(x, 125, words["CNN"], width=62, towards="down"), arrow((x, 144), (x, 158))),
        group(on("levels"), maps if deformable else one, arrow((x, 246), (x, 262))),
        group(on("encoder"), block(x, 311, words["encoder"], words["encoder layer"][kind], width=156, height=96)),
        group(own("encoder", "decoder"), arrow((x - 66, 360), (x - 66, 540)), text(x - 58, 378, words["memory"], "name", left=True),
              text(x - 58, 396, shape["memory"], "shape", left=True)),
        group(own("decoder", "reference", "different"), text(x + 20, 424, words["object queries"], "name"),
              tokens(x + 20, 446, width=32, height=30), text(x + 20, 480, shape["queries"], "shape")),
        group(on("decoder"), block(x, 598, words["decoder"], words["decoder layer"][kind], width=156, height=114),
              arrow((x, 656), (x, 672))),
        group(own("decoder", "heads"), tokens(x, 690, width=32, height=34), text(x, 726, shape["states"], "shape")),
        group(on("heads"), line((x, 732), (x, 742)), arrow((x, 742), (x - 42, 742), (x - 42, 756)),
              arrow((x, 742), (x + 42, 742), (x + 42, 756)), projection(x - 42, 775, words["class"], width=58, towards="down"),
              projection(x + 42, 775, words["box"], width=58, towards="down"), arrow((x - 42, 794), (x - 42, 808)),
              arrow((x + 42, 794), (x + 42, 808)), tokens(x - 42, 826, width=32, height=34), tokens(x + 42, 826, width=22, height=34),
              text(x - 42, 862, shape["logits"], "shape"), text(x + 42, 862, shape["boxes"], "shape"),
              text(x - 42, 880, words["scores"][kind]), text(x + 42, 880, words["boxes"][kind])),
        group(on("matching"), arrow((x - 42, 886), (x - 42, 904)), arrow((x + 42, 886), (x + 42, 904)),
              operation(x, 920, words["matching"], width=150), text(x, 952, words["costs"][kind])),
    ]
    if deformable:
        parts.append(group(on("reference"), text(x + 20, 502, words["reference"], "name"), text(x + 20, 520, SHAPES["reference"], "shape"),
                           arrow((x + 20, 524), (x + 20, 540))))
    else:
        parts.append(group(on("decoder"), arrow((x + 20, 486), (x + 20, 540))))
    return parts


def _strip(words, lit):
    """The stations of Deformable DETR in two rows, for the head of a section."""
    own = lit_parts(lit)

    def on(part):
        return own(part, "different")

    parts = [
        group(own(), image(24, 34, size=36), arrow((42, 34), (58, 34)), projection(82, 34, words["CNN"], width=48, height=34)),
        group(on("levels"), arrow((106, 34), (120, 34)), levels(124, 34, (28, 18, 12, 8)), text(166, 66, words["levels"])),
        group(on("encoder"), arrow((212, 34), (228, 34)), operation(274, 34, words["encoder"], width=88)),
        group(own("encoder", "decoder"), arrow((274, 48), (274, 80), (206, 80), (206, 92))),
        group(own("decoder", "reference", "different"), tokens(20, 106, width=24, height=28), arrow((32, 106), (52, 106))),
        group(on("reference"), tokens(60, 106, width=12, height=28), text(66, 136, words["reference"]), arrow((66, 106), (162, 106))),
        group(on("decoder"), operation(206, 106, words["decoder"], width=88)),
        group(on("heads"), arrow((250, 106), (264, 106)), projection(290, 106, words["heads"], width=50, height=34)),
        group(on("matching"), arrow((316, 106), (330, 106)), operation(372, 106, words["matching"], width=80)),
    ]
    return 416, 144, parts


DRAWING = {
    "parts": ("levels", "encoder", "decoder", "reference", "heads", "matching", "different"),
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
