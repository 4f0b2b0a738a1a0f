def shift_matrix(offset, d_model, base=10000.0):
    angle = (offset * clock_speeds(d_model, base)).repeat_interleave(2)
    sine = angle.sin()
    sign = torch.tensor([1.0, 0.0]).repeat(d_model // 2)[:-1]
    return torch.diag(angle.cos()) - torch.diag(sine[:-1] * sign, 1) + torch.diag(sine[:-1] * sign, -1)
