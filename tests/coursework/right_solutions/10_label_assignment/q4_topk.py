def own_threshold(iou, distance, levels, inside, nearest=9):
    chosen = []
    for level in range(int(levels.max()) + 1):
        masked = torch.where(levels == level, distance, torch.inf)
        count = min(nearest, int((levels == level).sum()))
        chosen.append(masked.topk(count, largest=False).indices)
    chosen = torch.cat(chosen).sort().values
    spread, mean = torch.std_mean(iou[chosen])
    positive = chosen[(iou[chosen] >= mean + spread) & inside[chosen]]
    return mean + spread, positive
