"""your matrices are as large as before"""

def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    width, W_o = W_q.shape[1] // n_heads, W_o.clone()
    for head in remove:
        W_o[head * width:(head + 1) * width] = 0
    return W_q, W_k, W_v, W_o
