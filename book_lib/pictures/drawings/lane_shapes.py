"""LSTR beside DETR, station by station: shapes are those of the models of the papers, on COCO and on TuSimple."""

from book_lib.pictures.drawing import arrow, group, line, lit_parts, operation, projection, text, tokens
from book_lib.pictures.drawings.detr import block, feature_map, image

SHAPES = {
    "image": "[B, 3, H, W]", "features": "[B, 256, H/32, W/32]", "memory": "[B, HW/32², 256]", "queries": "[100, 256]",
    "states": "[B, 100, 256]", "logits": "[B, 100, 92]", "boxes": "[B, 100, 4]",
    "road": "[B, 3, 360, 640]", "lane features": "[B, 32, 12, 20]", "lane memory": "[B, 240, 32]", "lane queries": "[7, 32]",
    "lane states": "[B, 7, 32]", "lane logits": "[B, 7, 2]", "own": "[B, 7, 4]", "shared": "[B, 1, 4]",
}
STATIONS = ("image", "features", "memory", "queries", "states", "logits")
NAMES = {
    "detr": dict(zip(STATIONS, STATIONS, strict=True)),
    "lstr": dict(zip(STATIONS, ("road", "lane features", "lane memory", "lane queries", "lane states", "lane logits"), strict=True)),
}


def road(x, y, *, size=44):
    """A picture of a road with three lane lines that meet at the horizon, around the middle (x, y)."""
    s = size / 44
    frame = f'<rect x="{x - 22 * s:g}" y="{y - 22 * s:g}" width="{size:g}" height="{size:g}"/>'
    lines = "".join(f"M{x + dx * s:g} {y + 20 * s:g}Q{x + bend * s:g} {y - 4 * s:g} {x + 9 * s:g} {y - 10 * s:g}"
                    for dx, bend in ((-20, -4), (-4, 0), (16, 5)))
    return f'{frame}<path class="bk-d-line" d="{lines}M{x - 22 * s:g} {y - 10 * s:g}h{size:g}"/>'


def _on(lit):
    own = lit_parts(lit)
    return lambda part: own(part, "different")


def _wide(words, lit):
    """DETR above, LSTR below."""
    return 752, 610, [*_row(words, lit, 148, "detr"), *_row(words, lit, 442, "lstr")]


def _row(words, lit, y, kind):
    """One of the two models from left to right, around the height y."""
    on, own, shape = _on(lit), lit_parts(lit), {part: SHAPES[name] for part, name in NAMES[kind].items()}
    picture = image(38, y) if kind == "detr" else road(38, y)
    parts = [
        group(True, text(6, y - 118, words["names"][kind], "name", left=True)),
        group(own(), picture, text(54, y + 42, shape["image"], "shape")),
        group(on("backbone"), arrow((60, y), (84, y)), projection(110, y, words["CNN"], width=50), text(110, y - 26, words["layers"][kind]),
              arrow((136, y), (170, y)), feature_map(188, y), text(186, y + 70, shape["features"], "shape")),
        group(on("encoder"), arrow((214, y), (232, y)),
              block(294, y, words["encoder"], words["encoder layer"][kind], width=122, height=98)),
        group(own("encoder", "decoder"), arrow((355, y), (398, y)), text(376, y + 76, words["memory"], "name"),
              text(376, y + 94, shape["memory"], "shape")),
        group(on("decoder"), tokens(376, y - 98, width=32, height=32), text(398, y - 102, words["queries"][kind], "name", left=True),
              text(398, y - 85, shape["queries"], "shape", left=True), arrow((376, y - 82), (376, y - 68), (420, y - 68), (420, y - 58)),
              block(460, y, words["decoder"], words["decoder layer"][kind], width=122, height=114)),
    ]
    return parts + (_boxes_wide(words, y, on) if kind == "detr" else _curves_wide(words, y, on))


