"""no residual connection around self-attention"""


def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    tokens = norm(parts["norm 1"], attend(parts["self"], tokens, tokens, mask))  # noqa: F821
    tokens = norm(parts["norm 2"], tokens + attend(parts["cross"], tokens, memory, memory_mask))  # noqa: F821
    return norm(parts["norm 3"], tokens + feed_forward(parts["feed-forward"], tokens))  # noqa: F821
