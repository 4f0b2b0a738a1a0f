"""referent.py: closed links are those that were named, controls are as large, and the shipped networks do what is said of them."""

import pytest
import torch

from book_lib.data.translation import TARGET_VOCABULARY, encode_target
from book_lib.experiments.referent import (
    Resolver,
    _give_mean_values,
    as_questions,
    attention_to,
    close_all_links,
    close_links,
    close_random_links,
    close_to_all,
    hide,
    hide_at_random,
    load_resolver,
    places_of,
    referent_place,
    resolved,
    train_resolver,
    twin_pairs,
    written_referents,
)
from book_lib.experiments.translator import load_translator


@pytest.fixture(scope="module")
def couples():
    return twin_pairs(60, seed=9)


def closed(mask, row):
    return {tuple(cell) for cell in (~mask[row, 0]).nonzero().tolist()}


def test_couples_differ_in_the_adjective_alone(couples):
    for tired, wide in zip(couples[::2], couples[1::2], strict=True):
        assert (tired.links["referent"], wide.links["referent"]) == ("agent", "object")
        for pair in (tired, wide):
            assert [pair.source[i] for i in places_of(pair, "it")] == ["它"]
            assert places_of(pair, "referent") + places_of(pair, "other") == places_of(pair, *sorted(
                ("agent", "object"), key=lambda name: name != pair.links["referent"]))


def test_questions_ask_for_the_noun_after_because_the(couples):
    source, its, nouns = as_questions(couples)
    for row, pair in enumerate(couples):
        words = pair.target.split()
        assert TARGET_VOCABULARY[nouns[row]] == words[words.index("the", words.index("because")) + 1]
        assert pair.source[its[row]] == "它" and source[row, its[row]] == source[0, its[0]]
    target = encode_target([couples[0].target]).tolist()[0]
    assert TARGET_VOCABULARY[target[referent_place(target)]] == "the"


def test_exactly_the_named_links_are_closed(couples):
    for row, pair in enumerate(couples):
        it = pair.links["it"]
        assert closed(close_links(couples, "it", "agent", "object"), row) == {(it, p) for p in places_of(pair, "agent", "object")}
        assert closed(close_all_links(couples, "it"), row) == {(it, p) for p in range(len(pair.source)) if p != it}
        nouns = places_of(pair, "agent")
        assert closed(close_to_all(couples, "agent"), row) == {(i, j) for i in range(len(pair.source)) for j in nouns if i != j}
        assert (~hide(couples, "adjective"))[row, 0, 0].nonzero().flatten().tolist() == places_of(pair, "adjective")


def test_controls_are_as_large_and_touch_nothing_named(couples):
    cut, control = close_links(couples, "it", "referent"), close_random_links(couples, "it", "referent", seed=0)
    hidden = hide_at_random(couples, "referent", seed=0)
    for row, pair in enumerate(couples):
        named = set(places_of(pair, "it", "agent", "object", "adjective"))
        assert len(closed(control, row)) == len(closed(cut, row)) == (~hidden[row]).sum()
        assert not {place for _, place in closed(control, row)} & named
        assert not set((~hidden)[row, 0, 0].nonzero().flatten().tolist()) & named
    assert torch.equal(control, close_random_links(couples, "it", "referent", seed=0))
    assert not torch.equal(control, close_random_links(couples, "it", "referent", seed=1))


def test_weights_are_summed_over_the_characters_of_a_noun(couples):
    m = max(len(pair.source) for pair in couples)
    weights = torch.rand(len(couples), 2, m, m, generator=torch.Generator().manual_seed(0))
    found = attention_to(weights, couples, "agent", head=1)
    for row, pair in enumerate(couples):
        assert found[row] == pytest.approx(sum(weights[row, 1, pair.links["it"], place].item() for place in pair.links["agent"]))


