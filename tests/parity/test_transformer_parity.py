"""Encoder and decoder layers and the whole Transformer against torch.nn's: outputs and gradients, both orders of the norms, all masks."""

import pytest
import torch
from torch import nn

from book_lib.attention import causal_mask, padding_mask
from book_lib.checkpoints import transformer_from_torch, transformer_to_torch
from book_lib.parity import largest_error
from book_lib.transformer import Decoder, DecoderLayer, Encoder, EncoderLayer, Transformer

LIMITS = {torch.float32: 1e-6, torch.float64: 1e-12}
STACKED = {torch.float32: 3e-6, torch.float64: 1e-12}                        # roundings of two stacks, one on the other
B, N, M, D_MODEL, N_HEADS, D_FF = 3, 6, 8, 32, 4, 48
SOURCE_LENGTHS, TARGET_LENGTHS = [8, 5, 1], [6, 4, 2]
SIZES = {"d_model": D_MODEL, "nhead": N_HEADS, "dim_feedforward": D_FF, "dropout": 0.0, "batch_first": True}

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")       # torch says so of its own pre-norm Transformer
every_case = pytest.mark.parametrize(
    ("dtype", "norm_first", "masked"), [(dtype, first, masked) for dtype in LIMITS for first in (False, True) for masked in (False, True)]
)


@pytest.fixture(autouse=True)
def one_start():
    """The same weights in every run: in float32 the errors of another start could be a little larger."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def shaken(module, dtype):
    """Random numbers in every parameter, so that no norm's gain of 1 or bias of 0 hides a mistake."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    return module.to(dtype)


def tokens(dtype, n, seed):
    return torch.randn(B, n, D_MODEL, generator=torch.Generator().manual_seed(seed), dtype=dtype).requires_grad_()


def masks(masked):
    """(source padding, target padding), True = is real, or all real."""
    lengths = (SOURCE_LENGTHS, TARGET_LENGTHS) if masked else ([M] * B, [N] * B)
    return padding_mask(lengths[0], M), padding_mask(lengths[1], N)


def require_equal(ours, theirs, inputs, their_inputs, modules, real, limit):
    """Compare outputs at real tokens, then gradients of a random function of them: of the inputs and of every parameter."""
    assert largest_error(ours[real], theirs[real]) <= limit
    direction = torch.randn(ours.shape, generator=torch.Generator().manual_seed(2), dtype=ours.dtype) * real[..., None]
    (ours * direction).sum().backward()
    (theirs * direction).sum().backward()
    for one, other in zip(inputs, their_inputs, strict=True):
        assert largest_error(one.grad, other.grad) <= limit
    mine, reference = modules
    gradients = {name: p.grad for name, p in mine.named_parameters() if "embedding" not in name}
    expected = {name: p.grad for name, p in reference.named_parameters()}
    renamed = transformer_to_torch(gradients)
    assert renamed.keys() == expected.keys()
    scale = max(g.abs().max().item() for g in expected.values())             # a key bias has no gradient but rounding
    for name, gradient in expected.items():
        assert (renamed[name] - gradient).abs().max().item() <= limit * scale, name


@every_case
def test_encoder_layer(dtype, norm_first, masked):
    theirs = shaken(nn.TransformerEncoderLayer(**SIZES, norm_first=norm_first), dtype)
    ours = EncoderLayer(D_MODEL, N_HEADS, D_FF, dropout=0.0, norm_first=norm_first).to(dtype)
    ours.load_state_dict(transformer_from_torch(theirs))
    real, _ = masks(masked)
    x, y = tokens(dtype, M, 0), tokens(dtype, M, 0)
    output, weights = ours(x, real[:, None, None, :])
    assert weights.shape == (B, N_HEADS, M, M)
    require_equal(output, theirs(y, src_key_padding_mask=~real), [x], [y], (ours, theirs), real, LIMITS[dtype])


@every_case
def test_decoder_layer(dtype, norm_first, masked):
    theirs = shaken(nn.TransformerDecoderLayer(**SIZES, norm_first=norm_first), dtype)
    ours = DecoderLayer(D_MODEL, N_HEADS, D_FF, dropout=0.0, norm_first=norm_first).to(dtype)
    ours.load_state_dict(transformer_from_torch(theirs))
    source, target = masks(masked)
    (x, memory), (y, their_memory) = ((tokens(dtype, N, 0), tokens(dtype, M, 3)) for _ in range(2))
    output, own, cross = ours(x, memory, causal_mask(N) & target[:, None, None, :], source[:, None, None, :])
    assert own.shape == (B, N_HEADS, N, N) and cross.shape == (B, N_HEADS, N, M)
    expected = theirs(y, their_memory, tgt_mask=~causal_mask(N), tgt_key_padding_mask=~target, memory_key_padding_mask=~source)
    require_equal(output, expected, [x, memory], [y, their_memory], (ours, theirs), target, LIMITS[dtype])


@every_case
def test_whole_transformer(dtype, norm_first, masked):
    theirs = shaken(nn.Transformer(**SIZES, norm_first=norm_first, num_encoder_layers=3, num_decoder_layers=3), dtype)
    settings = {"d_model": D_MODEL, "n_heads": N_HEADS, "d_ff": D_FF, "n_layers": 3, "dropout": 0.0}
    ours = Transformer(20, 30, **settings, norm_first=norm_first, final_norm=True).to(dtype)
    missing, unexpected = ours.load_state_dict(transformer_from_torch(theirs), strict=False)
    assert missing == ["source_embedding.weight", "target_embedding.weight"] and not unexpected
    source, target = masks(masked)
    (x, memory), (y, their_source) = ((tokens(dtype, N, 0), tokens(dtype, M, 3)) for _ in range(2))
    read, _ = ours.encoder(memory, source[:, None, None, :])
    output, _, _ = ours.decoder(x, read, causal_mask(N) & target[:, None, None, :], source[:, None, None, :])
    expected = theirs(their_source, y, tgt_mask=~causal_mask(N), src_key_padding_mask=~source, tgt_key_padding_mask=~target,
                      memory_key_padding_mask=~source)
    require_equal(output, expected, [x, memory], [y, their_source], (ours, theirs), target, STACKED[dtype])


def test_the_papers_stacks_have_no_last_norm_and_torch_agrees_when_it_has_none():
    theirs = shaken(nn.TransformerEncoder(nn.TransformerEncoderLayer(**SIZES), 2, enable_nested_tensor=False), torch.float64)
    ours = Encoder(2, D_MODEL, N_HEADS, D_FF, dropout=0.0).double()
    ours.load_state_dict(transformer_from_torch(theirs))
    x = tokens(torch.float64, M, 0)
    assert largest_error(ours(x)[0], theirs(x)) <= 1e-12


@pytest.mark.parametrize("norm_first", [False, True])
def test_weights_come_back_unchanged(norm_first):
    theirs = nn.Transformer(**SIZES, norm_first=norm_first, num_encoder_layers=2, num_decoder_layers=2)
    back = transformer_to_torch(transformer_from_torch(theirs))
    assert back.keys() == theirs.state_dict().keys()
    assert all(torch.equal(back[name], weight) for name, weight in theirs.state_dict().items())
    decoder = Decoder(2, D_MODEL, N_HEADS, D_FF, norm_first=norm_first, final_norm=True)
    theirs.decoder.load_state_dict(transformer_to_torch(decoder.state_dict()))


def test_foreign_parts_are_refused():
    with pytest.raises(ValueError, match="Sequential and has parameters that no part"):
        transformer_from_torch(nn.Sequential(nn.Conv1d(2, 2, 3)))
