"""with dim=0 the weights should sum to 1 down the columns"""

def stable_softmax(scores, dim=-1):
    e = (scores - scores.amax(dim=-1, keepdim=True)).exp()
    return e / e.sum(dim=-1, keepdim=True)
