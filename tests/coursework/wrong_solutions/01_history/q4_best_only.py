"""you give everything to the best character"""

import torch


def attention_weights(scores, d_k):
    return torch.nn.functional.one_hot(scores.argmax(dim=-1), scores.shape[-1]).float()


def jumps_back(weights):
    places = weights.argmax(dim=-1)
    return int((places[1:] < places[:-1]).sum())
