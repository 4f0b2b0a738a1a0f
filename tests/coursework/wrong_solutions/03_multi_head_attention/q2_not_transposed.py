"""your heads still stand behind the tokens"""

def split_heads(features, n_heads):
    b, n, d = features.shape
    return features.reshape(b, n, n_heads, d // n_heads)


def merge_heads(heads):
    return heads.flatten(2)
