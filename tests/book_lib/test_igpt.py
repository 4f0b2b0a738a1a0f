"""iGPT: start, order of reading, cache, masked objective, losses, features, completions; and its palette."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from book_lib.vision.igpt import (
    IGPT,
    SIZES,
    RMSNorm,
    complete,
    fine_tuning_loss,
    hide_pixels,
    masked_pixel_loss,
    next_pixel_loss,
    quick_gelu,
)
from book_lib.vision.palette import decode_colours, fit_palette, lloyd, nearest_colour, scaled_colours

SMALL = {"n_colours": 6, "n_pixels": 12, "d_model": 16, "n_heads": 4, "n_layers": 2}


def small(**changes):
    torch.manual_seed(0)
    model = IGPT(**SMALL | changes)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.3 * torch.randn(parameter.shape)
    return model.double().eval()


def drawn(b=3, n=12):
    return torch.randint(6, (b, n), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("name", "millions"), [("S", 76), ("M", 455), ("L", 1362)])
def test_published_sizes(name, millions):
    with torch.device("meta"):
        model = IGPT(n_colours=512, n_pixels=1024, **SIZES[name])
    assert sum(parameter.numel() for parameter in model.parameters()) // 10**6 == millions


def test_the_start():
    torch.manual_seed(0)
    model = IGPT(n_colours=64, n_pixels=100, d_model=128, n_heads=4, n_layers=3, n_classes=10)
    assert not model.output.weight.any() and not model.class_head.weight.any()
    wanted = {"colours.weight": 0.02, "start": 0.02, "positions": 0.01, "blocks.1.attention.q_proj.weight": 128**-0.5,
              "blocks.1.attention.v_proj.weight": 128**-0.5, "blocks.2.attention.o_proj.weight": (128 * 3) ** -0.5,
              "blocks.0.mlp.linear1.weight": 0.02, "blocks.0.mlp.linear2.weight": 0.02}
    state = model.state_dict()
    assert all(abs(state[name].std().item() / std - 1) < (0.2 if name == "start" else 0.05) for name, std in wanted.items())
    assert not any("bias" in name for name in state)
    pixels = torch.randint(64, (2, 100))
    assert next_pixel_loss(model(pixels), pixels).item() == pytest.approx(math.log(64)), "at first every colour is as likely"


def test_parts_by_hand():
    assert RMSNorm(2)(torch.tensor([3.0, 4.0])).tolist() == pytest.approx([3 / 12.5**0.5, 4 / 12.5**0.5], rel=1e-5)
    assert RMSNorm(2)(torch.tensor([5.0, 5.0])).tolist() == pytest.approx([1, 1], rel=1e-5), "the mean is not subtracted"
    tokens, norm = torch.randn(4, 16), RMSNorm(16)
    torch.nn.init.normal_(norm.gain)
    assert (norm(tokens) - F.rms_norm(tokens, (16,), norm.gain, 1e-5)).abs().max() < 1e-6
    assert quick_gelu(torch.tensor([0.0, 1.0])).tolist() == pytest.approx([0, 1 / (1 + math.exp(-1.702))])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 11))
def test_a_pixel_changes_only_what_comes_after_it(place):
    model, pixels = small(), drawn()
    other = pixels.clone()
    other[:, place] = (other[:, place] + 1) % 6
    moved = (model(pixels) - model(other)).abs().amax(dim=(0, 2)) > 1e-9
    assert moved.tolist() == [t > place for t in range(12)]


def test_the_first_pixels_answer_without_the_rest():
    model, pixels = small(), drawn()
    assert (model(pixels[:, :5]) - model(pixels)[:, :5]).abs().max() < 1e-12


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 11), min_size=1, max_size=5, unique=True).map(sorted))
def test_cache(stops):
    """However many pixels come at once, what is decoded is what forward gives."""
    model, pixels = small(), drawn()
    cache, logits = model.new_cache(), model(pixels)
    done = 0
    for known in stops:
        answers = model.decode_cached(pixels[:, :known], cache)
        assert (answers - logits[:, done : known + 1]).abs().max() < 1e-12
        done = known + 1


def test_completions():
    model, known = small(), drawn(4, 5)
    both = [complete(model, known, generator=torch.Generator().manual_seed(2), use_cache=use_cache) for use_cache in (True, False)]
    assert torch.equal(*both) and both[0].shape == (4, 12) and torch.equal(both[0][:, :5], known)
    assert not torch.equal(both[0], complete(model, known, generator=torch.Generator().manual_seed(3)))
    greedy = complete(model, known[:, :0], generator=torch.Generator(), temperature=0)
    assert torch.equal(greedy, model(greedy).argmax(dim=-1))
    assert torch.equal(complete(model, greedy, generator=torch.Generator()), greedy)


def test_completions_follow_the_distribution():
    """20 000 draws of the last pixel: shares within five standard errors of the model's probabilities."""
    model = small()
    known = drawn(1, 11)
    wanted = model(torch.cat([known, known[:, :1]], dim=1))[0, -1].softmax(-1)
    last = complete(model, known.expand(20_000, -1), generator=torch.Generator().manual_seed(0))[:, -1]
    shares = torch.bincount(last, minlength=6) / 20_000
    assert ((shares - wanted).abs() <= 5 * (wanted * (1 - wanted) / 20_000).sqrt()).all()


