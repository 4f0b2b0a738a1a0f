"""Who wrote like whom: shares of common code that renamed variables and moved cells do not hide (by copydetect).

All pieces of code are compared. Winnowing would keep a part of them, chosen by Python's hashes, which differ from run to run.
"""

from dataclasses import dataclass

from coursework.confined import run_confined

_LENGTH, _EVERY = 20, 1                                                      # characters of a piece; a window of one piece leaves none out
_FEWEST = 40
_MOST_PAIRS = 40
THE_SOLUTION = "the official solution"


@dataclass(frozen=True)
class Pair:
    """Two submissions, the share of the shorter one's code that the other has, too, and whether the code is the same but for comments."""

    first: str
    second: str
    share: float
    equal: bool


def similar_pairs(records, edition, least=0.8):
    """The pairs of different students' work that have much in common, most first; also those with the official solution.

    Only the code that students wrote is compared, without what the notebook gives. Short right answers are alike by nature: what is
    said is said of all of a student's code together.
    """
    ran = ("graded", "stopped", "visible tests only")
    works = {record["file"]: record for record in records if record.get("compared") and record["status"] in ran}
    works = {file: record for file, record in works.items() if record["fingerprint"] != edition.untouched}
    codes = {file: record["compared"] for file, record in works.items()} | {THE_SOLUTION: "\n".join(edition.solved)}
    pairs, problem = run_confined(lambda: _pairs(codes, least))
    if problem:
        return [Pair(f"the comparison failed: {problem}", "", 0.0, False)]
    prints = {file: record["fingerprint"] for file, record in works.items()}
    students = {file: record.get("student") or file for file, record in works.items()}
    found = [Pair(a, b, share, a in prints and prints.get(a) == prints.get(b)) for a, b, share in pairs]
    return [pair for pair in found if students.get(pair.first) != students.get(pair.second)][:_MOST_PAIRS]


def _pairs(codes, least):
    from copydetect.utils import filter_code, get_document_fingerprints

    prints = {}
    for file, code in codes.items():
        hashes, _ = get_document_fingerprints(filter_code(code, "x.py", "python")[0], _LENGTH, _EVERY)
        if len(hashes) >= _FEWEST:
            prints[file] = hashes
    files, pairs = list(prints), []
    for place, first in enumerate(files):
        for second in files[place + 1 :]:
            common = len(prints[first] & prints[second])
            share = common / min(len(prints[first]), len(prints[second]))
            if share >= least:
                pairs.append((first, second, round(share, 3)))
    return sorted(pairs, key=lambda pair: -pair[2])