def _boxes_wide(words, y, on):
    return [
        group(on("heads"), line((521, y), (534, y)), arrow((534, y), (534, y - 40), (552, y - 40)),
              arrow((534, y), (534, y + 42), (552, y + 42)),
              projection(580, y - 40, words["class"], width=54), projection(580, y + 42, words["box"], width=54),
              arrow((607, y - 40), (670, y - 40)), arrow((607, y + 42), (674, y + 42)), tokens(686, y - 40, width=32, height=36),
              tokens(686, y + 42, width=22, height=36), text(686, y - 6, SHAPES["logits"], "shape"),
              text(678, y + 76, SHAPES["boxes"], "shape")),
        group(on("matching"), line((702, y - 40), (738, y - 40), (738, y + 42)), line((697, y + 42), (738, y + 42)),
              arrow((738, y + 42), (738, y + 104), (722, y + 104)), operation(678, y + 104, words["matching"], width=86),
              text(678, y + 134, words["costs"]["detr"])),
    ]


def _curves_wide(words, y, on):
    return [
        group(on("heads"), line((521, y), (534, y)), arrow((534, y), (534, y - 66), (552, y - 66)), arrow((534, y), (552, y)),
              projection(580, y - 66, words["class"], width=54), projection(580, y, words["own"], width=54),
              arrow((607, y - 66), (681, y - 66)), arrow((607, y), (678, y)), tokens(694, y - 66, width=26, height=36),
              tokens(694, y, width=32, height=36), text(694, y - 32, SHAPES["lane logits"], "shape"),
              text(694, y + 34, SHAPES["own"], "shape")),
        group(on("shared"), arrow((534, y), (534, y + 66), (552, y + 66)), projection(583, y + 66, words["shared"], width=62),
              arrow((614, y + 66), (624, y + 66)), operation(646, y + 66, words["mean"], width=44), arrow((668, y + 66), (678, y + 66)),
              tokens(694, y + 66, width=32, height=12, rows=1), text(694, y + 92, SHAPES["shared"], "shape")),
        group(on("matching"), *(line((710 - 3 * (dy == -66), y + dy), (738, y + dy)) for dy in (-66, 0, 66)),
              line((738, y - 66), (738, y + 66)),
              arrow((738, y + 66), (738, y + 128), (722, y + 128)), operation(678, y + 128, words["matching"], width=86),
              text(676, y + 158, words["costs"]["lstr"])),
    ]


def _narrow(words, lit):
    """The two side by side, from top to bottom, for a page 340 pixels wide."""
    return 344, 962, [*_column(words, lit, 86, "detr"), *_column(words, lit, 258, "lstr")]


def _column(words, lit, x, kind):
    on, own, shape = _on(lit), lit_parts(lit), {part: SHAPES[name] for part, name in NAMES[kind].items()}
    picture = image(x, 46) if kind == "detr" else road(x, 46)
    parts = [
        group(True, text(x, 14, words["names"][kind], "name")),
        group(own(), picture, text(x, 84, shape["image"], "shape")),
        group(on("backbone"), arrow((x, 90), (x, 106)), projection(x, 125, words["CNN"], width=62, towards="down"),
              text(x + 36, 130, words["layers"][kind], left=True), arrow((x, 144), (x, 158)), feature_map(x - 3, 184),
              text(x, 222, shape["features"], "shape")),
        group(on("encoder"), arrow((x, 228), (x, 246)),
              block(x, 295, words["encoder"], words["encoder layer"][kind], width=150, height=96)),
        group(own("encoder", "decoder"), arrow((x - 62, 344), (x - 62, 490)), text(x - 54, 362, words["memory"], "name", left=True),
              text(x - 54, 380, shape["memory"], "shape", left=True)),
        group(on("decoder"), text(x + 20, 412, words["queries"][kind], "name"), tokens(x + 20, 434, width=32, height=30),
              text(x + 20, 468, shape["queries"], "shape"), arrow((x + 20, 474), (x + 20, 490)),
              block(x, 548, words["decoder"], words["decoder layer"][kind], width=150, height=114)),
        group(own("decoder", "heads"), arrow((x, 606), (x, 622)), tokens(x, 640, width=32, height=34),
              text(x, 676, shape["states"], "shape")),
    ]
    return parts + (_boxes_narrow(words, x, on) if kind == "detr" else _curves_narrow(words, x, on))


