"""Interactive figure: what becomes of images of any size in the DETR with a ResNet-50: shapes, attention weights, multiply-adds."""

from html import escape

from book_lib.widgets.base import Checked, InteractiveFigure, fill, is_whole, labels, module_source, number

SMALLEST, LARGEST, MOST = 32, 1344, 8                                        # px of a side, images of a batch
STAGES = {"c2": (3, 64, 1), "c3": (4, 128, 2), "c4": (6, 256, 2), "c5": (3, 512, 2)}      # blocks, inner channels, stride
D, HEADS, FF, LAYERS, QUERIES, CLASSES = 256, 8, 2048, 6, 100, 92
BOXES = ("image", "mask", "stem", *STAGES, "project", "code", "tokens", "encoder", "queries", "decoder", "classes", "boxes")
BACKBONE = ("stem", *STAGES)
SCALE = 8                                                                    # px of the drawn images for one px of the picture


def halved(n: int) -> int:
    """Side of a map behind a kernel k of stride 2, padded by p = (k - 1) / 2: ⌊(n + 2p - k) / 2⌋ + 1, that is n / 2 rounded up."""
    return (n + 1) // 2


def grouped(n: int) -> str:
    """A whole number with its thousands set apart, in millions or billions from a million on."""
    if n >= 10**9:
        return f"{number(n / 10**9, 2)} billion"
    return f"{number(n / 10**6, 2)} million" if n >= 10**6 else f"{n:,}".replace(",", "\u202f")


def memory(n: int) -> str:
    """The room that n numbers of four bytes take."""
    size = 4 * n
    return f"{number(size / 10**9, 2)} GB" if size >= 10**9 else f"{number(size / 10**6, 2)} MB"


def percent(part: float, whole: float) -> str:
    return f"{number(100 * part / whole, 1)} %"


