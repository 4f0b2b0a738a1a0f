"""What the figure shows before a model is loaded: what every bug makes of one sentence and one scene, and what it costs on many.

`python figures/break_it/record.py` writes data.json; run it after a training of models/translator, translator_no_mask or detr.
"""

import contextlib
import json
from base64 import b64encode
from pathlib import Path

import torch

from book_lib.book.packing import packed
from book_lib.book.placed_scenes import COLOURS, NOISE_STEP, digits, drawn, ground_and_noise
from book_lib.data.scenes import make_scenes, scene_batch
from book_lib.data.translation import END, PAD, START, TARGET_VOCABULARY, encode_source, encode_target, make_pairs
from book_lib.detection.detr import detections
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.bugs import BUGS, bug
from book_lib.experiments.no_mask import load_unmasked_translator, teacher_forced
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_detr
from book_lib.experiments.translator import LONGEST, load_translator
from book_lib.transformer import greedy_decode

HERE = Path(__file__).parent
SENTENCES = ["这个动物没有过马路，因为它太累了。", "我昨天买的书很贵。", "这只猫喜欢那个苹果。", "三个学生看见了老师。", "农民不聪明。"]
ENGLISH = ["this animal did not cross the road because the animal was too tired .", "the book that i bought yesterday is expensive .",
           "this cat likes that apple .", "three students saw the teacher .", "the farmer is not clever ."]
PADDED, PADDED_SIDE, N, LEAST = 40, (96, 96), 200, 0.5                       # characters, px, sentences and scenes, score of a report


def first_objects():
    return json.loads((HERE / "traits.json").read_text("utf-8"))["objects"]["default"]


def source_of(sentence, *, padded):
    numbers = encode_source([sentence])
    return torch.nn.functional.pad(numbers, (0, PADDED - numbers.size(1))) if padded else numbers


@torch.no_grad()
def written(model, sentence, *, padded=False):
    """A translation, word by word with a cache, and where each word looked: {"words", "map"}: last layer, mean over heads, packed."""
    memory, seen, _ = model.encode(source_of(sentence, padded=padded))
    cache, numbers, rows = model.new_cache(), [START], []
    while len(numbers) < LONGEST and numbers[-1] != END:
        logits, _, cross = model.decode_cached(torch.tensor([numbers]), memory, cache, seen)
        logits[..., [PAD, START]] = -torch.inf
        numbers.append(int(logits[0, -1].argmax()))
        rows.append(packed(cross[-1][0].mean(0)[-1, : len(sentence)].tolist()))
    return {"words": [TARGET_VOCABULARY[number] for number in numbers[1:] if number != END], "map": rows}


@torch.no_grad()
def said(model, sentence, english):
    """The likeliest word after START and after each word of the reference but the last: teacher forcing."""
    logits = model(encode_source([sentence]), encode_target([english])[:, :-1])
    return [TARGET_VOCABULARY[number] for number in logits[0].argmax(-1)[: len(english.split())].tolist()]


@torch.no_grad()
def reported(objects, *, padded=False):
    """The detector's reports on a scene: [{"box", "label", "score"}]."""
    images, mask, _ = scene_batch([drawn(objects)], pad_to=PADDED_SIDE if padded else None)
    output = load_detr()(images, mask)
    scores, labels = output.logits[-1, 0].softmax(-1)[:, :-1].max(-1)
    boxes = output.boxes[-1, 0].tolist()
    return [{"box": [round(x, 4) for x in boxes[query]], "label": int(labels[query]), "score": round(float(scores[query]), 3)}
            for query in range(len(scores)) if scores[query] >= LEAST]


def under(name):
    """The context in which a key of the tables is measured: a bug of BUGS, or none."""
    return bug(name) if name in BUGS else contextlib.nullcontext()


@torch.no_grad()
def right(model, pairs, *, padded=False):
    """The share of sentences translated as the corpus does, one by one, as the page does."""
    wanted = encode_target([pair.target for pair in pairs])
    rows = [greedy_decode(model, source_of(pair.source, padded=padded), max_length=LONGEST)[0] for pair in pairs]
    return round(sum(row.tolist() == want[want != PAD].tolist() for row, want in zip(rows, wanted, strict=True)) / len(pairs), 3)


@torch.no_grad()
def precision(scenes, *, padded=False):
    found = []
    for scene in scenes:
        output = load_detr()(*scene_batch([scene], pad_to=PADDED_SIDE if padded else None)[:2])
        found += detections(output.logits[-1], output.boxes[-1], [scene.size])
    return round(average_precision(found, scenes)["AP"], 3)


def recorded():
    """{"translator": {key: translation}, "detector": {key: reports}}; keys: "right", "padded" (right, on padded input) and each bug."""
    model, unmasked = load_translator()[0], load_unmasked_translator()[0]
    answers, objects = {"translator": {}, "detector": {}}, first_objects()
    for name in ("right", "padded", *BUGS):
        with under(name):
            answers["translator"][name] = written(model, SENTENCES[0], padded=name.startswith("padd"))
            answers["detector"][name] = reported(objects, padded=name.startswith("padd"))
    answers["translator"]["right"]["said"] = said(model, SENTENCES[0], ENGLISH[0])
    answers["translator"]["causal"] = written(unmasked, SENTENCES[0]) | {"said": said(unmasked, SENTENCES[0], ENGLISH[0])}
    return answers


def scores(pairs, scenes):
    """What each bug costs: shares of right sentences, AP, and shares of right words in teacher forcing."""
    model, unmasked = load_translator()[0], load_unmasked_translator()[0]
    table = {"translator": {"causal": right(unmasked, pairs)}, "detector": {}}
    for name in ("right", "padded", *BUGS):
        with under(name):
            table["translator"][name] = right(model, pairs, padded=name.startswith("padd"))
            table["detector"][name] = precision(scenes, padded=name.startswith("padd"))
    forced = {"right": model, "causal": unmasked}
    return table | {"teacher_forced": {name: round(teacher_forced(one, pairs), 4) for name, one in forced.items()}}


def main():
    torch.set_num_threads(1)
    ground, noise = ground_and_noise()
    sentences = [{"zh": zh, "english": english, "source": encode_source([zh])[0].tolist(),
                  "reference": encode_target([english])[0, 1:-1].tolist()}
                 for zh, english in zip(SENTENCES, ENGLISH, strict=True)]
    data = {"sentences": sentences, "padded": PADDED, "ground": ground, "noise": b64encode(noise.tobytes()).decode(),
            "noise_step": NOISE_STEP, "colours": COLOURS, "digits": digits(), "recorded": recorded(),
            "scores": scores(make_pairs(N, seed=3, split="test"), make_scenes(N, seed=HELD_OUT_SEED))}
    (HERE / "data.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
