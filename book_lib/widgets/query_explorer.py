"""Interactive figure: one object query at a time; what it says of a scene, where it looks, and what it reports over many scenes."""

import json
from base64 import b64decode, b64encode
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
from book_lib.widgets.scenes import (
    are_answers,
    are_classes,
    dimmed,
    is_scene,
    packed,
    plain_scene,
    recorded,
    rectangle,
    scene_svg,
    share_inside,
    thousandths,
    unpacked,
)

EXAMPLE = Path(__file__).parent / "query_explorer.json"
DOTS = ("var(--k,#d55e00)", 4, "round"), ("var(--v,#009e73)", 6, "square"), ("var(--q,#0072b2)", 9, "round")     # small, medium, large
SIDE = 300                                                                   # px of the map of centres


def explorer_scene(scene, logits, boxes, weights, grid) -> dict:
    """One scene for a QueryExplorer.

    scene: a Scene; logits [n_queries, n_classes + 1] and boxes [n_queries, 4]: the model's answer; weights [n_queries, h · w]: how much
    each query looks at each cell, from the last decoder layer, heads averaged; grid: (h, w). Each map is rounded to 1/255 of its
    largest weight.
    """
    chances = logits.softmax(dim=-1)
    scores, best = chances[:, :-1].max(dim=-1)
    return plain_scene(scene) | {
        "boxes": [thousandths(box) for box in boxes],
        "labels": best.tolist(),
        "scores": [round(x, 3) for x in scores.tolist()],
        "grid": list(grid),
        "maps": [packed(row) for row in weights.tolist()],
    }


def pack_reports(reports) -> str:
    """Objects reported over many scenes, (query, size class 0 to 2, cx, cy) with shares of the picture, four bytes each, in base64."""
    flat = (x for query, size, cx, cy in sorted(reports) for x in (query, size, round(255 * cx), round(255 * cy)))
    return b64encode(bytes(flat)).decode()


def explorer(model, scenes, many, classes, *, least=0.5) -> dict:
    """What a QueryExplorer shows of a trained DETR: a dict of plain values.

    model: a DETR; scenes: two to four Scenes to show; many: Scenes the model was not trained on, over which its reports are collected;
    classes: the names of the classes; least: the score from which an answer counts as a report.
    """
    import torch

    from book_lib.data.scenes import AREAS, scene_batch

    shown, reports = [], []
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for scene in scenes:
            images, mask, _ = scene_batch([scene])
            grid = model.features(images, mask)[0].shape[-2:]
            output, looks = model.attention(images, mask)
            shown.append(explorer_scene(scene, output.logits[-1, 0], output.boxes[-1, 0], looks.on_memory[-1][0].mean(dim=0), grid))
        for scene in many:
            images, mask, _ = scene_batch([scene])
            output = model(images, mask)
            scores = output.logits[-1, 0].softmax(dim=-1)[:, :-1].max(dim=-1).values
            height, width = scene.size
            for query in (scores >= least).nonzero().flatten().tolist():
                cx, cy, w, h = output.boxes[-1, 0, query].tolist()
                size = sum(w * width * h * height >= low for low, _ in AREAS.values()) - 1
                reports.append((query, size, cx, cy))
    model.train(was_training)
    return {"classes": list(classes), "scenes": shown, "reports": pack_reports(reports), "over": len(many), "least": least}


def record(model, scenes, many, classes, *, least=0.5) -> None:
    """Write the example beside this module; run once after a training, with the arguments of explorer."""
    EXAMPLE.write_text(json.dumps(explorer(model, scenes, many, classes, least=least), separators=(",", ":")) + "\n", "utf-8")


def reports_of(text: str) -> list[tuple[int, int, float, float]]:
    """The reports in a text of pack_reports: (query, size class, cx, cy)."""
    flat = b64decode(text)
    return [(flat[i], flat[i + 1], flat[i + 2] / 255, flat[i + 3] / 255) for i in range(0, len(flat), 4)]


def is_data(data) -> bool:
    n_classes, n_queries = len(data["classes"]), len(data["scenes"][0]["boxes"])
    return (
        set(data) == {"classes", "scenes", "reports", "over", "least"}
        and are_classes(data["classes"])
        and 1 <= len(data["scenes"]) <= 6
        and 2 <= n_queries <= 100
        and all(
            is_scene({name: one[name] for name in ("image", "size", "objects")}, n_classes)
            and set(one) == {"image", "size", "objects", "boxes", "labels", "scores", "grid", "maps"}
            and len(one["boxes"]) == n_queries
            and are_answers(one, n_classes)
            for one in data["scenes"]
        )
        and len(b64decode(data["reports"])) % 4 == 0
        and all(query < n_queries and size < 3 for query, size, _, _ in reports_of(data["reports"]))
        and is_whole(data["over"], 1, 10**6)
        and is_number(data["least"], 0, 1)
    )


