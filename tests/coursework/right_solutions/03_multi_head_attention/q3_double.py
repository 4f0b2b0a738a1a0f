def multi_head_attention(x, W_q, W_k, W_v, W_o, n_heads):
    x, W_q, W_k, W_v, W_o = (matrix.double() for matrix in (x, W_q, W_k, W_v, W_o))
    heads = []
    for q, k, v in zip((x @ W_q).chunk(n_heads, 1), (x @ W_k).chunk(n_heads, 1), (x @ W_v).chunk(n_heads, 1)):
        scores = q @ k.T * q.shape[1] ** -0.5
        exponentials = (scores - scores.amax(1, keepdim=True)).exp()
        heads.append(exponentials / exponentials.sum(1, keepdim=True) @ v)
    return torch.hstack(heads) @ W_o
