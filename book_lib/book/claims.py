"""The article's claims and the book's answers to them: `claims.yml` read and checked, and the verdict box a chapter shows."""

import html
from functools import cache
from pathlib import Path

from book_lib.book.chapters import slugs
from book_lib.book.files import TEXT, entries, own, read_yaml, record

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
    "not testable here": "no run of this book has decided it; what was found instead is given",
}
KINDS = {"F": "a fact to cite", "E": "an equality to prove", "X": "an experiment to run"}
LABELS = {"zh": "The article", "en": "In English", "verdict": "Verdict", "measured": "Measured", "source": "Source"}


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
    some = {"type": "array", "minItems": 1, "items": {"enum": slugs()}}
    words = {"kind": {"enum": [*KINDS]}, "zh": TEXT, "en": TEXT, "verdict": {"enum": [*VERDICTS]}, "note": TEXT}
    return _by_id(path, record({"id": TEXT, "chapters": some} | words, optional=("note",)))


def load_questions(path):
    """Read questions.yml into {id: question}, each with id, chapter and question. Raises ValueError naming the first wrong entry."""
    questions = _by_id(Path(path), record({"id": TEXT, "chapter": {"enum": slugs()}, "question": TEXT}))
    for name, entry in questions.items():
        stem = f"q-{entry['chapter'].replace('_', '-')}-"
        if not name.startswith(stem) or not name.removeprefix(stem).isdigit():
            raise ValueError(f"{Path(path).name}: id {name!r} must be {stem}<number>")
    return questions


def _by_id(path, schema):
    found = {}
    for where, entry in entries(path.name, read_yaml(path), schema):
        if entry["id"] in found:
            raise ValueError(f"{where}: the id stands twice")
        found[entry["id"]] = entry
    return found


def _verdict_words(claim):
    return f"{claim['verdict']} ({claim['note']})" if claim.get("note") else claim["verdict"]


def _as_bool(claim_id, supported):
    if isinstance(supported, bool) or str(getattr(supported, "dtype", "")) in ("bool", "torch.bool") and supported.ndim == 0:
        return bool(supported)
    raise ValueError(f"{claim_id}: supported must be one boolean computed by the run, got {supported!r}")
