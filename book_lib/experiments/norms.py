"""Small translators whose decoder or norms break a rule: batch norm, a layer norm over the whole sentence, no causal mask."""

import torch
from torch import nn

from book_lib.data.translation import decode_target, encode_source, encode_target, make_pairs
from book_lib.experiments.depth import replace_parts
from book_lib.experiments.translator import LONGEST, new_translator, train_translator
from book_lib.transformer import PAD, Encoder, greedy_decode

SIZES = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 2, "dropout": 0.0}
TRAINING = {"steps": 600, "warmup": 100, "batch": 32}
RULES = (
    "layer norm", "batch norm", "batch norm with padding", "norm over the sentence", "norm over the sentence, encoder only",
    "no causal mask",
)


class TokenBatchNorm(nn.BatchNorm1d):
    """Batch norm of tokens [b, n, d_model]: over all tokens in training, by running averages in evaluation mode (Ioffe and Szegedy 2015).

    is_real [b, n], where it has been set, says which tokens count; the others get zeros.
    """

    is_real = None

    def forward(self, tokens):
        counted = torch.ones_like(tokens[..., 0], dtype=torch.bool) if self.is_real is None else self.is_real
        normed = torch.zeros_like(tokens)
        normed[counted] = super().forward(tokens[counted])
        return normed


class SentenceNorm(nn.LayerNorm):
    """A layer norm as more than one drawing shows it: mean and variance over all features of all words of a sentence [b, n, d_model].

    is_real [b, n], where it has been set, says which tokens count. At inference these are the words written so far.
    """

    is_real = None

    def forward(self, tokens):
        counted = torch.ones_like(tokens[..., :1]) if self.is_real is None else self.is_real[..., None].to(tokens)
        count = counted.sum(dim=-2, keepdim=True) * tokens.size(-1)
        mean = (tokens * counted).sum(dim=(-2, -1), keepdim=True) / count
        variance = ((tokens - mean).square() * counted).sum(dim=(-2, -1), keepdim=True) / count
        return (tokens - mean) / torch.sqrt(variance + self.eps) * self.weight + self.bias


def rule_breaker(rule, *, seed):
    """An untrained translator of SIZES that keeps or breaks one rule of RULES. The start follows from seed."""
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}, expected one of {list(RULES)}")
    model = new_translator(seed=seed, **SIZES)
    if rule == "no causal mask":
        return without_causal_mask(model)
    if rule.startswith("norm over the sentence"):
        where = model.encoder if rule.endswith("encoder only") else model
        replace_parts(where, nn.LayerNorm, lambda old: SentenceNorm(SIZES["d_model"]))
    if rule.startswith("batch norm"):
        replace_parts(model, nn.LayerNorm, lambda old: TokenBatchNorm(SIZES["d_model"]))
    if rule != "batch norm with padding":
        for stack in (model.encoder, model.decoder):
            stack.register_forward_pre_hook(_leave_out_padding)
    return model


def without_causal_mask(model):
    """Make a Transformer's decoder forget the first of its two masks, in place. Returns the model; it must write without a cache."""
    forward = model.decoder.forward
    model.decoder.forward = lambda tokens, memory, mask, *rest, **options: forward(tokens, memory, None, *rest, **options)
    return model


@torch.no_grad()
def shares_right(model, pairs):
    """What teacher forcing sees and what a reader sees: the share of words right after the right earlier words, and of sentences.

    The sentences are written greedily, without a cache, so that a model which reads later words meets those it has written.
    """
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    scored = target[:, 1:] != PAD
    words = (model(source, target[:, :-1]).argmax(dim=-1) == target[:, 1:])[scored].float().mean().item()
    written = greedy_decode(model, source, max_length=LONGEST, use_cache=False).tolist()
    return words, sum(decode_target(row) == pair.target for row, pair in zip(written, pairs, strict=True)) / len(pairs)


def summary(rule, lr, seed):
    """Train one translator of RULES at a top rate. Returns its last losses and both shares, on the whole held-out set."""
    model = rule_breaker(rule, seed=seed)
    losses = train_translator(model, make_pairs(20_000, seed=1), seed=seed, top_rate=lr, **TRAINING)
    words, sentences = shares_right(model.eval(), make_pairs(1000, seed=2, split="test"))
    return {"loss": round(sum(losses[-50:]) / 50, 4), "words": round(words, 4), "sentences": round(sentences, 4)}


def _leave_out_padding(stack, given):
    """Tell norms over several tokens which of them are words: a mask shows itself to every word of a sentence and to no padding."""
    mask = given[1] if isinstance(stack, Encoder) else given[2]
    is_real = (mask[:, 0, 0] if mask.size(2) == 1 else mask[:, 0].diagonal(dim1=1, dim2=2)).expand(given[0].shape[:2])
    for part in stack.modules():
        if isinstance(part, (TokenBatchNorm, SentenceNorm)):
            part.is_real = is_real
