def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    d = W_q.shape[1]
    stay = torch.tensor([i for i in range(d) if i // (d // n_heads) not in set(remove)])
    return (*(W.index_select(1, stay).double() for W in (W_q, W_k, W_v)), W_o.index_select(0, stay).double())
