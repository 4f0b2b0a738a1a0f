from functools import partial


class Softmax:
    def __call__(self, scores, dim=-1):
        largest, _ = torch.max(scores, dim, keepdim=True)
        exponentials = torch.exp(scores - largest)
        return torch.divide(exponentials, torch.sum(exponentials, dim, keepdim=True))


stable_softmax = partial(Softmax())
