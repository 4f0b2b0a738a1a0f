"""by default your weights sum to 1 down the columns"""

def stable_softmax(scores, dim=-1):
    e = (scores - scores.max()).exp()
    return e / e.sum(dim=0, keepdim=True)
