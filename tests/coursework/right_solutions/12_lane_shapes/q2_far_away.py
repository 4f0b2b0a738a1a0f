import torch


def share_right(predicted, line, near=20.0):
    predicted, line = (torch.where(x < 0, torch.tensor(-1e6), x) for x in (predicted, line))
    return ((predicted - line).abs() < near).float().mean()


def best_shares(predictions, lines, near=20.0):
    if not len(predictions):
        return torch.zeros(len(lines))
    return torch.stack([torch.stack([share_right(p, line, near) for p in predictions]).max() for line in lines])
