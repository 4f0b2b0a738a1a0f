"""Interactive figure: one row of attention in a sentence, and one in a picture. It stands on the book's cover."""

import math
from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_matrix, is_whole, is_words, labels, module_source, number, wrong_trait
from book_lib.widgets.running_example import TOKENS, attend, projections

WEIGHTS = attend(**projections(TOKENS))["weights"]
PALETTE = {"s": (150, 200, 232), "y": (247, 214, 92), "h": (110, 166, 140), "g": (150, 184, 86), "b": (150, 78, 40), "r": (128, 126, 140)}
SCENE = ["ssssssssssss", "sssssssssyys", "sssssssssyys", "hhhsssssssss", "hhhhhhssshhh", "ggggbggggbgg", "gggbbbbbbggg", "rrrrbbbbbrrr", "rrrrbrrrbrrr"]
LENGTH = 4          # of every query and key in the picture
WIDTH, PATCH, THICK, ROW, ABOVE = 360, 30, 26, 46, 150
LONGEST_LINE = 6    # words; more of them stand below each other


def scene_weights(scene: list[str]) -> list[list[float]]:
    """Attention [patches, patches] of a picture whose patches have one feature, their colour.

    Query and key of a patch are its colour minus the mean colour of the picture, scaled to LENGTH.
    """
    pixels = [PALETTE[letter] for row in scene for letter in row]
    mean = [sum(pixel[c] for pixel in pixels) / len(pixels) for c in range(3)]
    centred = [[pixel[c] - mean[c] for c in range(3)] for pixel in pixels]
    features = [[LENGTH * x / (math.hypot(*pixel) or 1) for x in pixel] for pixel in centred]
    return attend(features, features, features)["weights"]


def is_scene(scene) -> bool:
    return all(isinstance(row, str) and 2 <= len(row) == len(scene[0]) <= 16 and set(row) <= set(PALETTE) for row in scene) and len(scene) <= 12


def is_weights(value) -> bool:
    return is_matrix(value, len(value), 0, 1) and all(abs(sum(row) - 1) < 0.01 for row in value)


