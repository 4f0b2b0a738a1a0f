"""Interactive figure: the Hungarian algorithm step by step, on costs the reader changes, beside greedy pairing."""

from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, labels, module_source, wrong_trait

MOST, LARGEST = 5, 99                                                        # rows or columns, cost of a pair
COSTS = [[2, 6, 9, 4], [9, 4, 4, 6], [8, 7, 9, 2], [1, 2, 6, 5]]


def are_costs(rows) -> bool:
    return 1 <= len(rows) <= MOST and 1 <= len(rows[0]) <= MOST and all(
        len(row) == len(rows[0]) and all(is_whole(x, 0, LARGEST) for x in row) for row in rows
    )


def greedy(cost) -> list[tuple[int, int]]:
    """Pairs (row, column): always the cheapest that is still free, of equals the first row by row."""
    free = sorted((x, i, j) for i, row in enumerate(cost) for j, x in enumerate(row))
    pairs = []
    while free:
        _, i, j = free[0]
        pairs.append((i, j))
        free = [pair for pair in free if pair[1] != i and pair[2] != j]
    return sorted(pairs)


class HungarianSteps(InteractiveFigure):
    """Costs to change, the greedy pairing, the cheapest pairing, and every step of the algorithm that finds it.

    cost [queries, objects], 1 to 5 of each: whole numbers from 0 to 99; step: the step of assignment_steps shown at first, 0 for the start.
    Raises ValueError for wrong traits.
    """

    name = "hungarian_steps"
    height = (946, 1596)
    _esm = module_source(name)

    cost = Checked(COSTS, are_costs, f"1 to {MOST} rows, equally long, of 1 to {MOST} whole numbers from 0 to {LARGEST}")
    step = Checked(0, lambda step: is_whole(step, 0, 999), "a whole number, the place of a step")

    def require_agreement(self) -> None:
        n = len(self.steps())
        if self.step >= n:
            raise wrong_trait(self, "step", self.step, f"a whole number from 0 to {n - 1}")

    def steps(self) -> list[dict]:
        """Every step of book_lib.detection.hungarian.assignment_steps for these costs, as JSON's own types."""
        from book_lib.detection.hungarian import assignment_steps

        found = []
        for step in assignment_steps(self.cost):
            pairs = [[int(i), int(j)] for i, j in zip(step.pop("rows", ()), step.pop("columns", ()), strict=True)]
            plain = {name: [[int(i), int(j)] for i, j in step[name]] for name in ("stars", "primes", "path") if name in step}
            plain |= {name: [int(x) for x in step[name]] for name in ("covered_rows", "covered_columns", "minima", "zero") if name in step}
            plain |= {name: int(step[name]) for name in ("delta", "total") if name in step}
            plain |= {"name": step["name"], "reduced": [[int(x) for x in row] for row in step["reduced"]]}
            found.append(plain | ({"pairs": pairs} if step["name"] == "done" else {}))
        return found

    def greedy(self) -> list[list[int]]:
        """The pairs [row, column] of greedy pairing, by row."""
        return [list(pair) for pair in greedy(self.cost)]

    def total(self, pairs) -> int:
        return sum(self.cost[i][j] for i, j in pairs)

    def row_name(self, i: int) -> str:
        return fill(labels(self.name)["query"], i=i + 1) if i < len(self.cost) else labels(self.name)["nobody"]

    def column_name(self, j: int) -> str:
        return fill(labels(self.name)["object"], letter="ABCDE"[j]) if j < len(self.cost[0]) else labels(self.name)["nobody"]

    def pair_name(self, pair) -> str:
        return fill(labels(self.name)["pair"], row=self.row_name(pair[0]), column=self.column_name(pair[1]))

    def about(self, step) -> str:
        """What a step does, in words."""
        words, n, kind = labels(self.name), len(step["reduced"]), step["name"]
        if kind == "start" and len(self.cost) != len(self.cost[0]):
            kind = "start padded"
        if kind == "cover" and len(step["covered_columns"]) == n:
            kind = "cover all"
        minima, path = step.get("minima", []), step.get("path", [])
        marks = [words["prime"], words["star"]]
        zero = step.get("zero") or (path[0] if path else [0, 0])
        return fill(
            words["steps"][kind],
            n=n,
            minima=", ".join(map(str, minima)),
            sum=sum(minima),
            count=len(step["stars"]),
            zero=self.pair_name(zero),
            row=self.row_name(zero[0]),
            delta=step.get("delta", ""),
            path=" → ".join(f"{self.pair_name(pair)}{marks[place % 2]}" for place, pair in enumerate(path)),
            pairs=", ".join(self.pair_name(pair) for pair in step.get("pairs", [])),
            total=step.get("total", ""),
        )

    def sentence(self) -> str:
        words, steps = labels(self.name), self.steps()
        ours, best = self.total(self.greedy()), steps[-1]["total"]
        return fill(
            words["readoutSame" if ours == best else "readout"],
            step=self.step,
            last=len(steps) - 1,
            about=self.about(steps[self.step]),
            greedy=ours,
            best=best,
        )

    def picture(self) -> str:
        words, steps = labels(self.name), self.steps()
        step, best, ours = steps[self.step], steps[-1]["pairs"], self.greedy()
        n = len(step["reduced"])

        def table(caption, n_rows, n_columns, cell):
            heads = "".join(f'<th scope="col">{escape(self.column_name(j))}</th>' for j in range(n_columns))
            rows = "".join(
                f'<tr><th scope="row">{escape(self.row_name(i))}</th>'
                + "".join(f"<td>{escape(cell(i, j))}</td>" for j in range(n_columns))
                + "</tr>"
                for i in range(n_rows)
            )
            return (
                f'<table class="bk-hungarian"><caption>{escape(caption)}</caption><thead><tr><td></td>{heads}</tr></thead>'
                f"<tbody>{rows}</tbody></table>"
            )

        def marked(i, j):
            signs = (words["star"] if [i, j] in best else "") + (words["circle"] if [i, j] in ours else "")
            return f"{self.cost[i][j]} {signs}".strip()

        def reduced(i, j):
            sign = words["star"] if [i, j] in step["stars"] else words["prime"] if [i, j] in step["primes"] else ""
            return f"{step['reduced'][i][j]}{sign}"

        costs = table(words["costs"], len(self.cost), len(self.cost[0]), marked)
        legend = f'<p class="bk-why">{escape(words["legend"])}</p>'
        return f'<div class="bk-hungarian-two"><div>{costs}{legend}</div>{table(words["reduced"], n, n, reduced)}</div>'
