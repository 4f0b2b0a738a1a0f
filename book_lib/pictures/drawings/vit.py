"""ViT, from a picture to its classes, and below it the CNN it is compared with: shapes are those of book_lib.vision.vit and .cnn."""

from book_lib.pictures.drawing import add, arrow, group, line, lit_parts, operation, projection, text, tokens
from book_lib.pictures.drawings.detr import block, image

SHAPES = {
    "picture": "[b, c, h, w]", "patches": "[b, n, c p²]", "embedded": "[b, n, d_model]", "positions": "[1 + n, d_model]",
    "states": "[b, 1 + n, d_model]", "class token": "[b, d_model]", "logits": "[b, n_classes]",
    "stem": "[b, 24, h/2, w/2]", "last": "[b, 80, h/8, w/8]", "mean": "[b, 80]",
}
PARTS = ("patches", "tokens", "encoder", "head", "cnn")


def _cut(x, y, *, side=44):
    """The picture with the lines along which it is cut into patches."""
    third = side / 3
    left, top = x - side / 2, y - side / 2
    rules = [f"M{left:g} {top + third * i:g}h{side:g}M{left + third * i:g} {top:g}v{side:g}" for i in (1, 2)]
    return f'{image(x, y, size=side)}<path class="bk-d-rule" d="{"".join(rules)}"/>'


def _with_first(x, y, *, width=30, height=56):
    """Tokens of which the first, the class token, stands apart and is coloured."""
    step = height / 6
    top = y - height / 2
    return tokens(x, top + step / 2, width=width, height=step, rows=1), tokens(x, y + step * 0.7, width=width, height=height - 1.4 * step,
                                                                               rows=4)


def _maps(x, y, sizes):
    """Maps that become smaller from stage to stage, with arrows between."""
    drawn = []
    for i, (side, columns) in enumerate(zip(sizes, (6, 4, 2), strict=True)):
        drawn.append(tokens(x + side / 2, y, width=side, height=side, rows=columns, columns=columns))
        x += side
        if i < 2:
            drawn.append(arrow((x, y), (x + 18, y)))
            x += 18
    return "".join(drawn)


def _wide(words, lit):
    """ViT in two rows, into the encoder and out of it; the CNN in a third."""
    on, up, low, last = lit_parts(lit), 108, 268, 386
    first, others = _with_first(388, up)
    read, unread = _with_first(178, low, height=50)
    parts = [
        group(on("patches"), text(34, up - 40, words["picture"], "name"), _cut(34, up), text(38, up + 48, SHAPES["picture"], "shape"),
              arrow((56, up), (80, up)), operation(116, up, words["patchify"], width=72), arrow((152, up), (176, up)),
              tokens(208, up, width=62, height=52, rows=4, columns=6), text(208, up - 40, words["patches"], "name"),
              text(208, up + 48, SHAPES["patches"], "shape"), arrow((240, up), (262, up)),
              projection(292, up, words["linear"], width=58), text(300, up + 48, SHAPES["embedded"], "shape"), arrow((322, up), (372, up))),
        group(on("tokens"), text(388, 22, words["class token"], "name"), arrow((388, 30), (388, up - 30))),
        group(on("tokens"), first, role="q"),
        group(on("tokens", "patches"), others),
        group(on("tokens"), arrow((404, up), (440, up)), add(452, up), text(478, 22, words["positions"], "name"),
              tokens(452, 50, width=26, height=36, rows=5), arrow((452, 69), (452, up - 12)),
              text(476, 42, SHAPES["positions"], "shape", left=True)),
        group(on("tokens", "encoder"), text(452, up + 48, SHAPES["states"], "shape"), arrow((462, up), (540, up))),
        group(on("encoder"), block(639, up + 6, words["block"], words["layers"], width=198, height=112)),
        group(on("encoder", "head"), line((639, up + 62), (639, up + 94), (60, up + 94)), arrow((60, up + 94), (60, low), (84, low)),
              text(352, up + 86, SHAPES["states"], "shape")),
        group(on("head"), operation(114, low, words["norm"], width=58), arrow((144, low), (160, low))),
        group(on("head"), read, role="q"),
        group(False, unread),
        group(on("head"), arrow((194, low - 21), (240, low - 21), (240, low), (270, low)),
              text(222, low - 36, words["first"], "name", left=True), text(222, low + 34, SHAPES["class token"], "shape", left=True),
              projection(302, low, words["head"], width=62),
              arrow((334, low), (372, low)), tokens(400, low, width=54, height=18, rows=1, columns=5),
              text(400, low - 26, words["logits"], "name"),
              text(400, low + 34, SHAPES["logits"], "shape"), arrow((428, low), (470, low)),
              operation(512, low, words["softmax"], width=82),
              arrow((554, low), (594, low)), text(602, low + 5, words["class"], "name", left=True)),
        group(on("cnn"), text(6, last - 58, words["CNN"], "name", left=True), image(34, last),
              text(38, last + 44, SHAPES["picture"], "shape"),
              arrow((56, last), (80, last)), projection(130, last, words["convolution"], width=98), arrow((180, last), (206, last)),
              _maps(206, last, (46, 32, 18)), text(214, last + 44, SHAPES["stem"], "shape"),
              text(346, last + 44, SHAPES["last"], "shape"),
              text(272, last - 34, words["stages"]), arrow((338, last), (400, last)), operation(434, last, words["mean"], width=66),
              text(450, last + 44, SHAPES["mean"], "shape"), arrow((468, last), (500, last)),
              projection(534, last, words["head"], width=62),
              arrow((566, last), (592, last)), tokens(620, last, width=54, height=18, rows=1, columns=5),
              text(620, last + 44, SHAPES["logits"], "shape")),
    ]
    return 752, 438, parts