class SentenceArcs(InteractiveFigure):
    """Arcs from one word to all words, as thick as its attention weights; beside them the same formula over the patches of a picture.

    tokens [n]; weights [n, n], rows sum to one; row: the word that asks; scene: rows of letters out of s y h g b r (sky, sun, hill, grass,
    animal, road), [] for no picture; patch: [row, column] of the patch that asks. Other weights than the running example's need a caption
    that says where they come from. Raises ValueError for wrong traits.
    """

    name = "sentence_arcs"
    height = (790, 1180)
    _esm = module_source(name)

    tokens = Checked(TOKENS, lambda words: is_words(words, 2, 16), "a list of 2 to 16 words")
    weights = Checked(WEIGHTS, is_weights, "a square table of numbers from 0 to 1 whose rows sum to one")
    row = Checked(2, lambda row: is_whole(row, 0, 15), "a whole number, the place of a word")
    scene = Checked(SCENE, is_scene, f"at most 12 rows of equally many letters, 2 to 16, out of {' '.join(PALETTE)}")
    patch = Checked([6, 5], lambda place: len(place) == 2 and all(is_whole(x, 0, 15) for x in place), "[row, column]")

    def __init__(self, **traits):
        super().__init__(**traits)
        if not self.scene:
            words = labels(self.name)
            self.title, self.caption = self.title or words["titleSentence"], self.caption or words["captionSentence"]

    def require_agreement(self) -> None:
        n = len(self.tokens)
        if len(self.weights) != n:
            raise wrong_trait(self, "weights", self.weights, f"a table of {n} rows and columns, one for each of the {n} tokens")
        if self.row >= n:
            raise wrong_trait(self, "row", self.row, f"a place among the {n} tokens")
        if self.weights != WEIGHTS and not self.caption:
            raise wrong_trait(self, "caption", self.caption, "a text that says where these weights come from")
        if self.scene and not (self.patch[0] < len(self.scene) and self.patch[1] < len(self.scene[0])):
            raise wrong_trait(self, "patch", self.patch, f"a place among {len(self.scene)} rows and {len(self.scene[0])} columns")

    def sentence(self) -> str:
        words, weights = labels(self.name), self.weights[self.row]
        best = max(range(len(weights)), key=weights.__getitem__)
        even = max(weights) - min(weights) < 0.005
        said = fill(words["even" if even else "most"], row=self.tokens[self.row], best=self.tokens[best], weight=number(weights[best]))
        if not self.scene:
            return said
        letters, thing = "".join(self.scene), self.scene[self.patch[0]][self.patch[1]]
        shares = [w for w, letter in zip(self._patch_weights(), letters, strict=True) if letter == thing]
        found = fill(words["found"], thing=words["things"][thing], share=number(sum(shares)), count=len(shares), n=len(letters))
        return f"{said} {found}"

    def _patch_weights(self) -> list[float]:
        return scene_weights(self.scene)[self.patch[0] * len(self.scene[0]) + self.patch[1]]

    def picture(self) -> str:
        words = labels(self.name)
        panel = '<div class="bk-panel"><p class="bk-panel-title">{}</p>{}</div>'
        panels = panel.format(escape(words["panelSentence"]), self._arcs())
        if self.scene:
            panels += panel.format(escape(words["panelPicture"]), self._scene())
        return f'<div class="bk-panels" data-panels="{2 if self.scene else 1}">{panels}</div>'

    def _arcs(self) -> str:
        n, weights = len(self.tokens), self.weights[self.row]
        upright = n > LONGEST_LINE
        step = ROW if upright else WIDTH / n
        middle, left = [step * (i + 0.5) for i in range(n)], 54
        column = max(map(text_width, self.tokens))
        high = WIDTH - left - column - 40 if upright else ABOVE

        def point(along: float, across: float) -> str:
            """A point beside the line of words; across < 0 lies on its other side, behind the words."""
            if upright:
                return f"{(left + column + across) if across >= 0 else (left + across):.1f} {along:.1f}"
            return f"{along:.1f} {(ABOVE + 8 - across) if across >= 0 else (ABOVE + 44 - across):.1f}"

        marks, tags = [], []
        for j, start in enumerate(starts(self.row, weights, middle)):
            rise = 34 + (high - 40) * abs(j - self.row) / (n - 1)
            if j == self.row:
                path = f"M{point(start - 9, -1)}C{point(start - 26, -34)} {point(start + 26, -34)} {point(start + 9, -1)}"
                tag = point(start, -26)
            else:
                path = f"M{point(start, 0)}C{point(start, rise / 0.75)} {point(middle[j], rise / 0.75)} {point(middle[j], 0)}"
                tag = point((start + middle[j]) / 2, rise)
            marks.append(
                f'<path d="{path}" style="fill:none;stroke:var(--k,#d55e00);stroke-opacity:.75;stroke-width:{max(1, THICK * weights[j]):.1f}"/>'
            )
            x, y = tag.split()
            tags.append(f'<text x="{x}" y="{float(y) + 5:.1f}" text-anchor="middle" class="bk-name">{number(weights[j])}</text>')
        names = ""
        for j, token in enumerate(self.tokens):
            wide = text_width(token)
            x, y = (left, middle[j] - 17) if upright else (middle[j] - wide / 2, ABOVE + 9)
            look = "fill:var(--q-wash,#e4f1f9);stroke:var(--q,#0072b2)" if j == self.row else f"fill:var(--k,#d55e00);fill-opacity:{weights[j] / 3:.3f}"
            names += (
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="34" rx="8" style="{look}"/>'
                f'<text x="{x + wide / 2:.1f}" y="{y + 23:.1f}" text-anchor="middle" style="font-size:16px;font-weight:600">{escape(token)}</text>'
            )
        size = (WIDTH, ROW * n) if upright else (WIDTH, ABOVE + 92)
        title = escape(fill(labels(self.name)["arcs"], row=self.tokens[self.row]))
        return f'<svg class="bk-arcs" viewBox="0 0 {size[0]} {size[1]}" role="img" aria-label="{title}">{"".join(marks + tags)}{names}</svg>'

    def _scene(self) -> str:
        rows, columns, weights = len(self.scene), len(self.scene[0]), self._patch_weights()
        patches = ""
        for i, letter in enumerate("".join(self.scene)):
            place = f'x="{i % columns * PATCH}" y="{i // columns * PATCH}" width="{PATCH + 0.4}" height="{PATCH + 0.4}"'
            veil = veil_of(weights[i], weights)
            patches += f'<rect {place} fill="rgb{PALETTE[letter]}"/><rect {place} style="fill:var(--paper,#fff)" fill-opacity="{veil:.2f}"/>'
        x, y, width, height = box_of(weights, columns)
        box = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" style="fill:none;stroke:var(--k,#d55e00);stroke-width:3;stroke-dasharray:8 5"/>'
        here = f'x="{self.patch[1] * PATCH}" y="{self.patch[0] * PATCH}" width="{PATCH}" height="{PATCH}"'
        frame = f'<rect {here} rx="3" style="fill:none;stroke:#fff;stroke-width:6"/><rect {here} rx="3" style="fill:none;stroke:var(--q,#0072b2);stroke-width:4"/>'
        title = escape(labels(self.name)["picture"])
        return f'<svg class="bk-scene" viewBox="0 0 {columns * PATCH} {rows * PATCH}" role="img" aria-label="{title}">{patches}{box}{frame}</svg>'


def text_width(token: str) -> float:
    """Width of a word's button: about 9 px a letter."""
    return max(44, 22 + 9 * len(token))


def starts(row: int, weights: list[float], middle: list[float]) -> list[float]:
    """Where each arc leaves the word that asks: side by side, so that near arcs lie inside far ones and none cross."""
    n = len(weights)
    order = [*range(row - 1, -1, -1), *range(n - 1, row, -1)]
    widths = [max(1, THICK * weights[j]) for j in order]
    at, found = middle[row] - sum(widths) / 2, {row: middle[row]}
    for j, wide in zip(order, widths, strict=True):
        found[j] = at + wide / 2
        at += wide
    return [found[j] for j in range(n)]


def veil_of(weight: float, weights: list[float]) -> float:
    """How far a patch fades into the page: not at all for the largest weight."""
    return 0.82 * (1 - math.sqrt(weight / max(weights)))


def box_of(weights: list[float], columns: int) -> tuple[int, int, int, int]:
    """x, y, width, height round the patches with more than twice their equal share."""
    held = [divmod(i, columns) for i, weight in enumerate(weights) if weight > 2 / len(weights)]
    if not held:
        return 0, 0, columns * PATCH, len(weights) // columns * PATCH
    top, bottom = min(r for r, _ in held), max(r for r, _ in held) + 1
    left, right = min(c for _, c in held), max(c for _, c in held) + 1
    return left * PATCH, top * PATCH, (right - left) * PATCH, (bottom - top) * PATCH
