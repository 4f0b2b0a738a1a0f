def prune(W_q, W_k, W_v, W_o, n_heads, remove):
    stay = [head for head in range(n_heads) if head not in remove]
    columns = lambda W: torch.cat([W.chunk(n_heads, dim=1)[head] for head in stay], dim=1)
    rows = torch.cat([W_o.chunk(n_heads, dim=0)[head] for head in stay], dim=0)
    return columns(W_q), columns(W_k), columns(W_v), rows
