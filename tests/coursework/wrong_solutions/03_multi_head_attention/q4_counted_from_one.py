"""head 1 of 3 is columns 2 and 3; you kept columns"""

def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    width = W_q.shape[1] // n_heads
    kept = [column for column in range(W_q.shape[1]) if column // width + 1 not in remove]
    return W_q[:, kept], W_k[:, kept], W_v[:, kept], W_o[kept]
