def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    keep = torch.ones(n_heads, dtype=torch.bool)
    keep[list(remove)] = False
    keep = keep.repeat_interleave(W_q.shape[1] // n_heads)
    return [W_q[:, keep], W_k[:, keep], W_v[:, keep], W_o[keep, :]]
