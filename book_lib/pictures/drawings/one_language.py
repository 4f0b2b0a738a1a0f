"""The models of the book in one language: tokens in, what mixes them, who asks, and how answers are paired with the truth."""

from book_lib.pictures.drawing import arrow, group, lit_parts, operation, text, tokens
from book_lib.pictures.drawings.deformable_detr import levels
from book_lib.pictures.drawings.detr import feature_map

IN_ORDER, ONE, BY_RULE, MATCHED = "in order", "one", "by rule", "matched"
MODELS = {
    "transformer": ("words", IN_ORDER), "image_gpt": ("pixels", IN_ORDER), "vit": ("patches", ONE), "dense": ("map", BY_RULE),
    "detr": ("map", MATCHED), "deformable": ("maps", MATCHED), "lstr": ("map", MATCHED),
}
PAIRS = {                                                  # how many truths, and which of the answers is paired with which
    IN_ORDER: (4, [(0, 0), (1, 1), (2, 2), (3, 3)]), ONE: (1, [(0, 0)]), BY_RULE: (2, [(0, 0), (1, 0), (2, 1)]),
    MATCHED: (2, [(2, 0), (0, 1)]),
}


def _tokens_in(x, y, kind):
    """What a model reads, around the middle (x, y)."""
    if kind == "words":
        return "".join(tokens(x + dx, y, width=14, height=30, rows=1) for dx in (-30, -10, 10, 30))
    if kind == "maps":
        return levels(x - 47, y, (34, 22, 14, 8))
    if kind == "map":
        return feature_map(x - 3, y + 3)
    side = 8 if kind == "pixels" else 3
    return tokens(x, y, width=36, height=36, rows=side, columns=side)


def _pairs(x, y, kind):
    """Answers on the left, the truth on the right, and what is paired."""
    truths, pairs = PAIRS[kind]
    answers = 1 if kind == ONE else 4

    def place(i, n):
        return y + 11 * (i - (n - 1) / 2)

    dots = "".join(f'<circle cx="{x - 24:g}" cy="{place(i, answers):g}" r="3.5"/>' for i in range(answers))
    truth = "".join(f'<rect x="{x + 20:g}" y="{place(i, truths) - 4:g}" width="8" height="8"/>' for i in range(truths))
    lines = "".join(f"M{x - 20:g} {place(a, answers):g}L{x + 19:g} {place(b, truths):g}" for a, b in pairs)
    return f'{dots}{truth}<path class="bk-d-line" d="{lines}"/>'


def _asking(x, y, model):
    """Who asks: tokens that the model has written, one token, every cell, or learned queries."""
    if model == "dense":
        return feature_map(x - 3, y + 3)
    return tokens(x, y, width=30, height={"vit": 10}.get(model, 36), rows={"vit": 1, "lstr": 3}.get(model, 4))


def _wide(words, lit):
    on = lit_parts(lit)
    parts = [group(True, *(text(x, 18, said, "name") for x, said in zip((200, 332, 466, 652), words["columns"], strict=True)))]
    for i, (model, (read, paired)) in enumerate(MODELS.items()):
        y, (said_in, mix, said_asks, said_paired) = 58 + 76 * i, words[model]
        parts.append(group(
            on(model), text(6, y + 5, words["names"][model], "name", left=True), _tokens_in(200, y, read),
            text(200, y + 36, said_in, "shape"),
            arrow((252, y), (278, y)), operation(332, y, mix, width=108), arrow((386, y), (438, y)), _asking(466, y, model),
            text(466, y + 36, said_asks, "shape"), arrow((494, y), (614, y)), _pairs(652, y, paired),
            text(652, y + 36, said_paired, "shape")))
    return 752, 562, parts


def _narrow(words, lit):
    """The same for a page 340 pixels wide, each name above its model."""
    on, parts = lit_parts(lit), []
    for i, (model, (read, paired)) in enumerate(MODELS.items()):
        y, (said_in, mix, said_asks, said_paired) = 46 + 122 * i, words[model]
        parts.append(group(
            on(model), text(6, y - 28, words["names"][model], "name", left=True), _tokens_in(54, y, read), arrow((104, y), (114, y)),
            operation(162, y, mix, width=94), arrow((210, y), (222, y)), _asking(242, y, model), arrow((264, y), (278, y)),
            _pairs(310, y, paired), text(6, y + 38, said_in, "shape", left=True), text(150, y + 38, said_asks, "shape", left=True),
            text(150, y + 56, said_paired, "shape", left=True)))
    return 344, 844, parts


DRAWING = {"parts": tuple(MODELS), "layouts": {"large": {"wide": _wide, "narrow": _narrow}}, "shapes": {}}
