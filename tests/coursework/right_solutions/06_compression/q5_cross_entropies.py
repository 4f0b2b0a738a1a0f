import torch
import torch.nn.functional as F


def student_loss(student, teacher, labels, temperature, soft_share):
    """student and teacher logits [n, n_classes], labels [n] (-100: padding) -> one number in a tensor."""
    real = (labels != -100).nonzero()[:, 0]
    teacher_probabilities = torch.softmax(teacher[real] / temperature, -1)
    with_teacher = F.cross_entropy(student[real] / temperature, teacher_probabilities)
    entropy = torch.special.entr(teacher_probabilities).sum(-1).mean()
    return torch.lerp(F.cross_entropy(student[real], labels[real]), temperature**2 * (with_teacher - entropy), soft_share)
