"""Pinyin and a gloss for every word and every character of the translation corpus, for readers who do not read Chinese.

The one home of these readings. Run as a script, it writes what figures show of them, figures/_lib/readings.js.
"""

from pathlib import Path

_WORDS = """
我 wǒ I;你 nǐ you;他 tā he;她 tā she;我们 wǒmen we;他们 tāmen they;老师 lǎoshī teacher;学生 xuéshēng student;医生 yīshēng doctor;
孩子 háizi child;女孩 nǚhái girl;画家 huàjiā painter;农民 nóngmín farmer;朋友 péngyou friend;机器人 jīqìrén robot;
动物 dòngwù animal;猫 māo cat;狗 gǒu dog;鸟 niǎo bird;马 mǎ horse;兔子 tùzi rabbit;牛 niú cow;猴子 hóuzi monkey;大象 dàxiàng elephant;
熊 xióng bear;狐狸 húli fox;老虎 lǎohǔ tiger;鱼 yú fish;
书 shū book;信 xìn letter;报纸 bàozhǐ newspaper;论文 lùnwén paper;苹果 píngguǒ apple;香蕉 xiāngjiāo banana;蛋糕 dàngāo cake;
鸡蛋 jīdàn egg;茶 chá tea;咖啡 kāfēi coffee;牛奶 niúnǎi milk;汤 tāng soup;车 chē car;自行车 zìxíngchē bicycle;帽子 màozi hat;
花 huā flower;桌子 zhuōzi table;椅子 yǐzi chair;电脑 diànnǎo computer;箱子 xiāngzi box;船 chuán boat;
马路 mǎlù road;桥 qiáo bridge;河 hé river;树 shù tree;山 shān mountain;墙 qiáng wall;
公园 gōngyuán park;花园 huāyuán garden;森林 sēnlín forest;学校 xuéxiào school;图书馆 túshūguǎn library;房间 fángjiān room;
厨房 chúfáng kitchen;商店 shāngdiàn shop;里 lǐ in;上 shàng on;在 zài at;
机器学习 jīqì_xuéxí machine_learning;深度学习 shēndù_xuéxí deep_learning;机器翻译 jīqì_fānyì machine_translation;
目标检测 mùbiāo_jiǎncè object_detection;图像分类 túxiàng_fēnlèi image_classification;自注意力 zì_zhùyìlì self-attention;
读 dú read;写 xiě write;买 mǎi buy;卖 mài sell;洗 xǐ wash;吃 chī eat;喝 hē drink;修 xiū repair;搬 bān move;画 huà draw;咬 yǎo bite;
追 zhuī chase;偷 tōu steal;看见 kànjiàn see;帮助 bāngzhù help;喜欢 xǐhuan like;学习 xuéxí study;研究 yánjiū research;教 jiāo teach;
过 guò cross;推 tuī push;进 jìn enter;爬 pá climb;跳过 tiàoguò jump_over;穿过 chuānguò walk_through;抓住 zhuāzhù catch;
走 zǒu go_away;掉 diào (away);干净 gānjìng clean;好 hǎo good;想 xiǎng want;会 huì will;能 néng can;是 shì is;
累 lèi tired;困 kùn sleepy;害怕 hàipà afraid;懒 lǎn lazy;老 lǎo old;慢 màn slow;虚弱 xūruò weak;紧张 jǐnzhāng nervous;饿 è hungry;
饱 bǎo full;胖 pàng fat;宽 kuān wide;窄 zhǎi narrow;滑 huá slippery;危险 wēixiǎn dangerous;吵 chǎo noisy;深 shēn deep;冷 lěng cold;
热 rè hot;脏 zāng dirty;重 zhòng heavy;长 cháng long;酸 suān sour;硬 yìng hard;甜 tián sweet;咸 xián salty;臭 chòu smelly;高 gāo high;
矮 ǎi short;陡 dǒu steep;密 mì dense;满 mǎn full;快 kuài fast;难 nán difficult;大 dà big;小 xiǎo small;白 bái white;黑 hēi black;
红 hóng red;新 xīn new;旧 jiù old;贵 guì expensive;便宜 piányi cheap;漂亮 piàoliang beautiful;年轻 niánqīng young;
聪明 cōngming clever;有趣 yǒuqù interesting;有用 yǒuyòng useful;可爱 kě'ài cute;强壮 qiángzhuàng strong;
很 hěn very;太 tài too;非常 fēicháng very;比 bǐ than;得多 deduō much;这 zhè this;那 nà that;它 tā it;关于 guānyú about;
一 yī one;两 liǎng two;三 sān three;四 sì four;五 wǔ five;几 jǐ several;
个 gè (measure);本 běn (measure);只 zhī (measure);位 wèi (measure);匹 pǐ (measure);头 tóu (measure);条 tiáo (measure);
封 fēng (measure);份 fèn (measure);篇 piān (measure);根 gēn (measure);杯 bēi cup;辆 liàng (measure);顶 dǐng (measure);
朵 duǒ (measure);张 zhāng (measure);把 bǎ (measure);台 tái (measure);
的 de 's;了 le (done);没有 méiyǒu did_not;没 méi not;有 yǒu have;不 bù not;正在 zhèngzài (doing);被 bèi by;吗 ma (question);
因为 yīnwèi because;但是 dànshì but;昨天 zuótiān yesterday;今天 jīntiān today;明天 míngtiān tomorrow;每天 měitiān every_day;
早上 zǎoshang morning;晚上 wǎnshang evening;， – comma;。 – full_stop;？ – question_mark
"""
_CHARACTERS = """
动 dòng move;物 wù thing;路 lù way;机 jī machine;器 qì device;人 rén person;师 shī master;学 xué learn;生 shēng pupil;医 yī heal;
孩 hái child;子 zi (ending);女 nǚ woman;家 jiā home;农 nóng farming;民 mín people;朋 péng friend;友 yǒu friend;们 men (plural);
兔 tù rabbit;猴 hóu monkey;象 xiàng elephant;狐 hú fox;狸 lí raccoon_dog;虎 hǔ tiger;报 bào report;纸 zhǐ paper;论 lùn discuss;
文 wén writing;苹 píng apple;果 guǒ fruit;香 xiāng fragrant;蕉 jiāo banana;蛋 dàn egg;糕 gāo cake;鸡 jī hen;咖 kā coffee;啡 fēi coffee;
奶 nǎi milk;自 zì self;行 xíng go;帽 mào hat;桌 zhuō table;椅 yǐ chair;电 diàn electricity;脑 nǎo brain;箱 xiāng box;
公 gōng public;园 yuán garden;森 sēn forest;林 lín woods;校 xiào school;图 tú picture;馆 guǎn building;房 fáng house;间 jiān room;
厨 chú kitchen;商 shāng trade;店 diàn shop;习 xí practise;度 dù degree;翻 fān turn_over;译 yì translate;目 mù eye;标 biāo mark;
检 jiǎn examine;测 cè measure;像 xiàng image;分 fēn divide;类 lèi kind;注 zhù pour_into;意 yì meaning;力 lì force;看 kàn look;
见 jiàn see;帮 bāng help;助 zhù help;喜 xǐ like;欢 huān joy;研 yán study;究 jiū investigate;跳 tiào jump;穿 chuān go_through;
抓 zhuā grasp;住 zhù hold;干 gān dry;净 jìng clean;害 hài harm;怕 pà fear;虚 xū empty;弱 ruò weak;紧 jǐn tight;危 wēi danger;
险 xiǎn risk;便 biàn convenient;宜 yí suitable;漂 piào pretty;亮 liàng bright;年 nián year;轻 qīng light;聪 cōng clever;明 míng bright;
趣 qù interest;用 yòng use;可 kě can;爱 ài love;强 qiáng strong;壮 zhuàng robust;非 fēi not;常 cháng often;得 de (degree);多 duō much;
关 guān concern;于 yú at;正 zhèng just;因 yīn cause;为 wèi for;但 dàn but;昨 zuó yesterday;天 tiān day;今 jīn today;每 měi every;
早 zǎo early;晚 wǎn late
"""
GLOSSES = {
    word: (pinyin.replace("_", " "), gloss.replace("_", " "))
    for word, pinyin, gloss in (entry.split() for entry in (_WORDS + ";" + _CHARACTERS).replace("\n", "").split(";"))
}
READINGS_OF_FIGURES = Path(__file__).parents[2] / "figures" / "_lib" / "readings.js"


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


def readings_of_figures():
    """The JavaScript that gives GLOSSES to figures/_lib/glosses.js, word by word on lines."""
    lines = "".join(f"{word} {pinyin}: {gloss}\n" for word, (pinyin, gloss) in GLOSSES.items())
    return f"// Made by book_lib/data/translation_glosses.py, the home of these readings.\nexport const READINGS = `\n{lines}`;\n"


def main():
    READINGS_OF_FIGURES.write_text(readings_of_figures(), "utf-8")


if __name__ == "__main__":
    main()
