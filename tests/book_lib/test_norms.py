"""norms.py: each rule breaker breaks its own rule and no other, and the norms are those they are said to be."""

import pytest
import torch
from torch import nn

from book_lib.data.translation import encode_source, encode_target, make_pairs
from book_lib.experiments.norms import RULES, SIZES, SentenceNorm, TokenBatchNorm, rule_breaker, shares_right
from book_lib.experiments.translator import new_translator, right_translations
from book_lib.normalisation import batch_norm


def tokens(seed=0):
    return 3 + 2 * torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def moved_by_a_later_word(model, *, training):
    """How far logits of places 0 to 3 of the first sentence move when its word 4 changes."""
    pairs = make_pairs(6, seed=2, split="test")
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])[:, :-1]
    changed = target.clone()
    changed[0, 4] = 5 if changed[0, 4] != 5 else 6
    model.train(training)
    with torch.no_grad():
        return (model(source, changed) - model(source, target))[0, :4].abs().max().item()


@pytest.mark.parametrize(("rule", "in_training", "in_use"), [
    ("layer norm", False, False), ("batch norm", True, False), ("batch norm with padding", True, False),
    ("norm over the sentence", True, True), ("norm over the sentence, encoder only", False, False), ("no causal mask", True, True),
])
def test_who_reads_later_words(rule, in_training, in_use):
    model = rule_breaker(rule, seed=0).double()
    assert (moved_by_a_later_word(model, training=True) > 0) is in_training
    assert (moved_by_a_later_word(model, training=False) > 0) is in_use


def test_batch_norm_is_the_librarys_with_padding_and_without():
    norm, is_real = TokenBatchNorm(8).double(), torch.tensor([[True] * 5, [True, True, False, False, False], [True] * 4 + [False]])
    assert torch.allclose(norm(tokens()), batch_norm(tokens()), atol=1e-12)
    norm.is_real = is_real
    assert torch.allclose(norm(tokens())[is_real], batch_norm(tokens(), is_real=is_real)[is_real], atol=1e-12)
    assert (norm(tokens())[~is_real] == 0).all()


def test_batch_norm_is_told_which_tokens_are_words():
    model = rule_breaker("batch norm", seed=0)
    pairs = make_pairs(4, seed=2, split="test")
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    model(source, target)
    for stack, words in ((model.encoder, source), (model.decoder, target)):
        norms = [part for part in stack.modules() if isinstance(part, TokenBatchNorm)]
        assert len(norms) in (4, 6) and all(torch.equal(norm.is_real, words != 0) for norm in norms)
    assert not any(isinstance(part, nn.LayerNorm) for part in model.modules())
    counted = rule_breaker("batch norm with padding", seed=0)
    counted(source, target)
    assert all(part.is_real is None for part in counted.modules() if isinstance(part, TokenBatchNorm))


def test_sentence_norm_standardises_a_sentence_and_not_its_words():
    normed = SentenceNorm(8).double()(tokens())
    assert torch.allclose(normed.mean(dim=(1, 2)), torch.zeros(3).double(), atol=1e-12)
    assert torch.allclose(normed.var(dim=(1, 2), unbiased=False), torch.ones(3).double(), atol=1e-4)
    assert normed.mean(dim=-1).abs().min() > 1e-3


@torch.no_grad()
def test_sentence_norm_does_not_count_padding():
    model, pairs = rule_breaker("norm over the sentence", seed=0).double().eval(), make_pairs(8, seed=2, split="test")
    short = min(pairs, key=lambda pair: len(pair.target.split()))
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    alone = model(encode_source([short.source]), encode_target([short.target]))
    row = pairs.index(short)
    assert torch.allclose(model(source, target)[row, : alone.size(1)], alone[0], atol=1e-12)
    in_encoder_only = rule_breaker("norm over the sentence, encoder only", seed=0)
    assert not any(isinstance(part, SentenceNorm) for part in in_encoder_only.decoder.modules())
    assert sum(isinstance(part, SentenceNorm) for part in in_encoder_only.encoder.modules()) == 4


def test_the_rule_keeper_is_the_translator_and_starts_follow_from_the_seed():
    keeper, plain = rule_breaker("layer norm", seed=1), new_translator(seed=1, **SIZES)
    assert all(torch.equal(a, b) for a, b in zip(keeper.state_dict().values(), plain.state_dict().values(), strict=True))
    with pytest.raises(ValueError, match=r"rule is 'norm', expected one of \['layer norm', "):
        rule_breaker("norm", seed=0)
    assert len(RULES) == 6


def test_shares_are_those_of_teacher_forcing_and_of_greedy_decoding():
    pairs = make_pairs(20, seed=2, split="test")
    model = rule_breaker("layer norm", seed=0).double().eval()
    words, sentences = shares_right(model, pairs)
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    with torch.no_grad():
        right = sum(int(model(source[i : i + 1], row[None, :-1]).argmax(-1)[0, t] == row[t + 1])
                    for i, row in enumerate(target) for t in range(len(row) - 1) if row[t + 1])
    assert words == pytest.approx(right / int((target[:, 1:] > 0).sum()), abs=1e-6)
    assert sentences == right_translations(model, pairs).double().mean().item()
