"""unless it is taken with keepdim=True"""

def stable_softmax(scores, dim=-1):
    exponentials = (scores - scores.max(dim=dim).values).exp()
    return exponentials / exponentials.sum(dim=dim)
