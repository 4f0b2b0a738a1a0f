def shift_matrix(offset, d_model, base=10000.0):
    R = torch.zeros(d_model, d_model)
    for i, speed in enumerate(clock_speeds(d_model, base)):
        c, s = math.cos(offset * speed), math.sin(offset * speed)
        R[2 * i : 2 * i + 2, 2 * i : 2 * i + 2] = torch.tensor([[c, -s], [s, c]])
    return R
