"""Interactive figure: a Transformer translating a sentence, word by word; every box opens to its shape and its numbers."""

import json
from base64 import b64decode, b64encode
from html import escape
from pathlib import Path

from book_lib.widgets.base import (
    Checked,
    InteractiveFigure,
    fill,
    is_number,
    is_whole,
    is_words,
    labels,
    module_source,
    number,
    wrong_trait,
)

EXAMPLE = Path(__file__).parent / "transformer_walk.json"
ENCODER = ("enc-embedding", "enc-position", "enc-self", "enc-norm1", "enc-feed", "enc-norm2")          # in the order of computation
DECODER = ("dec-embedding", "dec-position", "dec-self", "dec-norm1", "dec-cross", "dec-norm2", "dec-feed", "dec-norm3", "linear", "softmax")
BOXES = ENCODER + DECODER
LOOKS = ("enc-self", "dec-self", "dec-cross")
ONCE = ("enc-embedding", "enc-position", "dec-embedding", "dec-position", "linear", "softmax")         # not in a layer
KEPT, PRINTED, LIKELIEST = 16, 4, 5
SIZES = ("n_layers", "n_heads", "d_model", "d_ff", "n_target")
COLUMNS, BOX = {"enc": 16, "dec": 186}, (138, 40)
HIGH, WORD = 548, "font-size:14px;font-weight:600;fill:var(--ink,#1d2329)"
SIDE, SMALL = 'style="font-size:12px"', 'text-anchor="middle" style="font-size:12px"'
STYLES = {
    False: "fill:var(--paper,#fff);stroke:var(--ign,#8c959f)",
    True: "fill:var(--q-wash,#e4f1f9);stroke:var(--q,#0072b2);stroke-width:2",                        # the open box
}


def walk(model, sentence, *, source_words, target_words, label="", max_length=24):
    """What a TransformerWalk shows of one sentence: a dict of plain values, 3 kB for four characters and 16 kB for sixteen.

    model: a Transformer with the paper's post-norm; sentence: its source words, or a text read by character; source_words, target_words:
    the vocabularies, word i at place i. The model translates greedily; every number is from one pass over what it wrote. Features are the
    first 16 of each token, rounded to 1/127 of the largest in their box; weights are rounded to 1/255. Raises ValueError for a word that
    source_words does not have, and for a model with pre-norm or last norms, which the drawing does not show.
    """
    import torch

    from book_lib.transformer import greedy_decode

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
    }


def packed(features) -> list:
    """[scale, text]: numbers as whole numbers from -127 to 127 in base64, to be multiplied by scale / 127."""
    scale = round(features.abs().max().item(), 4) or 1.0
    whole = (features / scale * 127).round().clamp(-127, 127).to(int) + 127
    return [scale, b64encode(bytes(whole.flatten().tolist())).decode()]


def packed_weights(weights) -> str:
    return b64encode(bytes((255 * weights).round().to(int).flatten().tolist())).decode()


def example() -> dict:
    """The walk shown where none is given: the book's translator writes “machine learning”."""
    from book_lib.data.translation import SOURCE_VOCABULARY, TARGET_VOCABULARY
    from book_lib.experiments.translator import load_translator

    return walk(load_translator()[0], "机器学习", source_words=SOURCE_VOCABULARY, target_words=TARGET_VOCABULARY)


def record() -> None:
    """Write the example beside this module; run once after a training of the translator, a test makes it anew."""
    EXAMPLE.write_text(json.dumps(example(), ensure_ascii=False, indent=1) + "\n", "utf-8")


def keys_of(n_layers: int, boxes) -> set[str]:
    """The names under which the numbers of boxes stand in a walk."""
    return {name for box in boxes for name in ([box] if box in ONCE else [f"{box} {i}" for i in range(n_layers)])}


def kind(box: str) -> str:
    """What a box does, whatever its side and its number: enc-norm1 is a norm."""
    return box.removeprefix("enc-").removeprefix("dec-").rstrip("123")


