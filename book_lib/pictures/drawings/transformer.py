"""The Transformer (Vaswani et al. 2017, figure 1): the encoder reads m tokens, the decoder writes n, from the bottom to the top."""

from book_lib.pictures.drawing import (
    add,
    add_norm,
    arrow,
    attention,
    feed_forward,
    group,
    line,
    lit_parts,
    operation,
    projection,
    text,
    tokens,
)

SHAPES = {
    "source": "[b, m]", "target": "[b, n]", "embedded source": "[b, m, d_model]", "embedded target": "[b, n, d_model]",
    "memory": "[b, m, d_model]", "states": "[b, n, d_model]", "logits": "[b, n, n_target]",
}
ROWS = {                                                                     # from the bottom; 1 to 6: the sublayers and their add & norm
    "words": 594, "embedding": 552, "position": 506, 1: 446, 2: 400, 3: 340, 4: 294, 5: 234, 6: 188,
    "linear": 122, "softmax": 78, "next": 44,
}


def _wide(words, lit):
    """Two columns and, beside them, what the parts are."""
    on, e, d, x, y = lit_parts(lit), 148, 406, 552, 376
    beside = [
        group(on("embed"), text(e - 58, ROWS["position"] + 5, SHAPES["embedded source"], "shape"),
              text(d + 16, ROWS["position"] + 5, SHAPES["embedded target"], "shape", left=True)),
        group(on("output"), text(d + 8, ROWS["linear"] + 28, SHAPES["states"], "shape", left=True)),
        group(on("encoder"), text(e, 104, words["encoder"], "name"),
              *(text(e, 122 + 18 * i, said) for i, said in enumerate(words["reads"]))),
        group(on("masked", "cross", "output"), text(x + 72, 104, words["decoder"], "name"),
              *(text(x + 72, 122 + 18 * i, said) for i, said in enumerate(words["writes"])))]
    if lit == "all":
        beside.append(group(True, attention(x, y, "", width=62, height=26), feed_forward(x, y + 38, "", width=56, height=24),
                            projection(x, y + 76, "", width=44, height=24, towards="up"), tokens(x, y + 114, width=26, height=26),
                            *(text(x + 42, y + 5 + 38 * i, words[name], "shape", left=True)
                              for i, name in enumerate(("attention", "per token", "learned", "data")))))
    return 752, 612, [*_columns(words, lit, e, d, width=150, side=18), *beside]


def _narrow(words, lit):
    """The two columns, for a page 340 pixels wide."""
    return 344, 612, _columns(words, lit, 84, 260, width=124, side=14)


