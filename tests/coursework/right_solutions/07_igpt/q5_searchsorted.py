import torch


def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    if not temperature:
        return logits.max(dim=1).indices
    ends = torch.softmax(logits / temperature, 1).cumsum(1).contiguous()
    return torch.searchsorted(ends, u[:, None].contiguous(), right=True)[:, 0].clamp(max=logits.shape[1] - 1)


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    for _ in range(n - pixels.size(1)):
        pixels = torch.hstack([pixels, next_logits(pixels).topk(1).indices])
    return pixels