def lengths(one, box: str) -> tuple[int, int]:
    """How many queries, and how many keys, a box has at the last step."""
    written = len(one["target"]) - 1
    return len(one["source"]) if box.startswith("enc") else written, written if box == "dec-self" else len(one["source"])


def is_walk(one) -> bool:
    n_layers, n_heads, d_model = one["sizes"][:3]
    features = [box for box in BOXES if box not in (*LOOKS, "linear", "softmax")]
    kept = min(KEPT, d_model)
    return (
        set(one) == {"label", "source", "target", "sizes", "features", "weights", "next"}
        and isinstance(one["label"], str)
        and is_words(one["source"], 1, 24)
        and is_words(one["target"], 2, 24)
        and len(one["sizes"]) == len(SIZES)
        and all(is_whole(size, 1, 10**6) for size in one["sizes"])
        and set(one["features"]) == keys_of(n_layers, features)
        and set(one["weights"]) == keys_of(n_layers, LOOKS)
        and all(
            is_number(scale, 1e-9) and len(b64decode(text)) == lengths(one, name.split()[0])[0] * kept
            for name, (scale, text) in one["features"].items()
        )
        and all(
            len(b64decode(text)) == n_heads * lengths(one, name.split()[0])[0] * lengths(one, name.split()[0])[1]
            for name, text in one["weights"].items()
        )
        and len(one["next"]) == len(one["target"]) - 1
        and all(
            2 <= len(words) <= LIKELIEST and all(isinstance(w, str) and is_number(x) and is_number(p, 0, 1) for w, x, p in words)
            for words in one["next"]
        )
    )


def are_walks(value) -> bool:
    return 1 <= len(value) <= 6 and all(is_walk(one) for one in value) and len({tuple(one["sizes"]) for one in value}) == 1


