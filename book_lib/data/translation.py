"""A small language in two languages: Chinese sentences and their English translations, both made from one meaning by a grammar.

Chinese is read by character, English by word. A pronoun after 因为 is spelled out in English: 这个动物没有过马路，因为它太宽了。 is
"this animal did not cross the road because the road was too wide ."
"""

import random
import zlib
from typing import NamedTuple

import torch

from book_lib.data.translation_words import (
    ADJECTIVES,
    ATTRIBUTES,
    FIELDS,
    FORMS,
    FUTURE,
    GROUPS,
    HABIT,
    NEVER,
    NOUNS,
    NUMBERS,
    PAST,
    PLACES,
    PRONOUNS,
    SITUATIONS,
    VERBS,
)

LONGEST_IN_TRAINING = 26  # characters
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
_GROUPS = [group.split() for group in GROUPS.values()]
_PEERS = {noun: {peer for peers in _GROUPS if noun in peers for peer in peers} for group in _GROUPS for noun in group}
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
    if verb.zh in ("读", "写", "买") and "one" in ways and rng.random() < 0.1:
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


def _tell(clause, kind):
    return Pair(clause.zh + "。", clause.stated + " .", kind), clause.combinations


def _ask(clause, kind):
    return Pair(clause.zh + "吗？", f"{clause.auxiliary} {clause.subject} {clause.rest} ?", kind), clause.combinations


def _question(rng):
    what = rng.random()
    if what < 0.75:
        return _ask(_clause(rng, asked=True), "question")
    clause = _described(rng, negated=False) if what < 0.9 else _existence(rng, asked=True)
    return _ask(clause._replace(zh=clause.zh.replace("很", "")), "question")


def _comparing(rng):
    zh, en, comparative, of = rng.choice(_ADJECTIVES)
    first = rng.choice([noun for noun in of if noun != "朋友"])
    alike = [noun for noun in of if noun in _PEERS.get(first, ())] or [first]
    if zh in ("大", "小", "重", "强壮") and first in _members("pets wild"):  # no horse is smaller than a rabbit
        alike = [first]
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


def _relative_phrase(rng, nouns, *, verbs=("读", "写", "买", "修", "洗", "看见", "帮助"), pointed=True):
    """A noun with a relative clause before it in Chinese and after it in English: 我昨天买的书, "the book that i bought yesterday"."""
    verb = rng.choice([verb for verb in _VERBS if verb.zh in verbs and set(nouns) & set(verb.objects)])
    noun = rng.choice([noun for noun in verb.objects if noun in nouns and noun != "朋友"])
    subject = _agent(rng, verb)
    while subject.noun == noun or subject.en.startswith("that "):  # not "the letter that that doctor wrote"
        subject = _agent(rng, verb)
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
    return _tell(clause._replace(combinations=combinations + clause.combinations), "relative")


def _field(rng):
    field = rng.choice(list(FIELDS))
    if rng.random() < 0.2:
        return Pair(field, FIELDS[field], "field"), ()
    clause = _clause(rng, verb=rng.choice([verb for verb in _VERBS if field in verb.objects and verb.zh != "喜欢"]))
    return _tell(clause, "field")


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
        subject, combinations = _relative_phrase(rng, [agent], verbs=("看见",), pointed=False)
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


def _relative_because(rng):
    pair, combinations = _because(rng, _draw_scene(rng, relative=True))
    return pair._replace(kind="relative because"), combinations


_KINDS = {
    "statement": lambda rng: _tell(_clause(rng), "statement"),
    "question": _question,
    "relative": _relative,
    "comparison": lambda rng: _tell(_comparing(rng), "comparison"),
    "passive": lambda rng: _tell(_suffered(rng, negated=rng.random() < 0.25), "passive"),
    "existential": lambda rng: _tell(_existence(rng), "existential"),
    "description": lambda rng: _tell(_described(rng), "description"),
    "field": _field,
    "contrast": _contrast,
    "because": _because,
    "passive question": lambda rng: _ask(_suffered(rng), "passive question"),
    "comparison question": lambda rng: _ask(_comparing(rng), "comparison question"),
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
