"""come out without a norm around the sum"""


def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    normed = norm(parts["norm 1"], tokens)  # noqa: F821
    tokens = tokens + attend(parts["self"], normed, normed, mask)  # noqa: F821
    tokens = tokens + attend(parts["cross"], norm(parts["norm 2"], tokens), memory, memory_mask)  # noqa: F821
    return tokens + feed_forward(parts["feed-forward"], norm(parts["norm 3"], tokens))  # noqa: F821
