def split_heads(features, n_heads):
    return features.unflatten(-1, (n_heads, -1)).movedim(2, 1).double()


def merge_heads(heads):
    return heads.movedim(1, 2).flatten(start_dim=2).double()
