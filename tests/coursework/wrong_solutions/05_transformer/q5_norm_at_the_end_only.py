"""the norms 1 and 2 change nothing"""


def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    tokens = tokens + attend(parts["self"], tokens, tokens, mask)  # noqa: F821
    tokens = tokens + attend(parts["cross"], tokens, memory, memory_mask)  # noqa: F821
    return norm(parts["norm 3"], tokens + feed_forward(parts["feed-forward"], tokens))  # noqa: F821
