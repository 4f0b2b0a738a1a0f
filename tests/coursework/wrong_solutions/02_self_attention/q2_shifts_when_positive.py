"""not the largest size"""

def stable_softmax(scores, dim=-1):
    exponentials = (scores - scores.amax(dim=dim, keepdim=True).clamp(min=0)).exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)
