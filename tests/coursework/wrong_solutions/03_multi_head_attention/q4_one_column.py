"""you removed one column"""

def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    kept = [column for column in range(W_q.shape[1]) if column not in remove]
    return W_q[:, kept], W_k[:, kept], W_v[:, kept], W_o[kept]
