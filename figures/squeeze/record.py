"""What the figure shows before a model is loaded: two weight matrices, the answers of both models, and what every setting costs.

`python figures/squeeze/record.py` writes data.json; run it after a training of models/translator or models/detr. Everything is measured in
Node with the page's own engine on the page's own files, whose weights have 8 bits and a scale for each output: 200 new sentences of the
test split are right or not, 200 held-out scenes give the AP. About five minutes.
"""

import json
import sys
from base64 import b64encode
from pathlib import Path

import numpy as np
import torch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from book_lib.book.placed_scenes import COLOURS, NOISE_STEP, digits, drawn, ground_and_noise  # noqa: E402
from book_lib.data.scenes import make_scenes  # noqa: E402
from book_lib.data.translation import decode_target, encode_source, make_pairs  # noqa: E402
from book_lib.detection.detr import detections  # noqa: E402
from book_lib.detection.evaluation import average_precision  # noqa: E402
from book_lib.experiments.small_detectors import HELD_OUT_SEED  # noqa: E402
from export_page_model import page_model, read_page_model  # noqa: E402
from page_engine import run_in_node  # noqa: E402

SENTENCES = ["这个动物没有过马路，因为它太累了。", "我昨天买的书很贵。", "这只猫喜欢那个苹果。", "三个学生看见了老师。", "农民不聪明。"]
SHOWN = {"translator": "encoder.layers.0.self_attention.q_proj.weight", "detector": "decoder_layers.0.cross_attention.q_proj.weight"}
FILES = {"translator": "translator", "detector": "detr"}
N, LEAST = 200, 0.5                                                          # sentences and scenes, score of a report
LEAVE = ["class_head", "box_head"]                                           # the detector's prediction heads stay as they are
SPARSITY, RANKS, BITS = range(0, 100, 5), range(100, 0, -10), range(8, 1, -1)
ASK = """const engine = makeEngine(models.NAME, "NAME", kernel);
return data.settings.map(setting => data.inputs.map(input => WHAT(engine.answer(() => MODEL(engine, input), [], {}, setting)[0])));"""
WORDS, LAST = "(({ translations }) => translations[0].words)", "(({ answers }) => answers.at(-1))"


def settings():
    """Every position of the three sliders, as squeeze.js takes it: {key: {method, level, lines}}."""
    found = {f"sparsity {x}": {"method": "sparsity", "level": x / 100} for x in SPARSITY}
    found |= {f"rank {x}": {"method": "rank", "level": x / 100} for x in RANKS}
    found |= {f"bits {x} {kind}": {"method": "bits", "level": x, "lines": kind == "column"} for kind in ("column", "matrix") for x in BITS}
    return {key: setting | {"leave": LEAVE} for key, setting in found.items()}


def first_objects():
    return json.loads((HERE / "traits.json").read_text("utf-8"))["objects"]["default"]


def asked(name, inputs, each):
    """The answers of the page's model to all inputs, a list for each setting."""
    code = ASK.replace("NAME", name).replace("MODEL", name).replace("WHAT", WORDS if name == "translator" else LAST)
    return run_in_node(code, {"inputs": inputs, "settings": each}, {name: page_model(name)})


def picture(scene):
    return {"pixels": scene.image.flatten().tolist(), "height": scene.size[0], "width": scene.size[1]}


def written(sentences, setting):
    """The translations of sentences by the page's translator under a setting, null for none."""
    inputs = [{"source": encode_source([one])[0].tolist()} for one in sentences]
    return [decode_target(words) for words in asked("translator", inputs, [setting])[0]]


def reported(objects, setting):
    """The detector's reports on a scene under a setting: [{"box", "label", "score"}]."""
    ((answer,),) = asked("detr", [picture(drawn(objects))], [setting])
    logits, boxes = torch.tensor(answer["logits"]).view(-1, 7), torch.tensor(answer["boxes"]).view(-1, 4).tolist()
    scores, labels = logits.softmax(-1)[:, :-1].max(-1)
    return [{"box": [round(x, 4) for x in boxes[query]], "label": int(labels[query]), "score": round(float(scores[query]), 3)}
            for query in range(len(scores)) if scores[query] >= LEAST]


def shares_right(pairs, each):
    """The share of sentences translated as the corpus does, for each setting."""
    inputs = [{"source": encode_source([pair.source])[0].tolist()} for pair in pairs]
    return [round(sum(decode_target(words) == pair.target for words, pair in zip(answers, pairs, strict=True)) / len(pairs), 3)
            for answers in asked("translator", inputs, each)]


def precisions(scenes, each):
    """The AP on scenes, for each setting."""
    scores = []
    for answers in asked("detr", [picture(scene) for scene in scenes], each):
        logits, boxes = (torch.tensor([answer[part] for answer in answers]).view(len(scenes), 20, -1) for part in ("logits", "boxes"))
        scores.append(round(average_precision(detections(logits, boxes, [scene.size for scene in scenes]), scenes)["AP"], 3))
    return scores


def matrix(name):
    """The matrix that the figure draws of a model: its whole numbers, the scale of each column, its sides."""
    kept = read_page_model(page_model(FILES[name]))[1][SHOWN[name]]
    scales = np.abs(kept).max(0) / 127
    whole = np.rint(kept / scales).astype(np.int8)
    return {"name": SHOWN[name].removesuffix(".weight"), "rows": kept.shape[0], "columns": kept.shape[1],
            "scales": [float(f"{scale:.9g}") for scale in scales], "whole": b64encode(whole.tobytes()).decode()}


def first_setting():
    traits = {name: about["default"] for name, about in json.loads((HERE / "traits.json").read_text("utf-8")).items() if "default" in about}
    key = {"bits": f"bits {traits['bits']} {'column' if traits['lines'] else 'matrix'}"}.get(traits["method"])
    return settings()[key or f"{traits['method']} {traits[traits['method']]}"]


def recorded():
    """What both models answer to the figure's first sentence and scene, as they are and under the first setting."""
    whole, (squeezed,) = written(SENTENCES, None), written(SENTENCES[:1], first_setting())
    return {"translator": {"whole": [one.split() for one in whole], "squeezed": squeezed.split()},
            "detector": {"squeezed": reported(first_objects(), first_setting())}}


def main():
    torch.set_num_threads(1)
    each, (ground, noise) = settings(), ground_and_noise()
    measured = {"translator": shares_right(make_pairs(N, seed=3, split="test"), [*each.values()]),
                "detector": precisions(make_scenes(N, seed=HELD_OUT_SEED), [*each.values()])}
    data = {"sentences": [{"zh": zh, "source": encode_source([zh])[0].tolist()} for zh in SENTENCES],
            "matrices": {name: matrix(name) for name in SHOWN},
            "ground": ground, "noise": b64encode(noise.tobytes()).decode(), "noise_step": NOISE_STEP, "colours": COLOURS,
            "digits": digits(), "recorded": recorded(),
            "scores": {name: dict(zip(each, values, strict=True)) for name, values in measured.items()}}
    (HERE / "data.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
