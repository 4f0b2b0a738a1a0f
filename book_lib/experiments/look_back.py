"""The first lesson's example: words read into one vector, and a look back at all of them, each in the few lines that are the idea."""

import torch


def read_into_one_vector(words):
    """Read words [n, d] one after the other into one vector [d]: half of the old memory and half of the new word."""
    memory = torch.zeros_like(words[0])
    for word in words:
        memory = memory / 2 + word / 2
    return memory


def look_back(question, words):
    """Average words [n, d], weighted by how well each fits the question [d]. Returns (answer [d], weights [n])."""
    weights = (words @ question).softmax(dim=0)
    return weights @ words, weights
