"""you kept the heads that should go"""

def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    width = W_q.shape[1] // n_heads
    kept = [column for column in range(W_q.shape[1]) if column // width not in remove]
    kept = [column for column in range(W_q.shape[1]) if column not in kept]
    return W_q[:, kept], W_k[:, kept], W_v[:, kept], W_o[kept]
