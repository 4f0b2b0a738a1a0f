"""Pack the attention weights of any model for the figure; run as a script, record the two heads that chapter 3 makes by hand."""

import json
from pathlib import Path

import torch

from book_lib.attention import scaled_dot_product_attention
from book_lib.experiments.gaps import accuracy_without_heads, logits_without_heads
from book_lib.experiments.grammar import ANSWERS, GAPS, encode

DATA = Path(__file__).with_name("data.json")
TOKENS = ["animal", "road", "it", "tired"]
WHOM = [[1, 0], [0, 0], [2, 1], [3, 1]], [[2, 0], [0, 2], [-1, 0], [1, 0]]                # queries, keys: whom could the word stand for?
WHAT = [[0, 0], [0, 0], [2, 0], [2, 0]], [[0, 0], [0, 0], [0, 0], [2, 0]]                 # and: what is said about it?


def attention_example(label, queries, weights, keys=None, asks=(), answers=(), glosses=()):
    """One sentence for a HeadExplorer: its words, and its weights rounded to whole numbers from 0 to 255.

    weights: for each layer [n_heads, n, m], tensors, arrays or lists; keys: the words looked at, by default the queries (self-attention);
    asks: places of the queries that matter most, shown bold; the average distance is taken over them. answers: what the network says at
    them while heads are switched off, each {"row": its place, "options": two words, "right": 0 or 1, "shares": the right word's share of
    both probabilities for every set of heads, in thousandths}; set sum(2 ** head) has those heads off, counted through the layers.
    glosses: for keys that are Chinese characters, the words they form, [[word, pinyin, gloss], …] as
    book_lib.data.translation_glosses.reading cuts them.
    """
    keys = queries if keys is None else keys
    layers = [layer if isinstance(layer, list) else layer.tolist() for layer in weights]
    rounded = [[[round(255 * x) for row in head for x in row] for head in layer] for layer in layers]
    example = {"label": label, "queries": list(queries), "keys": list(keys), "weights": rounded, "asks": list(asks)}
    example |= {"answers": list(answers)} if answers else {}
    return example | ({"glosses": [list(word) for word in glosses]} if glosses else {})


def with_switches(model, sentences, tested):
    """What the figure needs to switch the heads of a GapFiller off: {"data": examples, "accuracy": of the whole network}.

    sentences: {text: its right answers, in order}; tested: words and targets, on which the accuracy is measured for every set of heads.
    """
    examples = []
    for text, wanted in sentences.items():
        words, tokens = text.split(), encode([text])
        places = [place for place, word in enumerate(words) if word in GAPS]
        with torch.no_grad():
            _, weights = model(tokens)
        gaps = torch.zeros_like(tokens, dtype=torch.bool)
        gaps[0, places] = True
        logits = torch.stack(list(logits_without_heads(model, tokens, gaps)))                # [sets of heads, gaps, 8]
        answers = []
        for place, said, right in zip(places, logits.unbind(dim=1), wanted.split(), strict=True):
            options = GAPS[words[place]]
            shares = said[:, [ANSWERS.index(option) for option in options]].softmax(dim=-1)[:, options.index(right)]
            answers.append({"row": place, "options": list(options), "right": options.index(right),
                            "shares": (1000 * shares).round().int().tolist()})
        examples.append(attention_example(text, words, [layer[0] for layer in weights], asks=places, answers=answers))
    accuracy = accuracy_without_heads(model, *tested)[:, 0]
    return {"data": examples, "accuracy": (1000 * accuracy).round().int().tolist()}


def two_heads_by_hand():
    heads = []
    for query, key in (WHOM, WHAT):
        query, key = torch.tensor(query, dtype=torch.float64), torch.tensor(key, dtype=torch.float64)
        heads.append(scaled_dot_product_attention(query, key, key)[1].tolist())
    return attention_example(" ".join(TOKENS), TOKENS, [heads], asks=[2])


def main():
    DATA.write_text(json.dumps([two_heads_by_hand()], separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
