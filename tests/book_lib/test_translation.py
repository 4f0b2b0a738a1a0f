"""The corpus is one function from Chinese to English, its splits keep their promises, and links point at the right characters."""

import time

import pytest
import torch

from book_lib.data import translation
from book_lib.data.translation import (
    FIELDS,
    LONGEST_IN_TRAINING,
    SHARES,
    SOURCE_VOCABULARY,
    TARGET_VOCABULARY,
    decode_target,
    encode_source,
    encode_target,
    make_pairs,
    twins,
)


@pytest.fixture(scope="module")
def train():
    return make_pairs(60_000, seed=1)


@pytest.fixture(scope="module")
def held_out():
    return {split: make_pairs(2000, seed=2, split=split) for split in ("test", "longer", "new_combination")}


def test_one_chinese_sentence_has_one_translation(train, held_out):
    translations = {}
    for pair in train + sum(held_out.values(), []):
        assert translations.setdefault(pair.source, pair.target) == pair.target


def test_there_are_many_different_sentences_of_every_kind(train):
    assert len({pair.source for pair in train}) > 45_000
    counts = {kind: sum(pair.kind == kind for pair in train) / len(train) for kind in SHARES}
    assert sum(counts.values()) == pytest.approx(1)
    assert 0.22 < counts["because"] < 0.32
    assert min(counts.values()) > 0.02


def test_held_out_sentences_and_their_combinations_are_never_in_training(train, held_out):
    sources = {pair.source for pair in train}
    for pairs in held_out.values():
        assert len({pair.source for pair in pairs}) == len(pairs)
        assert not sources & {pair.source for pair in pairs}
    said = {(pair.links["referent"], *_words(pair)) for pair in train if pair.kind == "because"}
    tested = {(pair.links["referent"], *_words(pair)) for pair in held_out["test"] if pair.kind == "because"}
    assert len(tested) > 100
    assert not said & tested


def _words(pair):
    """The agent, the verb with its object, and the adjective of a because-pair, read from its characters."""
    agent, noun, adjective = (pair.links[name] for name in ("agent", "object", "adjective"))
    marker_and_verb = pair.source[agent[-1] + 1 : noun[-1] + 1]
    verb = next(verb + noun for verb, _, noun, *_ in translation._SITUATIONS if marker_and_verb.endswith(verb + noun))
    return pair.source[agent[0] : agent[-1] + 1], verb, pair.source[adjective[0] : adjective[-1] + 1]


def test_verbs_never_meet_their_held_out_objects_in_training(train):
    meetings = [(verb.zh, noun) for verb in translation._VERBS for noun in verb.objects if translation._is_held_out((verb.zh, noun))]
    assert 8 < len(meetings) < 60
    statements = [pair.source for pair in train if pair.kind == "statement"]
    for verb, noun in meetings:
        assert not any(f"{verb}了一{translation._NOUNS[noun].measure}{noun}。" in source for source in statements if noun not in FIELDS)


def test_lengths_separate_the_splits(train, held_out):
    assert max(len(pair.source) for pair in train) == LONGEST_IN_TRAINING
    assert max(len(pair.source) for pair in held_out["test"]) <= LONGEST_IN_TRAINING
    assert min(len(pair.source) for pair in held_out["longer"]) > LONGEST_IN_TRAINING


def test_new_combinations_are_not_built_in_training(train, held_out):
    def built(pair):
        asked = pair.source.endswith("？")
        relative_subject = pair.links and "的" in pair.source and " that " in pair.target
        return asked and "被" in pair.source, asked and "比" in pair.source, bool(relative_subject)

    for pair in held_out["new_combination"]:
        assert any(built(pair))
    assert not any(any(built(pair)[:2]) for pair in train)
    relative = [pair for pair in held_out["new_combination"] if pair.kind == "relative because"]
    assert len(relative) > 300
    assert all(built(pair)[2] for pair in relative)


def test_every_word_of_the_other_splits_is_known_from_training(train, held_out):
    characters, words = {c for pair in train for c in pair.source}, {w for pair in train for w in pair.target.split()}
    assert characters == set(SOURCE_VOCABULARY[3:])
    assert words == set(TARGET_VOCABULARY[3:])
    for pair in sum(held_out.values(), []):
        assert set(pair.source) <= characters
        assert set(pair.target.split()) <= words


def test_the_two_sentences_of_the_article_exist(train):
    targets = {pair.source: pair.target for pair in train + make_pairs(60_000, seed=3) + make_pairs(60_000, seed=4)}
    tired, wide = "这个动物没有过马路，因为它太累了。", "这个动物没有过马路，因为它太宽了。"
    assert targets[tired] == "this animal did not cross the road because the animal was too tired ."
    assert targets[wide] == "this animal did not cross the road because the road was too wide ."


