"""Interactive figure: take heads out of a trained layer and see what it can no longer do."""

from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, is_words, labels, module_source, number, wrong_trait


def is_table(value) -> bool:
    return len(value) in {2**n for n in range(1, 9)} and all(
        len(row) == len(value[0]) and all(is_whole(x, 0, 1000) for x in row) for row in value
    )


def percent(permille: int) -> str:
    return f"{number(permille / 10, 1)} %"


class PruneHeads(InteractiveFigure):
    """Accuracy of a trained layer for every set of heads removed from it.

    table [2 ** n_heads][1 + kinds]: accuracies in thousandths, over all gaps and for each kind; row sum(2 ** head) has those heads removed.
    kinds: names of the kinds of gap; guess: accuracy of guessing, in thousandths; size: numbers of the layer that go with one
    head; shared: numbers that stay; removed: the heads removed at first. Raises ValueError for wrong traits.
    """

    name = "prune_heads"
    height = (788, 1172)
    _esm = module_source(name)

    table = Checked([[500, 500], [500, 500]], is_table, "a list of 2, 4, 8, … or 256 rows of whole numbers from 0 to 1000")
    kinds = Checked(["?"], lambda kinds: is_words(kinds, 1, 8), "a list of 1 to 8 names")
    guess = Checked(500, lambda guess: is_whole(guess, 0, 1000), "a whole number of thousandths")
    size = Checked(0, lambda size: is_whole(size, 0, 10**9), "a whole number")
    shared = Checked(0, lambda shared: is_whole(shared, 0, 10**9), "a whole number")
    removed = Checked(
        [], lambda heads: len(set(heads)) == len(heads) and all(is_whole(head, 0, 7) for head in heads), "a list of different heads"
    )

    @property
    def n_heads(self) -> int:
        return len(self.table).bit_length() - 1

    def require_agreement(self) -> None:
        if len(self.table[0]) != len(self.kinds) + 1:
            raise wrong_trait(self, "kinds", self.kinds, f"{len(self.table[0]) - 1} names, one for each column of table after the first")
        if any(head >= self.n_heads for head in self.removed):
            raise wrong_trait(self, "removed", self.removed, f"heads from 0 to {self.n_heads - 1}")

    def accuracies(self) -> list[int]:
        """The row of the table for the heads removed now."""
        return self.table[sum(2**head for head in self.removed)]

    def sentence(self) -> str:
        words = labels(self.name)
        return fill(
            words["readout"],
            heads=", ".join(str(head + 1) for head in sorted(self.removed)) or words["none"],
            accuracy=percent(self.accuracies()[0]),
            whole=percent(self.table[0][0]),
            left=self.size * (self.n_heads - len(self.removed)) + self.shared,
            numbers=self.size * self.n_heads + self.shared,
        )

    def picture(self) -> str:
        words = labels(self.name)
        heads = "".join(f'<th scope="col">{escape(fill(words["head"], head=head + 1))}</th>' for head in range(self.n_heads))
        rows = "".join(
            f'<tr><th scope="row">{escape(name)}</th><td>{percent(self.accuracies()[i])}</td>'
            + "".join(f"<td>{percent(self.table[2**head][i])}</td>" for head in range(self.n_heads))
            + "</tr>"
            for i, name in enumerate([words["all"], *self.kinds])
        )
        now = escape(fill(words["now"], heads=", ".join(str(head + 1) for head in sorted(self.removed)) or words["none"]))
        title = escape(words["alone"])
        return (
            f'<div class="bk-scroll"><table><caption>{title}</caption>'
            f'<thead><tr><td></td><th scope="col">{now}</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
