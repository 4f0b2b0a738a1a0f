"""The article's claims and the book's answers to them: `claims.yml` read and checked, and the verdict box a chapter shows."""

import html
from functools import cache
from pathlib import Path

from book_lib.book.chapters import slugs
from book_lib.book.files import own, read_yaml

VERDICTS = {
    "right": "true as the article says it, as far as a run or the primary source can tell",
    "mostly right": "true in outline; a condition or an exception is missing",
    "imprecise": "something true said so that it is easily taken for something false",
    "incomplete": "true as far as it goes; a part that matters is missing",
    "wrong": "the run, or the primary source, shows the contrary",
    "mostly wrong": "little of it survives the primary source",
    "dated": "true when it was written, no longer today",
    "opinion": "a matter of judgement; what speaks for it and against it is given",
    "answered": "a question the article leaves open, with an answer",
    "not testable here": "no run at this book's size could decide it; what was found instead is given",
}
KINDS = {"F": "a fact to cite", "E": "an equality to prove", "X": "an experiment to run"}
LABELS = {"zh": "The article", "en": "In English", "verdict": "Verdict", "measured": "Measured", "source": "Source"}

_REQUIRED = ("id", "chapters", "kind", "zh", "en", "verdict")
_OPTIONAL = ("note",)


class Verdict:
    """One answered claim. Shows itself as a box in a notebook and on the page, and as the same facts in plain text."""

    def __init__(self, claim, measured, source):
        self.claim, self.measured, self.source = claim, measured, source

    def __repr__(self):
        claim, facts = self.claim, [("measured", self.measured), ("source", self.source)]
        head = [f"{claim['id']}: {_verdict_words(claim)}", f"{LABELS['zh']}: {claim['zh']}", f"{LABELS['en']}: {claim['en']}"]
        return "\n".join(head + [f"{LABELS[name]}: {text}" for name, text in facts if text])

    def _repr_html_(self):
        claim = self.claim
        note = f'<span class="bk-verdict-note">{html.escape(claim["note"])}</span>' if claim.get("note") else ""
        facts = [("measured", self.measured), ("source", self.source)]
        rows = "".join(f'<dt>{LABELS[name]}</dt><dd class="bk-verdict-{name}">{html.escape(text)}</dd>' for name, text in facts if text)
        return (
            f'<div class="bk-verdict" id="claim-{claim["id"]}" data-claim="{claim["id"]}" data-verdict="{claim["verdict"]}"'
            f' role="group" aria-label="{LABELS["verdict"]} {claim["id"]}">'
            f'<p class="bk-verdict-head"><span class="bk-verdict-id">{claim["id"]}</span>'
            f' <strong class="bk-verdict-word">{claim["verdict"]}</strong> {note}</p>'
            f'<p class="bk-verdict-by">{LABELS["zh"]}</p>'
            f'<blockquote class="bk-verdict-zh" lang="zh">{html.escape(claim["zh"])}</blockquote>'
            f'<p class="bk-verdict-by">{LABELS["en"]}</p>'
            f'<p class="bk-verdict-en">{html.escape(claim["en"])}</p>'
            f'<dl class="bk-verdict-facts">{rows}</dl></div>'
        )


def verdict(claim_id, supported, *, measured="", source=""):
    """Answer one claim of the article, with the number measured by this run or the source it was checked against.

    claim_id as in claims.yml ("C13"); supported is a boolean the run has computed: does what was seen bear out the verdict that claims.yml
    gives? measured and source are plain text; measured holds at least one digit, unless a source is named.
    Returns a Verdict to end a cell with. Raises ValueError for an unknown id, for a run that does not support the verdict, for no evidence.
    """
    claims = load_claims()
    if claim_id not in claims:
        raise ValueError(f"claim_id {claim_id!r} is not in claims.yml, which goes from {next(iter(claims))} to {list(claims)[-1]}")
    claim = claims[claim_id]
    measured, source = str(measured).strip(), str(source).strip()
    if not _as_bool(claim_id, supported):
        raise ValueError(f"{claim_id}: this run does not support the verdict {claim['verdict']!r} (measured: {measured or 'nothing'})")
    if not source and not any(character.isdigit() for character in measured):
        raise ValueError(f"{claim_id}: a verdict needs evidence: a number in measured=, got {measured!r}, or a source=")
    return Verdict(claim, measured, source)


