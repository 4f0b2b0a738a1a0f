"""Interactive figure: choose a cell of a scene and see which cells the encoder of a DETR mixes into it."""

import json
from html import escape
from pathlib import Path

from book_lib.widgets.base import (
    Checked,
    InteractiveFigure,
    fill,
    is_whole,
    is_words,
    labels,
    module_source,
    number,
    text_trait,
    wrong_trait,
)
from book_lib.widgets.scenes import WIDE, are_classes, dimmed, is_packed, is_scene, packed, plain_scene, recorded, scene_svg, unpacked

EXAMPLE = Path(__file__).parent / "encoder_attention.json"
MEAN = -1                                                                    # in place of a head: the mean of all heads of the layer


def attention_scene(scene, weights, grid, *, heads=True) -> dict:
    """One scene for an EncoderAttention.

    scene: a Scene; weights: for each encoder layer [n_heads, n, n], n = h · w; grid: (h, w); heads: whether the single heads of the last
    layer are kept beside the mean of every layer. Each map is rounded to 1/255 of its largest weight.
    """
    maps = [[layer, MEAN, packed(found.mean(dim=0).flatten().tolist())] for layer, found in enumerate(weights)]
    if heads:
        maps += [[len(weights) - 1, head, packed(found.flatten().tolist())] for head, found in enumerate(weights[-1])]
    return plain_scene(scene) | {"grid": list(grid), "maps": maps}


def encoder_maps(model, scenes, classes, *, heads=True) -> dict:
    """What an EncoderAttention shows of a trained DETR and some scenes: a dict of plain values, 4/3 n² bytes for each scene and map."""
    import torch

    from book_lib.data.scenes import scene_batch

    shown, was_training = [], model.training
    model.eval()
    with torch.no_grad():
        for scene in scenes:
            images, mask, _ = scene_batch([scene])
            grid = model.features(images, mask)[0].shape[-2:]
            weights = [layer[0] for layer in model.attention(images, mask)[1].encoder]
            shown.append(attention_scene(scene, weights, grid, heads=heads))
    model.train(was_training)
    return {"classes": list(classes), "scenes": shown}


def record(model, scenes, classes, *, heads=True) -> None:
    """Write the example beside this module; run once after a training, with the arguments of encoder_maps."""
    EXAMPLE.write_text(json.dumps(encoder_maps(model, scenes, classes, heads=heads), separators=(",", ":")) + "\n", "utf-8")


def is_data(data) -> bool:
    kinds = {tuple((layer, head) for layer, head, _ in one["maps"]) for one in data["scenes"]}
    return (
        set(data) == {"classes", "scenes"}
        and are_classes(data["classes"])
        and 1 <= len(data["scenes"]) <= 6
        and len(kinds) == 1
        and 1 <= len(next(iter(kinds))) <= 40
        and all(is_whole(layer, 0, 23) and is_whole(head, MEAN, 31) for layer, head in next(iter(kinds)))
        and all(
            set(one) == {"image", "size", "objects", "grid", "maps"}
            and is_scene({name: one[name] for name in ("image", "size", "objects")}, len(data["classes"]))
            and len(one["grid"]) == 2
            and all(is_whole(side, 1, 32) for side in one["grid"])
            and all(is_packed(pair, (one["grid"][0] * one["grid"][1]) ** 2) for _, _, pair in one["maps"])
            for one in data["scenes"]
        )
    )


