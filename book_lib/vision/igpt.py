"""iGPT: a Transformer that reads a picture pixel by pixel and says what comes next (Chen et al. 2020)."""

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention, causal_mask
from book_lib.checks import require_whole
from book_lib.transformer import KeyValueCache

SIZES = {                                                                    # the three models that were published
    "S": {"n_layers": 24, "d_model": 512, "n_heads": 8},
    "M": {"n_layers": 36, "d_model": 1024, "n_heads": 8},
    "L": {"n_layers": 48, "d_model": 1536, "n_heads": 16},
}
HIDDEN_SHARE = 0.15                                                          # of the pixels, in the masked objective


class RMSNorm(nn.Module):
    """Divide each token by the root of the mean of its squares, times a learned gain; nothing is subtracted and nothing added.

    tokens [..., d_model] -> [..., d_model]. The authors' program calls it a layer norm.
    """

    def __init__(self, d_model, *, eps=1e-5):
        super().__init__()
        self.gain, self.eps = nn.Parameter(torch.ones(d_model)), eps

    def forward(self, tokens):
        return tokens * torch.rsqrt(tokens.square().mean(dim=-1, keepdim=True) + self.eps) * self.gain


def quick_gelu(x):
    """x sigmoid(1.702 x), which is near x Φ(x)."""
    return x * torch.sigmoid(1.702 * x)


class PixelMlp(nn.Module):
    """Two linear maps without biases and a quick GELU between, four times as wide inside: [..., d_model] -> [..., d_model]."""

    def __init__(self, d_model):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d_model, 4 * d_model, bias=False), nn.Linear(4 * d_model, d_model, bias=False)

    def forward(self, tokens):
        return self.linear2(quick_gelu(self.linear1(tokens)))


class IGPTBlock(nn.Module):
    """Attention and PixelMlp, each behind an RMSNorm and beside a residual connection.

    tokens [b, n, d_model]; mask as in MultiHeadAttention. Returns (tokens [b, n, d_model], weights [b, n_heads, n, n] or None).
    With a cache, a KeyValueCache, tokens are the new ones alone, and they look at those remembered, too.
    """

    def __init__(self, d_model, n_heads):
        super().__init__()
        self.norm1, self.norm2 = RMSNorm(d_model), RMSNorm(d_model)
        self.attention, self.mlp = MultiHeadAttention(d_model, n_heads, bias=False), PixelMlp(d_model)

    def forward(self, tokens, mask=None, *, cache=None, need_weights=False):
        query = self.norm1(tokens)
        keys, values = self.attention.keys_and_values(query, query)
        if cache is not None:
            keys, values = cache.append(keys, values)
        looked, weights = self.attention.attend(query, keys, values, mask, need_weights=need_weights)
        tokens = tokens + looked
        return tokens + self.mlp(self.norm2(tokens)), weights