def load_claims(path=None):
    """Read claims.yml (the book's own unless path says otherwise) into {id: claim}. Raises ValueError naming the first wrong entry."""
    return _read_claims(Path(path) if path else own("claims.yml"))


@cache
def _read_claims(path):
    claims = {}
    for place, claim in enumerate(_read_list(path), start=1):
        where = f"{path.name}: entry {place}"
        if not isinstance(claim, dict):
            raise ValueError(f"{where}: expected a mapping with {', '.join(_REQUIRED)}, got {claim!r}")
        where += f" ({claim.get('id', 'no id')})"
        missing = [name for name in _REQUIRED if not claim.get(name)]
        unknown = [str(name) for name in claim if name not in _REQUIRED + _OPTIONAL]
        if missing or unknown:
            raise ValueError(f"{where}: " + (f"{missing[0]} is missing" if missing else f"unknown key {unknown[0]!r}"))
        not_text = [name for name in claim if name != "chapters" and not isinstance(claim[name], str)]
        if not_text:
            raise ValueError(f"{where}: {not_text[0]} must be text, got {claim[not_text[0]]!r}; put it in quotes")
        if not isinstance(claim["chapters"], list) or not set(map(str, claim["chapters"])) <= set(slugs()):
            raise ValueError(f"{where}: chapters {claim['chapters']!r} must be a list out of {', '.join(slugs())}")
        if claim["kind"] not in KINDS:
            raise ValueError(f"{where}: kind {claim['kind']!r} must be one of {', '.join(KINDS)}")
        if claim["verdict"] not in VERDICTS:
            raise ValueError(f"{where}: verdict {claim['verdict']!r} must be one of {', '.join(VERDICTS)}")
        if claim["id"] in claims:
            raise ValueError(f"{where}: the id stands twice")
        claims[claim["id"]] = claim
    return claims


def load_questions(path):
    """Read questions.yml into {id: question}, each with id, chapter and question. Raises ValueError naming the first wrong entry."""
    path, questions = Path(path), {}
    for place, entry in enumerate(_read_list(path), start=1):
        where = f"{path.name}: entry {place}"
        complete = isinstance(entry, dict) and set(entry) == {"id", "chapter", "question"}
        if not complete or not all(isinstance(value, str) for value in entry.values()):
            raise ValueError(f"{where}: expected id, chapter and question, each a text, got {entry!r}")
        if entry["chapter"] not in slugs():
            raise ValueError(f"{where} ({entry['id']}): chapter {entry['chapter']!r} must be one of {', '.join(slugs())}")
        stem, _, number = entry["id"].rpartition("-")
        if stem != "q-" + entry["chapter"].replace("_", "-") or not number.isdigit():
            raise ValueError(f"{where}: id {entry['id']!r} must be q-{entry['chapter'].replace('_', '-')}-<number>")
        if entry["id"] in questions:
            raise ValueError(f"{where}: the id {entry['id']} stands twice")
        questions[entry["id"]] = entry
    return questions


def _read_list(path):
    entries = read_yaml(path)
    if not isinstance(entries, list) or not entries:
        raise ValueError(f"{path.name}: expected a list of entries, got {type(entries).__name__}")
    return entries


def _verdict_words(claim):
    return f"{claim['verdict']} ({claim['note']})" if claim.get("note") else claim["verdict"]


def _as_bool(claim_id, supported):
    if isinstance(supported, bool) or str(getattr(supported, "dtype", "")) in ("bool", "torch.bool") and supported.ndim == 0:
        return bool(supported)
    raise ValueError(f"{claim_id}: supported must be one boolean computed by the run, got {supported!r}")
