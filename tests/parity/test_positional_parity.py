"""Position codes against the public implementations of DETR, Deformable DETR, Marian, T5, LLaMA and MPT in transformers."""

import pytest
import torch

from book_lib.attention import causal_mask
from book_lib.positional import RelativeBias, alibi_bias, alibi_slopes, rotate_by_position, sine_map, sinusoidal_code

transformers = pytest.importorskip("transformers")


def random_masks():
    """Rectangles of real pixels in padded pictures, as a batch of differently sized images has them."""
    generator, mask = torch.Generator().manual_seed(0), torch.zeros(6, 13, 17, dtype=torch.bool)
    for picture in mask:
        height, width = (int(torch.randint(1, side + 1, (1,), generator=generator)) for side in picture.shape)
        picture[:height, :width] = True
    return mask


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("dtype, atol", [(torch.float32, 4e-6), (torch.float64, 1e-12)])
def test_sine_map_is_detrs(normalize, dtype, atol):
    from transformers.models.detr.modeling_detr import DetrSinePositionEmbedding

    mask = random_masks()
    reference = DetrSinePositionEmbedding(32, normalize=normalize)(torch.Size((6, 3, 13, 17)), "cpu", dtype, mask=mask)
    torch.set_default_dtype(dtype)
    try:
        ours = sine_map(mask, 64, normalize=normalize)
    finally:
        torch.set_default_dtype(torch.float32)
    torch.testing.assert_close(ours, reference, rtol=0, atol=atol)


def test_sine_map_is_deformable_detrs_where_pixels_are_real():
    from transformers.models.deformable_detr.modeling_deformable_detr import DeformableDetrSinePositionEmbedding

    mask = random_masks()
    embed = DeformableDetrSinePositionEmbedding(32, normalize=True)
    reference = embed(torch.Size((6, 3, 13, 17)), "cpu", torch.float32, mask=mask)
    ours = sine_map(mask, 64, offset=-0.5)
    real = mask[:, None].expand_as(ours)
    torch.testing.assert_close(ours[real], reference[real], rtol=0, atol=4e-6)


def test_the_code_is_marians_whose_sines_come_first():
    from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

    reference = MarianSinusoidalPositionalEmbedding(100, 24).create_weight()
    ours = sinusoidal_code(100, 24)
    torch.testing.assert_close(torch.cat((ours[:, 0::2], ours[:, 1::2]), dim=1), reference, rtol=0, atol=2e-6)


def test_relative_bias_is_t5s_where_its_buckets_hold_one_offset_each():
    from transformers import T5Config
    from transformers.models.t5.modeling_t5 import T5Attention

    torch.manual_seed(0)
    reference = T5Attention(T5Config(d_model=16, num_heads=4), has_relative_attention_bias=True)
    with torch.no_grad():
        reference.relative_attention_bias.weight.normal_()
    ours = RelativeBias(4, 7)
    rows = [-offset if offset <= 0 else 16 + offset for offset in range(-7, 8)]        # T5 keeps offsets to the right second
    with torch.no_grad():
        ours.table.copy_(reference.relative_attention_bias.weight[rows].T)
    torch.testing.assert_close(ours(8)[None], reference.compute_bias(8, 8), rtol=0, atol=0)


def test_rotary_is_llamas_whose_pairs_lie_half_a_head_apart():
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    torch.manual_seed(0)
    query, key = torch.randn(2, 2, 3, 11, 16, dtype=torch.float64)
    angles = torch.arange(11).double()[:, None] * 10000 ** (-torch.arange(0, 16, 2).double() / 16)
    cosine, sine = (torch.cat((f(angles), f(angles)), dim=-1)[None] for f in (torch.cos, torch.sin))
    apart = torch.arange(16).view(2, 8).T.flatten()                                      # ours[..., 2i] is theirs[..., i]
    reference = apply_rotary_pos_emb(query, key, cosine, sine)
    for features, turned in zip((query, key), reference, strict=True):
        torch.testing.assert_close(rotate_by_position(features[..., apart]), turned[..., apart], rtol=0, atol=1e-12)
        torch.testing.assert_close(rotate_by_position(features, halves=True), turned, rtol=0, atol=1e-12)


def test_alibi_is_mpts_below_the_diagonal_but_for_a_constant_in_each_row():
    from transformers.models.mpt.modeling_mpt import build_mpt_alibi_tensor

    reference = build_mpt_alibi_tensor(8, 12).view(8, 1, 12)                             # by the place of the key alone
    weights = [bias.expand(8, 12, 12).masked_fill(~causal_mask(12), float("-inf")).softmax(dim=-1)
               for bias in (alibi_bias(alibi_slopes(8), 12), reference)]
    torch.testing.assert_close(*weights, rtol=0, atol=1e-6)


def test_gradients_pass_through_rotary_as_through_llamas():
    from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

    torch.manual_seed(0)
    ours = torch.randn(1, 1, 7, 8, dtype=torch.float64, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    angles = torch.arange(7).double()[:, None] * 10000 ** (-torch.arange(0, 8, 2).double() / 8)
    cosine, sine = (torch.cat((f(angles), f(angles)), dim=-1)[None] for f in (torch.cos, torch.sin))
    apart = torch.arange(8).view(2, 4).T.flatten()
    rotate_by_position(ours[..., apart]).sin().sum().backward()
    apply_rotary_pos_emb(theirs, theirs, cosine, sine)[0].sin().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad, rtol=0, atol=1e-12)
