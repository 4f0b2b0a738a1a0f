"""sure right answers count little"""

import torch


def class_loss(logits, labels):
    """logits [n_queries, n_classes] and labels [n_queries] (-1: no object) -> one number in a tensor."""
    p = logits.sigmoid()
    log_p, log_not_p = (torch.nn.functional.logsigmoid(each) for each in (logits, -logits))
    yes = labels[:, None] == torch.arange(logits.shape[1])
    each = torch.where(yes, -0.25 * p**2 * log_p, -0.75 * (1 - p) ** 2 * log_not_p)
    return each.sum() / max(1, int((labels >= 0).sum()))
