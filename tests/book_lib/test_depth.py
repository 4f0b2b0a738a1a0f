"""depth.py: what is taken out is out, and gradients are those of autograd."""

import pytest
import torch
from torch import nn

from book_lib.attention import causal_mask
from book_lib.experiments.depth import (
    deep_decoder,
    deep_encoder,
    difference_of_words,
    gradient_by_depth,
    one_thing_at_a_time,
    replace_parts,
    scaled,
    token_likeness,
    without_norms,
    without_residuals,
)

SIZES = {"d_model": 8, "n_heads": 2, "d_ff": 12}


def tokens(seed=0):
    return torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("norm_first", [False, True])
def test_without_residuals_a_silent_sublayer_silences_the_stack(norm_first):
    whole, cut = deep_encoder(2, norm_first=norm_first, **SIZES), without_residuals(deep_encoder(2, norm_first=norm_first, **SIZES))
    for stack, expected in ((whole, False), (cut, True)):
        for layer in stack.layers:
            nn.init.zeros_(layer.feed_forward.linear2.weight)
            nn.init.zeros_(layer.feed_forward.linear2.bias)
        assert bool((stack(tokens())[0] == 0).all()) is expected


def test_without_norms_the_stack_has_none_and_residuals_stay():
    stack = without_norms(deep_encoder(2, norm_first=True, **SIZES))
    assert not any(isinstance(part, nn.LayerNorm) for part in stack.modules())
    for parameter in stack.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(stack(tokens())[0], tokens())


def test_the_gradients_are_those_of_autograd():
    stack, x, direction = deep_encoder(3, **SIZES), tokens().requires_grad_(), tokens(1)
    at_inputs, of_parameters = gradient_by_depth(stack, x.detach(), direction)
    (stack(x)[0] * direction).sum().backward()
    assert len(at_inputs) == len(of_parameters) == 3
    assert at_inputs[0] == pytest.approx(x.grad.norm().item())
    last = torch.cat([p.grad.flatten() for p in stack.layers[2].parameters()])
    assert of_parameters[2] == pytest.approx(last.norm().item())


def test_the_start_follows_from_the_seed():
    first, again, other = (deep_encoder(1, seed=seed, **SIZES)(tokens())[0] for seed in (0, 0, 1))
    assert torch.equal(first, again) and not torch.allclose(first, other)


def test_likeness_of_tokens():
    same = tokens()[:, :1].expand(2, 5, 8)
    assert token_likeness(same) == pytest.approx(1)
    assert token_likeness(torch.eye(4)[None]) == 0
    with pytest.raises(ValueError, match="at least two tokens"):
        token_likeness(tokens()[:, :1])


def test_scaled_changes_matrices_and_nothing_else():
    before, after = deep_encoder(1, **SIZES), scaled(deep_encoder(1, **SIZES), 0.5)
    for a, b in zip(before.parameters(), after.parameters(), strict=True):
        assert torch.equal(b, a / 2 if a.dim() > 1 else a)


def test_parts_are_replaced_everywhere_and_keep_the_dtype():
    stack = replace_parts(deep_encoder(2, **SIZES), nn.LayerNorm, lambda old: nn.LayerNorm(8, bias=False))
    norms = [part for part in stack.modules() if isinstance(part, nn.LayerNorm)]
    assert len(norms) == 4 and all(norm.bias is None and norm.weight.dtype == torch.float64 for norm in norms)


def test_difference_of_words_is_taken_after_so_many_layers():
    stack = deep_encoder(3, **SIZES)
    assert difference_of_words(stack, tokens(), 0) == pytest.approx(1 - token_likeness(tokens()))
    assert difference_of_words(stack, tokens(), 3) == pytest.approx(1 - token_likeness(stack(tokens())[0]))


def test_one_thing_at_a_time_changes_one_thing_at_a_time():
    gradients, differences = one_thing_at_a_time(3, scales=(1, 0.5), seeds=(0, 1), after=2)
    assert list(gradients) == list(differences) == ["neither", "residual only", "norm only", "both"]
    generator = torch.Generator().manual_seed(0)
    x, direction = (torch.randn(4, 16, 64, generator=generator, dtype=torch.float64) for _ in range(2))
    stack = without_norms(scaled(deep_encoder(3, seed=1), 0.5))
    assert gradients["residual only"][1][1] == pytest.approx(gradient_by_depth(stack, x, direction)[0][0])
    assert differences["residual only"][1][1] == pytest.approx(difference_of_words(stack, x, 2))
    assert len({tuple(map(tuple, rows)) for rows in gradients.values()}) == 4


def test_one_thing_at_a_time_in_a_decoder_has_memory_and_mask():
    gradients, differences = one_thing_at_a_time(2, scales=(1,), seeds=(0,), after=1, stacks=("norm only", "both"), decoder=True)
    generator = torch.Generator().manual_seed(0)
    x, direction, memory = (torch.randn(4, 16, 64, generator=generator, dtype=torch.float64) for _ in range(3))
    stack, given = without_residuals(deep_decoder(2)), x.clone().requires_grad_()
    output = stack(given, memory, causal_mask(16))[0]
    assert list(gradients) == list(differences) == ["norm only", "both"]
    assert gradients["norm only"][0][0] == pytest.approx(torch.autograd.grad((direction * output).sum(), given)[0].norm().item())
    first = stack.layers[0](x, memory, causal_mask(16))[0]
    assert differences["norm only"][0][0] == pytest.approx(1 - token_likeness(first))


def test_without_residuals_nothing_passes_the_decoder_where_all_words_are_one():
    small, scale = one_thing_at_a_time(12, scales=(0.5,), seeds=(0,), stacks=("norm only", "both"), decoder=True)[0], 1e-3
    assert small["norm only"][0][0] < scale < small["both"][0][0]
