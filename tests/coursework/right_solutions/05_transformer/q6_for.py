def greedy_decode(next_logits, source, max_length=20):
    words = torch.ones(source.shape[0], 1, dtype=torch.long)
    for _ in range(max_length - 1):
        best = next_logits(source, words)[:, -1, :].argmax(-1)
        best[(words == END).any(dim=1)] = PAD
        words = torch.cat((words, best.unsqueeze(1)), dim=1)
        if (words == END).any(dim=1).all():
            break
    return words
