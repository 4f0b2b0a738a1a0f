import torch


def to_int8(weight):
    """weight [n_out, n_in] -> (whole numbers int8 [n_out, n_in], scale [n_out])."""
    whole, scales = [], []
    for row in weight.tolist():
        scale = max(abs(number) for number in row) / 127 or 1.0
        scales.append(scale)
        whole.append([round(number / scale) for number in row])
    return torch.tensor(whole, dtype=torch.int8), torch.tensor(scales)
