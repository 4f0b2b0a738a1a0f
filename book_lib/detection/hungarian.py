"""The Hungarian algorithm: pairs of rows and columns that together cost least, found as on paper, every step to be seen."""

import numpy as np


def linear_assignment(cost):
    """Choose pairs of a row and a column, none used twice, that together cost least: the Hungarian algorithm (Kuhn 1955, Munkres 1957).

    cost [n, m], anything NumPy takes; the smaller side is used up. Returns (rows, columns), int64 [min(n, m)] each, rows in rising order.
    Raises ValueError for entries that are no finite numbers, and for other than two axes.
    """
    *_, last = assignment_steps(cost)
    return last["rows"], last["columns"]


def assignment_steps(cost):
    """Walk through the Hungarian algorithm as Munkres (1957) wrote it for paper and pencil, and yield every step as a dict.

    A cost [n, m] that is not square is first padded with rows or columns of zeros: partners called nobody.
    Every step has its name, "reduced" (the matrix after it, a copy), "stars" and "primes" (lists of (row, column), all of them zeros),
    "covered_rows" and "covered_columns" (lists). The names, in order:
    "start" · "subtract rows" and "subtract columns": the minimum of each, in "minima"; columns first where they are fewer, since most of
    the work is done then · "star": zeros of which no two share a line ·
    "cover": the columns of stars; a star in every column ends it · then, until there is one more star, "prime": an uncovered zero, in
    "zero", whose row has a star: cover that row, uncover the star's column · or "adjust": no such zero, so the least uncovered entry,
    "delta", leaves the uncovered ones and joins those covered twice · or "augment": the row has no star, so along "path", from prime to
    star to prime, primes become stars and stars go; then "cover" again.
    The last, "done", has "rows", "columns" (arrays, without nobodies) and "total", their cost.
    """
    cost = _require_cost(cost)
    size = max(cost.shape)
    reduced = np.zeros((size, size))
    reduced[: len(cost), : cost.shape[1]] = cost
    star, prime = np.full(size, -1), np.full(size, -1)                       # for each row the column of its mark
    row_covered, column_covered = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)

    def step(name, **more):
        marks = {"stars": _places(star), "primes": _places(prime)}
        covers = {"covered_rows": np.flatnonzero(row_covered).tolist(), "covered_columns": np.flatnonzero(column_covered).tolist()}
        return {"name": name, "reduced": reduced.copy(), **marks, **covers, **more}

    yield step("start")
    lines = [("subtract rows", 1), ("subtract columns", 0)]
    for name, axis in lines if len(cost) <= cost.shape[1] else lines[::-1]:
        minima = reduced.min(axis=axis, keepdims=True) if size else reduced
        reduced -= minima
        yield step(name, minima=minima.ravel().tolist())
    for row, column in np.argwhere(reduced == 0):
        if star[row] < 0 and column not in star:
            star[row] = column
    yield step("star")
    column_covered[star[star >= 0]] = True
    yield step("cover")
    while not column_covered.all():
        path = None
        while path is None:
            zeros = (reduced == 0) & ~row_covered[:, None] & ~column_covered
            if not zeros.any():
                delta = reduced[~row_covered][:, ~column_covered].min()
                reduced[np.ix_(~row_covered, ~column_covered)] -= delta
                reduced[np.ix_(row_covered, column_covered)] += delta
                yield step("adjust", delta=float(delta))
                continue
            row, column = map(int, np.unravel_index(zeros.argmax(), zeros.shape))                # the first, row by row
            prime[row] = column
            if star[row] < 0:
                path = _alternating_path(row, star, prime)
            else:
                row_covered[row], column_covered[star[row]] = True, False
                yield step("prime", zero=(row, column))
        for row, column in path[::2]:
            star[row] = column
        prime[:], row_covered[:], column_covered[:] = -1, False, False
        yield step("augment", path=path)
        column_covered[star[star >= 0]] = True
        yield step("cover")
    rows = np.flatnonzero(star[: len(cost)] < cost.shape[1])
    columns = star[rows]
    yield step("done", rows=rows, columns=columns, total=float(cost[rows, columns].sum()))


def _places(mark):
    return [(int(row), int(mark[row])) for row in np.flatnonzero(mark >= 0)]


def _alternating_path(row, star, prime):
    """From the primed zero of a row without a star to the star in its column, to the prime in that one's row, and so on."""
    path = [(row, int(prime[row]))]
    while path[-1][1] in star:
        row = int(np.flatnonzero(star == path[-1][1])[0])
        path += [(row, int(star[row])), (row, int(prime[row]))]
    return path


def _require_cost(cost):
    cost = np.asarray(cost, dtype=np.float64)
    if cost.ndim != 2:
        raise ValueError(f"cost has shape {list(cost.shape)}, expected two axes [rows, columns]")
    wrong = np.argwhere(~np.isfinite(cost))
    if len(wrong):
        row, column = wrong[0].tolist()
        raise ValueError(f"cost holds {cost[row, column]} in row {row}, column {column}; expected finite numbers")
    return cost
