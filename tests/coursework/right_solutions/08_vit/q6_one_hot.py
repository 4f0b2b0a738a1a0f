import torch
import torch.nn.functional as F


def two_token_loss(class_logits, distillation_logits, labels, teacher):
    """Logits of both heads and of the teacher [b, n_classes], labels [b] -> one number in a tensor."""
    n_classes = teacher.shape[1]
    decided = F.one_hot(teacher.max(dim=1).indices, n_classes)
    wanted = torch.stack((F.one_hot(labels, n_classes), decided))
    said = torch.stack((class_logits, distillation_logits)).log_softmax(dim=-1)
    return -(wanted * said).sum(dim=-1).mean()


def answer(class_logits, distillation_logits):
    """Logits of both heads [b, n_classes] -> the class that both name together, [b]."""
    return torch.stack((class_logits, distillation_logits)).mean(dim=0).max(dim=1).indices
