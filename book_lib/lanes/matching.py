"""Matching of curves: which query answers for which lane line, so that all pairs together cost least (Liu et al. 2021, section 3.3)."""

import torch

from book_lib.detection.matching import cheapest_pairs, require_answers
from book_lib.lanes.curves import lane_x

ENTRIES = {"x": 2, "valid": 2, "bounds": 2, "y": 1}                          # of a target, and their axes


def lane_weights(targets):
    """How much each line of a batch counts: sqrt(points of all lines / its own points), divided by the largest: a list of tensors [n].

    A row of a short line counts more. targets as in check_lanes.
    """
    points = [target["valid"].sum(1) for target in targets]
    weights = [(sum(each.sum() for each in points) / own).sqrt() for own in points]
    largest = max((own.max() for own in weights if len(own)), default=1.0)
    return [own / largest for own in weights]


@torch.no_grad()
def lane_cost(logits, lanes, target, *, weights=None, points="all", class_cost=3.0, curve_cost=5.0, lower_cost=2.0, upper_cost=2.0):
    """What each pair of a query and a lane line would cost: class, distance of the curves in the line's own rows, and both ends.

    logits [n_queries, 2], of no lane and lane; lanes [n_queries, 8], (lower, upper, curve); target: a dict of n lines as in check_lanes;
    weights [n]: of the lines, those of lane_weights for this picture alone unless given. points "ends": a line is compared in its first and
    last row alone, each counted for half of its points.
    Returns cost [n_queries, n] = -class_cost · p(lane) + curve_cost · weight · (sum of distances in x)
    + lower_cost · (distance of lower ends) + upper_cost · (distance of upper ends).
    """
    if points not in ("all", "ends"):
        raise ValueError(f"points is {points!r}, expected 'all' or 'ends'")
    weights = lane_weights([target])[0] if weights is None else weights
    counted = target["valid"].to(lanes.dtype)
    counted = ends_of(target["valid"]) * counted.sum(1, keepdim=True) / 2 if points == "ends" else counted
    x = lane_x(lanes[:, 2:], target["y"])[:, None]                                       # [n_queries, 1, n_points]
    apart = torch.where(counted > 0, (x - target["x"]).abs() * counted, 0)               # [n_queries, n, n_points]
    apart = apart.nan_to_num(nan=1e6, posinf=1e6).sum(-1)                                # dear where a curve has no place
    lower, upper = (lanes[:, None, :2] - target["bounds"]).abs().unbind(-1)
    return -class_cost * logits.softmax(-1)[:, 1:] + curve_cost * weights * apart + lower_cost * lower + upper_cost * upper


def match_lanes(logits, lanes, targets, **costs):
    """The cheapest pairs of queries and lane lines: logits [b, n_queries, 2], lanes [b, n_queries, 8], targets: b dicts as in check_lanes.

    costs: keywords of lane_cost. Weights are those of the whole batch. Returns for each picture (queries, lines), int64
    [min(n_queries, n)] each, queries in rising order. Raises ValueError as check_lanes does and where answers are no finite numbers.
    """
    targets = check_lanes(targets)
    if not len(logits) == len(lanes) == len(targets):
        raise ValueError(f"there are {len(logits)} logits, {len(lanes)} lanes and {len(targets)} targets, expected as many of each")
    require_answers(logits, lanes, names=("logits", "lanes"))
    weighted = zip(logits, lanes, targets, lane_weights(targets), strict=True)
    return [cheapest_pairs(lane_cost(*answer, weights=weights, **costs).cpu().numpy()) for *answer, weights in weighted]


def ends_of(valid):
    """The first and the last valid point of each line: bool [n, n_points] -> the same, with two True a line, one where it has one point."""
    places = torch.arange(valid.size(1), device=valid.device).expand_as(valid)
    first = torch.where(valid, places, valid.size(1)).amin(1, keepdim=True)
    last = torch.where(valid, places, -1).amax(1, keepdim=True)
    return (places == first) | (places == last)


def check_lanes(targets):
    """Look whether targets are what matching and loss expect, and return them.

    targets: for each picture a dict of tensors: x [n, n_points], where each of n lines crosses the rows y [n_points], as shares of the
    picture; valid bool [n, n_points], True = there is such a point; bounds [n, 2], the rows (lower, upper) in which the line ends, far and
    near. Raises ValueError naming picture and entry for other things, and for a line without any point.
    """
    if isinstance(targets, dict) or not hasattr(targets, "__len__"):
        raise ValueError(f"targets is a {type(targets).__name__}, expected a list with one dict for each picture")
    for i, target in enumerate(targets):
        if not isinstance(target, dict) or not ENTRIES.keys() <= target.keys() or not all(torch.is_tensor(target[key]) for key in ENTRIES):
            came = f"a dict of {sorted(map(str, target))}" if isinstance(target, dict) else f"a {type(target).__name__}"
            raise ValueError(f"targets[{i}] is {came}, expected a dict of the tensors 'x', 'y', 'valid' and 'bounds'")
        shapes = {key: list(target[key].shape) for key in ENTRIES}
        n, n_points = (len(shapes["bounds"]) and shapes["bounds"][0]), (len(shapes["y"]) and shapes["y"][0])
        if shapes != {"x": [n, n_points], "valid": [n, n_points], "bounds": [n, 2], "y": [n_points]}:
            raise ValueError(f"targets[{i}] has the shapes {shapes}, expected x and valid [n, n_points], bounds [n, 2] and y [n_points]")
        if target["valid"].dtype != torch.bool or not target["valid"].any(1).all():
            raise ValueError(f"targets[{i}]['valid'] has dtype {target['valid'].dtype} and {target['valid'].sum(1).tolist()} points for "
                             "each line, expected torch.bool and at least one point")
    return targets
