"""Interactive figure: the causal mask, and which predictions are spoiled when cells of it are opened."""

from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_matrix, is_whole, is_words, labels, module_source, wrong_trait

WORDS = ["<start>", "the", "road", "was", "too", "wide", "<end>"]
CLEAN, FUTURE, ANSWER = 0, 1, 2                                              # what a place knows of the words it must not know
DEEPEST = 4


def causal(n: int) -> list[list[int]]:
    """The mask [n, n] of a decoder: row t may see columns 0 … t."""
    return [[int(j <= i) for j in range(n)] for i in range(n)]


def opened(n: int, *cells: tuple[int, int]) -> list[list[int]]:
    """The causal mask [n, n] with these cells (row, column) turned over."""
    return [[x ^ ((i, j) in cells) for j, x in enumerate(row)] for i, row in enumerate(causal(n))]


def is_mask(rows) -> bool:
    return is_matrix(rows, len(rows)) and all(is_whole(x, 0, 1) for row in rows for x in row)


class CausalMask(InteractiveFigure):
    """A decoder's mask to open and close cell by cell: what can reach each place through layers of self-attention with residuals.

    words [3 to 7]: <start>, the sentence, <end>; place t is to predict word t + 1. mask [n, n], n = number of words - 1, 1 = may be seen;
    layers: 1 to 4; shifted: whether place t is given word t, or else the very word it is to predict. Raises ValueError for wrong traits.
    """

    name = "causal_mask"
    height = (895, 1575)
    _esm = module_source(name)

    words = Checked(WORDS, lambda words: is_words(words, 3, 7), "a list of 3 to 7 words, <start> and <end> included")
    mask = Checked(opened(6, (1, 4)), lambda rows: 2 <= len(rows) <= 6 and is_mask(rows), "a square of 2 to 6 rows of 0 and 1")
    layers = Checked(1, lambda layers: is_whole(layers, 1, DEEPEST), f"a whole number from 1 to {DEEPEST}")
    shifted = Checked(True, lambda shifted: isinstance(shifted, bool), "True or False")

    def require_agreement(self) -> None:
        n = len(self.words) - 1
        if len(self.mask) != n:
            raise wrong_trait(self, "mask", self.mask, f"{n} rows of {n} cells, one for each word but the last")

    @property
    def inputs(self) -> list[str]:
        """The word each place is given."""
        return self.words[:-1] if self.shifted else self.words[1:]

    def reach(self) -> list[list[int]]:
        """Which inputs [n, n] can reach which outputs: paths of at most `layers` open cells; the residual always keeps a place's own."""
        places = range(len(self.mask))
        reached = [[int(i == j) for j in places] for i in places]
        for _ in range(self.layers):
            reached = [[int(reached[i][j] or any(self.mask[i][k] and reached[k][j] for k in places)) for j in places] for i in places]
        return reached

    def known(self) -> list[int]:
        """For each place: CLEAN, FUTURE where it knows a later word than the one it is to predict, ANSWER where it knows that very word."""
        first = 1 if self.shifted else 0                                     # the input in column t + first is the answer of place t
        unwritten = [row[t + first :] for t, row in enumerate(self.reach())]
        return [ANSWER if any(row[:1]) else FUTURE if any(row) else CLEAN for row in unwritten]

    def blind(self) -> list[int]:
        """The places whose row is closed altogether."""
        return [i for i, row in enumerate(self.mask) if not any(row)]

    def sentence(self) -> str:
        words, known = labels(self.name), self.known()
        spoiled = [f"“{self.words[t + 1]}”" for t in range(len(known)) if known[t]]
        layers = words["oneLayer"] if self.layers == 1 else fill(words["someLayers"], layers=self.layers)
        template = "readoutClean" if not spoiled else "readoutAll" if not self.shifted else "readoutOne" if len(spoiled) == 1 else "readout"
        first = fill(words[template], layers=layers, words=", ".join(spoiled), count=len(spoiled), n=len(known), copied=known.count(ANSWER))
        return f"{first} {words['readoutBlind']}" if self.blind() else first

    def verdicts(self) -> list[str]:
        words = labels(self.name)
        return [words["verdicts"][known] for known in self.known()]

    def picture(self) -> str:
        words, rows = labels(self.name), ""
        marks = words["marks"]
        for t, (row, reached, verdict) in enumerate(zip(self.mask, self.reach(), self.verdicts(), strict=True)):
            cells = "".join(f"<td>{marks['open' if x else 'closed']}</td>" for x in row)
            later = t + (1 if self.shifted else 0)
            ends = "".join(f"<td>{marks['closed' if not x else 'leak' if j >= later else 'open']}</td>" for j, x in enumerate(reached))
            rows += (
                f'<tr><th scope="row">{escape(self.inputs[t])}</th>{cells}{ends}'
                f"<td>{escape(self.words[t + 1])}</td><td>{escape(verdict)}</td></tr>"
            )
        heads = "".join(f'<th scope="col">{escape(word)}</th>' for word in self.inputs)
        reach = escape(fill(words["reachTitle"], layers=self.layers))
        n = len(self.mask)
        return (
            f'<div class="bk-scroll"><table><thead><tr><td></td><th scope="colgroup" colspan="{n}">{escape(words["maskTitle"])}</th>'
            f'<th scope="colgroup" colspan="{n}">{reach}</th><td></td><td></td></tr><tr><td></td>{heads}{heads}'
            f'<th scope="col">{escape(words["predicts"])}</th><th scope="col">{escape(words["verdict"])}</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )
