"""A small language in two languages: Chinese sentences and their English translations, both made from one meaning by a grammar.

Chinese is read by character, English by word. A pronoun after 因为 is spelled out in English: 这个动物没有过马路，因为它太宽了。 is
"this animal did not cross the road because the road was too wide ."
"""

import random
import zlib
from typing import NamedTuple

import torch

LONGEST_IN_TRAINING = 26  # characters
PRONOUNS = {  # subject, object, owner, number
    "我": ("i", "me", "my", "i"),
    "你": ("you", "you", "your", "plural"),
    "他": ("he", "him", "his", "one"),
    "她": ("she", "her", "her", "one"),
    "我们": ("we", "us", "our", "plural"),
    "他们": ("they", "them", "their", "plural"),
}
# noun, measure word, one, many, adjectives that may stand before it (or -), and "own" where "my …" is said of it
NOUNS = """老师 位 teacher teachers - own; 学生 个 student students - own; 医生 位 doctor doctors - own
孩子 个 child children - own; 女孩 个 girl girls - -; 画家 位 painter painters - -; 农民 位 farmer farmers - -
朋友 位 friend friends - own; 动物 个 animal animals - -; 猫 只 cat cats 大小白黑 own; 狗 只 dog dogs 大小白黑 own
鸟 只 bird birds 大小白黑 own; 马 匹 horse horses 白黑 own; 兔子 只 rabbit rabbits 大小白黑 own; 牛 头 cow cows 大小 own
猴子 只 monkey monkeys 大小 -; 大象 头 elephant elephants - -; 熊 只 bear bears 大小黑 -; 狐狸 只 fox foxes 大小白 -
老虎 只 tiger tigers 大小 -; 机器人 个 robot robots 大小新旧 own; 鱼 条 fish fish 大小 own; 书 本 book books 新旧 own
信 封 letter letters - own; 报纸 份 newspaper newspapers 旧 own; 论文 篇 paper papers 新 own
苹果 个 apple apples 大小红 own; 香蕉 根 banana bananas 大小 own; 蛋糕 个 cake cakes 大小 own; 鸡蛋 个 egg eggs 大小 own
茶 杯 cup_of_tea cups_of_tea - -; 咖啡 杯 cup_of_coffee cups_of_coffee - -; 牛奶 杯 cup_of_milk cups_of_milk - -
车 辆 car cars 新旧红 own; 自行车 辆 bicycle bicycles 新旧红 own; 帽子 顶 hat hats 新旧红白黑大小 own
花 朵 flower flowers 大小红白 own; 桌子 张 table tables 大小新旧 own; 椅子 把 chair chairs 大小新旧 own
电脑 台 computer computers 新旧 own; 箱子 个 box boxes 大小旧 own"""
FIELDS = {
    "机器学习": "machine learning",
    "深度学习": "deep learning",
    "机器翻译": "machine translation",
    "目标检测": "object detection",
    "图像分类": "image classification",
    "自注意力": "self-attention",
}
GROUPS = {
    "people": "老师 学生 医生 孩子 女孩 画家 农民 朋友",
    "pets": "猫 狗 鸟 马 兔子",
    "wild": "猴子 大象 熊 狐狸 老虎",
    "reading": "书 信 报纸 论文",
    "food": "苹果 香蕉 蛋糕 鸡蛋",
    "drinks": "茶 咖啡 牛奶",
    "goods": "车 自行车 帽子 桌子 椅子 电脑",
    "fields": " ".join(FIELDS),
}
# verb: base, third person, past, participle, -ing | who | what | where | verb in the passive (negated: the last) | forms, if not all
VERBS = """读 read reads read read reading | people | reading | 图书馆 公园 学校 花园 房间 | |
写 write writes wrote written writing | people | 书 信 论文 | 图书馆 学校 房间 | |
买 buy buys bought bought buying | people | 书 报纸 food 咖啡 花 | 商店 | 买走 |
买 buy buys bought bought buying | people | goods | 商店 | 买走 | past past_not progressive will will_not want
卖 sell sells sold sold selling | 农民 画家 女孩 | food goods 花 | 商店 | 卖掉 |
洗 wash washes washed washed washing | people 机器人 | 车 自行车 帽子 苹果 椅子 | 花园 | 洗干净 |
吃 eat eats ate eaten eating | people 猫 狗 熊 狐狸 猴子 | food 鱼 | 厨房 公园 花园 | 吃 吃掉 |
喝 drink drinks drank drunk drinking | people | drinks | 厨房 公园 房间 | 喝掉 |
修 repair repairs repaired repaired repairing | people 机器人 | 车 自行车 电脑 桌子 椅子 | 花园 学校 | 修好 |
搬 move moves moved moved moving | people 机器人 | 桌子 椅子 箱子 | | 搬走 | past past_not progressive will will_not want
画 draw draws drew drawn drawing | people 机器人 | pets wild 牛 花 | 公园 花园 学校 房间 | |
咬 bite bites bit bitten biting | 狗 猫 狐狸 老虎 | pets 帽子 苹果 | 公园 花园 | 咬 | past past_not
追 chase chases chased chased chasing | 猫 狗 狐狸 老虎 | pets 猴子 | 公园 花园 森林 | |
偷 steal steals stole stolen stealing | 猴子 狐狸 猫 狗 熊 | food 鱼 | 厨房 商店 | 偷 偷走 | past past_not progressive present
看见 see sees saw seen seeing | people | people pets wild 牛 | 公园 花园 学校 森林 | | past past_not
帮助 help helps helped helped helping | people 机器人 | people | 学校 图书馆 | | past past_not progressive present will will_not want
喜欢 like likes liked liked liking | people pets wild | pets 牛 food 花 | | | simple simple_not
喜欢 like likes liked liked liking | people | reading drinks goods wild fields | | | simple simple_not
学习 study studies studied studied studying | people 机器人 | fields | 学校 图书馆 | | past past_not present simple will want
研究 research researches researched researched researching | people | fields | 学校 | | past progressive simple simple_not will want
教 teach teaches taught taught teaching | 老师 朋友 | fields | 学校 | | progressive present simple simple_not will want"""
PAST = {"昨天": "yesterday", "昨天晚上": "last night", "今天早上": "this morning"}
HABIT = {"每天": "every day", "每天早上": "every morning", "每天晚上": "every evening"}
FUTURE = {"明天": "tomorrow", "明天早上": "tomorrow morning", "明天晚上": "tomorrow evening"}
FORMS = {  # what stands before and after the Chinese verb, times, how the object may be named
    "past": (("",), "了", PAST, ("one", "some", "this", "own")),
    "past_not": (("没有", "没"), "", PAST, ("bare", "this", "own")),
    "present": (("",), "", HABIT, ("general",)),
    "simple": (("",), "", {}, ("general", "general", "this", "own")),
    "simple_not": (("不",), "", {}, ("general",)),
    "progressive": (("正在",), "", {}, ("one", "this", "own")),
    "will": (("会",), "", FUTURE, ("one", "some", "this", "own")),
    "will_not": (("不会",), "", FUTURE, ("this", "own")),
    "want": (("想",), "", {}, ("one", "some", "this", "own")),
}
PLACES = {  # a place, its preposition and name, and what is found there
    "公园里": ("in the park", "pets people 花"),
    "花园里": ("in the garden", "pets 孩子 花 桌子 椅子"),
    "森林里": ("in the forest", "wild 鸟 兔子 动物"),
    "学校里": ("in the school", "老师 学生 孩子 电脑 桌子 椅子"),
    "图书馆里": ("in the library", "老师 学生 reading 电脑 桌子"),
    "房间里": ("in the room", "猫 狗 孩子 医生 桌子 椅子 电脑 箱子 机器人"),
    "厨房里": ("in the kitchen", "food 猫 桌子 椅子 箱子"),
    "商店里": ("in the shop", "goods food 花 农民 孩子"),
    "箱子里": ("in the box", "书 信 food 帽子 猫 兔子"),
    "桌子上": ("on the table", "reading food 帽子 电脑 花"),
    "河里": ("in the river", "鱼 动物 狗"),
}
ATTRIBUTES = {"大": "big", "小": "small", "白": "white", "黑": "black", "红": "red", "新": "new", "旧": "old"}
NUMBERS = {"两": "two", "三": "three", "四": "four", "五": "five", "几": "several"}
# adjective, English, comparative, what it is said of
ADJECTIVES = """大 big bigger pets wild 桌子 椅子 food; 小 small smaller pets wild 桌子 椅子 food; 贵 expensive more_expensive goods food 书
便宜 cheap cheaper goods food 书; 新 new newer goods; 旧 old older goods; 漂亮 beautiful more_beautiful 花 pets 车 自行车 帽子
高 tall taller people; 年轻 young younger people; 聪明 clever more_clever people pets wild; 快 fast faster 车 自行车 电脑 pets wild
重 heavy heavier 桌子 椅子 箱子 pets wild; 有趣 interesting more_interesting reading fields; 难 difficult more_difficult fields
有用 useful more_useful fields 电脑 书; 长 long longer 信 论文 书; 可爱 cute cuter pets 孩子; 强壮 strong stronger people wild 马"""
# 因为它太…了: the situation, English, its object, who may be in it | adjectives of the agent | adjectives of the object
ALL, HUNTERS = "动物 猫 狗 鸟 马 兔子 牛 猴子 大象 熊 狐狸 老虎 机器人", "动物 猫 狗 熊 狐狸 老虎"
CLIMBERS, LIVING, STRONG = "动物 猫 猴子 熊 老虎 机器人", ALL.replace(" 机器人", ""), "动物 狗 马 牛 猴子 大象 熊 机器人"
FEELINGS = "累:tired 困:sleepy 害怕:afraid 懒:lazy 老:old 慢:slow 虚弱:weak 紧张:nervous 饿:hungry"
SITUATIONS = f"""过 cross 马路 road {ALL} | {FEELINGS} | 宽:wide 滑:slippery 危险:dangerous 吵:noisy
过 cross 河 river {ALL} | {FEELINGS} 小:small | 宽:wide 深:deep 冷:cold 危险:dangerous 脏:dirty
过 cross 桥 bridge {ALL} | {FEELINGS} 重:heavy 大:big 胖:fat | 窄:narrow 滑:slippery 长:long 危险:dangerous
吃 eat 苹果 apple {LIVING.replace(" 老虎", "")} | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 酸:sour 硬:hard 脏:dirty
吃 eat 蛋糕 cake 动物 狗 猴子 熊 狐狸 大象 | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 甜:sweet 硬:hard 脏:dirty
吃 eat 鱼 fish {HUNTERS} | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 咸:salty 臭:smelly 脏:dirty
喝 drink 汤 soup {LIVING} | 累:tired 困:sleepy 饱:full 懒:lazy 紧张:nervous | 咸:salty 热:hot 冷:cold 酸:sour
搬 move 箱子 box {STRONG} | {FEELINGS} 小:small | 重:heavy 大:big 滑:slippery 脏:dirty
推 push 车 car {STRONG} | {FEELINGS} 小:small | 重:heavy 大:big 脏:dirty
进 enter 箱子 box 动物 猫 狗 兔子 猴子 狐狸 机器人 | {FEELINGS} 大:big 胖:fat | 小:small 黑:dark 窄:narrow
进 enter 房间 room {ALL} | {FEELINGS} 大:big 胖:fat | 小:small 黑:dark 热:hot 冷:cold 吵:noisy
爬 climb 树 tree {CLIMBERS} | {FEELINGS} 重:heavy 大:big 胖:fat | 高:tall 滑:slippery
爬 climb 山 mountain {LIVING.replace("鸟 ", "")} | {FEELINGS} 重:heavy 胖:fat | 高:high 陡:steep 危险:dangerous
跳过 jump_over 墙 wall {ALL.replace("鸟 ", "").replace("大象 ", "")} | {FEELINGS} 重:heavy 胖:fat 小:small 矮:short | 高:high 宽:wide
穿过 walk_through 森林 forest {ALL} | {FEELINGS} 小:small | 密:dense 黑:dark 危险:dangerous
抓住 catch 兔子 rabbit {HUNTERS} | 累:tired 困:sleepy 懒:lazy 老:old 慢:slow 饱:full 胖:fat | 快:fast 聪明:clever
抓住 catch 鱼 fish {HUNTERS} | 累:tired 困:sleepy 懒:lazy 老:old 慢:slow 饱:full 胖:fat | 快:fast 滑:slippery
上 board 船 boat {ALL.replace("鸟 ", "")} | {FEELINGS} 重:heavy 大:big | 小:small 满:full 危险:dangerous"""
NEVER = {  # adjectives nobody says of this agent
    "机器人": "累 困 害怕 懒 老 紧张 虚弱 饿 饱 胖",
    "鸟": "重 大 胖",
    "兔子": "重 大",
    "大象": "小 虚弱 快",
    "熊": "小",
}
SHARES = {"because": 27, "statement": 21, "question": 10, "relative": 10, "comparison": 8, "passive": 8, "existential": 6, "description": 4}
SHARES |= {"field": 3, "contrast": 10}
SPLITS = {"train": SHARES, "test": SHARES, "longer": {"contrast": 1}}
SPLITS |= {"new_combination": {"passive question": 1, "comparison question": 1, "relative because": 1}}


class Pair(NamedTuple):
    """A Chinese sentence and its English translation; links says, for the kind "because", where 它 and what it may mean stand."""

    source: str
    target: str
    kind: str
    links: dict | None = None


class _Noun(NamedTuple):
    zh: str
    measure: str
    one: str
    many: str
    attributes: str
    owned: bool


class _Verb(NamedTuple):
    zh: str
    words: list  # base, third person, past, participle, -ing
    subjects: list
    objects: list
    places: list
    passive: list
    forms: list


class _Phrase(NamedTuple):
    """A noun with what stands before it, in both languages."""

    zh: str
    en: str
    number: str  # "i", "one" or "plural"
    noun: str = ""
    as_object: str = ""


class _Clause(NamedTuple):
    """A clause before it is stated or asked. finite: what follows the English subject where no auxiliary is needed."""

    zh: str
    subject: str
    auxiliary: str
    rest: str
    finite: str
    combinations: tuple  # what may be held out of training

    @property
    def stated(self):
        return f"{self.subject} {self.finite or self.auxiliary + ' ' + self.rest}"


def _rows(table):
    return [row.strip() for line in table.splitlines() for row in line.split(";")]


def _members(names):
    return [noun for name in names.split() for noun in GROUPS.get(name, name).split()]


def _read_nouns():
    rows = [[part.strip("-").replace("_", " ") if part == "-" or "_" in part else part for part in row.split()] for row in _rows(NOUNS)]
    return {row[0]: _Noun(*row[:5], row[5] == "own") for row in rows}


def _read_verb(row):
    names, subjects, objects, places, passive, forms = (part.strip() for part in row.split("|"))
    zh, *words = names.split()
    forms = forms.split() or [form for form in FORMS if "simple" not in form]
    places = [place + "里" for place in places.split()]
    return _Verb(zh, words, _members(subjects), _members(objects), places, passive.split(), forms)


def _read_situation(row):
    names, of_agent, of_object = row.split(" | ")
    verb, verb_en, noun, noun_en, *agents = names.split()
    adjectives = [tuple(pair.split(":")) + (role,) for role, said in (("agent", of_agent), ("object", of_object)) for pair in said.split()]
    return verb, verb_en.replace("_", " "), noun, noun_en, agents, adjectives


def _read_adjective(row):
    zh, en, comparative, *of = row.split()
    return zh, en, comparative.replace("_", " "), _members(" ".join(of))


_NOUNS, _VERBS = _read_nouns(), [_read_verb(row) for row in _rows(VERBS)]
_SITUATIONS, _ADJECTIVES = [_read_situation(row) for row in _rows(SITUATIONS)], [_read_adjective(row) for row in _rows(ADJECTIVES)]
_FOUND = {place: (en, _members(found)) for place, (en, found) in PLACES.items()}
_BE, _WAS = {"i": "am", "one": "is", "plural": "are"}, {"i": "was", "one": "was", "plural": "were"}


def make_pairs(n, *, seed, split="train"):
    """Make n pairs of one split; all but those of "train" differ from each other.

    "train": at most LONGEST_IN_TRAINING characters, nothing that is held out. "test": as short, each with at least one combination of words
    that "train" never has. "longer": longer than any of "train". "new_combination": constructions that "train" never combines.
    """
    if n < 1:
        raise ValueError(f"n is {n}, expected at least 1 pair")
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}, expected one of {', '.join(SPLITS)}")
    rng, pairs, seen = random.Random(f"{split} {seed}"), [], set()
    for _ in range(1000 * n):
        pair = _draw(rng, split)
        if pair and pair.source not in seen:
            pairs.append(pair)
            if split != "train":
                seen.add(pair.source)
        if len(pairs) == n:
            return pairs
    raise ValueError(f"n is {n}, but the split {split!r} has hardly more than {len(pairs)} different pairs")


def _draw(rng, split):
    """Draw one pair, None if it does not belong to the split."""
    kind = rng.choices(list(SPLITS[split]), SPLITS[split].values())[0]
    pair, combinations = _KINDS[kind](rng)
    held_out = any(map(_is_held_out, combinations))
    if held_out != (split == "test") or (len(pair.source) > LONGEST_IN_TRAINING) != (split == "longer") and split != "new_combination":
        return None
    return pair


def _is_held_out(combination):
    return zlib.crc32(" ".join(combination).encode()) % 10 == 0


def twins(n, *, seed, split="test"):
    """Make n couples of "because" pairs that differ only in the adjective: 它 means the agent in the first and the object in the second."""
    if n < 1 or split not in ("train", "test"):
        raise ValueError(f"n is {n} and split {split!r}, expected at least 1 couple of 'train' or 'test'")
    rng, couples = random.Random(f"twins {split} {seed}"), {}
    for _ in range(10000 * n):
        scene = _draw_scene(rng)
        made = [_because(rng, scene, role) for role in ("agent", "object")]
        if all(_is_held_out(combinations[0]) == (split == "test") for _, combinations in made):
            couples[made[0][0].source] = tuple(pair for pair, _ in made)
        if len(couples) == n:
            return list(couples.values())
    raise ValueError(f"n is {n}, but the split {split!r} has hardly more than {len(couples)} different couples")


def _with_article(words):
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _phrase(rng, noun, ways, *, attribute=True):
    """Name a noun in one of the ways: bare (the dog), one (a dog), some (three dogs), this, own (my dog), general (dogs)."""
    if noun in FIELDS:
        return _Phrase(noun, FIELDS[noun], "one", noun)
    zh, measure, one, many, attributes, owned = _NOUNS[noun]
    way = rng.choice([way for way in ways if owned or way != "own"])
    colour = rng.choice(attributes) if attributes and attribute and way not in ("bare", "own") and rng.random() < 0.25 else ""
    before = ATTRIBUTES[colour] + " " if colour else ""
    zh, one, many = colour + zh, before + one, before + many
    if measure == "杯" and way in ("bare", "general"):
        return _Phrase(zh, one.split()[-1], "one", noun)
    if way == "bare":
        return _Phrase(zh, "the " + one, "one", noun)
    if way == "one":
        return _Phrase("一" + measure + zh, _with_article(one), "one", noun)
    if way == "some":
        number = rng.choice(list(NUMBERS))
        return _Phrase(number + measure + zh, f"{NUMBERS[number]} {many}", "plural", noun)
    if way == "general":
        return _Phrase(zh, many, "plural", noun)
    if way == "own":
        owner = rng.choice(list(PRONOUNS))
        return _Phrase(f"{owner}的{zh}", f"{PRONOUNS[owner][2]} {one}", "one", noun)
    far, count = rng.random() < 0.5, rng.choice(["", "", "", "两", "三"])
    zh = f"{'那' if far else '这'}{count}{measure}{zh}"
    if count:
        return _Phrase(zh, f"{'those' if far else 'these'} {NUMBERS[count]} {many}", "plural", noun)
    return _Phrase(zh, f"{'that' if far else 'this'} {one}", "one", noun)


def _pronoun(zh):
    as_subject, as_object, _, number = PRONOUNS[zh]
    return _Phrase(zh, as_subject, number, "", as_object)


def _agent(rng, verb, *, asked=False):
    """Draw who does what the verb says; people are often pronouns, and nobody asks about 我."""
    people = "学生" in verb.subjects or "老师" in verb.subjects
    if people and rng.random() < 0.45:
        return _pronoun(rng.choice([zh for zh in PRONOUNS if not (asked and zh in ("我", "我们"))]))
    noun = rng.choice(verb.subjects)
    return _phrase(rng, noun, ("own",) if noun == "朋友" else ("bare", "this", "own"))


def _patient(rng, verb, subject, ways):
    nouns = [noun for noun in verb.objects if noun != subject.noun]
    if verb.zh == "帮助" and subject.noun and rng.random() < 0.4:
        return _pronoun(rng.choice(list(PRONOUNS)))
    if verb.zh in ("读", "写", "买") and rng.random() < 0.06:
        return _book_about(rng, verb)
    noun = rng.choice(nouns)
    ways = ("one", "this", "own") if noun == "朋友" and "bare" in ways else ways
    return _phrase(rng, noun, ways, attribute=verb.zh != "写")


def _book_about(rng, verb):
    noun, field = rng.choice(["书", "论文"]) if verb.zh != "买" else "书", rng.choice(list(FIELDS))
    return _Phrase(f"一{_NOUNS[noun].measure}关于{field}的{noun}", f"a {_NOUNS[noun].one} about {FIELDS[field]}", "one", noun)


def _clause(rng, *, verb=None, subject=None, form=None, asked=False):
    """Somebody does something to something, at some time in some place."""
    verb = verb or rng.choice(_VERBS)
    form = form or rng.choice([form for form in verb.forms if not (asked and form.endswith("not"))])
    subject = subject or _agent(rng, verb, asked=asked)
    markers, after, times, ways = FORMS[form]
    if form == "present" and verb.zh in ("洗", "追", "帮助"):  # what can be done to the same thing every day
        ways = ("general", "this", "own")
    patient = _patient(rng, verb, subject, ways)
    time = rng.choice(list(times)) if times and (form == "present" or rng.random() < 0.6) else ""
    place = rng.choice(verb.places) if verb.places and form not in ("simple", "simple_not") and rng.random() < 0.3 else ""
    where = place if form == "progressive" else place and "在" + place  # 正在 has its 在 already
    when = [subject.zh, time] if rng.random() < 0.75 else [time, subject.zh]
    zh = "".join([*when, rng.choice(markers), where, verb.zh, after, patient.zh])
    tail = [patient.as_object or patient.en, place and PLACES[place][0], time and times[time]]
    auxiliary, rest, finite = _conjugate(verb, form, subject.number)
    tail = " ".join(filter(None, tail))
    combinations = ((verb.zh, patient.noun),) if patient.noun else ()
    return _Clause(zh, subject.en, auxiliary, f"{rest} {tail}", finite and f"{finite} {tail}", combinations)


def _conjugate(verb, form, number):
    """Return auxiliary, what follows it, and the verb without auxiliary, empty where English needs one."""
    base, third, past, _, ing = verb.words
    do = "does" if number == "one" else "do"
    return {
        "past": ("did", base, past),
        "past_not": ("did", "not " + base, ""),
        "present": (do, base, third if number == "one" else base),
        "simple": (do, base, third if number == "one" else base),
        "simple_not": (do, "not " + base, ""),
        "progressive": (_BE[number], ing, ""),
        "will": ("will", base, ""),
        "will_not": ("will", "not " + base, ""),
        "want": (do, "want to " + base, ("wants to " if number == "one" else "want to ") + base),
    }[form]


def _described(rng, *, subject=None, adjective=None, negated=None):
    """Something is (very, not) expensive."""
    zh, en, _, of = adjective or rng.choice(_ADJECTIVES)
    subject = subject or _phrase(rng, rng.choice([noun for noun in of if noun != "朋友"]), ("bare", "this", "own"), attribute=False)
    how = rng.choice(["很", "非常", "不"] if negated is None else ["不"] if negated else ["很", "非常"])
    rest = {"很": "", "非常": "very ", "不": "not "}[how] + en
    return _Clause(subject.zh + how + zh, subject.en, _BE[subject.number], rest, "", ((zh, subject.noun),))


def _statement(rng):
    clause = _clause(rng)
    return Pair(clause.zh + "。", clause.stated + " .", "statement"), clause.combinations


def _description(rng):
    clause = _described(rng)
    return Pair(clause.zh + "。", clause.stated + " .", "description"), clause.combinations


def _ask(clause, kind, zh=""):
    return Pair((zh or clause.zh) + "吗？", f"{clause.auxiliary} {clause.subject} {clause.rest} ?", kind), clause.combinations


def _question(rng):
    what = rng.random()
    if what < 0.75:
        return _ask(_clause(rng, asked=True), "question")
    clause = _described(rng, negated=False) if what < 0.9 else _existence(rng, asked=True)
    return _ask(clause._replace(zh=clause.zh.replace("很", "")) if "非常" not in clause.zh else clause, "question")


