"""Interactive figure: one scene along a training; which query is matched to which object, at what cost, and when that settles."""

import json
from html import escape
from pathlib import Path

from book_lib.widgets.base import (
    Checked,
    InteractiveFigure,
    fill,
    is_number,
    is_whole,
    is_words,
    labels,
    module_source,
    number,
    text_trait,
    wrong_trait,
)
from book_lib.widgets.scenes import are_classes, corners, is_box, is_scene, plain_scene, recorded, rectangle, scene_svg, thousandths

EXAMPLE = Path(__file__).parent / "matching_over_time.json"


def matching_run(scene, answers, classes) -> dict:
    """What a MatchingOverTime shows of one scene: a dict of plain values, about 1 kB a snapshot.

    scene: a Scene; answers: for each snapshot (training step, logits [n_queries, n_classes + 1], boxes [n_queries, 4]), what the model says
    of the scene then; classes: the names of the n_classes classes. Costs and pairs are those of book_lib.detection.matching. Only queries
    that are matched in some snapshot are kept.
    """
    import torch

    from book_lib.detection.matching import match, matching_cost

    target = {"labels": torch.as_tensor(scene.labels), "boxes": torch.as_tensor(scene.boxes)}
    found = []
    for step, logits, boxes in answers:
        ((queries, objects),) = match(logits[None], boxes[None], [target])
        scores, best = logits.softmax(dim=-1)[:, :-1].max(dim=-1)
        found.append((int(step), boxes, scores, best, matching_cost(logits, boxes, target), queries[objects.argsort()].tolist()))
    kept = sorted({query for *_, matched in found for query in matched})
    snapshots = [
        {
            "step": step,
            "boxes": [thousandths(boxes[query]) for query in kept],
            "scores": [round(scores[query].item(), 2) for query in kept],
            "classes": [int(best[query]) for query in kept],
            "cost": [[round(x, 2) for x in cost[query].tolist()] for query in kept],
            "matched": [kept.index(query) for query in matched],
        }
        for step, boxes, scores, best, cost, matched in found
    ]
    return {"classes": list(classes), "scene": plain_scene(scene), "queries": kept, "of": len(found[0][1]), "snapshots": snapshots}


def record(scene, answers, classes) -> None:
    """Write the example beside this module; run once after a training, with the answers matching_run wants."""
    EXAMPLE.write_text(json.dumps(matching_run(scene, answers, classes), separators=(",", ":")) + "\n", "utf-8")


def is_snapshot(one, n_queries: int, n_objects: int, n_classes: int) -> bool:
    return (
        set(one) == {"step", "boxes", "scores", "classes", "cost", "matched"}
        and is_whole(one["step"], 0, 10**9)
        and len(one["boxes"]) == len(one["scores"]) == len(one["classes"]) == len(one["cost"]) == n_queries
        and all(is_box(box) for box in one["boxes"])
        and all(is_number(score, 0, 1) for score in one["scores"])
        and all(is_whole(label, 0, n_classes - 1) for label in one["classes"])
        and all(len(row) == n_objects and all(is_number(x) for x in row) for row in one["cost"])
        and len(set(one["matched"])) == len(one["matched"]) == n_objects
        and all(is_whole(row, 0, n_queries - 1) for row in one["matched"])
    )


def is_run(run) -> bool:
    n_queries, n_objects = len(run["queries"]), len(run["scene"]["objects"])
    steps = [one["step"] for one in run["snapshots"]]
    return (
        set(run) == {"classes", "scene", "queries", "of", "snapshots"}
        and are_classes(run["classes"])
        and is_scene(run["scene"], len(run["classes"]))
        and 1 <= n_objects <= n_queries <= 40
        and run["queries"] == sorted({*run["queries"]})
        and all(is_whole(query, 0, run["of"] - 1) for query in run["queries"])
        and 2 <= len(steps) <= 60
        and all(earlier < later for earlier, later in zip(steps, steps[1:], strict=False))
        and all(is_snapshot(one, n_queries, n_objects, len(run["classes"])) for one in run["snapshots"])
    )


