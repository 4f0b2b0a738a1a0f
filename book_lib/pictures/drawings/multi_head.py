"""Multi-head attention (Vaswani et al. 2017, section 3.2.2) with two of its h heads: project, attend in each head, concatenate and mix."""

from book_lib.pictures.drawing import arrow, group, line, lit_parts, operation, projection, text, tokens

SHAPES = {
    "X": "[n, d_model]", "W_Q": "[d_model, h·d_k]", "W_K": "[d_model, h·d_k]", "W_V": "[d_model, h·d_k]", "W_O": "[h·d_k, d_model]",
    "Q": "[n, h·d_k]", "K": "[n, h·d_k]", "V": "[n, h·d_k]", "head": "[n, d_k]", "concatenated": "[n, h·d_k]", "output": "[n, d_model]",
}


def _wide(words, lit):
    """From left to right; between the projections and the heads runs one line each for queries, keys and values."""
    on, top, low = lit_parts(lit), 84, 224
    parts = [group(on("project"), tokens(46, 154), text(46, 124, words["X"], "name"), text(46, 191, SHAPES["X"], "shape"),
                   line((86, 54), (86, 254)))]
    for y, letter, role in ((54, "Q", "q"), (154, "K", "k"), (254, "V", "v")):
        matrix = f"W_{letter}"
        parts += [
            group(on("project"), arrow((70 if letter == "K" else 86, y), (116, y))),
            group(on("project"), projection(138, y, matrix), arrow((160, y), (190, y)), role=role),
            group(on("project"), text(138, y + 36, SHAPES[matrix], "shape")),
            group(on("project", "heads"), tokens(222, y, width=64, columns=2), text(222, y - 30, words[letter], "name"), role=role),
            group(on("project", "heads"), text(232, y + 37, SHAPES[letter], "shape"))]
    lines = ((282, "q", 54, (54, low - 13), -13), (294, "k", 154, (top, low), 0), (306, "v", 254, (top + 13, 254), 13))
    for bus, role, y, ends, shift in lines:
        parts.append(group(on("heads"), line((254, y), (bus, y)), line((bus, ends[0]), (bus, ends[1])),
                           *(arrow((bus, head + shift), (336, head + shift)) for head in (top, low)), role=role))
    for y, name in ((top, "head 1"), (low, "head 2")):
        parts += [
            group(on("heads"), operation(382, y, words[name], width=92, height=52), arrow((428, y), (456, y))),
            group(on("heads", "mix"), tokens(472, y, width=32), text(472, y + 37, SHAPES["head"], "shape"))]
    parts += [
        group(on("heads"), text(382, top + 46, words["each"]), text(382, 158, words["more"])),
        group(on("mix"), arrow((488, top), (566, top), (566, 132)), arrow((488, low), (566, low), (566, 176))),
        group(on("mix"), tokens(566, 154, width=64, columns=2), text(574, 212, words["concatenated"], "name", left=True),
              text(574, 229, SHAPES["concatenated"], "shape", left=True), arrow((598, 154), (618, 154))),
        group(on("mix"), projection(640, 154, "W_O"), text(640, 105, SHAPES["W_O"], "shape"), arrow((662, 154), (682, 154))),
        group(on("mix"), tokens(706, 154), text(706, 124, words["output"], "name"), text(706, 191, SHAPES["output"], "shape"))]
    return 760, 304, parts


def _narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on, left, right = lit_parts(lit), 92, 262
    parts = [group(on("project"), tokens(150, 44), text(150, 14, words["X"], "name"), text(180, 48, SHAPES["X"], "shape", left=True),
                   line((46, 86), (254, 86)))]
    for x, letter, role in ((46, "Q", "q"), (150, "K", "k"), (254, "V", "v")):
        parts += [
            group(on("project"), arrow((x, 66 if letter == "K" else 86), (x, 106))),
            group(on("project"), projection(x, 125, f"W_{letter}", towards="down"), arrow((x, 144), (x, 172)), role=role),
            group(on("project", "heads"), tokens(x, 194, width=40, columns=2), text(x + 24, 191, letter, "name", left=True), role=role),
            group(on("project", "heads"), text(x + 24, 208, SHAPES[letter], "shape", left=True))]
    for x, role, bus, shift in ((46, "q", 240, -14), (150, "k", 252, 0), (254, "v", 264, 14)):
        ends = min(x, left + shift), max(x, right + shift)
        parts.append(group(on("heads"), line((x, 216), (x, bus)), line((ends[0], bus), (ends[1], bus)),
                           *(arrow((head + shift, bus), (head + shift, 294)) for head in (left, right)), role=role))
    for x, name in ((left, "head 1"), (right, "head 2")):
        parts += [
            group(on("heads"), operation(x, 318, words[name], width=92, height=48), arrow((x, 342), (x, 366))),
            group(on("heads", "mix"), tokens(x, 388, width=32), text(x + 22, 393, SHAPES["head"], "shape", left=True))]
    parts += [
        group(on("heads"), text(177, 357, words["more"])),
        group(on("mix"), arrow((left, 410), (left, 462), (145, 462)), arrow((right, 410), (right, 462), (209, 462))),
        group(on("mix"), tokens(177, 462, width=64, columns=2), text(215, 486, words["concatenated"], "name", left=True),
              text(215, 503, SHAPES["concatenated"], "shape", left=True), arrow((177, 484), (177, 516))),
        group(on("mix"), projection(177, 535, "W_O", towards="down"), text(207, 540, SHAPES["W_O"], "shape", left=True),
              arrow((177, 554), (177, 578))),
        group(on("mix"), tokens(177, 600), text(207, 597, words["output"], "name", left=True),
              text(207, 614, SHAPES["output"], "shape", left=True))]
    return 344, 630, parts


def _strip(words, lit):
    """The stations in a row, for the head of a section."""
    on = lit_parts(lit)
    parts = [group(on("project"), tokens(22, 31, width=26, height=40), text(24, 76, words["tokens"]), arrow((35, 31), (60, 31)))]
    for y, letter, role in ((11, "Q", "q"), (31, "K", "k"), (51, "V", "v")):
        parts.append(group(on("project", "heads"), tokens(76, y, width=32, height=18, rows=1), text(76, y + 5, letter, "name"), role=role))
    parts.append(group(on("heads"), *(line((92, y), (103, y)) for y in (11, 31, 51)), line((103, 11), (103, 51))))
    for y, name in ((14, "head 1"), (48, "head 2")):
        parts += [
            group(on("heads"), arrow((103, y), (116, y)), operation(147, y, words[name], width=62, height=26)),
            group(on("heads", "mix"), arrow((178, y), (196, y)), tokens(206, y, width=20, height=26))]
    parts += [
        group(on("mix"), arrow((216, 31), (232, 31)), tokens(250, 31, width=36, height=30, columns=2), text(228, 76, words["concatenated"]),
              arrow((268, 31), (280, 31))),
        group(on("mix"), projection(298, 31, "W_O", width=36, height=34), arrow((316, 31), (328, 31))),
        group(on("mix"), tokens(341, 31, width=26, height=40), text(330, 76, words["output"]))]
    return 356, 82, parts


DRAWING = {
    "parts": ("project", "heads", "mix"),
    "layouts": {"large": {"wide": _wide, "narrow": _narrow}, "small": {"strip": _strip}},
    "shapes": SHAPES,
}
