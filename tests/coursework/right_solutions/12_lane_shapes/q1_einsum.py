import torch


def curve_x(curve, y):
    out = torch.full_like(y, -2)
    rows = y[y > curve[1]]
    s = rows - curve[1]
    terms = torch.stack((s**-2, torch.zeros_like(s), 1 / s, torch.ones_like(s), rows, -torch.ones_like(s)))
    out[y > curve[1]] = torch.einsum("t,tn->n", curve, terms)
    return out
