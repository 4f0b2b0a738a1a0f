def serve_points(points, low, high, boxes):
    middle, half = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) / 2
    away = (points[:, None] - middle[None]).abs()
    far = (half + away).amax(-1)
    ok = (away < half).all(-1) & (far >= low[:, None]) & (far <= high[:, None])
    chosen = [min((i for i in range(len(boxes)) if row[i]), key=lambda i: half[i].prod(), default=-1) for row in ok]
    central = [0.0 if i < 0 else (((half[i] - away[k, i]) / (half[i] + away[k, i])).prod() ** 0.5).item() for k, i in enumerate(chosen)]
    return torch.tensor(chosen), torch.tensor(central)
