def split_heads(features, n_heads):
    return torch.stack(features.chunk(n_heads, dim=2), dim=1)


def merge_heads(heads):
    return torch.cat(heads.unbind(1), dim=2)
