"""stable_softmax returned nothing"""

def stable_softmax(scores, dim=-1):
    e = (scores - scores.amax(dim=dim, keepdim=True)).exp()
    e / e.sum(dim=dim, keepdim=True)
