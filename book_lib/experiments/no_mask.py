"""A translator trained with a well-known bug: its decoder has no causal mask, so every word can read the word it has to predict."""

import torch

from book_lib.book.models import load_model
from book_lib.data.translation import SOURCE_VOCABULARY, TARGET_VOCABULARY, encode_source, encode_target
from book_lib.experiments.translator import SIZES
from book_lib.transformer import PAD, Transformer


class TransformerWithoutMask(Transformer):
    """A Transformer whose target words attend to all words of the target, those after them included; padding stays hidden."""

    def _target_mask(self, target):
        causal = super()._target_mask(target)                                # [b, 1, n, n]
        return causal[:, :, -1:].expand_as(causal)                           # what the last word may attend to, all may


def new_unmasked_translator(*, seed):
    """An untrained translator of the book's sizes without the causal mask. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return TransformerWithoutMask(len(SOURCE_VOCABULARY), len(TARGET_VOCABULARY), **SIZES)


@torch.no_grad()
def teacher_forced(model, pairs, batch=250):
    """The share of target words, END included, that the model predicts right when it is given the reference before them."""
    right = total = 0
    for start in range(0, len(pairs), batch):
        some = pairs[start : start + batch]
        source, target = encode_source([pair.source for pair in some]), encode_target([pair.target for pair in some])
        wanted = target[:, 1:]
        said = model(source, target[:, :-1]).argmax(dim=-1)
        right += int(((said == wanted) & (wanted != PAD)).sum())
        total += int((wanted != PAD).sum())
    return right / total


def load_unmasked_translator():
    """The translator of recipes/translator_no_mask.py, in evaluation mode, and the recipe's metrics."""
    weights, metrics = load_model("translator_no_mask")
    model = new_unmasked_translator(seed=0)
    model.load_state_dict(weights)
    return model.eval(), metrics
