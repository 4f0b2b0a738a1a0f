"""Record what the shipped translator and the shipped DETR answer at first, for the figure of the cover. Run after their recipes."""

import json
from pathlib import Path

import torch

from book_lib.book.packing import packed, plain_scene
from book_lib.book.placed_scenes import drawn, page_data
from book_lib.data.translation import encode_source, encode_target
from book_lib.experiments.translator import load_translator, translate

HERE = Path(__file__).parent
SENTENCE = "{who}没有过马路，因为它太{why}了。"
WHO, WHY = ["这个动物", "这只猫", "这头大象", "这个机器人"], ["累", "饿", "宽", "滑", "吵"]
RECORDED = [(0, 0), (0, 2)]                                                  # the other sentences are translated in the page


def sentence(who, why):
    return SENTENCE.format(who=WHO[who], why=WHY[why])


def first_objects():
    return json.loads((HERE / "traits.json").read_text("utf-8"))["objects"]["default"]


@torch.no_grad()
def looks_of_translator(translator, source):
    """Where the shipped translator looks while it writes each word: decoder's last layer, mean of the heads.

    Returns {"words": the translation, "maps": for each word the weights of the characters, packed}.
    """
    english, = translate(translator, [source])
    memory, seen, _ = translator.encode(encode_source([source]))
    weights = translator.decode(encode_target([english]), memory, seen)[2][-1][0].mean(dim=0)
    words = english.split()
    return {"words": words, "maps": [packed(row[: len(source)].tolist()) for row in weights[: len(words)]]}


def main():
    torch.set_num_threads(1)
    translator, objects = load_translator()[0].double(), first_objects()
    data = page_data(objects) | {
        "image": plain_scene(drawn(objects))["image"],
        "sentence": SENTENCE, "who": WHO, "why": WHY,
        "translations": {f"{who},{why}": looks_of_translator(translator, sentence(who, why)) for who, why in RECORDED},
    }
    (HERE / "data.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