class QueryExplorer(InteractiveFigure):
    """Choose an object query: its box and class in a scene, the cells it looks at, and the centres of all it reports over many scenes.

    data: what explorer returns; scene, query: the places of those shown at first, by default the surest query; prompts and seen: what to
    try and what is seen then, where the data ask for other words. Without arguments it shows the book's small DETR. Raises ValueError for
    wrong traits.
    """

    name = "query_explorer"
    height = (1140, 1921)
    _esm = module_source(name)

    data = Checked(recorded(EXAMPLE), is_data, "what explorer makes of a model")
    scene = Checked(0, lambda value: is_whole(value, 0, 5), "a whole number, the place of a scene")
    query = Checked(0, lambda value: is_whole(value, 0, 99), "a whole number, the place of a query")
    prompts = Checked([], lambda value: not value or is_words(value, 1, 3), "a list of up to three sentences")
    seen = text_trait()

    def __init__(self, **traits):
        super().__init__(**traits)
        if "query" not in traits:
            self.query = self.one["scores"].index(max(self.one["scores"]))

    def require_agreement(self) -> None:
        for trait, size in (("scene", len(self.data["scenes"])), ("query", len(self.data["scenes"][0]["boxes"]))):
            if getattr(self, trait) >= size:
                raise wrong_trait(self, trait, getattr(self, trait), f"a whole number from 0 to {size - 1}")

    @property
    def one(self) -> dict:
        return self.data["scenes"][self.scene]

    def weights(self) -> list[float]:
        """How much the chosen query looks at each cell of the scene, row after row."""
        return unpacked(self.one["maps"][self.query])

    def inside(self) -> float:
        """The share of the query's attention on cells whose middle lies in its own box."""
        return share_inside(self.weights(), self.one["grid"], self.one["boxes"][self.query])

    def reports(self, query=None) -> list[tuple[int, float, float]]:
        """(size class, cx, cy) of what a query reported over the many scenes; by default the chosen query."""
        wanted = self.query if query is None else query
        return [(size, cx, cy) for found, size, cx, cy in reports_of(self.data["reports"]) if found == wanted]

    def sentence(self) -> str:
        words, one, query = labels(self.name), self.one, self.query
        score = one["scores"][query]
        first = fill(
            words["readoutSays" if score >= self.data["least"] else "readoutSilent"],
            query=query,
            name=self.data["classes"][one["labels"][query]],
            score=number(score),
            inside=f"{number(100 * self.inside(), 0)} %",
        )
        found = self.reports()
        if not found:
            return f"{first} {fill(words['readoutNever'], over=self.data['over'])}"
        sizes = [sum(size == i for size, _, _ in found) for i in range(3)]
        every = [(cx, cy) for _, _, cx, cy in reports_of(self.data["reports"])]
        own = [(cx, cy) for _, cx, cy in found]
        second = fill(
            words["readoutReports"],
            over=self.data["over"],
            count=len(found),
            small=sizes[0],
            medium=sizes[1],
            large=sizes[2],
            spread=number(100 * spread(own), 0),
            every=number(100 * spread(every), 0),
        )
        return f"{first} {second}"

    def picture(self) -> str:
        words, one, query = labels(self.name), self.one, self.query
        cells = dimmed(self.weights(), one["grid"], one["size"])
        box = rectangle(one["boxes"][query], one["size"], "stroke:#fff;stroke-width:5")
        box += rectangle(one["boxes"][query], one["size"], "stroke:#0072b2;stroke-width:2.5;stroke-dasharray:7 4")
        name = self.data["classes"][one["labels"][query]]
        title = fill(words["picture"], query=query, name=name, score=number(one["scores"][query]))
        marks = "".join(
            f'<path d="{"".join(f"M{SIDE * cx:.0f} {SIDE * cy:.0f}h0" for found, cx, cy in self.reports() if found == size)}"'
            f' style="fill:none;stroke:{colour};stroke-width:{wide};stroke-linecap:{cap};stroke-opacity:.6"/>'
            for size, (colour, wide, cap) in enumerate(DOTS)
        )
        frame = f'<rect width="{SIDE}" height="{SIDE}" style="fill:none;stroke:var(--ign,#8c959f)"/>'
        about = escape(fill(words["centres"], query=query, over=self.data["over"]))
        plot = f'<svg viewBox="-1 -1 {SIDE + 2} {SIDE + 2}" width="{SIDE}" role="img" aria-label="{about}">{frame}{marks}</svg>'
        return f'<div class="bk-two">{scene_svg(one, cells + box, title)}<div>{plot}<p class="bk-why">{about}</p></div></div>'


def spread(points) -> float:
    """Typical distance of points from their mean, as a share of the side: the root of the mean squared distance."""
    n = len(points)
    x, y = sum(a for a, _ in points) / n, sum(b for _, b in points) / n
    return (sum((a - x) ** 2 + (b - y) ** 2 for a, b in points) / n) ** 0.5
