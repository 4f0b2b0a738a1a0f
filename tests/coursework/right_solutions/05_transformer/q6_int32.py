def greedy_decode(next_logits, source, max_length=20):
    written = torch.full((source.size(0), 1), START)
    going = torch.ones(source.size(0), dtype=torch.bool)
    for _ in range(1, max_length):
        if not going.any():
            break
        word = torch.max(next_logits(source, written)[:, -1], dim=-1).indices
        word = torch.where(going, word, torch.full_like(word, PAD))
        written = torch.hstack([written, word[:, None]])
        going &= word != END
    return written.int()
