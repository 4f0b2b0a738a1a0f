import torch
import torch.nn.functional as F


def class_loss(logits, labels):
    """logits [n_queries, n_classes] and labels [n_queries] (-1: no object) -> one number in a tensor."""
    wanted = torch.zeros_like(logits)
    objects = (labels != -1).nonzero()[:, 0]
    wanted[objects, labels[objects]] = 1.0
    p = torch.sigmoid(logits)
    missed = torch.where(wanted == 1, 1 - p, p)
    alpha = torch.where(wanted == 1, 0.25, 0.75)
    each = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    return torch.sum(alpha * missed.pow(2) * each) / max(len(objects), 1)
