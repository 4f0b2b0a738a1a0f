"""Where an attention layer can be told the order: a code on the tokens, a turn of queries and keys, a bias on the scores."""

from book_lib.pictures import drawing as d


def wide(words, lit):
    """From left to right, the attention layer in grey."""
    on = d.lit_parts(lit)
    parts = [
        d.group(False, d.tokens(46, 70), d.text(46, 40, words["X"], "name"), d.text(46, 110, "[n, d_model]", "shape")),
        d.group(on("add"), d.arrow((70, 70), (128, 70)), d.tokens(138, 150), d.text(138, 190, words["E"], "name"),
                d.text(138, 207, "[n, d_model]", "shape"), d.arrow((138, 128), (138, 80)), d.add(138, 70)),
        d.group(False, d.arrow((148, 70), (206, 70)), d.line((188, 22), (188, 196)), d.arrow((188, 22), (206, 22)),
                d.arrow((188, 196), (206, 196)), d.projection(228, 22, "W_Q"), d.projection(228, 70, "W_K"), d.projection(228, 196, "W_V"))]
    for y in (22, 70):
        parts.append(d.group(on("turn"), d.arrow((250, y), (266, y)), d.operation(328, y, words["turn"], width=124)))
    parts += [
        d.group(False, d.arrow((390, 70), (430, 70)), d.arrow((390, 22), (456, 22), (456, 56)), d.operation(456, 70, "Q Kᵀ"),
                d.arrow((482, 70), (518, 70))),
        d.group(on("bias"), d.add(528, 70), d.tokens(528, 136, width=44, columns=4), d.arrow((528, 114), (528, 80)),
                d.text(558, 132, words["bias"], "name", left=True), d.text(558, 148, "[n, n]", "shape", left=True)),
        d.group(False, d.arrow((538, 70), (560, 70)), d.operation(598, 70, words["softmax"], width=76),
                d.arrow((636, 70), (684, 70), (684, 182)), d.arrow((250, 196), (632, 196)),
                d.operation(684, 196, words["of weights"], width=104))]
    return 752, 220, parts


def narrow(words, lit):
    """The same from top to bottom, for a page 340 pixels wide."""
    on = d.lit_parts(lit)
    parts = [
        d.group(False, d.tokens(120, 44), d.text(120, 14, words["X"], "name"), d.text(198, 48, "[n, d_model]", "shape")),
        d.group(on("add"), d.arrow((120, 66), (120, 98)), d.add(120, 108), d.tokens(276, 44), d.text(276, 14, words["E"], "name"),
                d.arrow((276, 66), (276, 108), (130, 108))),
        d.group(False, d.arrow((120, 118), (120, 160)), d.line((52, 138), (248, 138)), d.arrow((52, 138), (52, 160)),
                d.arrow((248, 138), (248, 160)))]
    parts += [d.group(False, d.projection(x, 179, f"W_{letter}", towards="down")) for x, letter in ((52, "Q"), (120, "K"), (248, "V"))]
    parts += [d.group(on("turn"), d.arrow((x, 198), (x, 218)), d.operation(x, 232, words["turned"], width=54)) for x in (52, 120)]
    parts += [
        d.group(on("turn"), d.text(153, 237, words["by"], left=True)),
        d.group(False, d.arrow((120, 246), (120, 276)), d.arrow((52, 246), (52, 290), (94, 290)), d.operation(120, 290, "Q Kᵀ"),
                d.arrow((120, 304), (120, 326))),
        d.group(on("bias"), d.add(120, 336), d.tokens(52, 336, width=44, columns=4), d.arrow((74, 336), (110, 336)),
                d.text(52, 376, words["bias"], "name"), d.text(52, 392, "[n, n]", "shape")),
        d.group(False, d.arrow((120, 346), (120, 384)), d.operation(120, 398, words["softmax"], width=76), d.arrow((120, 412), (120, 436)),
                d.arrow((248, 198), (248, 450), (172, 450)), d.operation(120, 450, words["of weights"], width=104))]
    return 344, 474, parts


def strip(words, lit):
    """The three places in a row, for the head of a section."""
    on = d.lit_parts(lit)
    small = {"width": 24, "height": 30}
    parts = [
        d.group(False, d.tokens(16, 24, **small), d.arrow((28, 24), (46, 24))),
        d.group(on("add"), d.add(56, 24), d.text(56, 66, words["sum"])),
        d.group(False, d.arrow((66, 24), (88, 24)), d.projection(110, 24, "W_Q", height=32)),
        d.group(on("turn"), d.arrow((132, 24), (152, 24)), d.operation(180, 24, words["turned"], width=54),
                d.text(180, 66, words["which"])),
        d.group(False, d.arrow((207, 24), (228, 24)), d.tokens(243, 24, width=30, height=30, columns=4), d.arrow((258, 24), (280, 24))),
        d.group(on("bias"), d.add(290, 24), d.text(290, 66, words["bias"])),
        d.group(False, d.arrow((300, 24), (322, 24)), d.tokens(336, 24, width=26, height=30, columns=4))]
    return 356, 74, parts


DRAWING = {
    "parts": ("add", "turn", "bias"),
    "layouts": {"large": {"wide": wide, "narrow": narrow}, "small": {"strip": strip}},
    "shapes": {"tokens": "[n, d_model]", "bias": "[n, n]"},
}
