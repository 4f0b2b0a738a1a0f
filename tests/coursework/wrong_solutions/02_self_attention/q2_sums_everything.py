"""all your weights together sum to 1"""

def stable_softmax(scores, dim=-1):
    e = (scores - scores.max()).exp()
    return e / e.sum()
