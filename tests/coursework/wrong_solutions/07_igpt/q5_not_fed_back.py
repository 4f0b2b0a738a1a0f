"""give the rule the new ones, too"""

import torch


def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    if temperature == 0:
        return logits.argmax(dim=-1)
    ends = (logits.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
    return (ends[:, :-1] <= u[:, None]).sum(dim=-1)


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    new = next_logits(pixels).argmax(dim=-1, keepdim=True)  # noqa: F821
    return torch.cat((pixels, new.expand(-1, n - pixels.shape[1])), dim=1)
