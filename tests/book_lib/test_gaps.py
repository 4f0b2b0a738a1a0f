"""The grammar exercises have one right answer each, and the shipped networks are those the chapter speaks of."""

import re
from collections import Counter

import pytest
import torch

from book_lib.book.models import load_model
from book_lib.experiments import grammar
from book_lib.experiments.gaps import (
    GapFiller,
    accuracy_by_gap,
    accuracy_without_heads,
    exercises,
    learning_curve,
    load_gap_filler,
    right_answers,
    steps_to,
    train_gap_filler,
)
from book_lib.experiments.grammar import ANSWERS, GAPS, LONGEST, VOCABULARY, encode, encode_answers, make_sentences
from book_lib.experiments.heads import prune_heads

SENTENCES, RIGHT = make_sentences(3000, seed=5)


def singular(noun):
    return noun in grammar.ANIMALS + grammar.PLACES


def is_noun(word):
    return word in grammar._PLURALS or word in grammar._PLURALS.values()


def solve(words):
    """Fill the gaps by the rules of English, independently of how the sentences were made."""
    nouns = [(place, word) for place, word in enumerate(words) if is_noun(word)]
    verb = words.index("not")
    subject = nouns[0][1]
    object_ = next(word for place, word in nouns if place > verb)
    meant = subject if words[-1] in grammar.TOO_WHAT_SUBJECT else object_
    solved = {}
    for place, gap in enumerate(words):
        following = next((word for at, word in nouns if at > place), None)
        if gap == "(a/an)":
            solved[place] = "an" if re.match("[aeiou]", words[place + 1]) else "a"
        elif gap == "(this/these)":
            solved[place] = "this" if singular(following) else "these"
        elif gap in ("(it/they)", "(was/were)"):
            solved[place] = GAPS[gap][not singular(meant)]
    return solved


def test_every_gap_has_the_answer_that_english_demands():
    assert [solve(words) for words in SENTENCES] == RIGHT


def test_all_answers_occur_and_only_a_is_more_frequent_than_its_rival():
    counts = Counter(answer for gaps in RIGHT for answer in gaps.values())
    assert set(counts) == set(ANSWERS)
    shares = {gap: counts[a] / (counts[a] + counts[b]) for gap, (a, b) in GAPS.items()}
    assert shares.pop("(a/an)") < 0.75 and all(abs(share - 0.5) < 0.05 for share in shares.values())


def test_whoever_sees_both_nouns_but_not_who_is_meant_is_right_three_times_in_four():
    agree = 0
    for words in SENTENCES:
        nouns = [(place, word) for place, word in enumerate(words) if is_noun(word)]
        agree += singular(nouns[0][1]) == singular(next(word for place, word in nouns if place > words.index("not")))
    assert abs((agree + (len(SENTENCES) - agree) / 2) / len(SENTENCES) - 0.75) < 0.02


def test_sentences_fit_and_the_same_seed_gives_the_same():
    assert max(map(len, SENTENCES)) <= LONGEST and len(VOCABULARY) == len(set(VOCABULARY))
    assert make_sentences(50, seed=5)[0] == SENTENCES[:50] != make_sentences(50, seed=6)[0]


def test_the_test_sentences_are_new():
    test, train = ({tuple(words) for words in make_sentences(n, seed=seed)[0]} for n, seed in ((1000, 2), (20_000, 1)))
    assert len(test & train) < 20


def test_encoding_and_its_complaints():
    words = encode(["The animals did not cross the road", ["the", "dog"]])
    assert words.shape == (2, 7) and words[1, 2:].tolist() == [0] * 5 and VOCABULARY[words[0, 1]] == "animals"
    assert encode_answers([{1: "they"}, {}], (2, 3)).tolist() == [[-1, ANSWERS.index("they"), -1], [-1] * 3]
    for wrong, said in ((["the zebra"], "'zebra' is not among the"), (["the " * 30], "has 30 words"), ([], "has 0 words")):
        with pytest.raises(ValueError, match=said):
            encode(wrong)
    with pytest.raises(ValueError, match="n is 0"):
        make_sentences(0, seed=0)


def test_a_twin_has_every_noun_in_the_other_number_and_nothing_else_changed():
    words = encode(["the animals did not cross the road because (it/they) (was/were) too tired",
                    "(a/an) fox near the lakes did not catch the dog because (it/they) (was/were) too fast"])
    ones, many, twin = grammar.other_number(words)
    twins = encode(["the animal did not cross the roads because (it/they) (was/were) too tired",
                    "(a/an) foxes near the lake did not catch the dogs because (it/they) (was/were) too fast"])
    assert torch.equal(twin, twins) and torch.equal(grammar.other_number(twin)[2], words)
    found = [[VOCABULARY[word] for word in words[mask].tolist()] for mask in (ones, many)]
    assert found == [["road", "fox", "dog"], ["animals", "lakes"]]


