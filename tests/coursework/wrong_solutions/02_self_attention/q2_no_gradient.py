"""no gradient finds its way to the scores"""

import torch


def stable_softmax(scores, dim=-1):
    plain = torch.from_numpy(scores.detach().numpy().copy())
    exponentials = (plain - plain.amax(dim=dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)
