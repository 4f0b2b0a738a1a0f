"""for scores around -1000 you get nan"""

def stable_softmax(scores, dim=-1):
    exponentials = (scores - scores.abs().amax(dim=dim, keepdim=True)).exp()
    return exponentials / exponentials.sum(dim=dim, keepdim=True)
