"""you cut the input into slices"""

import math

import torch


def multi_head_attention(x, W_q, W_k, W_v, W_o, n_heads):
    width, heads = x.shape[1] // n_heads, []
    for low in range(0, x.shape[1], width):
        part = slice(low, low + width)
        query, key, value = (x[:, part] @ W[part, part] for W in (W_q, W_k, W_v))
        heads.append((query @ key.T / math.sqrt(width)).softmax(dim=-1) @ value)
    return torch.cat(heads, dim=1) @ W_o
