"""The Transformer of Vaswani et al. (2017): encoder layers, decoder layers, the whole, and how it writes a sentence."""

import math

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.attention import MultiHeadAttention, causal_mask
from book_lib.checks import is_recorded, is_whole, require_whole
from book_lib.positional import sinusoidal_code

PAD, START, END = 0, 1, 2                                                    # the first words of every vocabulary


class FeedForward(nn.Module):
    """Two linear maps with a ReLU between, the same for every token (Vaswani et al. 2017, eq. 2): [..., d_model] -> [..., d_model].

    dropout, after the ReLU, is DETR's; the paper has none there.
    """

    def __init__(self, d_model, d_ff, *, dropout=0.0):
        super().__init__()
        require_whole(d_model=d_model, d_ff=d_ff)
        self.linear1, self.linear2, self.dropout = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model), nn.Dropout(dropout)

    def forward(self, tokens):
        return self.linear2(self.dropout(F.relu(self.linear1(tokens))))


class AddNorm(nn.Module):
    """What stands around each sublayer: a residual connection and a layer norm.

    Post-norm, as in the paper: norm(tokens + dropout(sublayer(tokens))). Pre-norm (norm_first): tokens + dropout(sublayer(norm(tokens))).
    """

    def __init__(self, d_model, *, dropout, norm_first):
        super().__init__()
        self.norm, self.dropout, self.norm_first = nn.LayerNorm(d_model), nn.Dropout(dropout), norm_first

    def before(self, tokens):
        return self.norm(tokens) if self.norm_first else tokens

    def after(self, tokens, change):
        tokens = tokens + self.dropout(change)
        return tokens if self.norm_first else self.norm(tokens)


class EncoderLayer(nn.Module):
    """Self-attention, then the feed-forward network, each with its residual connection and norm (section 3.1).

    tokens [b, m, d_model]; mask as in MultiHeadAttention. Returns (tokens [b, m, d_model], weights [b, n_heads, m, m]), the weights None
    without need_weights.
    """

    def __init__(self, d_model, n_heads, d_ff, *, dropout=0.1, norm_first=False):
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, n_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.add_norm1, self.add_norm2 = (AddNorm(d_model, dropout=dropout, norm_first=norm_first) for _ in range(2))

    def forward(self, tokens, mask=None, *, need_weights=True):
        looked, weights = self.self_attention(self.add_norm1.before(tokens), mask=mask, need_weights=need_weights)
        tokens = self.add_norm1.after(tokens, looked)
        return self.add_norm2.after(tokens, self.feed_forward(self.add_norm2.before(tokens))), weights


