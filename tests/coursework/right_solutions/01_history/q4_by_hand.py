def attention_weights(scores, d_k):
    shifted = scores / d_k**0.5
    exponentials = torch.exp(shifted - shifted.max(dim=1, keepdim=True).values)
    return exponentials / exponentials.sum(dim=1, keepdim=True)


def jumps_back(weights):
    count, last = 0, None
    for row in weights:
        place = int(row.argmax())
        count += last is not None and place < last
        last = place
    return count
