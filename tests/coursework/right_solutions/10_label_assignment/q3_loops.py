def serve_points(points, low, high, boxes):
    objects, centreness = [], []
    for (x, y), a, b in zip(points.tolist(), low.tolist(), high.tolist()):
        suiting = []
        for i, (x1, y1, x2, y2) in enumerate(boxes.tolist()):
            l, t, r, u = x - x1, y - y1, x2 - x, y2 - y
            if min(l, t, r, u) > 0 and a <= max(l, t, r, u) <= b:
                central = math.sqrt(min(l, r) / max(l, r) * min(t, u) / max(t, u))
                suiting.append(((x2 - x1) * (y2 - y1), i, central))
        _, i, central = min(suiting, default=(0, -1, 0.0))
        objects.append(i)
        centreness.append(central)
    return objects, torch.tensor(centreness)
