"""you take the smallest"""

import torch


def two_token_loss(class_logits, distillation_logits, labels, teacher):
    """Logits of both heads and of the teacher [b, n_classes], labels [b] -> one number in a tensor."""
    own = torch.nn.functional.cross_entropy(class_logits, labels)
    taught = torch.nn.functional.cross_entropy(distillation_logits, teacher.argmin(dim=-1))
    return (own + taught) / 2


def answer(class_logits, distillation_logits):
    """Logits of both heads [b, n_classes] -> the class that both name together, [b]."""
    return (class_logits + distillation_logits).argmax(dim=-1)
