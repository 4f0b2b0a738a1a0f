"""you compare them with the pixel before"""

import torch


def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    return torch.nn.functional.cross_entropy(logits[:, 1:].flatten(0, 1), pixels[:, :-1].flatten())


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    surprise = -logits.log_softmax(dim=-1).gather(-1, pixels[..., None])[..., 0]
    of_picture = (surprise * hidden).sum(dim=1) / hidden.sum(dim=1).clamp(min=1)
    return of_picture.mean()
