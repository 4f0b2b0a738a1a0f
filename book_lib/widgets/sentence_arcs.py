"""Interactive figure: one row of attention in a sentence, and one in a picture. It stands on the book's cover."""

import math
from html import escape

from book_lib.widgets.base import (
    Checked,
    InteractiveFigure,
    fill,
    is_matrix,
    is_whole,
    is_words,
    labels,
    module_source,
    number,
    wrong_trait,
)
from book_lib.widgets.running_example import SENTENCE, TOKENS, attend, projections

NODES = [SENTENCE.index(token) for token in TOKENS]
WEIGHTS = attend(**projections(TOKENS))["weights"]
PALETTE = {"s": (150, 200, 232), "y": (247, 214, 92), "h": (110, 166, 140), "g": (150, 184, 86), "b": (150, 78, 40), "r": (128, 126, 140)}
SCENE = [
    "ssssssssssssssssssss",
    "ssssssssssssbsssyyss",
    "sshhhsssssssbbbsyyss",
    "shhhhhhsssssbbbsshhh",
    "hhhhhhbbbbbbbbshhhhh",
    "ggggggbbbbbbbggggggg",
    "ggggggbgbggbgbgggggg",
    "rrrrrrbrbrrbrbrrrrrr",
    "rrrrrrrrrrrrrrrrrrrr",
]
LENGTH = 4          # of every query and key in the picture
PATCH, THICK, WIDTH, ABOVE = 30, 17, 736, 150


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
    rows = all(isinstance(row, str) and 2 <= len(row) == len(scene[0]) <= 24 and set(row) <= set(PALETTE) for row in scene)
    return len(scene) <= 12 and rows


def is_weights(value) -> bool:
    return is_matrix(value, len(value), 0, 1) and all(abs(sum(row) - 1) <= 0.01 for row in value)


def is_nodes(value) -> bool:
    return len(value) >= 2 and all(is_whole(place, 0, 39) for place in value) and list(value) == sorted(set(value))