class EncoderAttention(InteractiveFigure):
    """Click a cell of a scene, or move it with the arrows: the encoder's attention from that cell, by layer and head, and by object.

    data: what encoder_maps returns; scene, map: the places of those shown at first, a map being a layer and a head, by default the mean of
    the last layer; cell: [row, column], by default the middle of the largest object; prompts and seen: what to try and
    what is seen then, where the data ask for other words. Without arguments it shows the book's small DETR.
    Raises ValueError for wrong traits.
    """

    name = "encoder_attention"
    height = (810, 1277)
    _esm = module_source(name)

    data = Checked(recorded(EXAMPLE), is_data, "what encoder_maps makes of a model")
    scene = Checked(0, lambda value: is_whole(value, 0, 5), "a whole number, the place of a scene")
    map = Checked(0, lambda value: is_whole(value, 0, 39), "a whole number, the place of a map")
    cell = Checked([0, 0], lambda cell: len(cell) == 2 and all(is_whole(x, 0, 31) for x in cell), "a row and a column, whole numbers")
    prompts = Checked([], lambda value: not value or is_words(value, 1, 3), "a list of up to three sentences")
    seen = text_trait()

    def __init__(self, **traits):
        super().__init__(**traits)
        if "map" not in traits:
            self.map = max(i for i, (layer, head, _) in enumerate(self.one["maps"]) if i == 0 or head == MEAN)
        if "cell" not in traits:
            cx, cy, _, _ = max((box for _, *box in self.one["objects"]), key=lambda box: box[2] * box[3])
            self.cell = [min(int(x * n / 10_000), n - 1) for x, n in zip((cy, cx), self.one["grid"], strict=True)]

    def require_agreement(self) -> None:
        if self.scene >= len(self.data["scenes"]):
            raise wrong_trait(self, "scene", self.scene, f"a whole number from 0 to {len(self.data['scenes']) - 1}")
        if self.map >= len(self.one["maps"]):
            raise wrong_trait(self, "map", self.map, f"a whole number from 0 to {len(self.one['maps']) - 1}")
        rows, columns = self.one["grid"]
        if self.cell[0] >= rows or self.cell[1] >= columns:
            raise wrong_trait(self, "cell", self.cell, f"a row from 0 to {rows - 1} and a column from 0 to {columns - 1}")

    @property
    def one(self) -> dict:
        return self.data["scenes"][self.scene]

    def weights(self) -> list[float]:
        """How much the chosen cell looks at each cell, row after row."""
        n = self.one["grid"][0] * self.one["grid"][1]
        place = self.cell[0] * self.one["grid"][1] + self.cell[1]
        return unpacked(self.one["maps"][self.map][2])[place * n : (place + 1) * n]

    def owners(self) -> list[int]:
        """For each cell the object it belongs to, -1 for ground: its middle lies in the object's box, or the box's middle in the cell.

        Where boxes overlap, the smaller one has the cell.
        """
        rows, columns = self.one["grid"]
        owners = [-1] * (rows * columns)
        order = sorted(range(len(self.one["objects"])), key=lambda i: -self.one["objects"][i][3] * self.one["objects"][i][4])
        for i in order:
            cx, cy, w, h = (x / 10_000 for x in self.one["objects"][i][1:])
            for place in range(rows * columns):
                row, column = divmod(place, columns)
                x, y = (column + 0.5) / columns, (row + 0.5) / rows
                within = abs(x - cx) <= w / 2 and abs(y - cy) <= h / 2
                if within or (column == int(cx * columns) and row == int(cy * rows)):
                    owners[place] = i
        return owners

    def shares(self) -> list[float]:
        """The share of the attention of the chosen cell on the cells of each object, and last on the ground."""
        weights, owners = self.weights(), self.owners()
        total = sum(weights)
        found = [sum(w for w, owner in zip(weights, owners, strict=True) if owner == i) for i in range(len(self.one["objects"]))]
        return [x / total for x in [*found, sum(w for w, owner in zip(weights, owners, strict=True) if owner < 0)]]

    def names(self) -> list[str]:
        """What the objects are called, numbered, and last the ground."""
        words = labels(self.name)
        objects = [fill(words["object"], i=i + 1, name=self.data["classes"][label]) for i, (label, *_) in enumerate(self.one["objects"])]
        return [*objects, words["ground"]]

    def map_name(self) -> str:
        words, (layer, head, _) = labels(self.name), self.one["maps"][self.map]
        return fill(words["mean" if head == MEAN else "head"], layer=layer + 1, head=head + 1)

    def sentence(self) -> str:
        words, owners, shares, weights = labels(self.name), self.owners(), self.shares(), self.weights()
        columns = self.one["grid"][1]
        owner = owners[self.cell[0] * columns + self.cell[1]]
        best = weights.index(max(weights))
        there, count = self.names()[owners[best]], owners.count(owner)
        share = shares[owner]
        return fill(
            words["readoutGround" if owner < 0 else "readout"],
            map=self.map_name(),
            row=self.cell[0] + 1,
            column=self.cell[1] + 1,
            name=self.names()[owner],
            share=f"{number(100 * share, 0)} %",
            count=count,
            even=f"{number(100 * count / len(owners), 0)} %",
            there=there,
            weight=f"{number(100 * max(weights) / sum(weights), 0)} %",
            bestRow=best // columns + 1,
            bestColumn=best % columns + 1,
        )

    def picture(self) -> str:
        words, one, weights = labels(self.name), self.one, self.weights()
        rows, columns = one["grid"]
        high = WIDE * one["size"][1] / one["size"][0]
        w, h = WIDE / columns, high / rows
        marks = dimmed(weights, one["grid"], one["size"])
        row, column = self.cell
        marks += "".join(
            f'<rect x="{column * w:.1f}" y="{row * h:.1f}" width="{w:.1f}" height="{h:.1f}"'
            f' style="fill:none;stroke:{colour};stroke-width:{wide}"/>'
            for colour, wide in (("#fff", 7), ("#0072b2", 4))
        )
        bars = "".join(
            f"<tr><th scope=\"row\">{escape(name)}</th><td>{number(100 * share, 0)} %</td></tr>"
            for name, share in zip(self.names(), self.shares(), strict=True)
        )
        title = fill(words["picture"], map=self.map_name(), row=row + 1, column=column + 1)
        table = f"<table><caption>{escape(words['split'])}</caption><tbody>{bars}</tbody></table>"
        return f'<div class="bk-two">{scene_svg(one, marks, title)}{table}</div>'
