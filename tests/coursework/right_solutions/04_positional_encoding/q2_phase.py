def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model % 2:
        raise ValueError("odd")
    i = torch.arange(d_model)
    angle = positions.unsqueeze(-1).double() * base ** (-(i - i % 2).double() / d_model)
    return torch.sin(angle + (i % 2) * math.pi / 2)
