import torch


def two_token_loss(class_logits, distillation_logits, labels, teacher):
    """Logits of both heads and of the teacher [b, n_classes], labels [b] -> one number in a tensor."""
    total = 0
    for own, other, label, told in zip(class_logits.double(), distillation_logits.double(), labels.tolist(), teacher.tolist()):
        decided = told.index(max(told))
        total = total + (torch.logsumexp(own, 0) - own[label]) / 2 + (torch.logsumexp(other, 0) - other[decided]) / 2
    return total / len(labels)


def answer(class_logits, distillation_logits):
    """Logits of both heads [b, n_classes] -> the class that both name together, [b]."""
    both = [[a + b for a, b in zip(*rows)] for rows in zip(class_logits.tolist(), distillation_logits.tolist())]
    return torch.tensor([row.index(max(row)) for row in both])