class MatchingOverTime(InteractiveFigure):
    """Scrub through a training: the boxes that are matched in one scene, the costs behind the pairs, and every change of partner.

    run: what matching_run returns; snapshot: the place of the snapshot shown at first; prompts and seen: what to try and what is seen then,
    where the run asks for other words. Without arguments it shows the training of the book's small DETR.
    Raises ValueError for wrong traits.
    """

    name = "matching_over_time"
    height = (1030, 1905)
    _esm = module_source(name)

    run = Checked(recorded(EXAMPLE), is_run, "what matching_run makes of a training")
    snapshot = Checked(1, lambda value: is_whole(value, 0, 59), "a whole number, the place of a snapshot")
    prompts = Checked([], lambda value: not value or is_words(value, 1, 3), "a list of up to three sentences")
    seen = text_trait()

    def require_agreement(self) -> None:
        n = len(self.run["snapshots"])
        if self.snapshot >= n:
            raise wrong_trait(self, "snapshot", self.snapshot, f"a whole number from 0 to {n - 1}")

    @property
    def one(self) -> dict:
        return self.run["snapshots"][self.snapshot]

    def flips(self) -> list[int]:
        """For each snapshot, how many objects have another query than in the snapshot before; 0 for the first."""
        pairs = [one["matched"] for one in self.run["snapshots"]]
        changes = [sum(a != b for a, b in zip(old, new, strict=True)) for old, new in zip(pairs, pairs[1:], strict=False)]
        return [0, *changes]

    def total(self) -> float:
        """The cost of all pairs of this snapshot."""
        return sum(self.one["cost"][row][i] for i, row in enumerate(self.one["matched"]))

    def right(self) -> int:
        """How many matched queries say the class of their object."""
        objects = self.run["scene"]["objects"]
        return sum(self.one["classes"][row] == objects[i][0] for i, row in enumerate(self.one["matched"]))

    def sentence(self) -> str:
        words, flips = labels(self.name), self.flips()
        return fill(
            words["readout" if self.snapshot else "readoutFirst"],
            step=self.one["step"],
            before=self.run["snapshots"][self.snapshot - 1]["step"] if self.snapshot else "",
            total=number(self.total()),
            right=self.right(),
            n=len(self.one["matched"]),
            flips=flips[self.snapshot],
            sofar=sum(flips[: self.snapshot + 1]),
            later=sum(flips[self.snapshot + 1 :]),
        )

    def picture(self) -> str:
        words, run, one = labels(self.name), self.run, self.one
        size, marks = run["scene"]["size"], ""
        for row in one["matched"]:
            x, y, _, _ = corners(one["boxes"][row], size)
            marks += rectangle(one["boxes"][row], size, "stroke:#fff;stroke-width:4;stroke-opacity:.8")
            marks += rectangle(one["boxes"][row], size, "stroke:#0072b2;stroke-width:2;stroke-dasharray:6 4")
            marks += (
                f'<text x="{x:.1f}" y="{max(14, y - 4):.1f}" style="font-size:13px;font-weight:600;fill:#1d2329;stroke:#fff;'
                f'stroke-width:3px;paint-order:stroke">{run["queries"][row]}</text>'
            )
        names = [run["classes"][label] for label, *_ in run["scene"]["objects"]]
        heads = "".join(f'<th scope="col">{i + 1} {escape(name)}</th>' for i, name in enumerate(names))
        rows = "".join(
            f'<tr><th scope="row">{escape(fill(words["query"], query=query))}</th>'
            + "".join(f"<td>{'★ ' if one['matched'][i] == row else ''}{number(x)}</td>" for i, x in enumerate(one["cost"][row]))
            + "</tr>"
            for row, query in enumerate(run["queries"])
            if row in one["matched"]
        )
        table = f'<div class="bk-scroll"><table><thead><tr><td></td>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        title = fill(words["picture"], step=one["step"])
        return f'<div class="bk-two">{scene_svg(run["scene"], marks, title)}{table}</div>'
