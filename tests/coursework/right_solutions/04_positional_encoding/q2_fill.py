def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2 != 0:
        raise ValueError("d_model should be even")
    code = torch.zeros(*positions.shape, d_model)
    for i in range(d_model // 2):
        code[..., 2 * i] = torch.sin(positions / base ** (2 * i / d_model))
        code[..., 2 * i + 1] = torch.cos(positions / base ** (2 * i / d_model))
    return code
