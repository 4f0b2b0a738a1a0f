def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    parts = {name: {key: matrix.double() for key, matrix in part.items()} for name, part in parts.items()}
    x, memory = tokens.double(), memory.double()
    x = norm(parts["norm 1"], x + attend(parts["self"], x, x, mask))
    x = norm(parts["norm 2"], x + attend(parts["cross"], x, memory, memory_mask))
    x = norm(parts["norm 3"], x + feed_forward(parts["feed-forward"], x))
    return x
