import torch
import torch.nn.functional as F


def student_loss(student, teacher, labels, temperature, soft_share):
    """student and teacher logits [n, n_classes], labels [n] (-100: padding) -> one number in a tensor."""
    weight = (labels != -100).double()
    p = (teacher.double() / temperature).softmax(1)
    gap = (teacher.double() / temperature).log_softmax(1) - (student.double() / temperature).log_softmax(1)
    soft = torch.einsum("n,nk,nk->", weight, p, gap) / weight.sum()
    hard = F.nll_loss(student.double().log_softmax(1), labels)
    return (soft_share * temperature**2 * soft + (1 - soft_share) * hard)[None]