def test_masked_objective():
    model, pixels = small(), drawn()
    hidden = torch.zeros(3, 12, dtype=torch.bool)
    hidden[:, [2, 7]] = True
    other = pixels.masked_fill(hidden, 0)
    assert not torch.equal(pixels, other)
    assert torch.equal(model.masked(pixels, hidden), model.masked(other, hidden)), "what is hidden is not seen"
    later = pixels.clone()
    later[:, 11] = (later[:, 11] + 1) % 6
    assert (model.masked(pixels, hidden) - model.masked(later, hidden))[:, 0].abs().max() > 1e-6, "what comes later is"


def test_losses_by_hand():
    logits = torch.tensor([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [3.0, 0.0]]])
    pixels = torch.tensor([[0, 1], [1, 1]])
    nats = [[math.log(1 + math.exp(-1)), math.log(1 + math.exp(-2))], [math.log(2), math.log(1 + math.exp(3))]]
    assert next_pixel_loss(logits, pixels).item() == pytest.approx(sum(map(sum, nats)) / 4)
    hidden = torch.tensor([[True, True], [False, True]])
    assert masked_pixel_loss(logits, pixels, hidden).item() == pytest.approx((sum(nats[0]) / 2 + nats[1][1]) / 2)
    assert masked_pixel_loss(logits, pixels, torch.zeros_like(hidden)).item() == 0
    classes, labels = torch.tensor([[0.0, 1.0], [0.0, 1.0]]), torch.tensor([1, 1])
    named = math.log(1 + math.exp(-1))
    assert fine_tuning_loss(logits, classes, pixels, labels).item() == pytest.approx(named + sum(map(sum, nats)) / 4)
    assert fine_tuning_loss(logits, classes, pixels, labels, generative=0).item() == pytest.approx(named)


def test_hidden_pixels():
    hidden = hide_pixels(torch.zeros(500, 64), generator=torch.Generator().manual_seed(0))
    assert abs(hidden.float().mean().item() - 0.15) < 0.01 and hidden.dtype == torch.bool
    assert not hide_pixels(torch.zeros(4, 4), generator=torch.Generator(), share=0).any()


def test_features_and_classes():
    model, pixels = small(n_classes=3), drawn()
    features = model.features(pixels)
    assert [tuple(layer.shape) for layer in features] == [(3, 16)] * 3
    states = model.hidden(pixels)
    assert (features[1] - model.blocks[1].norm1(states[1]).mean(1)).abs().max() < 1e-12
    seen, nothing = model.hidden(pixels, causal=False), torch.zeros_like(pixels, dtype=torch.bool)
    assert (model.output(model.norm(seen[-1])) - model.masked(pixels, nothing)).abs().max() < 1e-12
    assert (model.features(pixels, causal=False)[-1] - model.norm(seen[-1]).mean(1)).abs().max() < 1e-12
    pixel_logits, class_logits = model.classify(pixels)
    assert (class_logits - features[-1] @ model.class_head.weight.T).abs().max() < 1e-12
    assert (pixel_logits - model(pixels)).abs().max() < 1e-12
    weights = model.attention(pixels)[1]
    assert len(weights) == 2 and all(torch.equal(layer, layer.tril()) and (layer.sum(-1) - 1).abs().max() < 1e-12 for layer in weights)


