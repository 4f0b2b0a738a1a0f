"""Grammar exercises: English sentences with gaps, each gap between two words of which the rest of the sentence allows only one.

"the animals did not cross the road because (it/they) (was/were) too tired": tired is said of animals, so the answers are "they" and "were".
"""

import torch

GAPS = {"(a/an)": ("a", "an"), "(this/these)": ("this", "these"), "(it/they)": ("it", "they"), "(was/were)": ("was", "were")}
ANSWERS = [word for pair in GAPS.values() for word in pair]

ANIMALS = ("animal", "bear", "cat", "cow", "dog", "duck", "fox", "goat", "hen", "horse", "lion", "rabbit")
PLACES = ("bridge", "field", "forest", "hill", "lake", "river", "road", "street")
DESCRIPTIONS = ("angry", "brown", "eager", "loud", "old", "orange", "small", "ugly", "white", "young")
OPENINGS = ((), ("yesterday",), ("last", "night"), ("in", "the", "morning"))
PREPOSITIONS = ("behind", "beside", "near")
MOVE, HUNT = ("cross", "enter", "leave", "reach"), ("carry", "catch", "chase", "follow", "lift")
TOO_WHAT_SUBJECT = ("afraid", "ill", "lazy", "slow", "tired", "weak")  # said of the one who did not act
TOO_WHAT_PLACE = ("busy", "dark", "deep", "long", "steep", "wide")  # said of the place not crossed
TOO_WHAT_PREY = ("clever", "dangerous", "fast", "heavy", "big", "strong")  # said of the animal not caught
LONGEST = 21  # words of the longest sentence

PAD = "·"
_PLURALS = {noun: "foxes" if noun == "fox" else noun + "s" for noun in ANIMALS + PLACES}
_GLUE = ("the", "did", "not", "because", "too")
VOCABULARY = [
    PAD,
    *GAPS,
    *_GLUE,
    *(word for opening in OPENINGS for word in opening if word != "the"),
    *PREPOSITIONS,
    *_PLURALS,
    *_PLURALS.values(),
    *DESCRIPTIONS,
    *MOVE,
    *HUNT,
    *TOO_WHAT_SUBJECT,
    *TOO_WHAT_PLACE,
    *TOO_WHAT_PREY,
]
_NUMBER_OF = {word: place for place, word in enumerate(VOCABULARY)}


def make_sentences(n, *, seed):
    """Make n sentences with gaps. Returns (sentences, answers): lists of words, and for each sentence a dict {place: the right word}."""
    if n < 1:
        raise ValueError(f"n is {n}, expected at least 1 sentence")
    draws = torch.rand(n, 24, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).tolist()
    made = [_make_sentence(iter(row)) for row in draws]
    return [words for words, _ in made], [gaps for _, gaps in made]


def other_number(words):
    """Where the nouns of encoded sentences are, and the sentences with every noun in the other number, which may be no English.

    words: integers [b, n], as encode makes them. Returns (singular, plural, twin): booleans [b, n] twice, and integers [b, n].
    """
    ones = torch.tensor([_NUMBER_OF[noun] for noun in _PLURALS], device=words.device)
    many = torch.tensor([_NUMBER_OF[noun] for noun in _PLURALS.values()], device=words.device)
    exchange = torch.arange(len(VOCABULARY), device=words.device)
    exchange[ones], exchange[many] = many, ones
    return torch.isin(words, ones), torch.isin(words, many), exchange[words]


def _make_sentence(draw):
    words, gaps = list(_pick(OPENINGS, draw)), {}
    of_place, of_subject, subject_plural, object_plural = (next(draw) < 0.5 for _ in range(4))
    _add_noun(words, gaps, ANIMALS, subject_plural, draw)
    if next(draw) < 0.4:
        words.append(_pick(PREPOSITIONS, draw))
        _add_noun(words, gaps, ANIMALS + PLACES, next(draw) < 0.5, draw)
    words += ["did", "not", _pick(MOVE if of_place else HUNT, draw)]
    _add_noun(words, gaps, PLACES if of_place else ANIMALS, object_plural, draw)
    plural = subject_plural if of_subject else object_plural
    gaps |= {len(words) + 1: GAPS["(it/they)"][plural], len(words) + 2: GAPS["(was/were)"][plural]}
    words += ["because", "(it/they)", "(was/were)", "too"]
    words.append(_pick(TOO_WHAT_SUBJECT if of_subject else TOO_WHAT_PLACE if of_place else TOO_WHAT_PREY, draw))
    return words, gaps


def _add_noun(words, gaps, nouns, plural, draw):
    """Add "the dog", "(a/an) old dog" or "(this/these) dogs" to the words, and the gap's answer to gaps."""
    noun, description, article = _pick(nouns, draw), _pick(DESCRIPTIONS, draw), next(draw)
    named = ([description] if next(draw) < 0.5 else []) + [_PLURALS[noun] if plural else noun]
    if article < 0.3:
        gaps[len(words)] = GAPS["(this/these)"][plural]
        words.append("(this/these)")
    elif article < 0.6 and not plural:
        gaps[len(words)] = GAPS["(a/an)"][named[0][0] in "aeiou"]
        words.append("(a/an)")
    else:
        words.append("the")
    words += named


def _pick(options, draw):
    return options[int(next(draw) * len(options))]


def encode(sentences):
    """Number the words of sentences, each a list of words or one text: integers [b, longest], 0 after the end.

    Raises ValueError for an unknown word and for a sentence that is too long.
    """
    rows = [sentence.lower().split() if isinstance(sentence, str) else sentence for sentence in sentences]
    unknown = [word for row in rows for word in row if word not in _NUMBER_OF]
    if unknown:
        raise ValueError(f"the word {unknown[0]!r} is not among the {len(VOCABULARY)} words of book_lib.experiments.grammar.VOCABULARY")
    too_long = max((len(row) for row in rows), default=0)
    if not 1 <= too_long <= LONGEST:
        raise ValueError(f"the longest sentence has {too_long} words, expected 1 to {LONGEST}")
    words = torch.zeros(len(rows), too_long, dtype=torch.long)
    for i, row in enumerate(rows):
        words[i, : len(row)] = torch.tensor([_NUMBER_OF[word] for word in row])
    return words


def encode_answers(answers, shape):
    """Number the right words of each sentence's gaps: integers of shape [b, n], -1 where there is no gap."""
    targets = torch.full(shape, -1)
    for i, gaps in enumerate(answers):
        for place, word in gaps.items():
            targets[i, place] = ANSWERS.index(word)
    return targets
