def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    sublayers = [
        lambda x: attend(parts["self"], x, x, mask),
        lambda x: attend(parts["cross"], x, memory, memory_mask),
        lambda x: feed_forward(parts["feed-forward"], x),
    ]
    for number, sublayer in enumerate(sublayers, 1):
        tokens = norm(parts[f"norm {number}"], tokens + sublayer(tokens))
    return tokens
