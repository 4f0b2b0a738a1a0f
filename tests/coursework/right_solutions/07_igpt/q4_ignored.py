import torch.nn.functional as F


def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    return F.cross_entropy(logits.transpose(1, 2), pixels)


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    seen_left_out = pixels.masked_fill(~hidden, -100)
    each = [F.cross_entropy(a, b, reduction="sum") / max(1, int((b != -100).sum())) for a, b in zip(logits, seen_left_out)]
    return sum(each) / len(each)
