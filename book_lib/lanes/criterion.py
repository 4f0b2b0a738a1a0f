"""The loss of lane lines, once it is known which query answers for which (Liu et al. 2021, section 3.3)."""

import torch
import torch.nn.functional as F

from book_lib.lanes.curves import lane_x
from book_lib.lanes.matching import check_lanes, lane_weights, match_lanes

WEIGHTS = {"classes": 3.0, "curves": 5.0, "lower": 2.0, "upper": 2.0}
SAME_ROW = 1e-7                                                              # shares of the height that float32 does not tell apart


def lane_loss(output, targets, *, weights=None, auxiliary=True, **costs):
    """LSTR's loss: after each decoder layer, match, then compare classes, curves and the rows in which the lines end.

    output: a LaneOutput; targets: b dicts as in check_lanes; weights: of the four terms, WEIGHTS unless given; auxiliary False counts the
    last layer alone; costs: keywords of lane_cost. The classes' cross-entropy is a mean over all queries, no lane counting as much as lane;
    the other terms are sums over matched pairs, and over a line's points, divided by the number of lines (at least 1).
    Returns (loss, terms: {"classes", "curves", "lower", "upper"} of the last layer, "classes_0", … of the earlier ones, unweighted).
    Raises ValueError as match_lanes does, for a batch without pictures and for weights of other terms.
    """
    if unknown := set(weights or {}) - set(WEIGHTS):
        raise ValueError(f"weights has {sorted(unknown)}, expected some of {sorted(WEIGHTS)}")
    weights, targets, last = WEIGHTS | (weights or {}), check_lanes(targets), len(output.logits) - 1
    if not targets:
        raise ValueError("targets is empty: a batch without pictures has no loss, leave it out")
    total, terms = 0.0, {}
    for layer in range(0 if auxiliary else last, last + 1):
        losses = _losses(output.logits[layer], output.lanes[layer], targets, costs)
        total = total + sum(weights[name] * value for name, value in losses.items())
        terms |= {name if layer == last else f"{name}_{layer}": value.detach() for name, value in losses.items()}
    return total, terms


def _losses(logits, lanes, targets, costs):
    """The four terms of one layer."""
    pairs = match_lanes(logits, lanes, targets, **costs)
    n_lines = max(1, sum(len(target["x"]) for target in targets))
    wanted = torch.zeros(logits.shape[:-1], dtype=torch.int64, device=logits.device)
    found, matched = [], []
    for row, answer, target, (queries, lines) in zip(wanted, lanes, targets, pairs, strict=True):
        row[queries] = 1
        found.append(answer[queries])
        matched.append({key: value if key == "y" else value[lines] for key, value in target.items() if torch.is_tensor(value)})
    curves = sum(_apart(*three) for three in zip(found, matched, lane_weights(matched), strict=True))
    ends = torch.cat(found)[:, :2] - torch.cat([target["bounds"] for target in matched])
    lower, upper = ends.abs().sum(0) / n_lines
    return {"classes": F.cross_entropy(logits.flatten(0, -2), wanted.flatten()), "curves": curves / n_lines, "lower": lower, "upper": upper}


def _apart(lanes, target, weights):
    """The weighted distance of lanes [n, 8] from their n lines, summed over all points; others have no part in it, nor in its gradient.

    Nor has a point in the row f'' itself, where a curve has no place. Rows that are left out are moved a height away from f'' before the
    division: there its gradient is finite, and 0 times it is 0.
    """
    far = lanes[:, 3:4].detach()
    counted = target["valid"] & ((target["y"] - far).abs() > SAME_ROW)
    x = lane_x(lanes[:, 2:], torch.where(counted, target["y"], 2 * far.abs() + 1))
    return (torch.where(counted, x - target["x"], 0.0).abs() * weights[:, None]).sum()
