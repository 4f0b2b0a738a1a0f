"""zeros in places that are still empty"""

import torch


def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    if temperature == 0:
        return logits.argmax(dim=-1)
    ends = (logits.double() / temperature).softmax(dim=-1).cumsum(dim=-1)
    return (ends[:, :-1] <= u[:, None]).sum(dim=-1)


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    t = pixels.shape[1]
    pixels = torch.cat((pixels, pixels.new_zeros(len(pixels), n - t)), dim=1)
    for place in range(t, n):
        pixels[:, place] = next_logits(pixels).argmax(dim=-1)  # noqa: F821
    return pixels
