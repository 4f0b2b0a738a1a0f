"""you deal the features out like cards"""

def split_heads(features, n_heads):
    b, n, d = features.shape
    return features.reshape(b, n, d // n_heads, n_heads).permute(0, 3, 1, 2)


def merge_heads(heads):
    return heads.permute(0, 2, 3, 1).flatten(2)
