def stable_softmax(scores, dim=-1):
    scores = scores.double()
    logsumexp = (scores - scores.amax(dim, keepdim=True)).exp().sum(dim, keepdim=True).log()
    return (scores - scores.amax(dim, keepdim=True) - logsumexp).exp()
