def softmax(exponentials, dim):
    return exponentials / exponentials.sum(dim=dim, keepdim=True)


def stable_softmax(scores, dim=-1):
    return softmax(torch.exp(scores - scores.max(dim=dim, keepdim=True).values), dim)
