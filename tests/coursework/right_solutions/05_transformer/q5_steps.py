def decoder_layer(parts, tokens, memory, mask=None, memory_mask=None):
    looked = attend(parts["self"], asking=tokens, asked=tokens, mask=mask)
    first = norm(parts["norm 1"], looked + tokens)
    read = attend(parts["cross"], asking=first, asked=memory, mask=memory_mask)
    second = norm(parts["norm 2"], torch.add(first, read))
    return norm(parts["norm 3"], feed_forward(parts["feed-forward"], second) + second)
