"""head 0 holds the first tokens with all their features"""

def split_heads(features, n_heads):
    b, n, d = features.shape
    return features.reshape(b, n_heads, n, d // n_heads)


def merge_heads(heads):
    return heads.flatten(1).reshape(heads.shape[0], heads.shape[2], -1)