def _comparing(rng):
    zh, en, comparative, of = rng.choice(_ADJECTIVES)
    first = rng.choice([noun for noun in of if noun != "朋友"])
    alike = [noun for noun in of if any(first in group.split() and noun in group.split() for group in GROUPS.values())] or [first]
    one = _phrase(rng, first, ("this", "own") if len(alike) < 2 else ("bare", "this", "own"), attribute=False)
    alike = [noun for noun in alike if noun != first or one.zh != first]
    if first in FIELDS:
        other = _phrase(rng, rng.choice([field for field in FIELDS if field != first]), ())
    elif first in GROUPS["people"] and rng.random() < 0.3:
        other = _pronoun(rng.choice(list(PRONOUNS)))
    else:
        other = _phrase(rng, rng.choice(alike), ("this", "own"), attribute=False)
    much = rng.random() < 0.25
    rest = f"{'much ' if much else ''}{comparative} than {other.as_object or other.en}"
    combinations = ((zh, first), (zh, other.noun)) if other.noun else ((zh, first),)
    if other.zh == one.zh:
        return _comparing(rng)
    return _Clause(f"{one.zh}比{other.zh}{zh}{'得多' if much else ''}", one.en, _BE[one.number], rest, "", combinations)


def _comparison(rng):
    clause = _comparing(rng)
    return Pair(clause.zh + "。", clause.stated + " .", "comparison"), clause.combinations


def _suffered(rng, *, negated=False):
    """Something was done to something by somebody: 被."""
    verb = rng.choice([verb for verb in _VERBS if verb.passive])
    agent = _agent(rng, verb)
    nouns = [noun for noun in verb.objects if noun != agent.noun]
    patient = _phrase(rng, rng.choice(nouns), ("this", "own") if verb.zh == "喝" else ("bare", "this", "own"))
    time = rng.choice([*PAST, "", ""])
    done = verb.passive[-1] if negated else rng.choice(verb.passive) + "了"
    zh = f"{patient.zh}{time}{'没有' if negated else ''}被{agent.zh}{done}"
    rest = f"{'not ' if negated else ''}{verb.words[3]} by {agent.as_object or agent.en} {PAST.get(time, '')}".strip()
    return _Clause(zh, patient.en, _WAS[patient.number], rest, "", ((verb.zh, patient.noun),))


def _passive(rng):
    clause = _suffered(rng, negated=rng.random() < 0.25)
    return Pair(clause.zh + "。", clause.stated + " .", "passive"), clause.combinations


def _existence(rng, *, asked=False):
    place = rng.choice(list(_FOUND))
    en, found = _FOUND[place]
    noun = rng.choice([noun for noun in found if noun != "朋友"])
    if asked or rng.random() < 0.2:
        what = _phrase(rng, noun, ("general",))
        be = "is" if what.number == "one" else "are"
        has, any_or_no = ("有", "any") if asked else ("没有", "no")
        return _Clause(place + has + what.zh, "there", be, f"{any_or_no} {what.en} {en}", "", ((place, noun),))
    what = _phrase(rng, noun, ("one", "some"))
    return _Clause(f"{place}有{what.zh}", "there", _BE[what.number], f"{what.en} {en}", "", ((place, noun),))


def _existential(rng):
    clause = _existence(rng)
    return Pair(clause.zh + "。", clause.stated + " .", "existential"), clause.combinations


def _relative_phrase(rng, nouns, *, verbs=None, pointed=True):
    """A noun with a relative clause before it in Chinese and after it in English: 我昨天买的书, "the book that i bought yesterday"."""
    verbs = [verb for verb in _VERBS if "past" in verb.forms and verb.zh in (verbs or ("读", "写", "买", "修", "画", "看见", "帮助"))]
    verb = rng.choice([verb for verb in verbs if set(nouns) & set(verb.objects)])
    noun = rng.choice([noun for noun in verb.objects if noun in nouns and noun != "朋友"])
    subject = _agent(rng, verb)
    if subject.noun == noun:
        return _relative_phrase(rng, nouns, pointed=pointed)
    time = rng.choice([*PAST, ""])
    measure, far = _NOUNS[noun].measure, rng.choice(["", "", "这", "那"]) if pointed else ""
    who = "who" if noun in GROUPS["people"] else "that"
    head = {"": "the", "这": "this", "那": "that"}[far]
    en = f"{head} {_NOUNS[noun].one} {who} {subject.en} {verb.words[2]} {PAST.get(time, '')}".strip()
    return _Phrase(f"{subject.zh}{time}{verb.zh}的{far}{measure if far else ''}{noun}", en, "one", noun), ((verb.zh, noun),)


def _doer_phrase(rng):
    """The same with the one who did it: 昨天偷了鱼的猫, "the cat that stole the fish yesterday"."""
    verb = rng.choice([verb for verb in _VERBS if verb.zh in ("吃", "偷", "咬", "写", "修", "买", "画")])
    noun = rng.choice([noun for noun in verb.subjects if noun != "朋友"])
    time = rng.choice([*PAST, ""])
    what = rng.choice([other for other in verb.objects if other != noun])
    patient = _phrase(rng, what, ("one", "this", "own"), attribute=verb.zh != "写")
    who = "who" if noun in GROUPS["people"] else "that"
    en = f"the {_NOUNS[noun].one} {who} {verb.words[2]} {patient.en} {PAST.get(time, '')}".strip()
    return _Phrase(f"{time}{verb.zh}了{patient.zh}的{noun}", en, "one", noun), ((verb.zh, patient.noun),)


