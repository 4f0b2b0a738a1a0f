def own_threshold(iou, distance, levels, inside, nearest=9):
    candidates = []
    for level in sorted(set(levels.tolist())):
        own = [j for j in range(len(iou)) if levels[j] == level]
        candidates += sorted(own, key=lambda j: float(distance[j]))[:nearest]
    values = [float(iou[j]) for j in candidates]
    mean = sum(values) / len(values)
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    return mean + spread, sorted(j for j in candidates if iou[j] >= mean + spread and inside[j])
