"""transformer.py: what follows from what, decoding with and without a cache, beams against brute force, and what is refused."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.attention import causal_mask, padding_mask
from book_lib.transformer import (
    END,
    PAD,
    START,
    DecoderLayer,
    EncoderLayer,
    FeedForward,
    KeyValueCache,
    Transformer,
    beam_search,
    count_parameters,
    greedy_decode,
    warmup_rate,
)

SMALL = {"d_model": 16, "n_heads": 2, "d_ff": 24, "n_layers": 2}


def small(n_target=9, *, seed=0, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = Transformer(11, n_target, **SMALL | settings).double().eval()
        for name, parameter in model.named_parameters():
            if "embedding" in name:
                parameter.data *= 4                                          # so that a choice of words is not a toss-up
    return model


def words(*shape, n=11, seed=0):
    return torch.randint(3, n, shape, generator=torch.Generator().manual_seed(seed))


norms = pytest.mark.parametrize("norm_first", [False, True])


@norms
def test_a_later_word_changes_nothing_earlier(norm_first):
    model, source, target = small(norm_first=norm_first), words(2, 5), words(2, 6, n=9)
    before = model(source, target)
    for place in range(6):
        changed = target.clone()
        changed[:, place] = (changed[:, place] - 2) % 6 + 3
        after = model(source, changed)
        assert torch.equal(after[:, :place], before[:, :place])
        assert not torch.allclose(after[:, place], before[:, place])


@norms
@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 1000), lengths=st.lists(st.integers(1, 7), min_size=1, max_size=4))
def test_padding_changes_nothing(norm_first, seed, lengths):
    model = small(norm_first=norm_first)
    source = words(len(lengths), 7, seed=seed).masked_fill(~padding_mask(lengths, 7), PAD)
    target = words(len(lengths), 4, n=9, seed=seed)
    together = model(source, target)
    for row, length in enumerate(lengths):
        alone = model(source[row : row + 1, :length], target[row : row + 1])
        torch.testing.assert_close(together[row : row + 1], alone, atol=1e-12, rtol=1e-12)


@norms
def test_decoding_word_by_word_gives_the_logits_of_the_whole(norm_first):
    model, source, target = small(norm_first=norm_first), words(3, 5), words(3, 6, n=9)
    whole = model(source, target)
    memory, seen, _ = model.encode(source)
    cache, single = model.new_cache(), []
    for n in range(1, 7):
        logits, own, cross = model.decode_cached(target[:, :n], memory, cache, seen)
        assert logits.shape[1] == 1 and own[0].shape == (3, 2, 1, n) and cross[1].shape == (3, 2, 1, 5)
        single.append(logits)
    torch.testing.assert_close(torch.cat(single, dim=1), whole, atol=1e-12, rtol=1e-12)


@norms
@pytest.mark.parametrize("need_weights", [True, False])
def test_a_decoder_layer_with_a_cache_gives_what_it_gives_without(norm_first, need_weights):
    torch.manual_seed(0)
    layer = DecoderLayer(16, 2, 24, norm_first=norm_first).double().eval()
    tokens, memory = torch.randn(3, 5, 16, dtype=torch.float64), torch.randn(3, 4, 16, dtype=torch.float64)
    mask, memory_mask = causal_mask(5)[None, None], padding_mask([4, 2, 3])[:, None, None]
    whole = layer(tokens, memory, mask, memory_mask, need_weights=need_weights)
    cache = KeyValueCache()
    for first, last in ((0, 2), (2, 3), (3, 5)):
        masks = mask[..., first:last, :last], memory_mask
        some = layer.forward_cached(tokens[:, first:last], memory, cache, *masks, need_weights=need_weights)
        assert len(cache) == last
        torch.testing.assert_close(some[0], whole[0][:, first:last])
        for weights, all_weights in zip(some[1:], whole[1:], strict=True):
            if need_weights:
                torch.testing.assert_close(weights, all_weights[:, :, first:last, : weights.size(3)])
            else:
                assert weights is all_weights is None


@norms
def test_greedy_decoding_is_the_same_with_and_without_cache(norm_first):
    model, source = small(norm_first=norm_first), words(6, 5)
    written = greedy_decode(model, source, max_length=12)
    assert torch.equal(written, greedy_decode(model, source, max_length=12, use_cache=False))
    assert written.size(1) <= 12 and (written[:, 0] == START).all()
    for row in written.tolist():
        if END in row:
            assert set(row[row.index(END) + 1 :]) <= {PAD}
    logits = model(source, written)
    logits[..., [PAD, START]] = -math.inf
    for row in range(6):
        length = written[row].tolist().index(END) if END in written[row] else written.size(1) - 1
        assert torch.equal(logits[row, :length].argmax(-1), written[row, 1 : length + 1])


def test_closed_links_reach_the_encoder_and_the_decoder():
    model, source = small(), words(1, 5)
    nothing = torch.ones(1, 1, 5, 5, dtype=torch.bool)
    memory = model.encode(source)[0]
    assert torch.equal(model.encode(source, nothing)[0], memory)
    closed = nothing.clone()
    closed[..., 2, 4] = False
    changed, _, weights = model.encode(source, closed)
    assert all((looked[..., 2, 4] == 0).all() for looked in weights)
    assert not torch.allclose(changed[:, 2], memory[:, 2])
    see_first = torch.zeros(1, 1, 1, 5, dtype=torch.bool)
    see_first[..., 0] = True
    alone = greedy_decode(model, source, memory_mask=see_first, encoder_mask=torch.eye(5, dtype=torch.bool))
    other = source.clone()
    other[:, 1:] = words(1, 4, seed=9)
    assert torch.equal(alone, greedy_decode(model, other, memory_mask=see_first, encoder_mask=torch.eye(5, dtype=torch.bool)))


def every_translation(model, source, length, alpha):
    """All word lists up to a length with their scores, the slow way."""
    n_target, found = model.target_embedding.num_embeddings, []
    for n in range(1, length):
        for middle in itertools.product([w for w in range(n_target) if w not in (PAD, START, END)], repeat=n - 1):
            target = torch.tensor([[START, *middle, END]])
            scores = model(source, target[:, :-1]).log_softmax(-1)[0, torch.arange(n), target[0, 1:]]
            found.append((scores.sum().item() / ((5 + n) / 6) ** alpha, target[0].tolist()))
    return max(found)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("alpha", [0.0, 0.6])
def test_beams_wide_enough_find_the_best_translation(seed, alpha):
    model, source = small(6, seed=seed), words(1, 5, seed=seed)
    score, best = beam_search(model, source, n_beams=200, alpha=alpha, max_length=4)[0]
    expected_score, expected = every_translation(model, source, 4, alpha)
    assert best == expected and score == pytest.approx(expected_score, abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_one_beam_is_greedy(seed):
    model, source = small(seed=seed), words(1, 5, seed=seed)
    _, written = beam_search(model, source, n_beams=1, max_length=10)[0]
    assert written == greedy_decode(model, source, max_length=10)[0].tolist()


def test_beams_are_sorted_and_their_scores_are_true():
    model, source = small(), words(1, 5, seed=3)
    found = beam_search(model, source, n_beams=4, alpha=0.6, max_length=9)
    assert [score for score, _ in found] == sorted((score for score, _ in found), reverse=True)
    for score, row in found:
        target = torch.tensor([row])
        steps = model(source, target[:, :-1]).log_softmax(-1)[0, torch.arange(len(row) - 1), target[0, 1:]]
        assert score == pytest.approx(steps.sum().item() / ((5 + len(row) - 1) / 6) ** 0.6, abs=1e-12)


def test_feed_forward_is_the_same_at_every_place_and_a_convolution_of_size_one():
    layer, x = FeedForward(6, 10).double(), torch.randn(2, 5, 6, dtype=torch.float64)
    whole = layer(x)
    for place in range(5):
        torch.testing.assert_close(layer(x[:, place]), whole[:, place], atol=1e-14, rtol=1e-14)
    hidden = F.conv1d(x.transpose(1, 2), layer.linear1.weight[..., None], layer.linear1.bias).relu()
    torch.testing.assert_close(F.conv1d(hidden, layer.linear2.weight[..., None], layer.linear2.bias).transpose(1, 2), whole)


def test_feed_forward_with_dropout_is_detrs():
    torch.manual_seed(0)
    layer, x = FeedForward(6, 200, dropout=0.5).double(), torch.randn(2, 5, 6, dtype=torch.float64)
    torch.manual_seed(1)
    dropped = layer(x)
    torch.manual_seed(1)
    torch.testing.assert_close(dropped, layer.linear2(F.dropout(layer.linear1(x).relu(), 0.5)))
    torch.testing.assert_close(layer.eval()(x), layer.linear2(layer.linear1(x).relu()))
    assert set(layer.state_dict()) == {"linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"}


def test_parameters_of_the_base_model():
    model = Transformer(37_000, 37_000)
    model.source_embedding.weight = model.target_embedding.weight            # one vocabulary for both languages, as in the paper
    count = count_parameters(model)
    assert count["total"] == sum(p.numel() for p in model.parameters()) == 63_082_496
    assert count["embeddings"] == 37_000 * 512
    assert count["encoder self-attention"] == count["cross-attention"] == 6 * 4 * (512 * 512 + 512)
    assert count["feed-forward"] == 12 * (2 * 512 * 2048 + 2048 + 512)
    assert count["layer norms"] == 6 * 5 * 2 * 512
    storages = [p.data_ptr() for p in model.parameters()]
    assert len(set(storages)) == len(storages)


def test_embeddings_start_as_large_as_the_code_and_dropout_is_where_the_paper_puts_it():
    model = Transformer(500, 500, d_model=64, n_heads=4, d_ff=64, n_layers=1, dropout=0.5)
    assert model.source_embedding.weight.std().item() == pytest.approx(1 / 8, rel=0.05)
    x = torch.randn(2, 5, 64)
    for layer, inputs in ((EncoderLayer(64, 4, 64, dropout=1.0), (x,)), (DecoderLayer(64, 4, 64, dropout=1.0), (x, x))):
        expected = x
        for _ in inputs * 2 if len(inputs) == 1 else inputs + (x,):
            expected = F.layer_norm(expected, (64,))
        torch.testing.assert_close(layer(*inputs)[0], expected)              # with every change dropped, only the norms are left


def test_warmup_rises_and_falls_around_its_top():
    assert warmup_rate(4000, 512) == pytest.approx(6.988e-4, rel=1e-3)
    assert warmup_rate(1, 512) == pytest.approx(warmup_rate(4000, 512) / 4000)
    assert warmup_rate(16_000, 512) == pytest.approx(warmup_rate(4000, 512) / 2)
    assert math.isclose(warmup_rate(8, 64, warmup=8), 64**-0.5 * 8**-0.5)


def decode_twice(model):
    memory, seen, _ = model.encode(words(1, 4))
    cache = model.new_cache()
    model.decode_cached(words(1, 3, n=9), memory, cache, seen)
    model.decode_cached(words(1, 2, n=9), memory, cache, seen)


def test_padding_and_start_are_never_written(monkeypatch):
    model, source = small(), words(2, 5)
    bonus = 100 * F.one_hot(torch.tensor([PAD, START]), 9).sum(dim=0)
    for name in ("decode", "decode_cached"):
        decode = getattr(model, name)
        monkeypatch.setattr(model, name, lambda *given, decode=decode, **options: (decode(*given, **options)[0] + bonus,))
    written = greedy_decode(model, source, max_length=8, use_cache=False)
    assert not {PAD, START} & set(written[:, 1].tolist())
    assert all(not {PAD, START} & set(row[1:]) for _, row in beam_search(model, source[:1], n_beams=4, max_length=8))


def test_no_more_beams_come_back_than_were_asked_for():
    for seed in range(12):
        assert len(beam_search(small(seed=seed), words(1, 5, seed=seed), n_beams=3, max_length=8)) <= 3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m(torch.zeros(2, 3), words(2, 3)), r"source has shape \[2, 3\] and dtype torch.float32, expected whole numbers"),
        (lambda m: m(words(5), words(2, 3)), r"source has shape \[5\]"),
        (lambda m: m(words(2, 3), words(2, 3) + 9), r"target has words 1\d to \d+, expected 0 to 8"),
        (lambda m: m(words(2, 3) - 9, words(2, 3)), r"source has words -\d to"),
        (lambda m: greedy_decode(m, words(2, 3), max_length=1), "max_length is 1, expected a whole number of at least 2"),
        (lambda m: beam_search(m, words(1, 3), max_length=2.5), "max_length is 2.5"),
        (lambda m: greedy_decode(m, words(2, 3).index_fill(0, torch.tensor([1]), PAD)), "a sentence without words"),
        (lambda m: m.encode(words(2, 3)[:, :0]), "a sentence without words"),
        (lambda m: m.new_cache()[0].keep([0]), "empty cache"),
        (lambda m: decode_twice(m), "target has 2 words, expected more than the 3"),
        (lambda m: beam_search(m, words(2, 3)), r"source has shape \[2, 3\], expected one sentence"),
        (lambda m: beam_search(m, words(1, 3), n_beams=0), "n_beams is 0, expected a whole number"),
    ],
)
def test_what_does_not_fit_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(small())
