"""heads.py: equal heads stay equal, pruned heads are gone and nothing else is, distances are what a loop counts."""

import pytest
import torch

from book_lib.attention import MultiHeadAttention
from book_lib.experiments.heads import HeadsApart, attention_distance, head_difference, make_heads_equal, prune_heads


def layer(n_heads=4, seed=0, **options):
    torch.manual_seed(seed)
    return MultiHeadAttention(16, n_heads, **options).double()


def tokens(n=7, d=16, seed=1):
    return torch.randn(2, n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def close(a, b):
    return torch.allclose(a, b, rtol=0, atol=1e-12)


def silence(attention, heads):
    """The same layer with the columns of W_O that belong to these heads set to zero."""
    with torch.no_grad():
        for head in heads:
            attention.o_proj.weight[:, head * attention.d_head : (head + 1) * attention.d_head] = 0
    return attention


@pytest.mark.parametrize("heads", [[0], [3], [1, 2], [0, 1, 3], []])
@pytest.mark.parametrize("options", [{}, {"bias": False}, {"d_key": 10, "d_value": 6}, {"d_head": 3}])
def test_pruned_is_silenced_and_smaller(heads, options):
    whole = layer(**options)
    key, value = tokens(5, options.get("d_key", 16), 2), tokens(5, options.get("d_value", 16), 3)
    mask = torch.rand(2, 1, 7, 5, generator=torch.Generator().manual_seed(4)) < 0.7
    smaller = prune_heads(whole, heads)
    out, weights = smaller(tokens(), key, value, mask=mask)
    kept = [head for head in range(4) if head not in heads]
    expected, all_weights = silence(layer(**options), heads)(tokens(), key, value, mask=mask)
    assert close(out, expected) and torch.allclose(weights, all_weights[:, kept])
    assert smaller.n_heads == len(kept) and smaller.d_head == whole.d_head
    assert smaller.q_proj.weight.shape == (len(kept) * whole.d_head, 16) and smaller.o_proj.weight.shape == (16, len(kept) * whole.d_head)


def test_pruning_leaves_the_layer_alone_and_keeps_its_mode_and_dtype():
    whole = layer().eval()
    before = {name: tensor.clone() for name, tensor in whole.state_dict().items()}
    smaller = prune_heads(whole, [2])
    with torch.no_grad():
        smaller.q_proj.weight.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in whole.state_dict().items())
    assert not smaller.training and smaller.q_proj.weight.dtype == torch.float64


def test_pruning_twice_is_pruning_once():
    whole = layer()
    assert close(prune_heads(prune_heads(whole, [1]), [2])(tokens())[0], prune_heads(whole, [1, 3])(tokens())[0])


@pytest.mark.parametrize(
    "heads, said",
    [([4], "heads contains 4, but the layer has heads 0 to 3"), ([-1], "heads contains -1"), ([0, 1, 2, 3], "names all 4 heads")],
)
def test_wrong_heads_are_refused_in_one_line(heads, said):
    with pytest.raises(ValueError, match=said):
        prune_heads(layer(), heads)


@pytest.mark.parametrize("bias", [True, False])
def test_heads_apart_give_the_same_output_and_gradients(bias):
    whole = layer(bias=bias)
    apart = HeadsApart(whole)
    x, y = tokens().requires_grad_(), tokens().requires_grad_()
    (out, weights), (out_apart, weights_apart) = whole(x), apart(y)
    out.sin().sum().backward()
    out_apart.sin().sum().backward()
    assert close(out, out_apart) and close(weights, weights_apart) and close(x.grad, y.grad)
    assert close(whole.k_proj.weight.grad, torch.cat([head.k_proj.weight.grad for head in apart.heads]))
    assert sum(p.numel() for p in apart.parameters()) == sum(p.numel() for p in whole.parameters())


def test_equal_heads_are_equal_and_differ_again_only_where_asked():
    for output_too in (True, False):
        whole = layer()
        assert head_difference(whole) > 0.1 and head_difference(HeadsApart(whole)) == head_difference(whole)
        make_heads_equal(whole, output_too=output_too)
        assert (head_difference(whole) == 0) == output_too
        _, weights = whole(tokens())
        assert close(weights, weights[:, :1].expand_as(weights))


@pytest.mark.parametrize("apart", [True, False])
def test_equal_heads_take_equal_steps(apart):
    whole = layer()
    make_heads_equal(whole)
    whole = HeadsApart(whole) if apart else whole
    optimizer = torch.optim.Adam(whole.parameters(), lr=0.01)
    for step in range(20):
        optimizer.zero_grad()
        whole(tokens(seed=step))[0].sin().sum().backward()
        optimizer.step()
    assert head_difference(whole) == 0 if apart else head_difference(whole) < 1e-9


def test_distance_is_what_a_loop_counts():
    _, weights = layer(3, d_head=5)(tokens(6))
    queries = torch.tensor([[True, False, True, False, False, True], [False] * 5 + [True]])
    counted = [
        [sum(weights[b, h, i, j].item() * abs(i - j) for j in range(6)) for b in range(2) for i in range(6) if queries[b, i]]
        for h in range(3)
    ]
    assert close(attention_distance(weights, queries), torch.tensor([sum(row) / len(row) for row in counted], dtype=torch.float64))


def test_distance_of_known_heads():
    here, before, everywhere = torch.eye(5), torch.eye(5).roll(-1, dims=1).tril(), torch.full((5, 5), 0.2)
    weights = torch.stack([here, before.roll(1, 0), everywhere])[None].double()
    assert attention_distance(weights[:, [0]]).item() == 0
    assert attention_distance(weights[:, [2]]).item() == pytest.approx(1.6)
    blind = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    blind[0, 0, 4, 0] = 1
    assert attention_distance(blind).item() == 4, "a query that looks at nothing does not count"


@pytest.mark.parametrize(
    "weights, queries, said",
    [
        (torch.zeros(2, 3, 4), None, "weights has shape"),
        (torch.zeros(1, 1, 4, 5), None, "weights has shape"),
        (torch.ones(1, 1, 4, 4), torch.ones(1, 4), "queries has shape"),
        (torch.ones(1, 1, 4, 4), torch.ones(1, 3, dtype=torch.bool), "queries has shape"),
        (torch.ones(1, 1, 4, 4), torch.zeros(1, 4, dtype=torch.bool), "at least one True"),
    ],
)
def test_distance_refuses_what_has_no_distance(weights, queries, said):
    with pytest.raises(ValueError, match=said):
        attention_distance(weights, queries)


def test_heads_may_be_as_wide_as_one_likes():
    wide = MultiHeadAttention(16, 3, d_head=7)
    assert wide.q_proj.weight.shape == (21, 16) and wide(torch.randn(2, 4, 16))[0].shape == (2, 4, 16)
    with pytest.raises(ValueError, match="d_head is 0"):
        MultiHeadAttention(16, 3, d_head=0)
    with pytest.raises(ValueError, match="d_model 16 must be a multiple of n_heads 3"):
        MultiHeadAttention(16, 3)


def test_heads_that_share_keys_and_values_are_not_pruned():
    with pytest.raises(ValueError, match="the layer has 4 heads and 2 of keys and values"):
        prune_heads(MultiHeadAttention(16, 4, n_kv_heads=2), [0])