class IGPT(nn.Module):
    """Say, for every pixel of a picture, what it will be, from those before it in raster order (Chen et al. 2020).

    n_colours: how many words a pixel may be; n_pixels: of a picture. n_classes: of a head that names the picture from the mean of its
    tokens, None = no head. No biases, no dropout; the output map is not the embedding. Start as in the authors' program: embedding and
    start token normal 0.02, positions 0.01, queries, keys and values 1 / √d_model, attention's output 1 / √(d_model n_layers), both maps
    of the PixelMlp 0.02, output and class head 0.
    Called with pixels [b, n], whole numbers, n at most n_pixels, it returns logits [b, n, n_colours]: those at place t are for pixel t and
    follow from pixels 0 … t - 1. Raises ValueError for pixels that do not fit.
    """

    def __init__(self, *, n_colours, n_pixels, d_model, n_heads, n_layers, n_classes=None):
        super().__init__()
        require_whole(n_colours=n_colours, n_pixels=n_pixels, n_layers=n_layers, **({} if n_classes is None else {"n_classes": n_classes}))
        self.n_pixels = n_pixels
        self.colours, self.start = nn.Embedding(n_colours, d_model), nn.Parameter(0.02 * torch.randn(d_model))
        self.positions = nn.Parameter(0.01 * torch.randn(n_pixels, d_model))
        self.blocks = nn.ModuleList(IGPTBlock(d_model, n_heads) for _ in range(n_layers))
        self.norm, self.output = RMSNorm(d_model), nn.Linear(d_model, n_colours, bias=False)
        self.class_head = None if n_classes is None else nn.Linear(d_model, n_classes, bias=False)
        nn.init.normal_(self.colours.weight, std=0.02)
        for block in self.blocks:
            for name, projection in block.attention.named_children():
                nn.init.normal_(projection.weight, std=(d_model * n_layers if name == "o_proj" else d_model) ** -0.5)
            for linear in block.mlp.children():
                nn.init.normal_(linear.weight, std=0.02)
        for head in (self.output, self.class_head):
            if head is not None:
                nn.init.zeros_(head.weight)

    def forward(self, pixels):
        return self.output(self.norm(self.hidden(pixels)[-1]))

    def hidden(self, pixels, *, causal=True):
        """The tokens before each block and after the last, n_layers + 1 tensors [b, n, d_model], none of them normed.

        causal False: read as masked does, with no pixel hidden.
        """
        if causal:
            return self._through_blocks(self._shifted(pixels), self._causal(pixels))[0]
        self._require_pixels(pixels)
        return self._through_blocks(self.colours(pixels) + self.positions[: pixels.size(1)], None)[0]

    def attention(self, pixels):
        """Answer as forward does, and say where every layer looked: (logits, list of weights [b, n_heads, n, n]).

        Place 0 of the keys is the start token, place t pixel t - 1.
        """
        states, weights = self._through_blocks(self._shifted(pixels), self._causal(pixels), need_weights=True)
        return self.output(self.norm(states[-1])), weights

    def masked(self, pixels, hidden):
        """Say what the hidden pixels are, from all that are seen: the masked objective, without start token and causal mask.

        hidden bool [b, n]: whose embedding is set to 0. Returns logits [b, n, n_colours], those at place t for pixel t itself.
        """
        self._require_pixels(pixels)
        if hidden.dtype != torch.bool or hidden.shape != pixels.shape:
            raise ValueError(f"hidden has shape {list(hidden.shape)} and dtype {hidden.dtype}, expected torch.bool {list(pixels.shape)}")
        tokens = self.colours(pixels) * ~hidden[..., None] + self.positions[: pixels.size(1)]
        return self.output(self.norm(self._through_blocks(tokens, None)[0][-1]))

    def decode_cached(self, pixels, cache):
        """The logits of those places up to pixel t that cache, from new_cache, does not remember; those alone are computed.

        pixels [b, t], t less than n_pixels and possibly 0: what is known. Returns logits [b, new, n_colours]; the last are for pixel t.
        """
        self._require_pixels(pixels, fewer=1)
        known, n = len(cache[0]), pixels.size(1) + 1
        if known >= n:
            raise ValueError(f"pixels has {n - 1} pixels, expected at least the {known} that follow from the cache")
        started = torch.cat([pixels, pixels.new_zeros(len(pixels), 1)], dim=1)       # the last one is shifted out again
        tokens, mask = self._shifted(started)[:, known:], causal_mask(n, pixels.device)[None, None, known:]
        for block, remembered in zip(self.blocks, cache, strict=True):
            tokens, _ = block(tokens, mask, cache=remembered)
        return self.output(self.norm(tokens))

    def new_cache(self):
        """An empty cache for one batch of pictures: a KeyValueCache for each block."""
        return [KeyValueCache() for _ in self.blocks]

    def features(self, pixels, *, causal=True):
        """What a linear probe reads: after 0, 1, … n_layers blocks the normed tokens' mean over all places, a list of [b, d_model].

        The norm is the one that the next block begins with, after the last block the final one. causal as in hidden: False for a model
        that was trained by the masked objective.
        """
        norms = [*(block.norm1 for block in self.blocks), self.norm]
        return [norm(state).mean(dim=1) for norm, state in zip(norms, self.hidden(pixels, causal=causal), strict=True)]

    def classify(self, pixels):
        """Name pictures: pixels [b, n_pixels] -> (logits [b, n_pixels, n_colours] of the pixels, logits [b, n_classes] of the classes)."""
        if self.class_head is None:
            raise ValueError("n_classes is None, expected a model with a class head")
        tokens = self.norm(self.hidden(pixels)[-1])
        return self.output(tokens), self.class_head(tokens.mean(dim=1))

    def _through_blocks(self, tokens, mask, *, need_weights=False):
        states, weights = [tokens], []
        for block in self.blocks:
            tokens, looked = block(tokens, mask, need_weights=need_weights)
            states.append(tokens)
            weights.append(looked)
        return states, weights

    def _shifted(self, pixels):
        """The start token, then all pixels but the last, with their places: tokens [b, n, d_model]."""
        self._require_pixels(pixels)
        before = self.colours(pixels[:, :-1])
        return torch.cat([self.start.expand(len(pixels), 1, -1), before], dim=1) + self.positions[: pixels.size(1)]

    def _causal(self, pixels):
        return causal_mask(pixels.size(1), pixels.device)[None, None]

    def _require_pixels(self, pixels, fewer=0):
        longest, n_colours = self.n_pixels - fewer, self.colours.num_embeddings
        if pixels.dim() != 2 or pixels.dtype not in (torch.int64, torch.int32) or not 1 - fewer <= pixels.size(1) <= longest:
            raise ValueError(f"pixels has shape {list(pixels.shape)} and dtype {pixels.dtype}, expected whole numbers "
                             f"[batch, {1 - fewer} to {longest}]")
        if pixels.numel() and (pixels.min() < 0 or pixels.max() >= n_colours):
            raise ValueError(f"pixels has numbers {pixels.min()} to {pixels.max()}, expected 0 to {n_colours - 1}")


