def multi_head_attention(x, W_q, W_k, W_v, W_o, n_heads):
    width = x.shape[1] // n_heads
    out = 0
    for head in range(n_heads):
        cut = slice(head * width, (head + 1) * width)
        q, k, v = x @ W_q[:, cut], x @ W_k[:, cut], x @ W_v[:, cut]
        out = out + torch.softmax(q @ k.T / math.sqrt(width), dim=1) @ v @ W_o[cut]
    return out
