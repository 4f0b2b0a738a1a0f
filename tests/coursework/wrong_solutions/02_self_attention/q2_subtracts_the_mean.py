"""subtract the largest score, not the mean"""

def stable_softmax(scores, dim=-1):
    e = (scores - scores.mean(dim=dim, keepdim=True)).exp()
    return e / e.sum(dim=dim, keepdim=True)
