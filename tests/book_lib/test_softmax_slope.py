"""The slope of the softmax, by formula and by autograd."""

import math

import pytest
import torch

from book_lib.experiments.softmax_slope import softmax_gradients


@pytest.mark.parametrize("scaled", [False, True])
def test_the_norms_are_those_of_the_jacobian(scaled):
    _, norms = softmax_gradients(4, scaled=scaled, n_queries=5, n_keys=3, seed=2)
    generator, scale = torch.Generator().manual_seed(2), 1 / math.sqrt(4) if scaled else 1.0
    for norm in norms:
        query, key = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in (4, (3, 4)))
        jacobian = torch.autograd.functional.jacobian(lambda query, key=key: (key @ query * scale).softmax(dim=0), query)
        assert torch.isclose(jacobian.norm(), norm, rtol=1e-10)


def test_the_variance_of_the_scores_is_the_width_and_one_when_scaled():
    assert softmax_gradients(64, scaled=False)[0] == pytest.approx(64, rel=0.1)
    assert softmax_gradients(64, scaled=True)[0] == pytest.approx(1, rel=0.1)


def test_sizes_under_one_are_refused():
    with pytest.raises(ValueError, match="d_k is 0, n_queries 2000, n_keys 16; expected 1 or more each"):
        softmax_gradients(0, scaled=True)