class DecoderLayer(nn.Module):
    """Self-attention over what is written, cross-attention to the memory (the encoder's output), then the feed-forward network.

    tokens [b, n, d_model], memory [b, m, d_model]; mask [n, n] or [b, n_heads, n, n] for the words written, memory_mask [b, n_heads, n, m]
    for the source, broadcastable. Returns (tokens [b, n, d_model], self-attention weights [b, n_heads, n, n], cross-attention weights
    [b, n_heads, n, m]), both weights None without need_weights.
    """

    def __init__(self, d_model, n_heads, d_ff, *, dropout=0.1, norm_first=False):
        super().__init__()
        self.self_attention = MultiHeadAttention(d_model, n_heads)
        self.cross_attention = MultiHeadAttention(d_model, n_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.add_norm1, self.add_norm2, self.add_norm3 = (AddNorm(d_model, dropout=dropout, norm_first=norm_first) for _ in range(3))

    def forward(self, tokens, memory, mask=None, memory_mask=None, *, need_weights=True):
        query = self.add_norm1.before(tokens)
        looked, self_weights = self.self_attention(query, mask=mask, need_weights=need_weights)
        tokens = self.add_norm1.after(tokens, looked)
        query = self.add_norm2.before(tokens)
        looked, cross_weights = self.cross_attention(query, memory, mask=memory_mask, need_weights=need_weights)
        tokens = self.add_norm2.after(tokens, looked)
        return self.add_norm3.after(tokens, self.feed_forward(self.add_norm3.before(tokens))), self_weights, cross_weights

    def forward_cached(self, tokens, memory, cache, mask=None, memory_mask=None, *, need_weights=True):
        """What forward gives for the new tokens alone, [b, new, d_model]: cache, a KeyValueCache, remembers all that forward would repeat.

        mask [b, n_heads, new, n] and memory_mask are those of the new tokens; so are the results.
        """
        query = self.add_norm1.before(tokens)
        written = cache.append(*self.self_attention.keys_and_values(query, query))
        looked, self_weights = self.self_attention.attend(query, *written, mask, need_weights=need_weights)
        tokens = self.add_norm1.after(tokens, looked)
        if cache.memory is None:
            cache.memory = self.cross_attention.keys_and_values(memory, memory)
        query = self.add_norm2.before(tokens)
        looked, cross_weights = self.cross_attention.attend(query, *cache.memory, memory_mask, need_weights=need_weights)
        tokens = self.add_norm2.after(tokens, looked)
        return self.add_norm3.after(tokens, self.feed_forward(self.add_norm3.before(tokens))), self_weights, cross_weights


class KeyValueCache:
    """What one decoder layer need not compute twice: keys and values of the words written so far, and of the memory.

    One cache serves one memory and one sentence that only grows; it does not notice when an earlier word or the memory is exchanged.
    """

    def __init__(self):
        self.written, self.memory = None, None

    def __len__(self):
        return 0 if self.written is None else self.written[0].size(2)

    def append(self, keys, values):
        """Add the new words' keys and values, [b, n_heads, new, d_head] each; return those of all words, [b, n_heads, n, d_head]."""
        if self.written is not None:
            keys, values = (torch.cat(pair, dim=2) for pair in zip(self.written, (keys, values), strict=True))
        self.written = keys, values
        return self.written

    def keep(self, rows):
        """Go on with these rows of the batch, in this order; a row may come twice. Raises ValueError before the first word."""
        if self.written is None:
            raise ValueError("keep was called on an empty cache; decode at least one word first")
        self.written, self.memory = (tuple(tensor[rows] for tensor in pair) for pair in (self.written, self.memory))


class Encoder(nn.Module):
    """n_layers encoder layers of the same shape, each with its own parameters; then a last layer norm where final_norm is set.

    tokens [b, m, d_model], mask as in MultiHeadAttention. Returns (tokens [b, m, d_model], weights: one [b, n_heads, m, m] a layer, or one
    None a layer without need_weights).
    """

    def __init__(self, n_layers, d_model, n_heads, d_ff, *, dropout=0.1, norm_first=False, final_norm=None):
        super().__init__()
        self.layers = nn.ModuleList(EncoderLayer(d_model, n_heads, d_ff, dropout=dropout, norm_first=norm_first) for _ in range(n_layers))
        self.norm = _final_norm(d_model, norm_first, final_norm)

    def forward(self, tokens, mask=None, *, need_weights=True):
        weights = []
        for layer in self.layers:
            tokens, looked = layer(tokens, mask, need_weights=need_weights)
            weights.append(looked)
        return self.norm(tokens), weights


class Decoder(nn.Module):
    """n_layers decoder layers, all of which look at the same memory; then a last layer norm where final_norm is set.

    Arguments as in DecoderLayer. Returns (tokens [b, n, d_model], self-attention weights, cross-attention weights), the weights as lists,
    one tensor (or None) a layer.
    """

    def __init__(self, n_layers, d_model, n_heads, d_ff, *, dropout=0.1, norm_first=False, final_norm=None):
        super().__init__()
        self.layers = nn.ModuleList(DecoderLayer(d_model, n_heads, d_ff, dropout=dropout, norm_first=norm_first) for _ in range(n_layers))
        self.norm = _final_norm(d_model, norm_first, final_norm)

    def forward(self, tokens, memory, mask=None, memory_mask=None, *, need_weights=True):
        self_weights, cross_weights = [], []
        for layer in self.layers:
            tokens, own, cross = layer(tokens, memory, mask, memory_mask, need_weights=need_weights)
            self_weights.append(own)
            cross_weights.append(cross)
        return self.norm(tokens), self_weights, cross_weights

    def forward_cached(self, tokens, memory, caches, mask=None, memory_mask=None, *, need_weights=True):
        """What forward gives for the new tokens alone, as in DecoderLayer; caches: a KeyValueCache for each layer."""
        self_weights, cross_weights = [], []
        for layer, cache in zip(self.layers, caches, strict=True):
            tokens, own, cross = layer.forward_cached(tokens, memory, cache, mask, memory_mask, need_weights=need_weights)
            self_weights.append(own)
            cross_weights.append(cross)
        return self.norm(tokens), self_weights, cross_weights


class Transformer(nn.Module):
    """Encoder and decoder with their embeddings: words in, the next word's logits out (Vaswani et al. 2017, figure 1).

    n_source, n_target: sizes of the vocabularies, whose word 0 is padding. The target embedding is also the last linear map (section 3.4).
    dropout acts on embeddings and on the output of each sublayer (section 5.4). norm_first puts the norms before the sublayers; a last norm
    follows each stack then, or where final_norm says so. Called with source [b, m] and target [b, n], whole numbers, it returns logits
    [b, n, n_target]: those at place t are for word t + 1, and follow from the source and from target words 0 … t.
    """

    def __init__(
        self, n_source, n_target, *, d_model=512, n_heads=8, d_ff=2048, n_layers=6, dropout=0.1, norm_first=False, final_norm=None
    ):
        super().__init__()
        settings = {"dropout": dropout, "norm_first": norm_first, "final_norm": final_norm}
        self.d_model = d_model
        self.source_embedding, self.target_embedding = nn.Embedding(n_source, d_model), nn.Embedding(n_target, d_model)
        self.dropout = nn.Dropout(dropout)
        self.encoder = Encoder(n_layers, d_model, n_heads, d_ff, **settings)
        self.decoder = Decoder(n_layers, d_model, n_heads, d_ff, **settings)
        for name, parameter in self.named_parameters():
            if "embedding" in name:
                nn.init.normal_(parameter, std=d_model**-0.5)                # times √d_model: as large as the position code
            elif parameter.dim() > 1:
                nn.init.xavier_uniform_(parameter)

    def forward(self, source, target):
        memory, memory_mask, _ = self.encode(source, need_weights=False)
        return self.decode(target, memory, memory_mask, need_weights=False)[0]

    def encode(self, source, mask=None, *, need_weights=True):
        """Read source [b, m]. Returns (memory [b, m, d_model], its padding mask [b, 1, 1, m], weights as Encoder returns them).

        mask, broadcastable to [b, n_heads, m, m], closes further links between words of the source.
        """
        is_word = _require_words("source", source, self.source_embedding)[:, None, None, :]
        if not is_recorded() and not is_word.any(dim=-1).all():
            raise ValueError(f"source has shape {list(source.shape)} and a sentence without words, expected at least one in each")
        tokens = self._embed(self.source_embedding, source)
        memory, weights = self.encoder(tokens, is_word if mask is None else is_word & mask, need_weights=need_weights)
        return memory, is_word, weights

    def decode(self, target, memory, memory_mask=None, *, need_weights=True):
        """Score the word after each of target [b, n], having read memory.

        Returns (logits [b, n, n_target], self-attention weights [b, n_heads, n, n], cross-attention weights [b, n_heads, n, m]), the
        weights as lists, one tensor (or None, without need_weights) a layer.
        """
        mask = self._target_mask(target)
        tokens = self._embed(self.target_embedding, target)
        tokens, *weights = self.decoder(tokens, memory, mask, memory_mask, need_weights=need_weights)
        return F.linear(tokens, self.target_embedding.weight), *weights

    def decode_cached(self, target, memory, cache, memory_mask=None, *, need_weights=True):
        """What decode gives for the words of target [b, n] that cache, from new_cache, does not remember; those alone are computed."""
        start = len(cache[0])
        if start >= target.size(1):
            raise ValueError(f"target has {target.size(1)} words, expected more than the {start} the cache remembers")
        mask = self._target_mask(target)[:, :, start:]
        tokens = self._embed(self.target_embedding, target[:, start:], start)
        tokens, *weights = self.decoder.forward_cached(tokens, memory, cache, mask, memory_mask, need_weights=need_weights)
        return F.linear(tokens, self.target_embedding.weight), *weights

    def new_cache(self):
        """An empty cache for one batch of sentences: a KeyValueCache for each decoder layer."""
        return [KeyValueCache() for _ in self.decoder.layers]

    def _target_mask(self, target):
        """Which words of target [b, n] each of them may attend to, [b, 1, n, n]: itself and those before it, padding never."""
        is_word = _require_words("target", target, self.target_embedding)
        return causal_mask(target.size(1), target.device) & is_word[:, None, None, :]

    def _embed(self, embedding, words, start=0):
        positions = torch.arange(start, start + words.size(1), device=words.device).to(embedding.weight.dtype)
        return self.dropout(embedding(words) * math.sqrt(self.d_model) + sinusoidal_code(positions, self.d_model))


@torch.no_grad()
def greedy_decode(model, source, *, max_length=64, use_cache=True, encoder_mask=None, memory_mask=None):
    """Write one translation for each row of source [b, m], taking the likeliest next word again and again.

    The model must be in evaluation mode. max_length counts all words, START included. encoder_mask [b, n_heads, m, m] and memory_mask
    [b, n_heads, 1, m], broadcastable, close links to see what they were good for. Returns words [b, n]: START, the translation, END, and
    padding in rows that ended earlier.
    """
    _require_max_length(max_length)
    memory, is_word, _ = model.encode(source, encoder_mask, need_weights=False)
    seen = is_word if memory_mask is None else is_word & memory_mask
    cache = model.new_cache() if use_cache else None
    written = torch.full((len(source), 1), START, device=source.device)
    ended = torch.zeros(len(source), dtype=torch.bool, device=source.device)
    while written.size(1) < max_length and not ended.all():
        if use_cache:
            logits = model.decode_cached(written, memory, cache, seen, need_weights=False)[0]
        else:
            logits = model.decode(written, memory, seen, need_weights=False)[0]
        word = _only_words(logits[:, -1]).argmax(dim=-1).masked_fill(ended, PAD)
        written = torch.cat([written, word[:, None]], dim=1)
        ended |= word == END
    return written


@torch.no_grad()
def beam_search(model, source, *, n_beams=4, alpha=0.6, max_length=64):
    """Translate one sentence, source [1, m], keeping the n_beams likeliest beginnings at every step (Wu et al. 2016, section 7).

    The model must be in evaluation mode. Stops when n_beams translations have ended, or at max_length words, START included; if any have
    ended by then, the others are dropped. Returns up to n_beams of [(score, words), …], best first: words is a list from START to END
    (without END if none ended), score its log-probability over ((5 + length) / 6)^alpha, length without START.
    """
    _require_max_length(max_length)
    if source.dim() != 2 or source.size(0) != 1:
        raise ValueError(f"source has shape {list(source.shape)}, expected one sentence [1, m]")
    require_whole(n_beams=n_beams)
    memory, seen, _ = model.encode(source, need_weights=False)
    cache, finished = model.new_cache(), []
    written, scores = torch.full((1, 1), START, device=source.device), torch.zeros(1, dtype=memory.dtype, device=source.device)
    for length in range(1, max_length):
        logits = model.decode_cached(written, memory.expand(len(written), -1, -1), cache, seen, need_weights=False)[0][:, -1]
        totals = scores[:, None] + _only_words(logits.log_softmax(dim=-1))   # [beams, words]
        best, where = totals.flatten().topk(min(2 * n_beams, totals.numel()))
        rows, words = where // totals.size(1), where % totals.size(1)
        longer = torch.cat([written[rows], words[:, None]], dim=1)
        ends = words == END
        penalty = ((5 + length) / 6) ** alpha
        finished += [(best[i].item() / penalty, longer[i].tolist()) for i in ends.nonzero().flatten().tolist() if i < n_beams]
        alive = (~ends).nonzero().flatten()[:n_beams]
        written, scores = longer[alive], best[alive]
        if len(finished) >= n_beams or not len(alive):
            break
        for layer in cache:
            layer.keep(rows[alive])
    unfinished = zip((scores / penalty).tolist(), written.tolist(), strict=True)
    return sorted(finished or unfinished, reverse=True)[:n_beams]


def warmup_rate(step, d_model, warmup=4000):
    """The paper's learning rate at step 1, 2, …: it rises for warmup steps, then falls with 1 / √step (Vaswani et al. 2017, eq. 3)."""
    return d_model**-0.5 * min(step**-0.5, step * warmup**-1.5)


def count_parameters(model):
    """Count a Transformer's parameters by part: a dict of whole numbers, "total" last."""
    def size(*modules):
        return sum(p.numel() for p in {p for module in modules for p in module.parameters()})     # shared parameters count once

    layers = [*model.encoder.layers, *model.decoder.layers]
    parts = {
        "embeddings": size(model.source_embedding, model.target_embedding),
        "encoder self-attention": size(*(layer.self_attention for layer in model.encoder.layers)),
        "decoder self-attention": size(*(layer.self_attention for layer in model.decoder.layers)),
        "cross-attention": size(*(layer.cross_attention for layer in model.decoder.layers)),
        "feed-forward": size(*(layer.feed_forward for layer in layers)),
    }
    total = size(model)
    return parts | {"layer norms": total - sum(parts.values()), "total": total}


def _final_norm(d_model, norm_first, final_norm):
    return nn.LayerNorm(d_model) if (norm_first if final_norm is None else final_norm) else nn.Identity()


def _only_words(scores):
    """Scores [b, words] with PAD and START made impossible: no translation contains them."""
    scores = scores.clone()
    scores[:, [PAD, START]] = -math.inf
    return scores


def _require_max_length(max_length):
    if not is_whole(max_length) or max_length < 2:
        raise ValueError(f"max_length is {max_length}, expected a whole number of at least 2: START and one word")


def _require_words(name, words, embedding):
    if words.dim() != 2 or words.is_floating_point() or words.dtype == torch.bool:
        raise ValueError(f"{name} has shape {list(words.shape)} and dtype {words.dtype}, expected whole numbers [batch, words]")
    if not is_recorded() and words.numel() and (words.min() < 0 or words.max() >= embedding.num_embeddings):
        raise ValueError(f"{name} has words {words.min()} to {words.max()}, expected 0 to {embedding.num_embeddings - 1}")
    return words != PAD
