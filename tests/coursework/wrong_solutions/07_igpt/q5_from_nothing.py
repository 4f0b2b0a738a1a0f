"""from nothing, pixels [2, 0]"""

import torch


def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    if temperature == 0:
        return logits.argmax(dim=-1)
    ends = (logits.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
    return (ends[:, :-1] <= u[:, None]).sum(dim=-1)


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    found = [pixels[:, i] for i in range(pixels.shape[1])]
    while len(found) < n:
        found.append(next_logits(torch.stack(found, dim=1)).argmax(dim=-1))  # noqa: F821
    return torch.stack(found, dim=1)
