def greedy_decode(next_logits, source, max_length=20):
    said = [[START] for _ in range(len(source))]
    while len(said[0]) < max_length and not all(END in words for words in said):
        logits = next_logits(source, torch.tensor(said))
        for k, words in enumerate(said):
            words.append(PAD if END in words else int(logits[k, -1].argmax()))
    return torch.tensor(said)