def _columns(words, lit, e, d, *, width, side):
    """Encoder around x = e and decoder around x = d; residual connections run as far as side beside the boxes."""
    on, half = lit_parts(lit), width / 2
    left, right, low = e - half - side, d + half + side, ROWS["position"]
    frame = width + 2 * side + 12
    parts = [group(on("embed"), text((e + d) / 2, low + 5, words["positions"]), arrow(((e + d) / 2 - 50, low), (e + 10, low)),
                   arrow(((e + d) / 2 + 50, low), (d - 10, low)))]
    for x, name in ((e, "source"), (d, "target")):
        parts.append(group(on("embed"), text(x, ROWS["words"] + 5, words[name]),
                           arrow((x, ROWS["words"] - 10), (x, ROWS["embedding"] + 14)),
                           projection(x, ROWS["embedding"], words["embedding"], width=110, height=28, towards="up"),
                           text(x + 60, ROWS["embedding"] + 30, SHAPES[name], "shape"),
                           arrow((x, ROWS["embedding"] - 14), (x, low + 10)), add(x, low)))
    parts += [
        group(on("encoder"), arrow((e, low - 10), (e, ROWS[1] + 17)),
              attention(e, ROWS[1], words["self"], width=width)),
        _sublayer(on("add_norm", "encoder"), words, e, 1, side=left, width=width),
        group(on("encoder", "feed_forward"), arrow((e, ROWS[2] - 13), (e, ROWS[3] + 17)),
              feed_forward(e, ROWS[3], words["feed"], width=width)),
        _sublayer(on("add_norm", "encoder"), words, e, 3, side=left, width=width),
        group(False, _frame(e, ROWS[4] - 22, ROWS[1] + 44, width=frame), role="dashed"),
        group(on("encoder"), text(left - 4, ROWS[4] - 28, words["times"], left=True)),
    ]
    middle, top, into = (e + half + d - half) / 2, ROWS[4] - 62, d - half
    parts += [
        group(on("encoder", "cross"), arrow((e, ROWS[4] - 13), (e, top + 24)), tokens(e, top + 4, width=34, height=40),
              text(e, top - 38, words["memory"], "name"), text(e, top - 22, SHAPES["memory"], "shape")),
        group(on("cross"), arrow((e + 17, top - 4), (middle + 4, top - 4), (middle + 4, ROWS[3] - 7), (into, ROWS[3] - 7)), role="k"),
        group(on("cross"), arrow((e + 17, top + 10), (middle - 6, top + 10), (middle - 6, ROWS[3] + 7), (into, ROWS[3] + 7)), role="v"),
        group(on("cross"), text(into - 8, ROWS[3] - 13, "K", "name"), role="k"),
        group(on("cross"), text(into - 8, ROWS[3] + 22, "V", "name"), role="v"),
        group(on("masked"), arrow((d, low - 10), (d, ROWS[1] + 17)), attention(d, ROWS[1], words["masked"], width=width)),
        _sublayer(on("add_norm"), words, d, 1, side=right, width=width),
        group(on("cross"), arrow((d, ROWS[2] - 13), (d, ROWS[3] + 17)), text(d + 12, ROWS[3] + 33, "Q", "name"), role="q"),
        group(on("cross"), attention(d, ROWS[3], words["cross"], width=width)),
        _sublayer(on("add_norm"), words, d, 3, side=right, width=width),
        group(on("feed_forward"), arrow((d, ROWS[4] - 13), (d, ROWS[5] + 17)), feed_forward(d, ROWS[5], words["feed"], width=width)),
        _sublayer(on("add_norm"), words, d, 5, side=right, width=width),
        group(False, _frame(d, ROWS[6] - 22, ROWS[1] + 44, width=frame), role="dashed"),
        group(on("masked", "cross"), text(left - 4 + d - e, ROWS[6] - 28, words["times"], left=True)),
        group(on("output"), arrow((d, ROWS[6] - 13), (d, ROWS["linear"] + 14)),
              projection(d, ROWS["linear"], words["linear"], width=110, height=28, towards="up"),
              arrow((d, ROWS["linear"] - 14), (d, ROWS["softmax"] + 14)), operation(d, ROWS["softmax"], words["softmax"], width=100),
              arrow((d, ROWS["softmax"] - 14), (d, ROWS["next"] + 4)), text(d, ROWS["next"] - 6, words["next"], "name"),
              text(d, ROWS["next"] - 24, SHAPES["logits"], "shape")),
    ]
    return parts


def _sublayer(on, words, x, row, *, side, width):
    """Add & norm above the sublayer of a row, with the residual connection around it on one side."""
    edge, start = x + (width / 2 if side > x else -width / 2), ROWS[row] + 30
    return group(on, arrow((x, ROWS[row] - 17), (x, ROWS[row + 1] + 13)),
                 arrow((x, start), (side, start), (side, ROWS[row + 1]), (edge, ROWS[row + 1])),
                 add_norm(x, ROWS[row + 1], words["norm"], width=width))


def _frame(x, top, bottom, *, width):
    return line((x - width / 2, top), (x + width / 2, top), (x + width / 2, bottom), (x - width / 2, bottom), (x - width / 2, top))


def _strip(words, lit):
    """Encoder above decoder, from left to right, for the head of a section; a circle stands for add & norm."""
    on = lit_parts(lit)
    up, low = 20, 78
    parts = []
    for y, part, name in ((up, "encoder", "self"), (low, "masked", "masked")):
        parts.append(group(on("embed"), tokens(12, y, width=18, height=32), arrow((21, y), (32, y))))
        parts.append(group(on(part), operation(64, y, words[f"small {name}"], width=64)))
        parts.append(group(on("add_norm", "encoder") if part == "encoder" else on("add_norm"), arrow((96, y), (104, y)), add(114, y),
                           arrow((124, y), (134, y)), arrow((186, y), (194, y)), add(204, y)))
    parts += [
        group(on("encoder", "feed_forward"), operation(160, up, words["small feed"], width=52)),
        group(on("cross", "encoder"), arrow((214, up), (230, up), (230, 48), (160, 48), (160, low - 14))),
        group(on("cross"), operation(160, low, words["small cross"], width=52)),
        group(on("feed_forward"), arrow((214, low), (223, low)), operation(246, low, words["small feed"], width=46)),
        group(on("add_norm"), arrow((269, low), (277, low)), add(287, low)),
        group(on("add_norm"), add(258, up), text(274, up + 5, words["norm"], left=True)),
        group(on("output"), arrow((297, low), (305, low)), operation(329, low, words["small next"], width=48))]
    return 356, 100, parts


DRAWING = {
    "parts": ("embed", "encoder", "add_norm", "feed_forward", "masked", "cross", "output"),
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