def next_pixel_loss(logits, pixels):
    """The autoregressive objective: the mean over all pixels of -log p(pixel | those before), in nats.

    logits [b, n, n_colours], as IGPT gives them; pixels [b, n]. Returns a scalar.
    """
    _require_logits(logits, pixels)
    return F.cross_entropy(logits.flatten(0, 1), pixels.flatten())


def masked_pixel_loss(logits, pixels, hidden):
    """The masked objective: the mean over a picture's hidden pixels of -log p(pixel | those seen), then over all pictures, nats.

    logits [b, n, n_colours], as IGPT.masked gives them; pixels [b, n]; hidden bool [b, n]. A picture without hidden pixels counts as 0.
    """
    _require_logits(logits, pixels)
    if hidden.dtype != torch.bool or hidden.shape != pixels.shape:
        raise ValueError(f"hidden has shape {list(hidden.shape)} and dtype {hidden.dtype}, expected torch.bool {list(pixels.shape)}")
    nats = F.cross_entropy(logits.transpose(1, 2), pixels, reduction="none") * hidden
    return (nats.sum(dim=1) / hidden.sum(dim=1).clamp(min=1)).mean()


def hide_pixels(pixels, *, generator, share=HIDDEN_SHARE):
    """Which pixels are hidden, bool of the shape of pixels: each with probability share, whatever the others."""
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}, expected a probability from 0 to 1")
    return torch.rand(pixels.shape, generator=generator) < share


def fine_tuning_loss(pixel_logits, class_logits, pixels, labels, *, generative=1.0):
    """What iGPT minimises when it learns classes: their cross-entropy, plus generative times next_pixel_loss."""
    return F.cross_entropy(class_logits, labels) + (generative * next_pixel_loss(pixel_logits, pixels) if generative else 0.0)


@torch.no_grad()
def complete(model, pixels, *, generator, temperature=1.0, use_cache=True):
    """Draw the rest of pictures, each pixel from the distribution that the model gives for it.

    pixels [b, t], 0 ≤ t ≤ n_pixels: what is there already; temperature: divides the logits, 0 = always the likeliest. Returns pixels
    [b, n_pixels]. Raises ValueError for pixels that do not fit and a negative temperature.
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}, expected at least 0")
    cache = model.new_cache() if use_cache else None
    while pixels.size(1) < model.n_pixels:
        if use_cache:
            logits = model.decode_cached(pixels, cache)[:, -1]
        else:
            logits = model(torch.cat([pixels, pixels.new_zeros(len(pixels), 1)], dim=1))[:, -1]
        if temperature:
            drawn = torch.multinomial((logits / temperature).softmax(dim=-1), 1, generator=generator)
        else:
            drawn = logits.argmax(dim=-1, keepdim=True)
        pixels = torch.cat([pixels, drawn], dim=1)
    return pixels


def _require_logits(logits, pixels):
    if logits.dim() != 3 or logits.shape[:2] != pixels.shape:
        raise ValueError(f"logits has shape {list(logits.shape)}, expected [{', '.join(map(str, pixels.shape))}, n_colours], as pixels has")
