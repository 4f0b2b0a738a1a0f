"""these are the weights of the last layer"""

def rollout(weights):
    """A list of weights [n_heads, n, n], the first layer first -> the part of each patch in the class token, [n - 1]."""
    return weights[-1].mean(dim=0)[0, 1:]
