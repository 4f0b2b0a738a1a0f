"""Memory against pixels: the square with stored weights, in step with the pixels for blocks and for few places."""

import pytest

from book_lib.experiments.few_places import numbers_kept_for_pixels


def test_stored_weights_grow_with_the_square_and_the_rest_with_the_pixels():
    small, large = numbers_kept_for_pixels(64), numbers_kept_for_pixels(128)
    assert (small["tokens"], large["tokens"]) == (64 + 16 + 4 + 1, 256 + 64 + 16 + 4)
    for kept in (small, large):
        assert kept["all, weights stored"] >= 8 * kept["tokens"] ** 2, "a weight for each head and pair"
        assert kept["all, weights stored"] > kept["all, block by block"]
    assert 7 < large["all, weights stored"] / small["all, weights stored"] < 16
    assert large["all, block by block"] / small["all, block by block"] == pytest.approx(4, rel=0.05)
    assert large["few places"] / small["few places"] == pytest.approx(4, rel=0.1)


def test_more_points_keep_more():
    kept = [numbers_kept_for_pixels(64, n_points=n)["few places"] for n in (1, 2, 4)]
    assert kept == sorted(kept) and kept[2] - kept[1] == pytest.approx(2 * (kept[1] - kept[0]), rel=0.1)
    with pytest.raises(ValueError, match="side is 0, expected at least 1 px"):
        numbers_kept_for_pixels(0)
