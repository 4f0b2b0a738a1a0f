import numpy as np


def attention_weights(scores, d_k):
    return torch.nn.functional.softmax(scores.double() / np.sqrt(d_k), dim=1)


def jumps_back(weights):
    return np.sum(np.diff(np.argmax(np.asarray(weights), axis=1)) < 0)
