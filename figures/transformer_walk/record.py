"""Record what a Transformer does while it translates a sentence. Run after recipes/translator.py; takes seconds."""

import json
from base64 import b64encode
from pathlib import Path

import torch

from book_lib.data.translation import SOURCE_VOCABULARY, TARGET_VOCABULARY
from book_lib.data.translation_glosses import reading
from book_lib.experiments.translator import load_translator
from book_lib.transformer import greedy_decode

DATA = Path(__file__).with_name("data.json")
SENTENCES = ("机器学习", "我喜欢机器学习。", "猫没有爬树，因为它太累了。")
KEPT, LIKELIEST = 16, 5                    # features of a token, words of a step


def walk(model, sentence, *, source_words, target_words, label="", max_length=24, glosses=()):
    """What a TransformerWalk shows of one sentence: a dict of plain values, 3 kB for four characters and 16 kB for sixteen.

    model: a Transformer with the paper's post-norm; sentence: its source words, or a text read by character; source_words, target_words:
    the vocabularies, word i at place i. The model translates greedily; every number is from one pass over what it wrote. Features are the
    first 16 of each token, rounded to 1/127 of the largest in their box; weights are rounded to 1/255. glosses: the words of a Chinese
    sentence, [[word, pinyin, gloss], …]. Raises ValueError for a word that
    source_words does not have, and for a model with pre-norm or last norms, which the drawing does not show.
    """
    if model.encoder.layers[0].add_norm1.norm_first or not isinstance(model.decoder.norm, torch.nn.Identity):
        raise ValueError("walk: the model must have the paper's post-norm and no last norms")
    source_words, target_words = list(source_words), list(target_words)
    unknown = [word for word in sentence if word not in source_words]
    if unknown:
        raise ValueError(f"walk: {unknown[0]!r} is not among the {len(source_words)} source words")

    seen, hooks = {}, []

    def remember(name, module):
        hooks.append(module.register_forward_hook(lambda _, inputs, output: seen.setdefault(name, []).append(output[0])))

    remember("embedding source", model.source_embedding)
    remember("embedding target", model.target_embedding)
    remember("position", model.dropout)
    for side, layers, norms in (("enc", model.encoder.layers, 2), ("dec", model.decoder.layers, 3)):
        for i, layer in enumerate(layers):
            remember(f"{side}-feed {i}", layer.feed_forward)
            for k in range(1, norms + 1):
                remember(f"{side}-norm{k} {i}", getattr(layer, f"add_norm{k}").norm)

    was_training = model.training
    model.eval()
    source = torch.tensor([[source_words.index(word) for word in sentence]])
    try:
        with torch.no_grad():
            written = greedy_decode(model, source, max_length=max_length)
            seen.clear()
            memory, is_word, looks = model.encode(source)
            logits, own, cross = model.decode(written[:, :-1], memory, is_word)
    finally:
        for hook in hooks:
            hook.remove()
        model.train(was_training)

    root = model.d_model**0.5
    boxes = {name: found[0] for name, found in seen.items() if name[:4] in ("enc-", "dec-")}
    boxes |= {"enc-embedding": root * seen["embedding source"][0], "dec-embedding": root * seen["embedding target"][0]}
    boxes |= {"enc-position": seen["position"][0], "dec-position": seen["position"][1]}
    weights = zip(("enc-self", "dec-self", "dec-cross"), (looks, own, cross), strict=True)
    scores, chances = logits[0], logits[0].softmax(dim=-1)
    best = scores.topk(min(LIKELIEST, scores.size(1)), dim=-1).indices.tolist()
    return {
        "label": label or "".join(sentence),
        "source": list(sentence),
        "target": [target_words[word] for word in written[0].tolist()],
        "sizes": [len(looks), looks[0].size(1), model.d_model, model.encoder.layers[0].feed_forward.linear1.out_features, scores.size(1)],
        "features": {name: packed(tokens[:, :KEPT]) for name, tokens in sorted(boxes.items())},
        "weights": {f"{box} {i}": packed_weights(w[0]) for box, layers in weights for i, w in enumerate(layers)},
        "next": [
            [[target_words[word], round(scores[t, word].item(), 2), round(chances[t, word].item(), 4)] for word in words]
            for t, words in enumerate(best)
        ],
        **({"glosses": glosses} if glosses else {}),
    }


def packed(features):
    """[scale, text]: numbers as whole numbers from -127 to 127 in base64, to be multiplied by scale / 127."""
    scale = round(features.abs().max().item(), 4) or 1.0
    whole = (features / scale * 127).round().clamp(-127, 127).to(int) + 127
    return [scale, b64encode(bytes(whole.flatten().tolist())).decode()]


def packed_weights(weights):
    return b64encode(bytes((255 * weights).round().to(int).flatten().tolist())).decode()


def walks():
    """The sentences of SENTENCES as the book's translator translates them."""
    translator, words = load_translator()[0], {"source_words": SOURCE_VOCABULARY, "target_words": TARGET_VOCABULARY}
    return [walk(translator, sentence, glosses=reading(sentence), **words) for sentence in SENTENCES]


def main():
    DATA.write_text(json.dumps(walks(), ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
