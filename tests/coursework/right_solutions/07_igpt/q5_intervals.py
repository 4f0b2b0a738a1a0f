import torch


def draw(logits, temperature, u):
    """logits [b, k], a number, u [b] from 0 to below 1 -> the drawn levels [b]."""
    if temperature == 0:
        return torch.argmax(logits, 1).to(torch.int32)
    p = torch.exp(torch.log_softmax(logits.double() / temperature, dim=1))
    end = p.cumsum(1)
    inside = (end - p <= u[:, None]) & (u[:, None] < end)
    return inside.int().argmax(1)


def finish(pixels, n):
    """pixels [b, t] -> the same, extended by the likeliest levels to [b, n]."""
    if pixels.shape[1] == n:
        return pixels
    more = next_logits(pixels).argmax(1)
    return finish(torch.cat([pixels, more[:, None]], 1), n)
