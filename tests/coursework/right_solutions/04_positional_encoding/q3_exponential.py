def shift_matrix(offset, d_model, base=10000.0):
    turn = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    return torch.matrix_exp(torch.block_diag(*[offset * speed * turn for speed in clock_speeds(d_model, base)]))