def test_a_small_one_learns_a_rule():
    """Each pixel is the one before plus one: soon only the first is uncertain."""
    torch.manual_seed(0)
    model = IGPT(**SMALL)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        pixels = (torch.randint(6, (32, 1)) + torch.arange(12)) % 6
        loss = next_pixel_loss(model(pixels), pixels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert abs(loss.item() - math.log(6) / 12) < 0.05


def test_palette_by_hand():
    """Two heaps, about 0 and about 10: their means."""
    colours = torch.tensor([[0.0], [1.0], [2.0], [9.0], [11.0]])
    assert lloyd(colours, torch.tensor([[0.0], [1.0]])).flatten().tolist() == [1, 10]
    assert fit_palette(colours, 2, seed=3).flatten().tolist() == [1, 10]
    assert nearest_colour(colours, torch.tensor([[1.0], [10.0]])).tolist() == [0, 0, 0, 1, 1]
    assert lloyd(colours, torch.tensor([[5.0], [99.0]])).flatten().tolist() == pytest.approx([4.6, 99.0]), "one without colours stays"


def test_palette_is_the_mean_of_what_it_stands_for():
    colours = torch.rand(300, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    palette = fit_palette(colours, 8)
    nearest = nearest_colour(colours, palette)
    assert all((colours[nearest == k].mean(0) - palette[k]).abs().max() < 1e-12 for k in range(8))
    assert torch.equal(palette, fit_palette(colours, 8)) and (palette.sum(1).diff() >= 0).all()


def test_colours_there_and_back():
    image = torch.arange(256, dtype=torch.uint8)[:, None].expand(-1, 3)
    palette = scaled_colours(image)
    assert palette.min() == -1 and palette.max() == 1
    assert torch.equal(decode_colours(nearest_colour(scaled_colours(image), palette), palette), image)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: small()(torch.zeros(1, 13, dtype=torch.long)), r"expected whole numbers \[batch, 1 to 12\]"),
    (lambda: small()(torch.zeros(1, 0, dtype=torch.long)), r"expected whole numbers \[batch, 1 to 12\]"),
    (lambda: small()(torch.zeros(1, 12)), "dtype torch.float32"),
    (lambda: small()(torch.full((1, 12), 6)), "numbers 6 to 6, expected 0 to 5"),
    (lambda: small().masked(drawn(), torch.zeros(3, 12)), r"expected torch.bool \[3, 12\]"),
    (lambda: small().decode_cached(drawn(), small().new_cache()), r"\[batch, 0 to 11\]"),
    (lambda: small().classify(drawn()), "expected a model with a class head"),
    (lambda: IGPT(**SMALL | {"n_colours": 0}), "n_colours is 0"),
    (lambda: next_pixel_loss(torch.zeros(2, 3, 4), torch.zeros(2, 4)), r"expected \[2, 4, n_colours\]"),
    (lambda: masked_pixel_loss(torch.zeros(2, 3, 4), torch.zeros(2, 3), torch.zeros(2, 3)), "expected torch.bool"),
    (lambda: hide_pixels(torch.zeros(2, 3), generator=None, share=1.5), "share is 1.5"),
    (lambda: complete(small(), drawn(), generator=None, temperature=-1), "temperature is -1"),
    (lambda: fit_palette(torch.zeros(9, 3), 2), "1 different ones, expected at least n_colours 2"),
    (lambda: nearest_colour(torch.zeros(9, 4), torch.zeros(2, 3)), r"expected \[\.\.\., 3\]"),
    (lambda: scaled_colours(torch.zeros(2)), "expected torch.uint8"),
    (lambda: decode_colours(torch.tensor([2]), torch.zeros(2, 3)), "expected 0 to 1"),
])
def test_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_cache_that_knows_as_much_is_refused():
    model, pixels = small(), drawn()
    cache = model.new_cache()
    model.decode_cached(pixels[:, :5], cache)
    with pytest.raises(ValueError, match="pixels has 5 pixels, expected at least the 6"):
        model.decode_cached(pixels[:, :5], cache)
