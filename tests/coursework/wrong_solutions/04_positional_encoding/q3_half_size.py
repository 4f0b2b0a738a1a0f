"""for d_model = 6 the matrix should be [6, 6]"""

def shift_matrix(offset, d_model, base=10000.0):
    angles = offset * clock_speeds(d_model, base)
    sine, cosine = angles.sin(), angles.cos()
    return torch.diag(cosine)