class TransformerWalk(InteractiveFigure):
    """Encoder and decoder as the paper draws them, stepped through word by word; every box opens to its shape and its numbers.

    walks: a list of what walk returns, all of one model; walk, step, box, layer, head: what is shown at first. At step 0 the encoder has
    read, at step t the decoder writes word t. Without arguments it shows the book's translator at work on 机器学习. Raises ValueError for
    wrong traits.
    """

    name = "transformer_walk"
    height = (1265, 1925)
    _esm = module_source(name)

    walks = Checked([json.loads(EXAMPLE.read_text("utf-8"))], are_walks, "a list of 1 to 6 walks as walk makes them, all of one model")
    walk = Checked(0, lambda value: is_whole(value, 0, 5), "a whole number, the place of a sentence")
    step = Checked(1, lambda value: is_whole(value, 0, 23), "a whole number, 0 for reading, t for writing word t")
    box = Checked("dec-cross", lambda box: box in BOXES, f"one of {', '.join(BOXES)}")
    layer = Checked(1, lambda value: is_whole(value, 0, 99), "a whole number, the place of a layer")
    head = Checked(1, lambda value: is_whole(value, 0, 99), "a whole number, the place of a head")

    def require_agreement(self) -> None:
        sizes = {"walk": len(self.walks)}
        if self.walk < sizes["walk"]:
            one = self.walks[self.walk]
            sizes |= {"step": len(one["target"]), "layer": one["sizes"][0], "head": one["sizes"][1]}
        for trait, size in sizes.items():
            if getattr(self, trait) >= size:
                raise wrong_trait(self, trait, getattr(self, trait), f"a whole number from 0 to {size - 1}")

    @property
    def one(self) -> dict:
        return self.walks[self.walk]

    def key(self) -> str:
        return self.box if self.box in ONCE else f"{self.box} {self.layer}"

    def rows(self) -> int:
        """How many tokens the open box has at this step: all of the source, or as many as the decoder was given."""
        return len(self.one["source"]) if self.box in ENCODER else self.step

    def features(self) -> list[list[float]]:
        """The first features [rows, 16] of each token of the open box."""
        scale, text = self.one["features"][self.key()]
        kept, flat = min(KEPT, self.one["sizes"][2]), [(byte - 127) * scale / 127 for byte in b64decode(text)]
        return [flat[i * kept : (i + 1) * kept] for i in range(self.rows())]

    def weights(self) -> list[list[float]]:
        """The weights [rows, keys] of the open box and the chosen head; keys are those that exist at this step."""
        n, m = lengths(self.one, self.box)
        flat = b64decode(self.one["weights"][self.key()])[self.head * n * m :]
        shown = self.step if self.box == "dec-self" else m
        return [[x / 255 for x in flat[i * m : i * m + shown]] for i in range(self.rows())]

    def queries(self) -> list[str]:
        """The words on the rows of the open box: what is read; in cross-attention and after it, the word that each place writes."""
        return self.one["source"] if self.box in ENCODER else self.one["target"][: self.step]

    def sentence(self) -> str:
        words, one, step = labels(self.name), self.one, self.step
        if step == 0:
            first = fill(words["readoutRead"], m=len(one["source"]))
        else:
            given, word = " ".join(one["target"][:step]), one["target"][step]
            first = fill(words["readoutWrite"], step=step, given=given, word=word, p=number(self._chance()))
        return f"{first} {self._about_box()}"

    def _chance(self, place: int = 0) -> float:
        return self.one["next"][self.step - 1][place][2]

    def _about_box(self) -> str:
        words, one = labels(self.name), self.one
        name, (_, _, d_model, _, n_target) = self.box_name(), one["sizes"]
        if not self.rows():
            return words["readoutEmpty"]
        if self.box in ("linear", "softmax"):
            return fill(words["readoutNext"], word=one["next"][self.step - 1][1][0], p=number(self._chance(1), 3), count=n_target)
        if self.box not in LOOKS:
            return fill(words["readoutFeatures"], name=name, n=self.rows(), d=d_model, count=self.rows() * d_model)
        rows, keys = self.weights(), one["target"] if self.box == "dec-self" else one["source"]
        i = len(rows) - 1 if self.box in DECODER else max(range(len(rows)), key=lambda i: max(rows[i]))
        j = rows[i].index(max(rows[i]))
        query = self.queries()[i] if self.box in ENCODER else one["target"][self.step]
        template = words["readoutLook" if self.box in ENCODER else "readoutPlace"]
        return fill(template, name=name, head=self.head + 1, query=query, key=keys[j], weight=number(rows[i][j]))

    def box_name(self) -> str:
        words, numeral = labels(self.name), f" {self.box[-1]}" if self.box[-1].isdigit() else ""
        return fill(
            words["boxName" if self.box in ONCE else "boxInLayer"],
            side=words["sides"]["enc" if self.box in ENCODER else "dec"],
            box=words["short"][kind(self.box)] + numeral,
            layer=self.layer + 1,
        )

    def picture(self) -> str:
        return f'<div class="bk-walk">{self._diagram()}<div>{self._open()}</div></div>'

    def _diagram(self) -> str:
        words, target = labels(self.name), self.one["target"]
        ways = f"M85 {HIGH}V{row_top(5) - 18}H170V{row_top(4) + 20}H186M255 {HIGH}V{row_top(9) - 10}"
        drawn = f'<path d="{ways}" style="fill:none;stroke:var(--soft,#57606a);stroke-width:1.5"/>'
        for row, box in [*enumerate(ENCODER), *enumerate(DECODER)]:
            x, y = COLUMNS["enc" if box in ENCODER else "dec"], row_top(row)
            drawn += (
                f'<rect x="{x}" y="{y}" width="{BOX[0]}" height="{BOX[1]}" rx="6" style="{STYLES[box == self.box]}"/>'
                f'<text x="{x + BOX[0] / 2:.0f}" y="{y + 25}" text-anchor="middle" style="font-size:13px;fill:var(--ink,#1d2329)">'
                f"{escape(words['short'][kind(box)])}</text>"
            )
        above = f'<text x="{COLUMNS["dec"]}" y="18" style="{WORD}">{escape(target[self.step])}</text>' if self.step else ""
        below = "".join(
            f'<p><span class="bk-why">{escape(words[name])}:</span> {escape(" ".join(text))}</p>'
            for name, text in (("source", self.one["source"]), ("given", target[: self.step]))
        )
        title = escape(words["diagram"])
        return f'<div><svg viewBox="0 0 340 {HIGH}" width="340" role="img" aria-label="{title}">{drawn}{above}</svg>{below}</div>'

    def _open(self) -> str:
        words, one, title = labels(self.name), self.one, f'<p class="bk-walk-name">{escape(self.box_name())}</p>'
        if not self.rows():
            return title
        if self.box in LOOKS:
            return title + self._matrix()
        if self.box in ("linear", "softmax"):
            head = words["word"], words["logit"], words["probability"]
            rows = [(word, number(x), number(p, 3)) for word, x, p in one["next"][self.step - 1]]
        else:
            head = words["token"], *(fill(words["feature"], i=i + 1) for i in range(min(PRINTED, len(self.features()[0]))))
            rows = [(name, *(number(x, 1) for x in row[:PRINTED])) for name, row in zip(self.queries(), self.features(), strict=True)]
        heads = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
        body = "".join(
            f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>' for first, *rest in rows
        )
        return f'{title}<table class="bk-walk-table"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>'

    def _matrix(self) -> str:
        words, one, rows = labels(self.name), self.one, self.weights()
        names = one["target"][1 : self.step + 1] if self.box == "dec-cross" else self.queries()
        keys = one["target"][: self.step] if self.box == "dec-self" else one["source"]
        cell, left, top = max(14, min(40, 232 // max(len(rows), len(keys)))), 88, 72
        cells = "".join(
            f'<rect x="{left + j * cell}" y="{top + i * cell}" width="{cell}" height="{cell}"'
            f' style="fill:var(--q,#0072b2);fill-opacity:{0.6 * w:.2f}"/>'
            + (f'<text x="{left + (j + 0.5) * cell:g}" y="{top + (i + 0.5) * cell + 4:g}" {SMALL}>{number(w)}</text>' if cell >= 26 else "")
            for i, row in enumerate(rows)
            for j, w in enumerate(row)
        )
        cells += "".join(
            f'<text x="{left - 6}" y="{top + (i + 0.5) * cell + 4:g}" text-anchor="end" {SIDE}>{escape(name)}</text>'
            for i, name in enumerate(names)
        ) + "".join(
            f'<text x="{left + (j + 0.5) * cell:g}" y="{top - 6}" {SMALL}>{escape(key)}</text>'
            if len(key) == 1
            else f'<text transform="translate({left + (j + 0.5) * cell + 4:g} {top - 6}) rotate(-90)" {SIDE}>{escape(key)}</text>'
            for j, key in enumerate(keys)
        )
        wide, high = len(keys) * cell, len(rows) * cell
        frame = f'<rect x="{left}" y="{top}" width="{wide}" height="{high}" style="fill:none;stroke:var(--ign,#8c959f)"/>'
        title = escape(fill(words["matrix"], name=self.box_name(), head=self.head + 1))
        width = left + wide + 2
        return f'<svg viewBox="0 0 {width} {top + high + 2}" width="{width}" role="img" aria-label="{title}">{cells}{frame}</svg>'


def row_top(row: int) -> int:
    """Top of a row of the drawing, px: row 0 at the bottom; a little more room around what is in a layer."""
    return 496 - 46 * row - (12 if row >= 2 else 0) - (24 if row >= 8 else 0)
