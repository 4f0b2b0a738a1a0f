"""What the figure shows before its model is loaded: vocabulary, tiles, sentences to begin with and the translator's answer to the first.

`python figures/your_sentence/record.py` writes data.json; run it after a training of models/translator.
"""

import json
from pathlib import Path

import torch

from book_lib.data.translation import END, SOURCE_VOCABULARY, TARGET_VOCABULARY, encode_source
from book_lib.experiments.translator import load_translator
from book_lib.transformer import beam_search

HERE = Path(__file__).parent
SENTENCES = [
    "这个动物没有过马路，因为它太累了。", "这个动物没有过马路，因为它太宽了。", "我昨天买的书很贵。", "书读我。",
    "马路没有过动物，因为它太宽了。",
]
TILES = {
    "who": "我 你 她 我们 老师 学生 猫 狗 马 动物 机器人",
    "what": "书 苹果 车 马路 桥 河 机器学习",
    "does": "读 买 吃 过 洗 看见 喜欢 学习",
    "how": "累 宽 贵 大 有趣 很 太 比",
    "small words": "这 那 一 三 个 本 只 的 了 没有 不 会 昨天 因为 它 但是 被 吗 ， 。 ？",
}


def tiles():
    """The words of each group."""
    return {name: group.split() for name, group in TILES.items()}


@torch.no_grad()
def answer(sentence):
    """The translator's words, and where words and characters look: last layers, mean over heads, in thousandths."""
    model, source = load_translator()[0], encode_source([sentence])
    [(_, words)] = beam_search(model, source, n_beams=1)
    memory, is_word, reading = model.encode(source)
    _, _, writing = model.decode(torch.tensor([words[:-1]]), memory, is_word)
    maps = {name: (1000 * weights[-1][0].mean(0)).round().int().tolist() for name, weights in (("reading", reading), ("writing", writing))}
    return {"words": [word for word in words[1:] if word != END], **maps}


def main():
    data = {"source": SOURCE_VOCABULARY, "target": TARGET_VOCABULARY, "tiles": tiles(), "sentences": SENTENCES}
    data["answer"] = answer(SENTENCES[0])
    (HERE / "data.json").write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    main()
