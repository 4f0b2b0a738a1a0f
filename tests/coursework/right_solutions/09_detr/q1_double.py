def giou(a, b):
    a, b = a.double(), b.double()
    both = torch.stack([a, b])
    areas = (both[..., 2] - both[..., 0]) * (both[..., 3] - both[..., 1])
    inner = (both[..., 2:].min(0).values - both[..., :2].max(0).values).clip(min=0).prod(-1)
    hull = (both[..., 2:].max(0).values - both[..., :2].min(0).values).prod(-1)
    return inner / (areas.sum(0) - inner) - (hull - areas.sum(0) + inner) / hull
