"""The fonts that pages bring along, cut to what the book writes with: what `make book` does with the fonts it has fetched.

A sans for the interface and the figures, its weights 400 to 700 in one file, a mono for code, and the few signs that both lack. Together
they may weigh 80 kB. Chinese is left to the reader's machine, as everywhere on the web: a Chinese font has megabytes.
"""

import io

LATIN = "\u0020-\u007e \u00a0-\u00ff łŁıœŒšŠžŽčČőŐ \u2010-\u2015 \u2018-\u201e \u2020-\u2022 …‰′″‹›€™"
PINYIN = "āēīōūǖĀĒĪŌŪǕ áéíóúǘ ǎěǐǒǔǚǍĚǏǑǓǙ àèìòùǜ ńňǹḿüÜ"
GREEK = "\u0391-\u03a1 \u03a3-\u03a9 \u03b1-\u03c9 ϑϕϵ"
RAISED_AND_LOWERED = "⁰ⁱ⁴-⁹⁺⁻⁼⁽⁾ⁿ ₀-₉₊₋₌₍₎ ₐₑₒₓₕₖₗₘₙₚₛₜⱼᵢʲᵀ"
ARROWS = "←-↙ ⇐⇒⇔ ↦"
OPERATORS = "∂∇∈∉∅∑∏−∘√∞∥‖∩∪∀∃∼≈≠≡≤≥≪≫⊂⊆⊕⊖⊗⊙⊤⊥⋅⋯⌈⌉⌊⌋⟨⟩∝¬±×÷·"
SHAPES = "■□▪▫▲△▼▽▶◀◆◇●○◦★☆✓✗"
WRITTEN = " ".join([LATIN, PINYIN, GREEK, RAISED_AND_LOWERED, ARROWS, OPERATORS, SHAPES])
# Of each file: the name of the font made of it, and the weights it keeps.
CUTS = {
    "SourceSans3VF-Upright.ttf": ("source-sans-3.woff2", {"wght": (400, 700)}),
    "SourceCodeVF-Upright.ttf": ("source-code-pro.woff2", {"wght": 400}),
    "DejaVuSans.ttf": ("signs.woff2", {}),
}
SIGNS = " ".join([RAISED_AND_LOWERED, ARROWS, OPERATORS, SHAPES, "\u2011"])


def characters(ranges):
    """The code points of a string in which a hyphen stands for all from its left to its right: "a-c ·" -> {a, b, c, ·, blank}."""
    points, place = {ord(" ")}, 0
    while place < len(ranges):
        if ranges[place + 1 : place + 2] == "-" and place + 2 < len(ranges):
            points.update(range(ord(ranges[place]), ord(ranges[place + 2]) + 1))
            place += 3
        else:
            points.add(ord(ranges[place]))
            place += 1
    return points


def cut(name, content):
    """Cut one TrueType file, given by name and bytes, to the book's characters. Returns (name of the new file, bytes of a woff2 font)."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib.instancer import instantiateVariableFont

    new_name, weights = CUTS[name]
    font = TTFont(io.BytesIO(content), recalcTimestamp=False)
    options = Options(layout_features=["kern", "mark", "mkmk", "ccmp", "locl", "tnum"], hinting=False, name_IDs=[0, 1, 2, 13, 14])
    options.drop_tables += ["FFTM"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=wanted_of(name))
    subsetter.subset(font)
    if weights:
        font = instantiateVariableFont(font, weights)
    font.flavor, made = "woff2", io.BytesIO()
    font.save(made)
    return new_name, made.getvalue()


def wanted_of(name):
    """The code points that the font made of a file should have, as far as the file has them."""
    return characters(SIGNS if name == "DejaVuSans.ttf" else WRITTEN)
