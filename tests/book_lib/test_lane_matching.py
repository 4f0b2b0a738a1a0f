"""Matching and loss of curves: the worked example, a second computation in loops, and every possible pairing."""

import itertools
import math

import pytest
import torch

from book_lib.lanes import criterion
from book_lib.lanes.criterion import WEIGHTS, lane_loss
from book_lib.lanes.curves import lane_x
from book_lib.lanes.lstr import LaneOutput
from book_lib.lanes.matching import ends_of, lane_cost, lane_weights, match_lanes

ROWS, ROWS_OF_CASE = torch.tensor([0.4, 0.6, 0.8]), (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
EXAMPLE = {
    "x": torch.tensor([[0.597778, 0.56, 0.611837], [0.5, 0.6, 0.0]]), "y": ROWS,
    "valid": torch.tensor([[True, True, True], [True, True, False]]), "bounds": torch.tensor([[0.4, 0.8], [0.4, 0.8]]),
}
LOGITS = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
LANES = torch.tensor([[0.4, 0.8, 0.01, 0.1, 0.05, 0.2, 0.5, 0.1], [0.3, 0.9, 0.01, 0.1, 0.05, 0.2, 1.0, 0.3],
                      [0.5, 0.7, 0.01, 0.1, 0.05, 0.2, 0.0, -0.2]])


def curve(lane, y):
    _, _, k, f, m, n, b, shift = lane
    return k / (y - f) ** 2 + m / (y - f) + n + b * y - shift


def random_case(seed, *, n_queries=5, counts=(2, 4, 0)):
    g = torch.Generator().manual_seed(seed)
    logits, lanes = torch.randn(3, n_queries, 2, generator=g), torch.rand(3, n_queries, 8, generator=g) * 0.3
    targets = []
    for n in counts:
        valid = torch.rand(n, 6, generator=g) < 0.6
        valid[:, 2] = True
        targets.append({"x": torch.rand(n, 6, generator=g), "y": torch.tensor(ROWS_OF_CASE), "valid": valid,
                        "bounds": torch.rand(n, 2, generator=g)})
    return logits, lanes, targets


def loops(logits, lanes, target, weights):
    """lane_cost once more, number by number."""
    rows = []
    for (none, lane), answer in zip(logits.tolist(), lanes.tolist(), strict=True):
        rows.append([])
        for i, weight in enumerate(weights.tolist()):
            apart = sum(abs(curve(answer, y) - x) for x, y, is_there in
                        zip(target["x"][i].tolist(), target["y"].tolist(), target["valid"][i].tolist(), strict=True) if is_there)
            lower, upper = target["bounds"][i].tolist()
            probability = math.exp(lane) / (math.exp(lane) + math.exp(none))
            rows[-1].append(-3 * probability + 5 * weight * apart + 2 * abs(answer[0] - lower) + 2 * abs(answer[1] - upper))
    return torch.tensor(rows)


def test_the_worked_example():
    (weights,) = lane_weights([EXAMPLE])
    assert weights.tolist() == pytest.approx([math.sqrt(2 / 3), 1], abs=1e-6)
    [(queries, lines)] = match_lanes(LOGITS[None], LANES[None], [EXAMPLE])
    assert queries.tolist() == [0, 2] and lines.tolist() == [0, 1]
    total, terms = lane_loss(LaneOutput(LOGITS[None, None], LANES[None, None]), [EXAMPLE])
    expected = {"classes": 0.43989, "lower": 0.05, "upper": 0.05, "curves": 0.143384}
    assert {name: value.item() for name, value in terms.items()} == pytest.approx(expected, abs=1e-5)
    assert total.item() == pytest.approx(sum(WEIGHTS[name] * value for name, value in expected.items()), abs=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_costs_equal_a_computation_in_loops(seed):
    logits, lanes, targets = random_case(seed)
    for answer, target, weights in zip(zip(logits, lanes, strict=True), targets, lane_weights(targets), strict=True):
        if len(weights):
            torch.testing.assert_close(lane_cost(*answer, target, weights=weights), loops(*answer, target, weights), rtol=1e-4, atol=1e-4)
    (alone,) = lane_weights(targets[:1])
    first = logits[0], lanes[0], targets[0]
    torch.testing.assert_close(lane_cost(*first), loops(*first, alone), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_queries", [3, 5])
def test_no_pairing_costs_less(seed, n_queries):
    logits, lanes, targets = random_case(seed, n_queries=n_queries)
    pairs = match_lanes(logits, lanes, targets)
    for i, (weights, (queries, lines)) in enumerate(zip(lane_weights(targets), pairs, strict=True)):
        answer, target, n = (logits[i], lanes[i]), targets[i], len(targets[i]["x"])
        assert len(queries) == len(set(queries.tolist())) == len(set(lines.tolist())) == min(n_queries, n)
        if n:
            cost = lane_cost(*answer, target, weights=weights)
            few, many = sorted(cost.shape)
            cost_of = cost if few == len(cost) else cost.T
            least = min(sum(cost_of[i, j].item() for i, j in enumerate(order)) for order in itertools.permutations(range(many), few))
            assert cost[queries, lines].sum().item() == pytest.approx(least, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_equals_a_computation_in_loops(seed):
    logits, lanes, targets = random_case(seed)
    pairs, n_lines = match_lanes(logits, lanes, targets), 6
    points = [[int(targets[i]["valid"][j].sum()) for j in lines.tolist()] for i, (_, lines) in enumerate(pairs)]
    weights = [[math.sqrt(sum(map(sum, points)) / own) for own in row] for row in points]
    largest = max(map(max, filter(None, weights)))
    expected = {"classes": 0.0, "curves": 0.0, "lower": 0.0, "upper": 0.0}
    for i, (queries, lines) in enumerate(pairs):
        for q in range(5):
            is_lane = int(q in queries.tolist())
            expected["classes"] -= logits[i, q].log_softmax(-1)[is_lane].item() / 15
        for q, j, weight in zip(queries.tolist(), lines.tolist(), weights[i], strict=True):
            answer, is_there = lanes[i, q].tolist(), targets[i]["valid"][j].tolist()
            places = zip(targets[i]["x"][j].tolist(), ROWS_OF_CASE, is_there, strict=True)
            expected["curves"] += sum(weight / largest * abs(curve(answer, y) - x) / n_lines for x, y, there in places if there)
            for end, name in enumerate(("lower", "upper")):
                expected[name] += abs(lanes[i, q, end] - targets[i]["bounds"][j, end]).item() / n_lines
    total, terms = lane_loss(LaneOutput(logits[None], lanes[None]), targets)
    assert {name: value.item() for name, value in terms.items()} == pytest.approx(expected, rel=1e-4)
    assert total.item() == pytest.approx(sum(WEIGHTS[name] * value for name, value in expected.items()), rel=1e-4)


def test_every_layer_counts_once_and_only_the_last_without_auxiliary_losses():
    (one, other), targets = (random_case(seed)[:2] for seed in (1, 2)), random_case(1)[2]
    both = LaneOutput(*(torch.stack(parts) for parts in zip(one, other, strict=True)))
    alone = [lane_loss(LaneOutput(logits[None], lanes[None]), targets)[0] for logits, lanes in (one, other)]
    total, terms = lane_loss(both, targets)
    assert total.item() == pytest.approx(sum(alone).item(), rel=1e-6) and {"classes", "classes_0", "upper_0"} <= terms.keys()
    assert lane_loss(both, targets, auxiliary=False)[0].item() == pytest.approx(alone[1].item(), rel=1e-6)


def test_the_gradient_of_matched_curves_is_finite_and_others_have_none():
    logits, lanes, targets = random_case(3)
    lanes.requires_grad_()
    lane_loss(LaneOutput(logits[None], lanes[None]), targets, weights={"classes": 0.0})[0].backward()
    matched = torch.zeros(3, 5, dtype=torch.bool)
    for row, (queries, _) in zip(matched, match_lanes(logits, lanes.detach(), targets), strict=True):
        row[queries] = True
    assert lanes.grad.isfinite().all() and ((lanes.grad != 0).any(-1) == matched).all()


@pytest.mark.parametrize("m", [0.05, -0.05])                                 # with the second one, inf - inf in the row f'' itself
@pytest.mark.parametrize("row, counted", [(0.4, [(0.6, 0.5), (0.8, 0.6)]), (0.6, [(0.8, 0.6)])])
def test_loss_gradient_and_cost_are_finite_where_f_meets_a_row(row, counted, m):
    lanes = LANES[:2].clone()
    lanes[0, 3], lanes[0, 4] = row, m
    target = {"x": torch.tensor([[0.0, 0.5, 0.6]]), "y": ROWS, "valid": torch.tensor([[False, True, True]]),
              "bounds": torch.tensor([[0.6, 0.8]])}
    assert lane_x(lanes[0, 2:], ROWS).isfinite().sum() == 2
    given = lanes[:1].clone().requires_grad_()
    total, terms = lane_loss(LaneOutput(LOGITS[None, None, :1], given[None, None]), [target])
    total.backward()
    assert given.grad.isfinite().all() and given.grad[0, 2:].all()
    assert terms["curves"].item() == pytest.approx(sum(abs(curve(lanes[0].tolist(), y) - x) for y, x in counted), rel=1e-5)
    on, beside = lane_cost(LOGITS[:2], lanes, target).flatten().tolist()
    assert beside < 1e3 and (1e6 < on < 1e7 if len(counted) == 1 else on < 1e3)


@pytest.mark.parametrize("seed", range(5))
def test_elsewhere_loss_and_gradient_are_to_the_bit_those_of_all_rows_divided(seed, monkeypatch):
    logits, lanes, targets = random_case(seed)

    def loss_and_gradient():
        given = lanes.clone().requires_grad_()
        total, _ = lane_loss(LaneOutput(logits[None], given[None]), targets)
        total.backward()
        return total.detach(), given.grad

    def all_rows_divided(lanes, target, weights):
        x = lane_x(lanes[:, 2:], target["y"])
        return (torch.where(target["valid"], x - target["x"], 0.0).abs() * weights[:, None]).sum()

    ours = loss_and_gradient()
    monkeypatch.setattr(criterion, "_apart", all_rows_divided)
    assert all(map(torch.equal, ours, loss_and_gradient()))


def test_lines_compared_at_their_ends_alone():
    valid = torch.tensor([[False, True, True, True], [True, False, False, False]])
    assert ends_of(valid).tolist() == [[False, True, False, True], [True, False, False, False]]
    bent = LANES.clone()
    bent[0, 2], bent[0, 5] = 0.02, LANES[0, 5]
    whole, ends = (lane_cost(LOGITS, LANES, EXAMPLE, points=points, class_cost=0, lower_cost=0, upper_cost=0) for points in ("all", "ends"))
    first = [abs(curve(LANES[0].tolist(), y) - x) for y, x in zip(ROWS.tolist(), EXAMPLE["x"][0].tolist(), strict=True)]
    weight = math.sqrt(2 / 3)
    assert whole[0, 0].item() == pytest.approx(5 * weight * sum(first), abs=1e-5)
    assert ends[0, 0].item() == pytest.approx(5 * weight * 1.5 * (first[0] + first[2]), abs=1e-5)
    with pytest.raises(ValueError, match="points is 'middle'"):
        lane_cost(LOGITS, LANES, EXAMPLE, points="middle")


@pytest.mark.parametrize("change, message", [
    ({"valid": EXAMPLE["valid"].float()}, "dtype torch.float32"), ({"valid": torch.zeros(2, 3, dtype=torch.bool)}, r"\[0, 0\] points"),
    ({"x": EXAMPLE["x"][:1]}, "shapes"), ({"y": ROWS[:2]}, "shapes"), ({"bounds": [0.4, 0.8]}, "a dict of"),
])
def test_targets_that_do_not_fit_are_named(change, message):
    with pytest.raises(ValueError, match=rf"targets\[0\].*{message}"):
        match_lanes(LOGITS[None], LANES[None], [EXAMPLE | change])


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="targets is a dict"):
        match_lanes(LOGITS[None], LANES[None], EXAMPLE)
    with pytest.raises(ValueError, match="1 logits, 1 lanes and 2 targets"):
        match_lanes(LOGITS[None], LANES[None], [EXAMPLE, EXAMPLE])
    with pytest.raises(ValueError, match="lanes of picture 0, query 1, hold nan"):
        match_lanes(LOGITS[None], LANES[None].index_fill(1, torch.tensor([1]), math.nan), [EXAMPLE])
    output = LaneOutput(LOGITS[None, None], LANES[None, None])
    with pytest.raises(ValueError, match="weights has"):
        lane_loss(output, [EXAMPLE], weights={"boxes": 1.0})
    with pytest.raises(ValueError, match="targets is empty"):
        lane_loss(output, [])


def test_a_picture_without_lines_teaches_no_lane_alone():
    empty = {"x": torch.zeros(0, 3), "y": ROWS, "valid": torch.zeros(0, 3, dtype=torch.bool), "bounds": torch.zeros(0, 2)}
    _, terms = lane_loss(LaneOutput(LOGITS[None, None], LANES[None, None]), [empty])
    assert terms["curves"] == terms["lower"] == terms["upper"] == 0
    assert terms["classes"].item() == pytest.approx(-LOGITS.log_softmax(-1)[:, 0].mean().item(), abs=1e-6)
