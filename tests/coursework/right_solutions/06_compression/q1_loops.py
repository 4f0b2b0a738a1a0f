import torch


def prune_smallest(weight, sparsity):
    """weight of any shape and a share from 0 to 1 -> the weight with this share of its numbers, the smallest in size, at 0."""
    numbers = weight.flatten().tolist()
    order = sorted(range(len(numbers)), key=lambda place: abs(numbers[place]))
    for place in order[: round(sparsity * len(numbers))]:
        numbers[place] = 0.0
    return torch.tensor(numbers, dtype=weight.dtype).reshape(weight.shape)


def prune_n_of_m(weight, n, m):
    """weight [n_out, n_in] -> the weight with the n largest of every m neighbours of a row, and 0 for the others."""
    rows = []
    for row in weight.tolist():
        left = []
        for start in range(0, len(row), m):
            group = row[start : start + m]
            best = sorted(range(m), key=lambda place: -abs(group[place]))[:n]
            left += [number if place in best else 0.0 for place, number in enumerate(group)]
        rows.append(left)
    return torch.tensor(rows)
