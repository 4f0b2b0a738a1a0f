"""only the hidden pixels count: you take all"""

import torch


def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), pixels.flatten())


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    surprise = -logits.log_softmax(dim=-1).gather(-1, pixels[..., None])[..., 0]
    return surprise.mean()