def test_fields_stand_alone(train):
    alone = {pair.source: pair.target for pair in train if not pair.source.endswith(("。", "？"))}
    assert alone == FIELDS


def test_links_point_at_it_and_at_its_referent(train, held_out):
    because = [pair for pair in train + held_out["test"] + held_out["new_combination"] if pair.links]
    objects = {noun: en for _, _, noun, en, _, _ in translation._SITUATIONS}
    for pair in because:
        links = pair.links
        assert pair.source[links["it"]] == "它"
        assert pair.source[links["adjective"][0] - 1] == "太"
        assert pair.source[links["adjective"][-1] + 1] == "了"
        agent, noun = ("".join(pair.source[place] for place in links[name]) for name in ("agent", "object"))
        referent = {"agent": translation._NOUNS[agent].one, "object": objects[noun]}[links["referent"]]
        assert f"because the {referent} " in pair.target
    assert all(pair.links is None for pair in train if pair.kind != "because")


def test_some_adjectives_mean_the_agent_here_and_the_object_there(train):
    roles = {}
    for pair in train:
        if pair.kind == "because":
            roles.setdefault(_words(pair)[2], set()).add(pair.links["referent"])
    assert roles["累"] == {"agent"}
    assert roles["宽"] == {"object"}
    assert {"大", "小", "重"} <= {adjective for adjective, found in roles.items() if len(found) == 2}


def test_twins_differ_in_the_adjective_and_in_the_referent():
    couples = twins(300, seed=5)
    assert len(couples) == 300
    for of_agent, of_object in couples:
        assert (of_agent.links["referent"], of_object.links["referent"]) == ("agent", "object")
        assert of_agent.links["agent"][0] >= 0
        assert _words(of_agent)[:2] == _words(of_object)[:2]
        assert _words(of_agent)[2] != _words(of_object)[2]
        rest = [
            pair.source[: pair.links["adjective"][0]] + pair.source[pair.links["adjective"][-1] + 1 :] for pair in (of_agent, of_object)
        ]
        assert rest[0] == rest[1]
        assert of_agent.target != of_object.target


def test_a_seed_makes_the_same_pairs_again():
    assert make_pairs(200, seed=7) == make_pairs(200, seed=7)
    assert make_pairs(200, seed=7) != make_pairs(200, seed=8)
    assert make_pairs(200, seed=7) == make_pairs(400, seed=7)[:200]


def test_english_is_regular(train):
    for pair in train:
        words = pair.target.split()
        assert pair.target == " ".join(words).lower()
        for article, noun in zip(words, words[1:], strict=False):
            if article in ("a", "an"):
                assert (article == "an") == (noun[0] in "aeiou"), pair
        assert (pair.source[-1], words[-1]) in {("。", "."), ("？", "?")} or pair.source in FIELDS


@pytest.mark.parametrize("split", ["train", "test", "longer", "new_combination"])
def test_encoding_and_decoding_give_the_sentence_back(split):
    pairs = make_pairs(200, seed=9, split=split)
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    assert source.shape == (200, max(len(pair.source) for pair in pairs))
    assert target.shape == (200, max(len(pair.target.split()) for pair in pairs) + 2)
    assert [decode_target(row) for row in target] == [pair.target for pair in pairs]
    assert ["".join(SOURCE_VOCABULARY[i] for i in row if i) for row in source.tolist()] == [pair.source for pair in pairs]
    assert torch.equal((target == 2).sum(1), torch.ones(200, dtype=torch.long))
    assert (target[:, 0] == 1).all()


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=rf"'龙' is unknown.*only {len(SOURCE_VOCABULARY) - 3} characters"):
        encode_source(["这只龙很大。"])
    with pytest.raises(ValueError, match="'dragon' is unknown"):
        encode_target(["this dragon is big ."])
    with pytest.raises(ValueError, match="n is 0"):
        make_pairs(0, seed=0)
    with pytest.raises(ValueError, match="split is 'dev'"):
        make_pairs(1, seed=0, split="dev")
    with pytest.raises(ValueError, match="split 'longer'"):
        twins(1, seed=0, split="longer")
    with pytest.raises(ValueError, match="0 sentences"):
        encode_source([])


def test_fifty_thousand_pairs_take_seconds():
    """Five on a machine that counts the digits of a million numbers in a twentieth of one; another may take longer for both."""
    reference = processor_seconds(lambda: sum(len(str(number)) for number in range(1_000_000)))
    assert processor_seconds(lambda: make_pairs(50_000, seed=0)) < 90 * reference


def processor_seconds(work):
    start = time.process_time()
    work()
    return time.process_time() - start
