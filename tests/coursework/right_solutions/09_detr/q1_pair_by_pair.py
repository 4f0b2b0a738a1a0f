def giou(a, b):
    found = []
    for box, other in zip(a, b):
        low, high = torch.maximum(box[:2], other[:2]), torch.minimum(box[2:], other[2:])
        shared = (high - low).clamp(min=0).prod()
        union = (box[2:] - box[:2]).prod() + (other[2:] - other[:2]).prod() - shared
        hull = (torch.maximum(box[2:], other[2:]) - torch.minimum(box[:2], other[:2])).prod()
        found.append(shared / union - (hull - union) / hull)
    return torch.stack(found)
