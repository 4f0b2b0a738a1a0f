"""subtract the largest score of each row, not of the whole tensor"""

def stable_softmax(scores, dim=-1):
    e = (scores - scores.max()).exp()
    return e / e.sum(dim=dim, keepdim=True)