def _relative(rng):
    if rng.random() < 0.4:
        subject, combinations = _doer_phrase(rng)
    else:
        subject, combinations = _relative_phrase(rng, list(_NOUNS))
    if rng.random() < 0.25 and subject.noun not in GROUPS["people"]:
        verb = next(verb for verb in _VERBS if verb.zh == "喜欢")
        fan = _agent(rng, verb._replace(subjects=_members("people")))
        auxiliary, rest, finite = _conjugate(verb, "simple", fan.number)
        return Pair(f"{fan.zh}喜欢{subject.zh}。", f"{fan.en} {finite} {subject.en} .", "relative"), combinations
    adjectives = [adjective for adjective in _ADJECTIVES if subject.noun in adjective[3]]
    if not adjectives:
        return _relative(rng)
    clause = _described(rng, subject=subject, adjective=rng.choice(adjectives))
    return Pair(clause.zh + "。", clause.stated + " .", "relative"), combinations + clause.combinations


def _field(rng):
    field = rng.choice(list(FIELDS))
    if rng.random() < 0.2:
        return Pair(field, FIELDS[field], "field"), ()
    clause = _clause(rng, verb=rng.choice([verb for verb in _VERBS if field in verb.objects and verb.zh != "喜欢"]))
    return Pair(clause.zh + "。", clause.stated + " .", "field"), clause.combinations


def _contrast(rng):
    """Two clauses joined by 但是."""
    what = rng.random()
    if what < 0.35:
        adjective = rng.choice(_ADJECTIVES)
        noun = rng.choice([noun for noun in adjective[3] if noun != "朋友"])
        ways = () if noun in FIELDS else ("this", "own")
        first, second = (_phrase(rng, noun, ways, attribute=False) for _ in range(2))
        clauses = [_described(rng, subject=phrase, adjective=adjective, negated=i > 0) for i, phrase in enumerate((first, second))]
        if noun in FIELDS or first.zh == second.zh:
            return _contrast(rng)
    else:
        verb = rng.choice([verb for verb in _VERBS if {"past_not", "simple_not", "will_not"} & set(verb.forms)])
        form = rng.choice([form for form in ("past", "simple", "will") if form + "_not" in verb.forms and form in verb.forms])
        if rng.random() < 0.7:
            verb = verb._replace(objects=[rng.choice(verb.objects)])
        first, second = _agent(rng, verb), _agent(rng, verb)
        if first.zh == second.zh or {first.noun, second.noun} & set(verb.objects):
            return _contrast(rng)
        clauses = [_clause(rng, verb=verb, subject=first, form=form), _clause(rng, verb=verb, subject=second, form=form + "_not")]
    one, other = clauses
    pair = Pair(f"{one.zh}，但是{other.zh}。", f"{one.stated} , but {other.stated} .", "contrast")
    return pair, one.combinations + other.combinations


def _draw_scene(rng, relative=False):
    situation = rng.choice(_SITUATIONS)
    agent = rng.choice([agent for agent in situation[4] if not relative or agent in _members("pets wild")])
    if relative:
        subject, combinations = _relative_phrase(rng, [agent], verbs=("买", "看见", "画", "修"), pointed=False)
    else:
        subject = _phrase(rng, agent, ("this", "this", "bare", "own"), attribute=False)
        combinations = ()
    while subject.number == "plural":
        subject = _phrase(rng, agent, ("this",), attribute=False)
    time = rng.choice([*PAST, "", "", ""]) if not relative else ""
    marker = rng.choice(["没有", "没有", "没", "不能"]) if not time else rng.choice(["没有", "没"])
    return situation, subject, combinations, time, marker, rng.random() < 0.3


def _because(rng, scene=None, role=None):
    """This animal did not cross the road because it was too tired; the referent of 它 is spelled out in English."""
    situation, subject, combinations, time, marker, reason_first = scene or _draw_scene(rng)
    verb, verb_en, noun, noun_en, _, adjectives = situation
    role = role or rng.choice(["agent", "object"])
    never = NEVER.get(subject.noun, "").split()
    zh, en, _ = rng.choice([each for each in adjectives if each[2] == role and (role == "object" or each[0] not in never)])
    referent = _NOUNS[subject.noun].one if role == "agent" else noun_en
    main, reason = f"{subject.zh}{time}{marker}{verb}{noun}", f"因为它太{zh}了"
    did, was = ("cannot", "is") if marker == "不能" else ("did not", "was")
    main_en = " ".join(filter(None, [subject.en, did, verb_en, "the", noun_en, PAST.get(time, "")]))
    reason_en = f"because the {referent} {was} too {en}"
    start, it = (len(reason) + 1, 2) if reason_first else (0, len(main) + 3)
    links = {
        "it": it,
        "agent": tuple(range(start + len(subject.zh) - len(subject.noun), start + len(subject.zh))),
        "object": tuple(range(start + len(main) - len(noun), start + len(main))),
        "adjective": tuple(range(it + 2, it + 2 + len(zh))),
        "referent": role,
    }
    source = f"{reason}，{main}。" if reason_first else f"{main}，{reason}。"
    target = f"{reason_en} , {main_en} ." if reason_first else f"{main_en} {reason_en} ."
    return Pair(source, target, "because", links), ((verb + noun, subject.noun, zh), *combinations)