def _boxes_narrow(words, x, on):
    return [
        group(on("heads"), line((x, 682), (x, 692)), arrow((x, 692), (x - 42, 692), (x - 42, 706)),
              arrow((x, 692), (x + 42, 692), (x + 42, 706)),
              projection(x - 42, 725, words["class"], width=54, towards="down"),
              projection(x + 42, 725, words["box"], width=54, towards="down"),
              arrow((x - 42, 744), (x - 42, 798)), arrow((x + 42, 744), (x + 42, 798)), tokens(x - 42, 816, width=32, height=34),
              tokens(x + 42, 816, width=22, height=34), text(x - 40, 852, SHAPES["logits"], "shape"),
              text(x + 42, 852, SHAPES["boxes"], "shape")),
        group(on("matching"), arrow((x - 42, 876), (x - 42, 896)), arrow((x + 42, 876), (x + 42, 896)),
              operation(x, 912, words["matching"], width=150), text(x, 946, words["costs"]["detr"])),
    ]


def _curves_narrow(words, x, on):
    return [
        group(on("heads"), line((x, 682), (x, 692)), arrow((x, 692), (x - 55, 692), (x - 55, 706)),
              arrow((x, 692), (x - 4, 692), (x - 4, 706)),
              projection(x - 55, 725, words["class"], width=48, towards="down"),
              projection(x - 4, 725, words["own"], width=46, towards="down"),
              arrow((x - 55, 744), (x - 55, 798)), arrow((x - 4, 744), (x - 4, 798)), tokens(x - 55, 816, width=26, height=34),
              tokens(x - 4, 816, width=32, height=34), text(x - 52, 852, SHAPES["lane logits"], "shape"),
              text(x - 4, 870, SHAPES["own"], "shape")),
        group(on("shared"), arrow((x, 692), (x + 52, 692), (x + 52, 706)),
              projection(x + 52, 725, words["shared"], width=62, towards="down"),
              arrow((x + 52, 744), (x + 52, 758)), operation(x + 52, 771, words["mean"], width=52, height=26),
              arrow((x + 52, 784), (x + 52, 808)),
              tokens(x + 52, 816, width=32, height=12, rows=1), text(x + 48, 852, SHAPES["shared"], "shape")),
        group(on("matching"), *(arrow((x + dx, 876), (x + dx, 896)) for dx in (-52, -4, 48)),
              operation(x, 912, words["matching"], width=150),
              text(x, 946, words["costs"]["lstr"])),
    ]


def _strip(words, lit):
    """The stations of LSTR in two rows, for the head of a section."""
    on, own = _on(lit), lit_parts(lit)
    parts = [
        group(own(), road(24, 34, size=36)),
        group(on("backbone"), arrow((42, 34), (62, 34)), projection(88, 34, words["CNN"], width=52, height=34)),
        group(on("encoder"), arrow((114, 34), (138, 34)), operation(184, 34, words["encoder"], width=88)),
        group(own("encoder", "decoder"), arrow((184, 48), (184, 74), (128, 74), (128, 90))),
        group(on("decoder"), tokens(36, 104, width=24, height=28), text(44, 137, words["queries"]["lstr"]), arrow((48, 104), (80, 104)),
              operation(128, 104, words["decoder"], width=92)),
        group(on("heads"), line((174, 104), (188, 104)), arrow((188, 104), (188, 86), (206, 86)),
              projection(238, 86, words["own"], width=64, height=28),
              line((270, 86), (282, 86), (282, 104))),
        group(on("shared"), arrow((188, 104), (188, 122), (206, 122)), projection(238, 122, words["shared"], width=64, height=28),
              line((270, 122), (282, 122), (282, 104))),
        group(on("matching"), arrow((282, 104), (296, 104)), operation(338, 104, words["matching"], width=84)),
    ]
    return 384, 146, parts


DRAWING = {
    "parts": ("backbone", "encoder", "decoder", "heads", "shared", "matching", "different"),
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
