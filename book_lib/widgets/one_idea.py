"""Interactive figure of the cover: where the translator looks to write a word, and where the detector looks to find an object."""

import json
from html import escape
from pathlib import Path

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, is_words, labels, module_source, number, wrong_trait
from book_lib.widgets.scenes import (
    are_answers,
    are_classes,
    dimmed,
    is_packed,
    is_scene,
    packed,
    plain_scene,
    recorded,
    rectangle,
    scene_svg,
    share_inside,
    thousandths,
    unpacked,
)

EXAMPLE = Path(__file__).parent / "one_idea.json"
SENTENCES = {                                                                # and what each of the characters means by itself
    "这个动物没有过马路，因为它太累了。": "this (a) moving thing not (has) cross horse way , be- cause it too tired (now) .",
    "这个动物没有过马路，因为它太宽了。": "this (a) moving thing not (has) cross horse way , be- cause it too wide (now) .",
}
STEP, TALL = 20, 84                                                          # px from character to character; px of a bar of weight 1
PRONOUN = "它"                                                               # underlined: the word that the title asks about


def looks_of_translator(translator, sentence: str) -> dict:
    """Where the shipped translator looks while it writes each word: decoder's last layer, mean of the heads.

    Returns {"source": characters, "gloss": what each means by itself, "words": the translation, "noun": place of the noun written for 它,
    "maps": for each word the weights of the characters, packed}.
    """
    import torch

    from book_lib.data.translation import encode_source, encode_target
    from book_lib.experiments.translator import translate

    english, = translate(translator, [sentence])
    with torch.no_grad():
        memory, seen, _ = translator.encode(encode_source([sentence]))
        weights = translator.decode(encode_target([english]), memory, seen)[2][-1][0].mean(dim=0)
    words = english.split()
    return {
        "source": list(sentence), "gloss": SENTENCES[sentence].split(" "), "words": words, "noun": words.index("because") + 2,
        "maps": [packed(row[: len(sentence)].tolist()) for row in weights[: len(words)]],
    }


def looks_of_detector(detr, scene, classes, *, least=0.5) -> dict:
    """What the shipped DETR's sure queries answer for a scene, and where they look: last layer, mean of the heads.

    Returns plain_scene's values and {"classes", "boxes", "labels", "scores", "grid": [h, w], "maps": packed}, surest query first.
    """
    import torch

    from book_lib.data.scenes import scene_batch

    images, mask, _ = scene_batch([scene])
    with torch.no_grad():
        grid = list(detr.features(images, mask)[0].shape[-2:])
        output, maps = detr.attention(images, mask)
    scores, best = output.logits[-1, 0].softmax(dim=-1)[:, :-1].max(dim=-1)
    sure = [query for query in scores.argsort(descending=True).tolist() if scores[query] >= least]
    return plain_scene(scene) | {
        "classes": list(classes), "grid": grid,
        "boxes": [thousandths(output.boxes[-1, 0, query]) for query in sure],
        "labels": [int(best[query]) for query in sure],
        "scores": [round(float(scores[query]), 3) for query in sure],
        "maps": [packed(maps.on_memory[-1][0].mean(dim=0)[query].tolist()) for query in sure],
    }


def record(translator, detr, scene, classes) -> None:
    """Write the example beside this module; run once after a training."""
    sentences = [looks_of_translator(translator, sentence) for sentence in SENTENCES]
    data = {"sentences": sentences, "scene": looks_of_detector(detr, scene, classes)}
    EXAMPLE.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


def is_data(data) -> bool:
    scene = data["scene"]
    return (
        set(data) == {"sentences", "scene"}
        and 1 <= len(data["sentences"]) <= 4
        and all(
            set(one) == {"source", "gloss", "words", "noun", "maps"}
            and is_words(one["source"], 2, 24) and is_words(one["gloss"], len(one["source"]), len(one["source"]))
            and is_words(one["words"], 2, 24) and is_whole(one["noun"], 0, len(one["words"]) - 1)
            and len(one["maps"]) == len(one["words"]) and all(is_packed(pair, len(one["source"])) for pair in one["maps"])
            for one in data["sentences"]
        )
        and set(scene) == {"image", "size", "objects", "classes", "grid", "boxes", "labels", "scores", "maps"}
        and are_classes(scene["classes"])
        and is_scene({name: scene[name] for name in ("image", "size", "objects")}, len(scene["classes"]))
        and 1 <= len(scene["boxes"]) <= 12
        and are_answers(scene, len(scene["classes"]))
    )