class FollowTheShapes(InteractiveFigure):
    """A batch of images on its way through the DETR with a ResNet-50; every box opens to the arithmetic of its shape.

    image_height, image_width: the size in px of all images but the last; batch: how many; other_height, other_width: the size of the
    last image of a batch of two or more; box: the box open at first. Raises ValueError for wrong traits.
    """

    name = "follow_the_shapes"
    height = (1292, 2267)
    _esm = module_source(name)

    image_height = Checked(480, lambda x: is_whole(x, SMALLEST, LARGEST), f"a whole number of px from {SMALLEST} to {LARGEST}")
    image_width = Checked(640, lambda x: is_whole(x, SMALLEST, LARGEST), f"a whole number of px from {SMALLEST} to {LARGEST}")
    other_height = Checked(640, lambda x: is_whole(x, SMALLEST, LARGEST), f"a whole number of px from {SMALLEST} to {LARGEST}")
    other_width = Checked(480, lambda x: is_whole(x, SMALLEST, LARGEST), f"a whole number of px from {SMALLEST} to {LARGEST}")
    batch = Checked(1, lambda x: is_whole(x, 1, MOST), f"a whole number from 1 to {MOST}")
    box = Checked("encoder", lambda box: box in BOXES, f"one of {', '.join(BOXES)}")

    def images(self) -> list[tuple[int, int]]:
        """(height, width) of every image of the batch."""
        last = (self.image_height, self.image_width) if self.batch == 1 else (self.other_height, self.other_width)
        return [(self.image_height, self.image_width)] * (self.batch - 1) + [last]

    def canvas(self) -> tuple[int, int]:
        """(height, width) that all images are padded to."""
        heights, widths = zip(*self.images(), strict=True)
        return max(heights), max(widths)

    def maps(self) -> list[tuple[int, int]]:
        """(height, width) of the image, of the two maps of the stem, and of C2 to C5."""
        sides = [self.canvas()]
        for stride in (2, 2, *(stride for _, _, stride in STAGES.values())):
            sides.append(tuple(halved(n) for n in sides[-1]) if stride == 2 else sides[-1])
        return sides

    def tokens(self) -> int:
        """Tokens of one image, padding included."""
        h, w = self.maps()[-1]
        return h * w

    def real(self) -> list[tuple[int, int]]:
        """For each image, how many rows and columns of the last map are real: cell i of n looks at pixel ⌊i · size / n⌋."""
        return [
            tuple(sum(i * size // n < side for i in range(n)) for side, size, n in zip(sides, self.canvas(), self.maps()[-1], strict=True))
            for sides in self.images()
        ]

    def padded(self) -> int:
        """How many tokens of the batch are padding."""
        return self.batch * self.tokens() - sum(rows * columns for rows, columns in self.real())

    def shapes(self) -> dict[str, list]:
        """For each box its tensors, [shape, what its axes are]; first the one that goes on."""
        b, n, sides = self.batch, self.tokens(), self.maps()
        h, w = sides[-1]
        states, weights = [b, n, D], [b, HEADS, n, n]
        maps = {stage: [[[b, 4 * inner, *side], "map"]] for (stage, (_, inner, _)), side in zip(STAGES.items(), sides[3:], strict=True)}
        return {
            "image": [[[b, 3, *sides[0]], "image"]],
            "mask": [[[b, h, w], "maskMap"], [[b, *sides[0]], "mask"]],
            "stem": [[[b, 64, *sides[2]], "pooled"], [[b, 64, *sides[1]], "map"]],
            **maps,
            "project": [[[b, D, h, w], "map"]],
            "code": [[[b, D, h, w], "map"]],
            "tokens": [[states, "tokens"]],
            "encoder": [[states, "memory"], [weights, "weights"], [[b, n, FF], "inside"]],
            "queries": [[[QUERIES, D], "queries"]],
            "decoder": [
                [[LAYERS, b, QUERIES, D], "states"],
                [[b, HEADS, QUERIES, QUERIES], "self"],
                [[b, HEADS, QUERIES, n], "cross"],
                [[b, QUERIES, FF], "inside"],
            ],
            "classes": [[[LAYERS, b, QUERIES, CLASSES], "logits"]],
            "boxes": [[[LAYERS, b, QUERIES, 4], "coordinates"]],
        }

    def weights(self) -> dict[str, int]:
        """How many attention weights one layer computes for the batch: in the encoder, among the queries, from queries to image."""
        n = self.tokens()
        return {name: self.batch * HEADS * pairs for name, pairs in (("encoder", n * n), ("self", QUERIES**2), ("cross", QUERIES * n))}

    def work(self) -> dict[str, int]:
        """Multiply-adds of each box for the whole batch, in convolutions and matrix products."""
        n, (_, stem, before, *after) = self.tokens(), [h * w for h, w in self.maps()]
        found, channels = {"stem": stem * 7 * 7 * 3 * 64}, 64
        for (stage, (blocks, inner, _)), area in zip(STAGES.items(), after, strict=True):
            one = area * (4 * inner * inner + 9 * inner * inner + inner * 4 * inner)
            first = before * channels * inner + area * (9 * inner * inner + inner * 4 * inner + channels * 4 * inner)
            found[stage] = first + (blocks - 1) * one
            channels, before = 4 * inner, area
        found["project"] = n * channels * D
        found["encoder"] = LAYERS * (4 * n * D * D + 2 * n * n * D + 2 * n * D * FF)
        looks = 4 * QUERIES * D * D + 2 * QUERIES**2 * D + 2 * (QUERIES + n) * D * D + 2 * QUERIES * n * D
        found["decoder"] = LAYERS * (looks + 2 * QUERIES * D * FF)
        found["classes"] = LAYERS * QUERIES * D * CLASSES
        found["boxes"] = LAYERS * QUERIES * (2 * D * D + 4 * D)
        return {box: self.batch * found.get(box, 0) for box in BOXES}

    def parameters(self) -> dict[str, int]:
        """Numbers that are learned in each box; the frozen batch norms of the backbone have none."""
        found, channels = {"stem": 7 * 7 * 3 * 64}, 64
        for stage, (blocks, inner, _) in STAGES.items():
            later = (blocks - 1) * (17 * inner * inner)
            found[stage] = channels * inner + 13 * inner * inner + channels * 4 * inner + later
            channels = 4 * inner
        attention, norm, feed = 4 * (D * D + D), 2 * D, 2 * D * FF + FF + D
        found["project"] = channels * D + D
        found["encoder"] = LAYERS * (attention + feed + 2 * norm)
        found["queries"] = QUERIES * D
        found["decoder"] = LAYERS * (2 * attention + feed + 3 * norm) + norm
        found["classes"] = D * CLASSES + CLASSES
        found["boxes"] = 2 * (D * D + D) + 4 * D + 4
        return {box: found.get(box, 0) for box in BOXES}

    def sentence(self) -> str:
        words, weights, work, (h, w) = labels(self.name), self.weights(), self.work(), self.canvas()
        total = sum(work.values())
        first = fill(
            words["readoutOne" if self.batch == 1 else "readoutBatch"],
            h=h,
            w=w,
            b=self.batch,
            n=grouped(self.tokens()),
            all=grouped(self.batch * self.tokens()),
            padded=grouped(self.padded()),
            share=percent(self.padded(), self.batch * self.tokens()),
        )
        second = fill(
            words["readoutCost"],
            encoder=grouped(weights["encoder"]),
            memory=memory(LAYERS * weights["encoder"]),
            cross=grouped(weights["cross"]),
            self=grouped(weights["self"]),
            total=grouped(total),
            backbone=percent(sum(work[box] for box in BACKBONE), total),
            encoderShare=percent(work["encoder"], total),
        )
        return f"{first} {second}"

    def picture(self) -> str:
        words, shapes, work = labels(self.name), self.shapes(), self.work()
        total = sum(work.values())
        heads = "".join(f'<th scope="col">{escape(words[name])}</th>' for name in ("part", "shape", "share"))
        rows = "".join(
            f'<tr><th scope="row">{escape(words["boxes"][box])}</th><td>{shape_text(shapes[box][0][0])}</td>'
            f"<td>{percent(work[box], total) if work[box] else ''}</td></tr>"
            for box in BOXES
        )
        table = f'<div class="bk-scroll"><table class="bk-shapes-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
        return f'<div class="bk-shapes">{table}<div>{self._drawings()}</div></div>'

    def _drawings(self) -> str:
        words, (high, wide), (n_rows, n_columns) = labels(self.name), self.canvas(), self.maps()[-1]
        drawn = ""
        kinds = [("first", *self.images()[0])] + ([("last", *self.images()[-1])] if self.batch > 1 else [])
        for kind, h, w in kinds:
            lines = "".join(f"M{j * wide / n_columns / SCALE:.1f} 0V{high / SCALE:.1f}" for j in range(n_columns + 1))
            lines += "".join(f"M0 {i * high / n_rows / SCALE:.1f}H{wide / SCALE:.1f}" for i in range(n_rows + 1))
            name = escape(fill(words["drawn"], which=words[kind], h=h, w=w, rows=n_rows, columns=n_columns))
            drawn += (
                f'<svg viewBox="-1 -1 {wide / SCALE + 2:.1f} {high / SCALE + 2:.1f}" width="{wide / SCALE + 2:.1f}" role="img"'
                f' aria-label="{name}"><rect width="{w / SCALE:.1f}" height="{h / SCALE:.1f}" style="fill:var(--q-wash,#e4f1f9)"/>'
                f'<path d="{lines}" style="fill:none;stroke:var(--ign,#8c959f);stroke-width:.5"/>'
                f'<rect width="{w / SCALE:.1f}" height="{h / SCALE:.1f}" style="fill:none;stroke:var(--q,#0072b2);stroke-width:2"/></svg>'
            )
        return drawn


def shape_text(shape) -> str:
    return f"[{', '.join(map(str, shape))}]"
