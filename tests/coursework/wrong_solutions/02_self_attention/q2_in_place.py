"""your function changes the scores it was given"""

def stable_softmax(scores, dim=-1):
    scores -= scores.amax(dim=dim, keepdim=True)
    e = scores.exp()
    return e / e.sum(dim=dim, keepdim=True)
