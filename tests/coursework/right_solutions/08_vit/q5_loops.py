import torch


def rollout(weights):
    """A list of weights [n_heads, n, n], the first layer first -> the part of each patch in the class token, [n - 1]."""
    n = weights[0].shape[1]
    made_of = [[float(i == j) for j in range(n)] for i in range(n)]
    for layer in weights:
        mean = [[sum(head[i][j] for head in layer.tolist()) / len(layer) for j in range(n)] for i in range(n)]
        half = [[(mean[i][j] + (i == j)) / 2 for j in range(n)] for i in range(n)]
        made_of = [[sum(half[i][k] * made_of[k][j] for k in range(n)) for j in range(n)] for i in range(n)]
    return torch.tensor(made_of[0][1:])
