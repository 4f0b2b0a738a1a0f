def sinusoidal_code(positions, d_model, base=10000.0):
    if d_model & 1:
        raise ValueError(f"{d_model} is odd")
    speed = torch.exp(-math.log(base) * torch.arange(0, d_model, 2, dtype=torch.float64) / d_model)
    angle = torch.einsum("...,i->...i", positions.double(), speed)
    return torch.cat([angle.sin().unsqueeze(-1), angle.cos().unsqueeze(-1)], -1).reshape(*positions.shape, d_model)
