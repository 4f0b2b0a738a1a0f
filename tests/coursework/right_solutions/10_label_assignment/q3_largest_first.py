def serve_points(points, low, high, boxes):
    objects = torch.full((len(points),), -1)
    centreness = torch.zeros(len(points), dtype=torch.float64)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for i in area.argsort(descending=True).tolist():
        l, t = (points - boxes[i, :2]).double().T
        r, b = (boxes[i, 2:] - points).double().T
        sides = torch.stack([l, t, r, b])
        far = sides.max(0).values
        ok = (sides > 0).all(0) & ~(far < low) & ~(far > high)
        objects[ok] = i
        across, down = torch.minimum(l, r) / torch.maximum(l, r), torch.minimum(t, b) / torch.maximum(t, b)
        centreness[ok] = (across * down)[ok] ** 0.5
    return objects, centreness
