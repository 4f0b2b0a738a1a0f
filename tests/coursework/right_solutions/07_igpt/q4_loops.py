import torch


def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    total, count = 0.0, 0
    for rows, levels in zip(logits.double(), pixels.tolist()):
        for row, level in zip(rows, levels):
            total, count = total + torch.logsumexp(row, 0) - row[level], count + 1
    return total / count


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    total = 0.0 * logits.sum()
    for rows, levels, where in zip(logits, pixels.tolist(), hidden.tolist()):
        costs = [row.logsumexp(0) - row[level] for row, level, one in zip(rows, levels, where) if one]
        if costs:
            total = total + torch.stack(costs).mean()
    return total / len(pixels)
