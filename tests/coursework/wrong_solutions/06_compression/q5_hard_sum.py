"""you add up the hard parts of the rows"""

def student_loss(student, teacher, labels, temperature, soft_share):
    """student and teacher logits [n, n_classes], labels [n] (-100: padding) -> one number in a tensor."""
    student, teacher, labels = (each[labels != -100] for each in (student, teacher, labels))
    log_p, log_q = (logits.div(temperature).log_softmax(dim=-1) for logits in (teacher, student))
    soft = (log_p.exp() * (log_p - log_q)).sum(dim=-1).mean()
    hard = -student.log_softmax(dim=-1).gather(1, labels[:, None]).sum()
    return soft_share * temperature**2 * soft + (1 - soft_share) * hard