def _passive_question(rng):
    return _ask(_suffered(rng), "passive question")


def _comparison_question(rng):
    return _ask(_comparing(rng), "comparison question")


def _relative_because(rng):
    pair, combinations = _because(rng, _draw_scene(rng, relative=True))
    return pair._replace(kind="relative because"), combinations


_KINDS = {
    "statement": _statement,
    "question": _question,
    "relative": _relative,
    "comparison": _comparison,
    "passive": _passive,
    "existential": _existential,
    "description": _description,
    "field": _field,
    "contrast": _contrast,
    "because": _because,
    "passive question": _passive_question,
    "comparison question": _comparison_question,
    "relative because": _relative_because,
}


def _source_characters():
    glue = "。，？吗了没有不正在会想的被比很非常得多因为它太能但是这那一关于"
    tables = [*PRONOUNS, *_NOUNS, *(noun.measure for noun in _NOUNS.values()), *FIELDS]
    tables += [verb.zh + "".join(verb.passive) for verb in _VERBS]
    tables += [*PAST, *HABIT, *FUTURE, *PLACES, *ATTRIBUTES, *NUMBERS, *(adjective[0] for adjective in _ADJECTIVES)]
    tables += [verb + noun + "".join(zh for zh, _, _ in adjectives) for verb, _, noun, _, _, adjectives in _SITUATIONS]
    return dict.fromkeys(glue + "".join(tables))


def _target_words():
    glue = ". , ? the a an this that these those who am is are was were do does did will want wants to not cannot by than"
    tables = [glue, "much very no any there because too but about", *FIELDS.values()]
    tables += [" ".join(pronoun[:3]) for pronoun in PRONOUNS.values()]
    tables += [f"{noun.one} {noun.many}" for noun in _NOUNS.values()]
    for verb in _VERBS:
        base, third, past, participle, ing = verb.words
        tables += [base, third] if {"present", "simple"} & set(verb.forms) else [base]
        tables += [past] * ("past" in verb.forms) + [participle] * bool(verb.passive) + [ing] * ("progressive" in verb.forms)
    tables += [*PAST.values(), *HABIT.values(), *FUTURE.values(), *(place[0] for place in PLACES.values())]
    tables += [*ATTRIBUTES.values(), *NUMBERS.values()]
    tables += ["more", *(f"{en} {comparative}" for _, en, comparative, _ in _ADJECTIVES)]
    tables += [" ".join([verb, noun, *(en for _, en, _ in adjectives)]) for _, verb, _, noun, _, adjectives in _SITUATIONS]
    return dict.fromkeys(" ".join(tables).split())


PAD, START, END = 0, 1, 2
SOURCE_VOCABULARY = ("<pad>", "<start>", "<end>", *_source_characters())
TARGET_VOCABULARY = ("<pad>", "<start>", "<end>", *_target_words())
_NUMBER_OF_CHARACTER = {character: number for number, character in enumerate(SOURCE_VOCABULARY)}
_NUMBER_OF_WORD = {word: number for number, word in enumerate(TARGET_VOCABULARY)}


def encode_source(sentences):
    """Number the characters of Chinese sentences: integers [b, longest], 0 after the end; neither <start> nor <end>."""
    unknown = [character for sentence in sentences for character in sentence if character not in _NUMBER_OF_CHARACTER]
    if unknown:
        known = len(SOURCE_VOCABULARY) - 3
        raise ValueError(f"the character {unknown[0]!r} is unknown: the language of this corpus has only {known} characters")
    return _pad([[_NUMBER_OF_CHARACTER[character] for character in sentence] for sentence in sentences])


def encode_target(sentences):
    """Number the words of English sentences, split at spaces: integers [b, longest], <start> … <end>, then 0."""
    unknown = [word for sentence in sentences for word in sentence.split() if word not in _NUMBER_OF_WORD]
    if unknown:
        known = len(TARGET_VOCABULARY) - 3
        raise ValueError(f"the word {unknown[0]!r} is unknown: the language of this corpus has only {known} English words")
    return _pad([[START, *(_NUMBER_OF_WORD[word] for word in sentence.split()), END] for sentence in sentences])


def _pad(rows):
    if not rows or not all(rows):
        raise ValueError(f"{len(rows)} sentences, some of them empty; expected at least one sentence and no empty one")
    longest = max(map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])


def decode_target(row):
    """The English sentence of one row of numbers: what stands after <start> and before the first <end>."""
    words = []
    for number in row.tolist() if isinstance(row, torch.Tensor) else row:
        if number == END:
            break
        if number not in (PAD, START):
            words.append(TARGET_VOCABULARY[number])
    return " ".join(words)
