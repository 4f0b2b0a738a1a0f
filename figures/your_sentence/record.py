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
TILES = {                                                                    # word, pinyin, gloss
    "who": "我 wǒ I;你 nǐ you;她 tā she;我们 wǒmen we;老师 lǎoshī teacher;学生 xuéshēng student;猫 māo cat;狗 gǒu dog;马 mǎ horse;"
           "动物 dòngwù animal;机器人 jīqìrén robot",
    "what": "书 shū book;苹果 píngguǒ apple;车 chē car;马路 mǎlù road;桥 qiáo bridge;河 hé river;机器学习 jīqì_xuéxí machine_learning",
    "does": "读 dú read;买 mǎi buy;吃 chī eat;过 guò cross;洗 xǐ wash;看见 kànjiàn see;喜欢 xǐhuan like;学习 xuéxí study",
    "how": "累 lèi tired;宽 kuān wide;贵 guì expensive;大 dà big;有趣 yǒuqù interesting;很 hěn very;太 tài too;比 bǐ than",
    "small words": "这 zhè this;那 nà that;一 yī one;三 sān three;个 gè (measure);本 běn (measure);只 zhī (measure);的 de 's;了 le (done);"
                   "没有 méiyǒu did_not;不 bù not;会 huì will;昨天 zuótiān yesterday;因为 yīnwèi because;它 tā it;"
                   "但是 dànshì but;被 bèi by;吗 ma (question);， – comma;。 – full_stop;？ – question_mark",
}


def tiles():
    """[[word, pinyin, gloss], …] for each group."""
    split = (tuple(tile.split()) for group in TILES.values() for tile in group.split(";"))
    known = {word: [word, pinyin.replace("_", " "), gloss.replace("_", " ")] for word, pinyin, gloss in split}
    return {name: [known[tile.split()[0]] for tile in group.split(";")] for name, group in TILES.items()}


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