class SentenceArcs(InteractiveFigure):
    """Arcs from one word to the others, as thick as its attention weights; below, the same formula over the patches of a picture.

    tokens: the sentence; nodes [n]: the places of the words that take part; weights [n, n], rows sum to one; row: the word that asks,
    a place among the nodes; scene: rows of letters out of s y h g b r (sky, sun, hills, grass, animal, road), [] for no picture; patch:
    [row, column] of the patch that asks. Other weights than the running example's need a caption that says where they come from.
    Raises ValueError for wrong traits.
    """

    name = "sentence_arcs"
    height = (920, 1230)
    _esm = module_source(name)

    tokens = Checked(SENTENCE, lambda words: is_words(words, 2, 40), "a list of 2 to 40 words")
    nodes = Checked(NODES, is_nodes, "rising places of at least two words")
    weights = Checked(WEIGHTS, is_weights, "a square table of numbers from 0 to 1 whose rows sum to one")
    row = Checked(2, lambda row: is_whole(row, 0, 39), "a whole number, a place among the nodes")
    scene = Checked(SCENE, is_scene, f"at most 12 rows of equally many letters, 2 to 24, out of {' '.join(PALETTE)}")
    patch = Checked([4, 9], lambda place: len(place) == 2 and all(is_whole(x, 0, 23) for x in place), "[row, column]")

    def __init__(self, **traits):
        super().__init__(**traits)
        if not self.scene:
            words = labels(self.name)
            self.title, self.caption = self.title or words["titleSentence"], self.caption or words["captionSentence"]

    def require_agreement(self) -> None:
        n = len(self.nodes)
        if self.nodes[-1] >= len(self.tokens):
            raise wrong_trait(self, "nodes", self.nodes, f"places among the {len(self.tokens)} tokens")
        if len(self.weights) != n:
            raise wrong_trait(self, "weights", self.weights, f"a table of {n} rows and columns, one for each of the {n} nodes")
        if self.row >= n:
            raise wrong_trait(self, "row", self.row, f"a place among the {n} nodes")
        if self.weights != WEIGHTS and not self.caption:
            raise wrong_trait(self, "caption", self.caption, "a text that says where these weights come from")
        if self.scene and not (self.patch[0] < len(self.scene) and self.patch[1] < len(self.scene[0])):
            raise wrong_trait(self, "patch", self.patch, f"a place among {len(self.scene)} rows and {len(self.scene[0])} columns")

    def sentence(self) -> str:
        words, own, names = labels(self.name), self.weights[self.row], [self.tokens[place] for place in self.nodes]
        best = own.index(max(own))
        even = all(abs(weight - own[0]) < 0.005 for weight in own)
        said = fill(words["even" if even else "most"], row=names[self.row], best=names[best], weight=number(own[best]))
        if not self.scene:
            return said
        letters, thing = "".join(self.scene), self.scene[self.patch[0]][self.patch[1]]
        shares = [weight for weight, letter in zip(self.patch_weights(), letters, strict=True) if letter == thing]
        found = fill(words["found"], thing=words["things"][thing], share=number(sum(shares)), count=len(shares), n=len(letters))
        return f"{said} {found}"

    def patch_weights(self) -> list[float]:
        """The weights of the patch that asks, row by row of the picture."""
        return scene_weights(self.scene)[self.patch[0] * len(self.scene[0]) + self.patch[1]]

    def picture(self) -> str:
        return self._arcs() + (self._scene() if self.scene else "")

    def _arcs(self) -> str:
        own, wide = self.weights[self.row], [16 + 8.6 * len(token) for token in self.tokens]
        scale, gap = max(1, (sum(wide) + 4 * len(wide)) / WIDTH), max(4, (WIDTH - sum(wide)) / max(1, len(wide) - 1))
        middle = [sum(wide[:i]) + gap * i + wide[i] / 2 for i in range(len(wide))]
        along, shift = [middle[place] for place in self.nodes], offsets(self.row, own)
        names = "".join(
            f'<text x="{x:.1f}" y="{ABOVE + 22}" text-anchor="middle" style="font-size:16px;{self._look(i)}">{escape(token)}</text>'
            for i, (x, token) in enumerate(zip(middle, self.tokens, strict=True))
        )
        marks = ""
        for j, weight in enumerate(own):
            a, b = (along[j] - 13, along[j] + 13) if j == self.row else (along[self.row] + shift[j], along[j])
            rise = (34 if j == self.row else 34 + (ABOVE - 52) * abs(b - a) / (along[-1] - along[0])) / 0.75
            top, thick, strong = ABOVE - rise, 0.8 + THICK * weight, 0.35 + 0.6 * math.sqrt(weight)
            marks += (
                f'<path d="M{a:.1f} {ABOVE}C{a:.1f} {top:.1f} {b:.1f} {top:.1f} {b:.1f} {ABOVE}" '
                f'style="fill:none;stroke:var(--k,#d55e00);stroke-opacity:{strong:.2f};stroke-width:{thick:.1f}"/>'
                f'<text x="{along[j]:.1f}" y="{ABOVE + 44}" text-anchor="middle" '
                f'style="font-size:13px;fill:var(--k-text,#a84a00)">{number(weight)}</text>'
            )
        title = escape(fill(labels(self.name)["arcs"], row=self.tokens[self.nodes[self.row]]))
        return f'<svg viewBox="0 0 {WIDTH * scale:.0f} {ABOVE + 54}" width="100%" role="img" aria-label="{title}">{marks}{names}</svg>'

    def _look(self, place: int) -> str:
        if place not in self.nodes:
            return "fill:var(--soft,#57606a)"
        return "font-weight:650" + (";fill:var(--q-text,#00639b)" if place == self.nodes[self.row] else "")

    def _scene(self) -> str:
        rows, columns, weights = len(self.scene), len(self.scene[0]), self.patch_weights()
        patches = ""
        for i, letter in enumerate("".join(self.scene)):
            place = f'x="{i % columns * PATCH}" y="{i // columns * PATCH}" width="{PATCH + 0.4}" height="{PATCH + 0.4}"'
            veil = 0.66 * (1 - math.sqrt(weights[i] / max(weights)))
            colour = f'fill="rgb{PALETTE[letter]}"'
            patches += f'<rect {place} {colour}/><rect {place} style="fill:var(--paper,#fff)" fill-opacity="{veil:.2f}"/>'
        x, y, width, height = box_of(weights, columns)
        box = (
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" '
            'style="fill:none;stroke:var(--k,#d55e00);stroke-width:3;stroke-dasharray:9 5"/>'
        )
        here = f'x="{self.patch[1] * PATCH}" y="{self.patch[0] * PATCH}" width="{PATCH}" height="{PATCH}" rx="3"'
        rims = (("var(--paper,#fff)", 8), ("var(--q,#0072b2)", 4))
        frame = "".join(f'<rect {here} style="fill:none;stroke:{colour};stroke-width:{wide}"/>' for colour, wide in rims)
        title, size = escape(labels(self.name)["picture"]), f"0 0 {columns * PATCH} {rows * PATCH}"
        return f'<svg class="bk-scene" viewBox="{size}" role="img" aria-label="{title}">{patches}{box}{frame}</svg>'


def offsets(row: int, weights: list[float]) -> dict[int, float]:
    """How far from its middle each arc leaves the word that asks: side by side, near arcs inside far ones, none crossing."""
    order = [*range(row - 1, -1, -1), *range(len(weights) - 1, row, -1)]
    wide = {j: 0.8 + THICK * weights[j] for j in order}
    at, found = -sum(wide.values()) / 2, {}
    for j in order:
        found[j] = at + wide[j] / 2
        at += wide[j]
    return found


def box_of(weights: list[float], columns: int) -> tuple[int, int, int, int]:
    """x, y, width, height round the patches with more than twice their equal share; round all where there is none."""
    held = [divmod(i, columns) for i, weight in enumerate(weights) if weight > 2 / len(weights)]
    if not held:
        return 0, 0, columns * PATCH, len(weights) // columns * PATCH
    top, bottom = min(r for r, _ in held), max(r for r, _ in held) + 1
    left, right = min(c for _, c in held), max(c for _, c in held) + 1
    return left * PATCH, top * PATCH, (right - left) * PATCH, (bottom - top) * PATCH
