"""Pinyin and a gloss for the Chinese words that figures show, for readers who do not read Chinese."""

_WORDS = """
我 wǒ I;你 nǐ you;她 tā she;我们 wǒmen we;老师 lǎoshī teacher;学生 xuéshēng student;猫 māo cat;狗 gǒu dog;马 mǎ horse;动物 dòngwù animal;
机器人 jīqìrén robot;书 shū book;苹果 píngguǒ apple;车 chē car;马路 mǎlù road;
桥 qiáo bridge;河 hé river;机器学习 jīqì_xuéxí machine_learning;
读 dú read;买 mǎi buy;吃 chī eat;过 guò cross;洗 xǐ wash;看见 kànjiàn see;喜欢 xǐhuan like;学习 xuéxí study;累 lèi tired;宽 kuān wide;
贵 guì expensive;大 dà big;有趣 yǒuqù interesting;很 hěn very;太 tài too;比 bǐ than;这 zhè this;那 nà that;一 yī one;三 sān three;
个 gè (measure);本 běn (measure);只 zhī (measure);的 de 's;了 le (done);没有 méiyǒu did_not;不 bù not;会 huì will;昨天 zuótiān yesterday;
因为 yīnwèi because;它 tā it;但是 dànshì but;被 bèi by;吗 ma (question);， – comma;。 – full_stop;？ – question_mark;
爬 pá climb;树 shù tree;孩子 háizi child;在 zài at;公园 gōngyuán park;里 lǐ in
"""
GLOSSES = {
    word: (pinyin.replace("_", " "), gloss.replace("_", " "))
    for word, pinyin, gloss in (entry.split() for entry in _WORDS.replace("\n", "").split(";"))
}


def reading(sentence):
    """Cut a sentence into the longest words of GLOSSES: a list of [word, pinyin, gloss]. Raises ValueError where a character has none."""
    found, rest = [], sentence
    while rest:
        word = next((rest[:n] for n in range(len(rest), 0, -1) if rest[:n] in GLOSSES), None)
        if word is None:
            raise ValueError(f"sentence contains {rest[0]!r}, which has no gloss; add it to translation_glosses.py")
        found.append([word, *GLOSSES[word]])
        rest = rest[len(word):]
    return found
