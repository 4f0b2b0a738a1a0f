"""Position codes: worked numbers, the rotation behind a shift, errors at the door."""

import math

import pytest
import torch

from book_lib.positional import (
    LearnedPositions,
    RelativeBias,
    SinusoidalPositions,
    alibi_bias,
    alibi_slopes,
    clock_speeds,
    rotate_by_position,
    rows_to_halves,
    shift_matrix,
    sine_map,
    sinusoidal_code,
)


def close(ours, reference, atol=1e-12):
    torch.testing.assert_close(ours, reference, rtol=0, atol=atol)


def test_the_code_is_the_papers_formula_number_by_number():
    code = sinusoidal_code(torch.arange(50).double(), 10)
    for position in range(50):
        for column in range(10):
            angle = position / 10000 ** (2 * (column // 2) / 10)
            assert code[position, column].item() == pytest.approx(math.cos(angle) if column % 2 else math.sin(angle), abs=1e-12)


def test_the_worked_example_of_the_chapter():
    code = sinusoidal_code(torch.arange(3).double(), 4, base=100)
    close(code, torch.tensor([[0, 1, 0, 1], [0.8415, 0.5403, 0.0998, 0.9950], [0.9093, -0.4161, 0.1987, 0.9801]]).double(), atol=5e-5)


def test_a_number_of_tokens_stands_for_its_positions():
    assert torch.equal(sinusoidal_code(7, 6), sinusoidal_code(torch.arange(7), 6))
    assert sinusoidal_code(0, 6).shape == (0, 6)


def test_positions_of_any_shape_and_between_whole_numbers():
    code = sinusoidal_code(torch.tensor([[0.5, 2.0], [-1.0, 100.25]]).double(), 8)
    assert code.shape == (2, 2, 8)
    close(code[1, 0, 0], torch.tensor(math.sin(-1.0), dtype=torch.float64))
    close(code[0, 0, 1], torch.tensor(math.cos(0.5), dtype=torch.float64))


def test_far_positions_lose_no_digits_in_single_precision():
    assert sinusoidal_code(torch.tensor([1_000_000]), 4)[0, 0].item() == pytest.approx(math.sin(1_000_000), abs=1e-6)


def test_dtype_follows_floating_positions_and_else_the_default():
    assert sinusoidal_code(torch.arange(3), 4).dtype == torch.float32
    assert sinusoidal_code(torch.arange(3).double(), 4).dtype == torch.float64


def test_every_code_has_the_same_length():
    close(sinusoidal_code(torch.arange(1000).double(), 64).norm(dim=-1), torch.full((1000,), math.sqrt(32), dtype=torch.float64))


def test_clock_speeds_fall_from_one_by_equal_factors():
    speeds = clock_speeds(64)
    assert speeds[0] == 1 and len(speeds) == 32
    close(speeds[1:] / speeds[:-1], torch.full((31,), 10000 ** (-1 / 32), dtype=torch.float64))


@pytest.mark.parametrize("offset", [0, 1, -3, 17, 0.5])
def test_one_matrix_moves_every_code_by_the_same_offset(offset):
    positions = torch.arange(40).double()
    close(sinusoidal_code(positions, 16) @ shift_matrix(offset, 16), sinusoidal_code(positions + offset, 16))


def test_the_shift_is_a_rotation_and_shifts_add_up():
    turn = shift_matrix(5, 32)
    close(turn @ turn.T, torch.eye(32).double())
    close(torch.linalg.det(turn), torch.tensor(1.0).double())
    close(turn @ shift_matrix(-2, 32), shift_matrix(3, 32))


def test_similarity_depends_on_the_offset_alone_and_not_on_its_sign():
    code = sinusoidal_code(torch.arange(30).double(), 16)
    gram = code @ code.T
    for k in range(30):
        close(gram.diagonal(k), (clock_speeds(16) * k).cos().sum().expand(30 - k))
    close(gram, gram.T)


@pytest.mark.parametrize("d_model", [0, 1, 7, -2, 4.0])
def test_an_odd_width_is_refused(d_model):
    with pytest.raises(ValueError, match=f"d_model is {d_model!r}".replace(".", r"\.")):
        sinusoidal_code(3, d_model)


def test_wrong_base_and_length_are_refused():
    with pytest.raises(ValueError, match="base is 0.5"):
        sinusoidal_code(3, 4, base=0.5)
    with pytest.raises(ValueError, match="positions is -1"):
        sinusoidal_code(-1, 4)


def test_sinusoidal_positions_add_the_code_and_learn_nothing():
    inputs = torch.randn(2, 9, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    layer = SinusoidalPositions(6)
    close(layer(inputs) - inputs, sinusoidal_code(torch.arange(9).double(), 6).expand(2, 9, 6))
    assert layer(inputs).dtype == torch.float64 and not list(layer.parameters())


def test_learned_positions_add_rows_of_a_table_that_gets_gradients_only_where_used():
    layer, inputs = LearnedPositions(10, 6), torch.zeros(3, 4, 6)
    assert torch.equal(layer(inputs)[1], layer.table[:4])
    layer(inputs).sum().backward()
    assert torch.equal(layer.table.grad, torch.tensor([3.0] * 4 + [0.0] * 6)[:, None].expand(10, 6))


def test_a_learned_table_ends_and_says_so():
    with pytest.raises(ValueError, match="inputs has 11 tokens, but the table was made for at most 10 positions"):
        LearnedPositions(10, 6)(torch.zeros(1, 11, 6))


def test_tokens_of_another_shape_are_refused():
    for layer in (SinusoidalPositions(6), LearnedPositions(10, 6)):
        for shape in ((4, 6), (2, 4, 5)):
            with pytest.raises(ValueError, match=r"expected \[batch, tokens, 6\]"):
                layer(torch.zeros(shape))


def real(height, width, *, columns=None):
    mask = torch.ones(1, height, width, dtype=torch.bool)
    if columns is not None:
        mask[:, :, columns:] = False
    return mask


def test_sine_map_golden_numbers_of_detr():
    code = sine_map(real(2, 3), 8)[0]
    close(code[:, 0, 0], torch.tensor([0.000001, -1, 0.031411, 0.999507, 0.866026, -0.499999, 0.020942, 0.999781]), atol=2e-6)
    close(code[:, 1, 2], torch.tensor([0, 1, 0.062790, 0.998027, 0, 1, 0.062790, 0.998027]), atol=4e-6)


def test_sine_map_golden_numbers_where_a_column_is_padding():
    code = sine_map(real(2, 3, columns=2), 8)[0]
    close(code[4:, 0, 1], torch.tensor([0, 1, 0.062790, 0.998027]), atol=4e-6)
    close(code[:4, 0, 2], torch.tensor([0.0, 1, 0, 1]), atol=2e-6)


def test_sine_map_golden_numbers_of_deformable_detr():
    code = sine_map(real(2, 3), 8, offset=-0.5)[0]
    close(code[:, 0, 0], torch.tensor([1.0, 0, 0.015707, 0.999877, 0.866025, 0.5, 0.010472, 0.999945]), atol=2e-6)


def test_sine_map_is_two_line_codes_side_by_side():
    code = sine_map(real(5, 7), 16, normalize=False)
    rows, columns = sinusoidal_code(torch.arange(1, 6), 8), sinusoidal_code(torch.arange(1, 8), 8)
    for y in range(5):
        for x in range(7):
            close(code[0, :, y, x], torch.cat((rows[y], columns[x])))


def test_sine_map_spans_the_same_angles_whatever_the_size():
    small, large = sine_map(real(4, 4), 32), sine_map(real(8, 8), 32)
    close(small[0, :, 3, 1], large[0, :, 7, 3], atol=1e-5)


def test_sine_map_refuses_other_masks_and_widths():
    with pytest.raises(ValueError, match=r"mask has shape \[2, 3\]"):
        sine_map(torch.ones(2, 3, dtype=torch.bool), 8)
    with pytest.raises(ValueError, match="torch.float32"):
        sine_map(torch.ones(1, 2, 3), 8)
    with pytest.raises(ValueError, match="d_model is 6"):
        sine_map(real(2, 3), 6)


def test_relative_bias_depends_on_the_offset_alone_and_is_shared_far_away():
    layer = RelativeBias(2, 3)
    with torch.no_grad():
        layer.table.copy_(torch.arange(14.0).view(2, 7))
    bias = layer(6, 9)
    for i in range(6):
        for j in range(9):
            column = max(-3, min(3, j - i)) + 3
            assert bias[:, i, j].tolist() == [column, column + 7]
    assert layer(5).shape == (2, 5, 5)
    with pytest.raises(ValueError, match="max_distance is 0"):
        RelativeBias(2, 0)


def test_rotary_scores_depend_on_the_difference_of_positions_alone():
    generator = torch.Generator().manual_seed(0)
    query, key = (torch.randn(1, 16, dtype=torch.float64, generator=generator) for _ in range(2))

    def score(i, j):
        return (rotate_by_position(query, [i]) @ rotate_by_position(key, [j]).T).item()

    assert score(3, 7) == pytest.approx(score(103, 107), abs=1e-12)
    assert score(0, 0) == pytest.approx((query @ key.T).item(), abs=1e-12)
    assert abs(score(3, 7) - score(3, 8)) > 1e-3


def test_rotary_keeps_lengths_and_turns_backwards_what_shift_matrix_turns_forwards():
    features = torch.randn(2, 3, 5, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    turned = rotate_by_position(features)
    close(turned.norm(dim=-1), features.norm(dim=-1))
    for position in range(5):
        close(turned[..., position, :], features[..., position, :] @ shift_matrix(-position, 8))


def test_rotary_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="d_model is 5"):
        rotate_by_position(torch.zeros(2, 5))
    with pytest.raises(ValueError, match=r"positions \[3\]"):
        rotate_by_position(torch.zeros(2, 4), torch.arange(3))


def test_rotary_halves_turn_the_same_pairs_in_another_order():
    features = torch.randn(3, 7, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    apart = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])                            # halves[..., f] is neighbours[..., 2f]
    close(rotate_by_position(features[..., apart], halves=True), rotate_by_position(features)[..., apart])
    assert (rotate_by_position(features, halves=True) - rotate_by_position(features)).abs().max() > 0.5


@pytest.mark.parametrize("n_heads", [1, 2, 4])
def test_converted_projections_give_the_same_scores_with_the_other_pairs(n_heads):
    generator = torch.Generator().manual_seed(0)
    tokens = torch.randn(9, 12, dtype=torch.float64, generator=generator)
    weights, biases = torch.randn(2, 16, 12, dtype=torch.float64, generator=generator), torch.randn(2, 16, generator=generator).double()

    def scores(weights, biases, **pairs):
        query, key = (
            rotate_by_position((tokens @ w.T + b).unflatten(-1, (n_heads, -1)).transpose(0, 1), **pairs)
            for w, b in zip(weights, biases, strict=True))
        return query @ key.transpose(1, 2)

    def converted(rows, **way):
        return [rows_to_halves(part, n_heads, **way) for part in rows]

    own = scores(weights, biases)
    close(scores(converted(weights), converted(biases), halves=True), own)
    assert (scores(weights, biases, halves=True) - own).abs().max() > 1                  # the bug: no error, other scores
    assert (scores(converted(weights), biases, halves=True) - own).abs().max() > 0.1     # half a conversion is none
    for rows, again in zip(weights, converted(converted(weights), back=True), strict=True):
        assert torch.equal(rows, again)


def test_rows_that_make_no_heads_are_refused():
    with pytest.raises(ValueError, match=r"rows has shape \[18, 4\], expected \[n_heads \* d_k, ...\] with n_heads 4 and an even d_k"):
        rows_to_halves(torch.zeros(18, 4), 4)


def test_alibi_slopes_are_the_papers_for_eight_heads():
    close(alibi_slopes(8), torch.tensor([1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32, 1 / 64, 1 / 128, 1 / 256]))
    close(alibi_slopes(1), torch.tensor([1 / 256]))
    with pytest.raises(ValueError, match="n_heads is 6, expected a power of two"):
        alibi_slopes(6)


def test_alibi_bias_falls_with_the_distance_by_the_slope_of_the_head():
    bias = alibi_bias(torch.tensor([0.5, 2.0]), 4)
    assert bias.shape == (2, 4, 4) and bias[0, 3].tolist() == [-1.5, -1.0, -0.5, 0.0] and bias[1, 0].tolist() == [0.0, -2.0, -4.0, -6.0]
