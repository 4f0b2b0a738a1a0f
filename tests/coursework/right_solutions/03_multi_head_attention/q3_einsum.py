def multi_head_attention(x, W_q, W_k, W_v, W_o, n_heads):
    n, d = x.shape
    q, k, v = (torch.matmul(x, W).reshape(n, n_heads, d // n_heads) for W in (W_q, W_k, W_v))
    weights = torch.einsum("nhd,mhd->hnm", q, k).div((d / n_heads) ** 0.5).softmax(-1)
    return torch.einsum("hnm,mhd->nhd", weights, v).reshape(n, d) @ W_o
