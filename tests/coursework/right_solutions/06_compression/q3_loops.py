import torch


def integer_product(x, zero, w):
    """x uint8 [n, n_in] with its zero point, w int8 [n_out, n_in] -> sums int32 [n, n_out]."""
    columns = w.tolist()
    sums = [[sum((a - zero) * b for a, b in zip(row, column)) for column in columns] for row in x.tolist()]
    return torch.tensor(sums, dtype=torch.int32)


def product_of_values(sums, x_scale, w_scale):
    """sums [n, n_out], a number x_scale, w_scale [n_out] -> the product of the values, float [n, n_out]."""
    rows = [[sum_ * x_scale * scale for sum_, scale in zip(row, w_scale.tolist())] for row in sums.tolist()]
    return torch.tensor(rows)
