"""Layer norm and batch norm written out, to see over which numbers each takes its mean."""

import torch


def layer_norm(tokens, *, eps=1e-5):
    """Give the features of each token mean 0 and variance 1, whoever else is in the batch (Ba et al. 2016).

    tokens [..., d_model] -> [..., d_model]. The variance is divided by d_model, not d_model - 1; eps stands inside the root, as in torch.
    """
    mean, variance = tokens.mean(dim=-1, keepdim=True), tokens.var(dim=-1, keepdim=True, unbiased=False)
    return (tokens - mean) / torch.sqrt(variance + eps)


def batch_norm(tokens, *, is_real=None, eps=1e-5):
    """Give each feature mean 0 and variance 1 over all tokens of the batch, as batch norm does in training (Ioffe and Szegedy 2015).

    tokens [b, n, d_model] -> [b, n, d_model]. is_real [b, n], where given, leaves padding out of the statistics, which torch's batch norm
    cannot. Raises ValueError where fewer than two tokens are left to take a variance over.
    """
    if tokens.dim() != 3:
        raise ValueError(f"tokens has shape {list(tokens.shape)}, expected [batch, tokens, d_model]")
    counted = tokens.flatten(0, 1) if is_real is None else tokens[is_real]
    if len(counted) < 2:
        raise ValueError(f"batch norm needs at least two tokens to take a variance over, got {len(counted)}")
    mean, variance = counted.mean(dim=0), counted.var(dim=0, unbiased=False)
    return (tokens - mean) / torch.sqrt(variance + eps)
