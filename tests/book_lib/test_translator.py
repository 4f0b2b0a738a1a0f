"""translator.py: the shipped translator does what its log says, training follows from its seed, and strangers are refused."""

import pytest
import torch

from book_lib.book.models import load_log, model_folder
from book_lib.data.translation import make_pairs
from book_lib.experiments.translator import (
    SIZES,
    load_translator,
    new_translator,
    right_translations,
    train_translator,
    translate,
    without_padding,
)
from book_lib.transformer import PAD

TINY = {"d_model": 16, "n_heads": 2, "d_ff": 16, "n_layers": 1, "dropout": 0.1}


@pytest.fixture(scope="module")
def translator():
    return load_translator()[0]


def test_the_articles_sentences(translator):
    assert translate(translator, ["机器学习", "这个动物没有过马路，因为它太累了。", "这个动物没有过马路，因为它太宽了。"]) == [
        "machine learning",
        "this animal did not cross the road because the animal was too tired .",
        "this animal did not cross the road because the road was too wide .",
    ]


def test_new_sentences_come_out_as_the_log_says(translator):
    pairs = make_pairs(300, seed=11, split="test")
    assert right_translations(translator, pairs).float().mean() >= 0.93
    scores = load_log("translator")["scores"]
    assert scores["test"] >= 0.95 and set(scores) == {"test", "longer", "new_combination"}


def test_it_is_small_and_was_quickly_trained():
    log = load_log("translator")
    assert (model_folder("translator") / "weights.safetensors").stat().st_size <= 4_000_000
    assert log["seconds"] <= 300 and log["threads"] == 2
    assert log["parameters"] == sum(p.numel() for p in new_translator(seed=0).parameters())
    assert log["sizes"] == SIZES and log["right_while_training"][0]["right"] < 0.05


def test_right_means_every_word(translator):
    good, other = make_pairs(2, seed=11, split="train")
    assert right_translations(translator, [good, good._replace(target=other.target)], batch=1).tolist() == [True, False]


def test_training_follows_from_its_seed():
    pairs = make_pairs(200, seed=0)
    starts = ((0, 0), (0, 0), (1, 0), (0, 1))
    losses = [train_translator(new_translator(seed=start, **TINY), pairs, seed=seed, steps=3) for start, seed in starts]
    assert losses[0] == losses[1] and losses[0] != losses[2] and losses[0] != losses[3]


def test_training_learns_and_may_be_watched():
    pairs, seen = make_pairs(40, seed=0), []
    losses = train_translator(new_translator(seed=0, **TINY), pairs, seed=0, steps=80, warmup=10, top_rate=2e-2, watch=seen.append)
    assert len(seen) == 80 and sum(losses[-10:]) < 0.5 * sum(losses[:10])


def test_warm_up_rises_to_the_top_rate(monkeypatch):
    import book_lib.experiments.translator as module

    rates = []
    monkeypatch.setattr(module, "train", lambda *_, lr, **__: rates.append([lr(step) for step in (1, 50, 100, 400)]))
    for rise in (True, False):
        train_translator(None, make_pairs(3, seed=0), seed=0, steps=1, warmup=100, rise=rise, top_rate=0.01)
    assert rates[0] == pytest.approx([0.0001, 0.005, 0.01, 0.005]) and rates[1] == pytest.approx([0.01, 0.01, 0.01, 0.005])


def test_padding_is_cut_off():
    words = torch.tensor([[5, 6, PAD, PAD], [5, PAD, PAD, PAD]])
    assert without_padding(words).tolist() == [[5, 6], [5, PAD]]


def test_strange_characters_are_named(translator):
    with pytest.raises(ValueError, match="龙"):
        translate(translator, ["这只龙没有过河。"])


def test_a_log_that_is_not_there_is_named():
    with pytest.raises(ValueError, match=r"no log 'nothing'.*make experiments"):
        load_log("nothing")
