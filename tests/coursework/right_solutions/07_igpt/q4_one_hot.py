import torch
import torch.nn.functional as F


def next_pixel_loss(logits, pixels):
    """logits [b, n, k], pixels [b, n] -> the mean surprise of all pixels in nats, one number in a tensor."""
    wanted = F.one_hot(pixels, logits.shape[-1]).to(logits)
    return -(wanted * F.log_softmax(logits, -1)).sum(-1).mean()[None]


def masked_loss(logits, pixels, hidden):
    """logits [b, n, k], pixels and hidden [b, n] -> the mean over pictures of the mean surprise of hidden pixels, in a tensor."""
    costs = F.nll_loss(logits.log_softmax(-1).movedim(-1, 1), pixels, reduction="none")
    costs = torch.where(hidden, costs, torch.zeros_like(costs))
    return costs.sum(1).div(torch.maximum(hidden.sum(1), torch.tensor(1))).mean()