class OneIdea(InteractiveFigure):
    """The same attention twice: choose a word that the translator writes, and an object that the detector finds, and see where each looks.

    data: {"sentences": what looks_of_translator returns, "scene": what looks_of_detector returns}; sentence: which of the sentences; word:
    which word, -1 for the noun written for 它; query: which answer. Without arguments it shows the book's own two models. Raises ValueError
    for wrong traits.
    """

    name = "one_idea"
    height = (640, 1234)
    _esm = module_source(name)

    data = Checked(recorded(EXAMPLE), is_data, "sentences and a scene as book_lib.widgets.one_idea makes them of models")
    sentence_shown = Checked(0, lambda value: is_whole(value, 0, 3), "a whole number, the place of a sentence")
    word = Checked(-1, lambda value: is_whole(value, -1, 23), "a whole number, the place of a word, or -1")
    query = Checked(0, lambda value: is_whole(value, 0, 11), "a whole number, the place of an answer")

    def require_agreement(self) -> None:
        sentences = self.data["sentences"]
        limits = {"sentence_shown": len(sentences), "query": len(self.data["scene"]["boxes"])}
        limits["word"] = len(sentences[min(self.sentence_shown, len(sentences) - 1)]["words"])
        for trait, size in limits.items():
            if getattr(self, trait) >= size:
                raise wrong_trait(self, trait, getattr(self, trait), f"a whole number below {size}")

    @property
    def shown(self) -> dict:
        return self.data["sentences"][self.sentence_shown]

    def looks(self) -> list[float]:
        """The weight of each character while the chosen word is written."""
        one = self.shown
        return unpacked(one["maps"][one["noun"] if self.word < 0 else self.word])

    def inside(self) -> float:
        """The share of the chosen answer's attention on cells whose middle lies in its box."""
        scene = self.data["scene"]
        return share_inside(unpacked(scene["maps"][self.query]), scene["grid"], scene["boxes"][self.query])

    def sentence(self) -> str:
        words, one, scene, weights = labels(self.name), self.shown, self.data["scene"], self.looks()
        most = sorted(range(len(weights)), key=lambda i: -weights[i])[:2]
        first = fill(
            words["readoutWord"], word=one["words"][one["noun"] if self.word < 0 else self.word],
            first=one["source"][most[0]], a=number(100 * weights[most[0]], 0),
            second=one["source"][most[1]], b=number(100 * weights[most[1]], 0))
        name = scene["classes"][scene["labels"][self.query]]
        return first + " " + fill(words["readoutBox"], name=name, inside=number(100 * self.inside(), 0))

    def picture(self) -> str:
        words, one, scene, query = labels(self.name), self.shown, self.data["scene"], self.query
        weights, n = self.looks(), len(self.shown["source"])
        bars = "".join(
            f'<rect x="{STEP * i + 3}" y="{TALL * (1 - x):.1f}" width="{STEP - 6}" height="{TALL * x:.1f}" style="fill:var(--q,#0072b2)"/>'
            for i, x in enumerate(weights))
        text = "".join(
            f'<text x="{STEP * (i + 0.5)}" y="{TALL + 20}" text-anchor="middle" lang="zh" style="font-size:16px;fill:currentColor">'
            f"{escape(character)}</text>" for i, character in enumerate(one["source"]))
        text += "".join(
            f'<path d="M{STEP * i + 2} {TALL + 26}h{STEP - 4}" style="stroke:currentColor;stroke-width:2"/>'
            for i, character in enumerate(one["source"]) if character == PRONOUN)
        about = escape(words["source"])
        line = f'<svg viewBox="0 0 {STEP * n} {TALL + 28}" width="{STEP * n}" role="img" aria-label="{about}">{bars}{text}</svg>'
        cells = dimmed(unpacked(scene["maps"][query]), scene["grid"], scene["size"])
        box = rectangle(scene["boxes"][query], scene["size"], "stroke:#fff;stroke-width:3;stroke-dasharray:7 4")
        name = scene["classes"][scene["labels"][query]]
        drawn = scene_svg(scene | {"objects": []}, cells + box, fill(words["scene"], name=name))
        return f'<div class="bk-two"><div>{line}<p>{escape(" ".join(one["words"]))}</p></div>{drawn}</div>'