def test_the_resolvers_need_the_link_and_the_translator_does_not(couples):
    for seed in range(3):
        model = load_resolver(seed)
        right = resolved(model, couples).count("right")
        cut = resolved(model, couples, close_links(couples, "it", "referent")).count("right")
        control = resolved(model, couples, close_random_links(couples, "it", "referent", seed=1)).count("right")
        assert right >= 0.95 * len(couples) and right - cut > 2 * (right - control) and cut < control
    translator, _ = load_translator()
    everything = {"encoder_mask": close_all_links(couples, "it"), "memory_mask": hide(couples, "it")}
    assert written_referents(translator, couples, **everything).count("right") >= 0.95 * len(couples)
    said = written_referents(translator, couples, memory_mask=hide(couples, "adjective"))
    assert said.count("twin") == pytest.approx(len(couples) / 2, abs=0.15 * len(couples))


def test_with_the_weights_kept_only_what_is_hidden_is_replaced(couples):
    translator, _ = load_translator()
    plain = written_referents(translator, couples)
    nothing, noun, adjective = hide(couples), hide(couples, "referent"), hide(couples, "adjective")
    assert written_referents(translator, couples, memory_mask=nothing, keep_weights=True) == plain
    for mask in (noun, adjective):
        masked, replaced = (written_referents(translator, couples, memory_mask=mask, keep_weights=keep) for keep in (False, True))
        assert masked.count("right") < replaced.count("right") < 0.9 * len(couples)     # the others get no more weight, and do less harm


def test_what_is_found_instead_is_the_mean_value_of_the_real_characters(couples):
    translator = load_translator()[0].double()
    layer, seen = translator.decoder.layers[0], torch.tensor([[[[True, False, True, True]]]])
    real = torch.tensor([[[[True, True, True, False]]]])
    query, memory = torch.randn(1, 1, 128, dtype=torch.float64), torch.randn(1, 4, 128, dtype=torch.float64)
    keys, values = layer.cross_attention.keys_and_values(memory, memory)
    weights = layer.cross_attention(query, memory, mask=real)[1]
    changed = values.clone()
    changed[:, :, 1] = values[:, :, :3].mean(dim=2)
    wanted = layer.cross_attention.o_proj((weights @ changed).transpose(1, 2).flatten(2))
    hook = _give_mean_values(layer, seen)
    found = layer.cross_attention(query, memory, mask=real)[0]
    hook.remove()
    torch.testing.assert_close(found, wanted)


def test_links_are_closed_in_the_named_layers_only(couples):
    translator, _ = load_translator()

    def right(layers, mask):
        return written_referents(translator, couples, memory_mask=mask, layers=layers).count("right") / len(couples)

    noun, adjective, random = hide(couples, "referent"), hide(couples, "adjective"), hide_at_random(couples, "referent", seed=0)
    assert right([0], noun) > 0.95 and right([1], noun) < 0.5               # the second layer fetches the noun,
    assert right([1], adjective) > 0.95 and right([0], adjective) < 0.7     # the first the adjective
    assert right([0, 1], noun) == right(None, noun) and right([], noun) == right(None, None) == 1.0
    assert right([0], random) > 0.95 and right([1], random) > 0.95
    assert all(not layer._forward_pre_hooks for layer in translator.decoder.layers)


def test_what_is_said_is_named_by_comparison_with_the_twin(couples):
    class Says:
        def __init__(self, words):
            self.words = words

        def __call__(self, source, its, mask=None):
            return torch.nn.functional.one_hot(self.words, len(TARGET_VOCABULARY)).float(), []

    nouns = as_questions(couples)[2]
    assert set(resolved(Says(nouns), couples)) == {"right"}
    assert set(resolved(Says(nouns.view(-1, 2).flip(1).flatten()), couples)) == {"twin"}
    assert set(resolved(Says(torch.full_like(nouns, 1)), couples)) == {"neither"}


def test_training_follows_from_its_seed():
    pairs = twin_pairs(20, seed=0, split="train")
    first, again, other = (train_resolver(Resolver(seed=seed), pairs, seed=0, steps=3) for seed in (0, 0, 1))
    assert first == again != other


def test_a_start_that_was_not_trained_is_refused():
    with pytest.raises(ValueError, match=r"seed is 7, expected one of \[0, 1, 2\]"):
        load_resolver(7)
