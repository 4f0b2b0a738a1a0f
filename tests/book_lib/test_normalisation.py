"""normalisation.py against torch, and over which numbers each norm takes its mean."""

import pytest
import torch
import torch.nn.functional as F

from book_lib.normalisation import batch_norm, layer_norm


def tokens(*shape, seed=0):
    return 3 + 2 * torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.mark.parametrize("eps", [1e-5, 1e-1])
def test_both_equal_torch(eps):
    x = tokens(3, 5, 8)
    torch.testing.assert_close(layer_norm(x, eps=eps), F.layer_norm(x, (8,), eps=eps), atol=1e-12, rtol=0)
    expected = F.batch_norm(x.flatten(0, 1), None, None, training=True, eps=eps).view_as(x)
    torch.testing.assert_close(batch_norm(x, eps=eps), expected, atol=1e-12, rtol=0)


def test_gradients_equal_torch():
    x, y = (tokens(2, 3, 6).requires_grad_() for _ in range(2))
    direction = tokens(2, 3, 6, seed=1)
    (layer_norm(x) * direction).sum().backward()
    (F.layer_norm(y, (6,)) * direction).sum().backward()
    torch.testing.assert_close(x.grad, y.grad, atol=1e-12, rtol=0)


def test_layer_norm_of_a_token_does_not_know_the_others():
    x = tokens(3, 5, 8)
    torch.testing.assert_close(layer_norm(x)[1, 2], layer_norm(x[1, 2]), atol=1e-14, rtol=0)
    assert not torch.allclose(batch_norm(x)[:1], batch_norm(x[:1]))


def test_padding_can_be_left_out_of_the_statistics():
    x = tokens(2, 4, 3)
    is_real = torch.tensor([[True] * 4, [True] * 2 + [False] * 2])
    y = x.masked_fill(~is_real[..., None], 100.0)
    torch.testing.assert_close(batch_norm(y, is_real=is_real)[is_real], batch_norm(x[is_real][None])[0], atol=1e-12, rtol=0)
    assert abs(batch_norm(y)[is_real] - batch_norm(y, is_real=is_real)[is_real]).max() > 1


def test_too_little_is_refused():
    with pytest.raises(ValueError, match="at least two tokens .* got 1"):
        batch_norm(tokens(1, 1, 4))
    with pytest.raises(ValueError, match=r"shape \[5, 4\], expected \[batch, tokens, d_model\]"):
        batch_norm(tokens(5, 4))
