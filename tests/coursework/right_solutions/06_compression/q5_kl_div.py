import torch.nn.functional as F


def student_loss(student, teacher, labels, temperature, soft_share):
    """student and teacher logits [n, n_classes], labels [n] (-100: padding) -> one number in a tensor."""
    real = labels.ne(-100)
    log_q = F.log_softmax(student[real] / temperature, dim=-1)
    log_p = F.log_softmax(teacher[real] / temperature, dim=-1)
    soft = F.kl_div(log_q, log_p, reduction="batchmean", log_target=True)
    hard = F.cross_entropy(student, labels, ignore_index=-100)
    return soft_share * temperature**2 * soft + (1 - soft_share) * hard
