"""Interactive figure: how the columns of a query are dealt out to the heads, and what a wrong view does."""

from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, is_words, labels, module_source, wrong_trait


class SplitMerge(InteractiveFigure):
    """A query [n, d] split into heads, number by number, by view and transpose or (wrongly) by one view.

    tokens [n] words; width d; n_heads, a divisor of d; at_once: the wrong way; picked: [word, channel], the number that is followed.
    Raises ValueError for wrong traits.
    """

    name = "split_merge"
    height = (940, 1430)
    _esm = module_source(name)

    tokens = Checked(["animal", "road", "it", "tired"], lambda words: is_words(words, 2, 6), "a list of 2 to 6 words")
    width = Checked(8, lambda width: is_whole(width, 2, 12), "a whole number from 2 to 12")
    n_heads = Checked(2, lambda n_heads: is_whole(n_heads, 1, 6), "a whole number from 1 to 6 that divides the width")
    at_once = Checked(False, lambda on: isinstance(on, bool), "True or False")
    picked = Checked([2, 5], lambda p: len(p) == 2 and is_whole(p[0], 0, 5) and is_whole(p[1], 0, 11), "[word, channel]")

    def require_agreement(self) -> None:
        if self.width % self.n_heads:
            raise wrong_trait(self, "n_heads", self.n_heads, f"a divisor of the width {self.width}")
        if self.picked[0] >= len(self.tokens) or self.picked[1] >= self.width:
            raise wrong_trait(self, "picked", self.picked, f"one of {len(self.tokens)} words and one of {self.width} channels")

    def destination(self, token: int, channel: int) -> list[int]:
        """Where a number of the query goes: [head, row, column]."""
        n, narrow = len(self.tokens), self.width // self.n_heads
        flat = token * self.width + channel
        return [flat // (n * narrow), flat // narrow % n, flat % narrow] if self.at_once else [channel // narrow, token, channel % narrow]

    def misplaced(self) -> int:
        """How many numbers stand in the row of another word."""
        return sum(self.destination(t, c)[1] != t for t in range(len(self.tokens)) for c in range(self.width))

    def sentence(self) -> str:
        token, channel = self.picked
        head, row, _ = self.destination(token, channel)
        return fill(
            labels(self.name)["readout"],
            misplaced=self.misplaced(),
            all=len(self.tokens) * self.width,
            channel=channel + 1,
            word=self.tokens[token],
            head=head + 1,
            row=self.tokens[row],
        )

    def picture(self) -> str:
        words, n, narrow = labels(self.name), len(self.tokens), self.width // self.n_heads
        grids = [[[""] * narrow for _ in self.tokens] for _ in range(self.n_heads)]
        whole = [["" for _ in range(self.width)] for _ in self.tokens]
        for t in range(n):
            for c in range(self.width):
                head, row, column = self.destination(t, c)
                kind = f"bk-number bk-head-{c // narrow + 1}"
                whole[t][c] = f'<td><span class="{kind}">{t + 1}·{c + 1}</span></td>'
                grids[head][row][column] = f'<td><span class="{kind}{"" if row == t else " bk-stranger"}">{t + 1}·{c + 1}</span></td>'
        tables = "".join(self._table(fill(words["head"], head=i + 1, n=n, dh=narrow), grid) for i, grid in enumerate(grids))
        code = escape(fill(words["code"][self.at_once], n=n, h=self.n_heads, dh=narrow))
        upper = self._table(fill(words["whole"], n=n, d=self.width), whole)
        return f'<div class="bk-scroll">{upper}</div><p class="bk-code"><code>{code}</code></p><div class="bk-parts">{tables}</div>'

    def _table(self, caption: str, rows: list[list[str]]) -> str:
        body = "".join(
            f'<tr><th scope="row">{escape(word)}</th>{"".join(cells)}</tr>' for word, cells in zip(self.tokens, rows, strict=True)
        )
        return f'<table class="bk-split"><caption>{escape(caption)}</caption><tbody>{body}</tbody></table>'
