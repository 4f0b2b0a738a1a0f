"""How a gradient fares in a deep stack of layers: with and without residual connections, the norm after, before or nowhere."""

import itertools

import torch
from torch import nn

from book_lib.attention import causal_mask
from book_lib.transformer import AddNorm, Decoder, Encoder


class NormOnly(AddNorm):
    """An AddNorm without the addition: a sublayer's output replaces its input."""

    def after(self, tokens, change):
        return self.dropout(change) if self.norm_first else self.norm(self.dropout(change))


def without_residuals(stack):
    """Take the residual connections out of an Encoder or Decoder, in place. Returns it."""
    return replace_parts(
        stack, AddNorm, lambda old: NormOnly(old.norm.normalized_shape[0], dropout=old.dropout.p, norm_first=old.norm_first)
    )


def without_norms(stack):
    """Take the layer norms out of an Encoder or Decoder, in place. Returns it."""
    return replace_parts(stack, nn.LayerNorm, lambda old: nn.Identity())


def replace_parts(stack, kind, make):
    """Put make(part) in the place of every part of this kind, in place; it gets the dtype of the stack. Returns the stack."""
    for parent in list(stack.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, kind):
                setattr(parent, name, make(child).to(next(stack.parameters())))
    return stack


def deep_encoder(n_layers, *, norm_first=False, d_model=64, n_heads=4, d_ff=256, seed=0):
    """An untrained Encoder without dropout, in double precision, started as the Transformer starts. The start follows from seed."""
    return _untrained(Encoder, seed, n_layers, d_model, n_heads, d_ff, dropout=0.0, norm_first=norm_first)


def deep_decoder(n_layers, *, norm_first=False, d_model=64, n_heads=4, d_ff=256, seed=0):
    """As deep_encoder, a Decoder."""
    return _untrained(Decoder, seed, n_layers, d_model, n_heads, d_ff, dropout=0.0, norm_first=norm_first)


def _untrained(kind, seed, *sizes, **settings):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        stack = kind(*sizes, **settings).double()
        for parameter in stack.parameters():
            if parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)
    return stack


def scaled(stack, factor):
    """Multiply all matrices of a stack by a factor, in place. Returns it."""
    with torch.no_grad():
        for parameter in stack.parameters():
            if parameter.dim() > 1:
                parameter *= factor
    return stack


CHANGES = {
    "neither": lambda stack: without_norms(without_residuals(stack)), "residual only": without_norms, "norm only": without_residuals,
    "both": lambda stack: stack,
}


def one_thing_at_a_time(n_layers, *, scales, seeds, after=6, stacks=tuple(CHANGES), decoder=False):
    """What residual connections and norms each keep in untrained stacks of n_layers layers, post-norm.

    scales: factors on the first weights; stacks: which of "neither", "residual only", "norm only" and "both". The layers are an encoder's,
    or a decoder's, with a causal mask and a random memory. Returns two dicts {stack: [scales][seeds]}: how long the gradient is at the
    input of the first layer, and how different the words of a sentence are after so many layers, 1 - token_likeness.
    """
    generator = torch.Generator().manual_seed(0)
    tokens, direction, memory = (torch.randn(4, 16, 64, generator=generator, dtype=torch.float64) for _ in range(3))
    rest = (memory, causal_mask(16)) if decoder else ()
    gradients, differences = ({name: [[] for _ in scales] for name in stacks} for _ in range(2))
    for name in stacks:
        for i, scale in enumerate(scales):
            for seed in seeds:
                stack = CHANGES[name](scaled((deep_decoder if decoder else deep_encoder)(n_layers, seed=seed), scale))
                given = tokens.clone().requires_grad_()
                loss = (direction * stack(given, *rest, need_weights=False)[0]).sum()
                gradients[name][i].append(torch.autograd.grad(loss, given)[0].norm().item())
                differences[name][i].append(difference_of_words(stack, tokens, after, *rest))
    return gradients, differences


@torch.no_grad()
def difference_of_words(stack, tokens, n_layers, *rest):
    """How different the words of a sentence are after so many layers of a stack: 1 minus their mean cosine.

    rest: what a layer wants besides the tokens, as a decoder's layer wants memory and mask.
    """
    for layer in stack.layers[:n_layers]:
        tokens, *_ = layer(tokens, *rest, need_weights=False)
    return 1 - token_likeness(tokens)


def gradient_by_depth(encoder, tokens, direction):
    """Send a gradient back through a stack: how long it is at the input of each layer, and in each layer's parameters.

    tokens and direction [b, n, d_model]; the loss is the sum of direction times the output. Returns two lists of floats, one entry a
    layer: the norm of the gradient by the layer's input, and by all its parameters.
    """
    inputs = []
    hooks = [layer.register_forward_pre_hook(lambda layer, given: inputs.append(given[0])) for layer in encoder.layers]
    output, _ = encoder(tokens.clone().requires_grad_())
    for hook in hooks:
        hook.remove()
    loss = (direction * output).sum()
    parameters = [list(layer.parameters()) for layer in encoder.layers]
    found = torch.autograd.grad(loss, [*inputs, *itertools.chain(*parameters)])
    at_inputs, rest = [gradient.norm().item() for gradient in found[: len(inputs)]], iter(found[len(inputs):])
    of_parameters = [torch.cat([next(rest).flatten() for _ in layer]).norm().item() for layer in parameters]
    return at_inputs, of_parameters


def token_likeness(tokens):
    """The mean cosine between different tokens of the same sentence: tokens [b, n, d_model], a float, 1 where all have become one."""
    b, n, _ = tokens.shape
    if n < 2:
        raise ValueError(f"tokens has shape {list(tokens.shape)}, expected at least two tokens")
    directions = nn.functional.normalize(tokens, dim=-1)
    cosines = directions @ directions.transpose(1, 2)
    return ((cosines.sum() - cosines.diagonal(dim1=1, dim2=2).sum()) / (b * n * (n - 1))).item()
