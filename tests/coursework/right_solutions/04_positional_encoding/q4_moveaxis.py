def sine_map(mask, d_model):
    halves = []
    for axis in (1, 2):
        count = torch.cumsum(mask.to(torch.float32), dim=axis)
        last = count.amax(dim=axis, keepdim=True)
        halves.append(torch.moveaxis(axis_code(count / (last + 1e-6) * (2 * torch.pi), d_model // 2), -1, 1))
    return torch.cat(halves, dim=1)
