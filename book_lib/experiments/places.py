"""Do positions survive? A linear probe that looks for the place of a word in the states of the translator's encoder."""

import math

import torch
import torch.nn.functional as F

from book_lib.positional import sinusoidal_code
from book_lib.transformer import PAD


@torch.no_grad()
def encoder_states(model, words, code=None):
    """The states of a Transformer's encoder for words [b, m]: [b, m, d_model] before the first layer and after each.

    code [m, d_model] or broadcastable is added to the words in place of the sinusoidal code.
    """
    code = sinusoidal_code(words.size(1), model.d_model) if code is None else code
    states = [model.source_embedding(words) * math.sqrt(model.d_model) + code]
    for layer in model.encoder.layers:
        states.append(layer(states[-1], (words != PAD)[:, None, None, :], need_weights=False)[0])
    return states


def places_found(states, n_train):
    """The share of held-out tokens whose place a linear probe names: states [b, n, d], every sentence of n tokens.

    The probe is a ridge regression onto the n places, fitted on the first n_train sentences and asked about the others.
    """
    n = states.size(1)
    states = F.pad(states.double(), (0, 1), value=1.0)
    x, y = states[:n_train].flatten(0, 1), torch.eye(n, dtype=torch.float64).repeat(n_train, 1)
    probe = torch.linalg.solve(x.T @ x + 1e-3 * len(x) * torch.eye(x.size(1), dtype=torch.float64), x.T @ y)
    return ((states[n_train:] @ probe).argmax(dim=-1) == torch.arange(n)).double().mean().item()


def shuffled(words, n, *, seed):
    """words [b, m] with the first n of every sentence in random order, so that no word says anything about its place."""
    order = torch.stack([torch.randperm(n, generator=torch.Generator().manual_seed(seed + row)) for row in range(len(words))])
    return torch.cat([words[:, :n].gather(1, order), words[:, n:]], dim=1)


@torch.no_grad()
def right_words(model, source, target, code=None):
    """The share of target words a Transformer finds when it has written all earlier ones rightly; code as in encoder_states.

    source [b, m]; target [b, n], from START on.
    """
    answers = _answers(model, source, target, code)
    real = target[:, 1:] != PAD
    return (answers == target[:, 1:])[real].double().mean().item()


@torch.no_grad()
def right_sentences(model, source, target, code=None):
    """The share of sentences of which a Transformer finds every word, so that it writes them whole by itself; as right_words otherwise."""
    answers = _answers(model, source, target, code)
    return ((answers == target[:, 1:]) | (target[:, 1:] == PAD)).all(dim=1).double().mean().item()


def _answers(model, source, target, code):
    mask = (source != PAD)[:, None, None, :]
    memory = model.encoder.norm(encoder_states(model, source, code)[-1])
    return model.decode(target[:, :-1], memory, mask, need_weights=False)[0].argmax(dim=-1)
