def split_heads(features, n_heads):
    b, n, d = features.size()
    return features.view(b, n, n_heads, -1).permute(0, 2, 1, 3).contiguous()


def merge_heads(heads):
    b, h, n, width = heads.size()
    return heads.permute(0, 2, 1, 3).reshape(b, n, h * width)
