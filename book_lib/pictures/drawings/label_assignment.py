"""Label assignment, from the objects and the priors to the loss: shapes are those of the library's assigners for one picture."""

from book_lib.pictures.drawing import arrow, group, line, lit_parts, operation, projection, text, tokens
from book_lib.pictures.drawings.detr import block, image

SHAPES = {"priors": "[p, 4]", "scores": "[p, n_classes]", "predicted": "[p, 4]", "objects": "[n, 4]", "served": "[p]"}


def levels(x, y):
    """Three maps of the same picture, each coarser than the one before, around the middle (x, y)."""
    return "".join(tokens(x + dx, y, width=30, height=30, rows=n, columns=n) for dx, n in ((-38, 4), (0, 2), (38, 1)))


def _wide(words, lit):
    """Above, what the network predicts; below, what each prior is to learn; on the right the loss compares both."""
    on = lit_parts(lit)
    up, low = 62, 236
    parts = [
        group(on("predictions"), image(40, up), text(40, up + 40, words["image"], "name"), arrow((62, up), (94, up)),
              projection(128, up, words["CNN"], width=64), arrow((160, up), (190, up))),
        group(on("priors", "predictions"), levels(252, up)),
        group(on("priors"), text(252, up - 26, words["levels"], "name"), arrow((252, up + 20), (252, low - 60)),
              text(262, up + 60, words["priors"], "name", left=True), text(262, up + 78, SHAPES["priors"], "shape", left=True)),
        group(on("predictions"), arrow((310, up), (352, up)), projection(386, up, words["head"], width=64), arrow((418, up), (460, up)),
              tokens(484, up, width=36), text(484, up + 40, words["scores"], "name"), text(484, up + 58, SHAPES["scores"], "shape"),
              tokens(560, up, width=24), text(560, up + 40, words["boxes"], "name"), text(560, up + 58, SHAPES["predicted"], "shape"),
              arrow((580, up), (668, up), (668, 126))),
        group(on("predictions", "rule"), line((520, up + 66), (520, 166), (352, 166)), arrow((352, 166), (352, low - 60)),
              text(436, 158, words["some rules"]), role="dashed"),
        group(on("rule"), text(72, low - 34, words["objects"], "name"), tokens(72, low, width=24, rows=2, height=28),
              text(72, low + 34, SHAPES["objects"], "shape"), arrow((90, low), (206, low)),
              block(300, low, words["rule"], words["questions"], width=184, height=118)),
        group(on("rule", "answers"), arrow((392, low), (452, low))),
        group(on("answers"), tokens(476, low, width=20), text(476, low - 30, words["answer"], "name"),
              text(476, low + 38, SHAPES["served"], "shape"),
              *(text(500, low - 14 + 19 * i, said, left=True) for i, said in enumerate(words["answers"]))),
        group(on("answers", "loss"), arrow((592, low), (668, low), (668, 164))),
        group(on("loss"), operation(668, 145, words["loss"], width=76, height=36)),
    ]
    return 752, 318, parts


def _narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on = lit_parts(lit)
    left, right = 96, 250
    parts = [
        group(on("predictions"), image(left, 34), text(left + 30, 38, words["image"], "name", left=True), arrow((left, 56), (left, 76)),
              projection(left, 96, words["CNN"], width=64, towards="down"), arrow((left, 115), (left, 137))),
        group(on("priors", "predictions"), levels(left, 154)),
        group(on("priors"), text(left + 62, 159, words["levels"], "name", left=True), arrow((left - 38, 172), (left - 38, 372)),
              text(left - 30, 316, words["priors"], "name", left=True), text(left - 30, 334, SHAPES["priors"], "shape", left=True)),
        group(on("predictions"), arrow((left, 172), (left, 194), (right, 194), (right, 208)),
              projection(right, 227, words["head"], width=64, towards="down"), arrow((right, 246), (right, 264)),
              tokens(right - 40, 288, width=36), text(right - 40, 326, words["scores"], "name"),
              text(right - 40, 344, SHAPES["scores"], "shape"),
              tokens(right + 50, 288, width=24), text(right + 50, 326, words["boxes"], "name"),
              text(right + 50, 344, SHAPES["predicted"], "shape"), arrow((right + 50, 350), (right + 50, 638))),
        group(on("predictions", "rule"), arrow((right - 40, 350), (right - 40, 372)), role="dashed"),
        group(on("predictions", "rule"), text(right - 116, 366, words["some rules"])),
        group(on("rule"), block(140, 434, words["rule"], words["questions"], width=200, height=118),
              arrow((140, 540), (140, 496)), text(152, 534, words["objects"], "name", left=True)),
        group(on("rule"), tokens(140, 558, width=24, rows=2, height=28), text(158, 564, SHAPES["objects"], "shape", left=True)),
        group(on("rule", "answers"), line((40, 434), (16, 434), (16, 656)), arrow((16, 656), (42, 656))),
        group(on("answers"), tokens(56, 656, width=20), text(60, 620, words["answer"], "name"), text(56, 696, SHAPES["served"], "shape"),
              *(text(78, 642 + 19 * i, said, left=True) for i, said in enumerate(words["answers"]))),
        group(on("answers", "loss"), arrow((168, 656), (262, 656))),
        group(on("loss"), operation(right + 50, 656, words["loss"], width=76, height=36)),
    ]
    return 344, 708, parts


def _strip(words, lit):
    """The stations in a row, for the head of a section."""
    on = lit_parts(lit)
    parts = [
        group(on("priors"), levels(60, 24), text(60, 58, words["priors"])),
        group(on("priors", "rule"), arrow((120, 24), (142, 24))),
        group(on("rule"), operation(174, 24, words["rule"], width=62)),
        group(on("predictions"), operation(174, 70, words["predictions"], width=92), arrow((174, 56), (174, 39))),
        group(on("answers"), arrow((206, 24), (228, 24)), tokens(240, 24, width=20, height=36), text(246, 58, words["answer"])),
        group(on("loss"), arrow((252, 24), (284, 24)), operation(318, 24, words["loss"], width=64)),
    ]
    return 356, 86, parts


DRAWING = {
    "parts": ("priors", "predictions", "rule", "answers", "loss"),
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