def _narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on, x = lit_parts(lit), 116
    first, others = _with_first(x, 304, width=44, height=64)
    read, unread = _with_first(x, 662, width=44, height=60)
    parts = [
        group(on("patches"), _cut(x, 32), text(192, 28, words["picture"], "name", left=True),
              text(192, 46, SHAPES["picture"], "shape", left=True),
              arrow((x, 55), (x, 74)), operation(x, 90, words["patchify"], width=84), arrow((x, 104), (x, 124)),
              tokens(x, 150, width=62, height=48, rows=4, columns=6), text(192, 148, words["patches"], "name", left=True),
              text(192, 166, SHAPES["patches"], "shape", left=True), arrow((x, 175), (x, 194)),
              projection(x, 214, words["linear"], width=76, towards="down"), text(x + 12, 252, SHAPES["embedded"], "shape", left=True),
              arrow((x, 234), (x, 268))),
        group(on("tokens"), text(208, 281, words["class token"], "name", left=True), arrow((200, 277), (142, 277))),
        group(on("tokens"), first, role="q"),
        group(on("tokens", "patches"), others),
        group(on("tokens"), arrow((x, 338), (x, 362)), add(x, 374), tokens(210, 374, width=26, height=36, rows=5),
              arrow((196, 374), (128, 374)), text(230, 370, words["positions"], "name", left=True),
              text(230, 388, SHAPES["positions"], "shape", left=True)),
        group(on("tokens", "encoder"), arrow((x, 384), (x, 428)), text(x + 12, 416, SHAPES["states"], "shape", left=True)),
        group(on("encoder"), block(x, 486, words["block"], words["layers"], width=204, height=114)),
        group(on("encoder", "head"), arrow((x, 543), (x, 584)), text(x + 12, 570, SHAPES["states"], "shape", left=True)),
        group(on("head"), operation(x, 598, words["norm"], width=64), arrow((x, 612), (x, 630))),
        group(on("head"), read, role="q"),
        group(False, unread),
        group(on("head"), arrow((140, 637), (170, 637), (170, 714), (x, 714), (x, 732)),
              text(192, 640, words["first"], "name", left=True),
              text(192, 658, SHAPES["class token"], "shape", left=True), projection(x, 752, words["head"], width=76, towards="down"),
              arrow((x, 772), (x, 792)), tokens(x, 802, width=62, height=18, rows=1, columns=5),
              text(192, 800, words["logits"], "name", left=True),
              text(192, 818, SHAPES["logits"], "shape", left=True), arrow((x, 812), (x, 832)),
              operation(x, 846, words["softmax"], width=82),
              arrow((x, 860), (x, 880)), text(x, 896, words["class"], "name")),
        group(on("cnn"), text(6, 934, words["CNN"], "name", left=True), image(34, 992),
              text(38, 1034, SHAPES["picture"], "shape"),
              arrow((57, 992), (76, 992)), projection(124, 992, words["convolution"], width=94), arrow((172, 992), (190, 992)),
              _maps(190, 992, (46, 32, 18)), text(256, 962, words["stages"]), text(202, 1034, SHAPES["stem"], "shape"),
              line((322, 992), (334, 992), (334, 1052), (60, 1052)), text(196, 1070, SHAPES["last"], "shape"),
              arrow((60, 1052), (60, 1078)), operation(60, 1094, words["mean"], width=66), text(64, 1136, SHAPES["mean"], "shape"),
              arrow((94, 1094), (132, 1094)), projection(164, 1094, words["head"], width=62), arrow((196, 1094), (226, 1094)),
              tokens(256, 1094, width=54, height=18, rows=1, columns=5), text(256, 1136, SHAPES["logits"], "shape")),
    ]
    return 344, 1146, parts


def _strip(words, lit):
    """The stations of ViT in a row, for the head of a section; where the CNN is lit, those of the CNN."""
    on, y, short = lit_parts(lit), 32, words["short"]
    if lit == "cnn":
        return 356, 82, [group(
            True, image(26, y, size=36), arrow((46, y), (62, y)), projection(108, y, words["convolution"], width=90),
            text(108, 76, short["cnn"]), arrow((154, y), (168, y)), _maps(168, y, (40, 26, 16)), arrow((286, y), (298, y)),
            operation(326, y, words["mean"], width=54))]
    first, others = _with_first(168, y, width=24, height=46)
    return 356, 82, [
        group(on("patches"), _cut(28, y, side=38), arrow((48, y), (66, y)), tokens(92, y, width=46, height=38, rows=4, columns=6),
              text(64, 76, short["patches"])),
        group(on("tokens"), arrow((116, y), (152, y)), text(168, 76, short["tokens"])),
        group(on("tokens"), first, role="q"),
        group(on("tokens"), others),
        group(on("encoder"), arrow((184, y), (206, y)),
              *(f'<rect x="{208 + 8 * i}" y="{12 + 4 * i}" width="44" height="34" rx="5"/>' for i in range(3)),
              text(240, 76, short["encoder"])),
        group(on("head"), arrow((272, y), (296, y)), tokens(322, y, width=48, height=18, rows=1, columns=5), text(320, 76, short["head"])),
    ]


DRAWING = {
    "parts": PARTS,
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
