def sine_map(mask, d_model):
    half = d_model // 2
    speed = 10000.0 ** (-2 * torch.arange(half // 2) / half)
    found = []
    for axis in (-2, -1):
        number = mask.int().cumsum(axis)
        angle = number / (number.select(axis, -1).unsqueeze(axis) + 1e-6) * 2 * math.pi
        turned = angle[:, None] * speed[None, :, None, None]
        found += [wave for i in range(half // 2) for wave in (turned[:, i].sin(), turned[:, i].cos())]
    return torch.stack(found, dim=1)