def test_training_is_repeatable_and_learns():
    corpus = exercises(500, seed=3)
    losses = [train_gap_filler(GapFiller(4, seed=0), seed=0, steps=30, corpus=corpus) for _ in range(2)]
    assert losses[0] == losses[1] and losses[0][-1] < losses[0][0]
    assert train_gap_filler(GapFiller(4, seed=1), seed=0, steps=1, corpus=corpus) != losses[0][:1]


def test_a_learning_curve_is_measured_before_during_and_after_the_same_training():
    corpus, test = exercises(200, seed=3), exercises(50, seed=4)
    watched, plain = (GapFiller(2, seed=0, n_kv_heads=1) for _ in range(2))
    curve = learning_curve(watched, test, seed=0, lr=5e-3, steps=20, every=10, corpus=corpus)
    assert len(curve) == 3 and curve[0] == accuracy_by_gap(right_answers(plain, *test), *test)["all"]
    train_gap_filler(plain, seed=0, lr=5e-3, steps=20, corpus=corpus)
    assert all(torch.equal(one, other) for one, other in zip(watched.parameters(), plain.parameters(), strict=True))
    assert curve[2] == accuracy_by_gap(right_answers(plain, *test), *test)["all"]


def test_a_learning_curve_ends_when_the_task_has_stayed_solved_and_at_the_longest_if_not():
    corpus, test = exercises(100, seed=3), exercises(20, seed=4)
    lengths = [
        len(learning_curve(GapFiller(1, seed=0), test, seed=0, lr=5e-3, steps=4, longest=40, solved=solved, every=2, corpus=corpus))
        for solved in (0.0, 1.1)
    ]
    assert lengths == [6, 21]


def test_steps_to_a_share_are_counted_in_measurements():
    assert [steps_to([0.2, 0.8, 0.7, 0.9], share, every=50) for share in (0.1, 0.75, 0.85, 0.95)] == [0, 50, 150, None]


def test_padding_changes_nothing():
    network = GapFiller(4, seed=0).double()
    short = encode(["the dogs did not cross the road because (it/they) (was/were) too wide"])
    padded = torch.cat([short, torch.zeros(1, 8, dtype=torch.long)], dim=1)
    assert torch.allclose(network(short)[0], network(padded)[0][:, : short.size(1)], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "name, seed", [("1_heads", 0), ("4_heads", 0), ("8_heads", 1), ("2_layers", 2), ("4_heads", 4)]
)
def test_shipped_networks_score_what_their_recipe_wrote_down(name, seed):
    words, targets = exercises(1000, seed=2)
    measured = accuracy_by_gap(right_answers(load_gap_filler(name, seed=seed), words, targets), words, targets)
    (run,) = [run for run in load_model("heads")[1]["runs"] if (run["model"], run["seed"]) == (name, seed)]
    assert {gap: round(share, 4) for gap, share in measured.items()} == run["accuracy"]


def test_the_book_s_sentence_is_understood_both_ways():
    network = load_gap_filler("4_heads", seed=0)
    for last, answers in (("tired", ["they", "were"]), ("wide", ["it", "was"])):
        logits, _ = network(encode([f"the animals did not cross the road because (it/they) (was/were) too {last}"]))
        assert [ANSWERS[choice] for choice in logits[0, [8, 9]].argmax(dim=1)] == answers


def test_every_row_of_the_pruning_table_is_that_of_a_pruned_network():
    words, targets = exercises(200, seed=2)
    network = load_gap_filler("8_heads", seed=1)
    table, whole = accuracy_without_heads(network, words, targets), network.layers[0]
    for removed in ([], [0], [4, 7], [0, 1, 2, 3, 5]):
        network.layers[0] = prune_heads(whole, removed)
        measured = accuracy_by_gap(right_answers(network, words, targets), words, targets)
        assert table[sum(1 << head for head in removed)].tolist() == pytest.approx(list(measured.values()), abs=1e-6)


def test_unknown_networks_are_refused_in_one_line():
    with pytest.raises(ValueError, match="there is no model '3_heads' with seed 0; there are 1_heads, "):
        load_gap_filler("3_heads", seed=0)
    with pytest.raises(ValueError, match="with seed 9"):
        load_gap_filler("4_heads", seed=9)
    with pytest.raises(ValueError, match="no trained model 'nothing'.*recipes/nothing.py"):
        load_model("nothing")
