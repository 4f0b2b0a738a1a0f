"""merge_heads mixes tokens"""

def split_heads(features, n_heads):
    b, n, d = features.shape
    return features.reshape(b, n, n_heads, d // n_heads).transpose(1, 2)


def merge_heads(heads):
    return heads.reshape(heads.shape[0], heads.shape[2], -1)
