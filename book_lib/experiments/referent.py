"""Whom 它 stands for: a network that must say so at 它 itself, and closed links between the pronoun and what it may mean."""

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.book.models import load_model
from book_lib.data.translation import TARGET_VOCABULARY, encode_source, encode_target, twins
from book_lib.experiments.translator import new_translator
from book_lib.training import train

SIZES = {"d_model": 64, "n_heads": 4, "d_ff": 128, "n_layers": 2, "dropout": 0.0}
BECAUSE, THE = TARGET_VOCABULARY.index("because"), TARGET_VOCABULARY.index("the")


class Resolver(nn.Module):
    """A translator's encoder, and a linear map that must read off, from the vector of 它 alone, the English noun it stands for.

    source [b, m] as made by encode_source, its [b] the positions of 它, mask as in Transformer.encode. Returns (logits [b, words], weights:
    one [b, n_heads, m, m] a layer). The start follows from seed.
    """

    def __init__(self, *, seed):
        super().__init__()
        self.translator = new_translator(seed=seed, **SIZES)
        self.translator.decoder = None                                       # only the encoder reads here
        self.read_off = nn.Linear(SIZES["d_model"], len(TARGET_VOCABULARY))
        for parameter in self.read_off.parameters():
            nn.init.zeros_(parameter)

    def forward(self, source, its, mask=None):
        memory, _, weights = self.translator.encode(source, mask)
        return self.read_off(memory[torch.arange(len(source)), its]), weights


def train_resolver(model, pairs, *, seed, steps, batch=64, lr=2e-3):
    """Train a Resolver on pairs of the kind "because". Returns the loss of every step."""
    source, its, nouns = as_questions(pairs)

    def make_batch(generator):
        rows = torch.randint(len(source), (batch,), generator=generator)
        return source[rows], its[rows], nouns[rows]

    def loss(model, questions):
        return F.cross_entropy(model(*questions[:2])[0], questions[2])

    return train(model, make_batch, loss, steps=steps, lr=lr, seed=seed)


def load_resolver(seed=0):
    """One of the networks of recipes/resolver.py, in evaluation mode; seed 0, 1 or 2."""
    weights, metrics = load_model("resolver")
    if seed not in metrics["seeds"]:
        raise ValueError(f"seed is {seed!r}, expected one of {metrics['seeds']}")
    model, start = Resolver(seed=seed), f"seed{seed}."
    model.load_state_dict({key.removeprefix(start): tensor for key, tensor in weights.items() if key.startswith(start)})
    return model.eval()


def as_questions(pairs):
    """What a Resolver is asked: source [b, m], the positions of 它 [b], and the nouns it stands for, as target words [b]."""
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    nouns = [row[referent_place(row) + 1] for row in target.tolist()]
    return source, torch.tensor([pair.links["it"] for pair in pairs]), torch.tensor(nouns)


def referent_place(words):
    """The place in a translation, a list of words as numbers, that reads "the" and has to say what 它 stands for."""
    return words.index(THE, words.index(BECAUSE))


def twin_pairs(n, *, seed, split="test"):
    """n couples of sentences that differ in the adjective and in what 它 means: a list of 2 n pairs, the two of a couple side by side."""
    return [pair for couple in twins(n, seed=seed, split=split) for pair in couple]


@torch.no_grad()
def resolved(model, pairs, mask=None):
    """What a Resolver says 它 stands for in twin pairs: "right", "twin" (the other noun) or "neither", one for each pair."""
    source, its, nouns = as_questions(pairs)
    return _name(model(source, its, mask)[0].argmax(dim=-1), nouns)


@torch.no_grad()
def written_referents(translator, pairs, *, encoder_mask=None, memory_mask=None, layers=None, keep_weights=False):
    """Which noun a translator writes for 它 in twin pairs, after the right words before it: "right", "twin" or "neither" for each pair.

    encoder_mask [b, n_heads, m, m] and memory_mask [b, n_heads, 1, m], broadcastable, close links; the latter only at the place that says
    the noun, and only in these decoder layers, counted from 0, where layers are given. A link that is closed gives its weight to the
    others; with keep_weights all weights stay, and what is hidden is replaced by the mean value of the sentence's characters.
    """
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    rows, places = torch.arange(len(pairs)), torch.tensor([referent_place(row) for row in target.tolist()])
    memory, is_word, _ = translator.encode(source, encoder_mask)
    seen = is_word.expand(-1, -1, target.size(1), -1).clone()
    if memory_mask is not None:
        seen[rows, :, places] &= memory_mask[:, :, 0]
    decoder_layers = translator.decoder.layers
    some_layers = [decoder_layers[i] for i in (range(len(decoder_layers)) if layers is None else layers)]
    give = _give_mean_values if keep_weights else _give_memory_mask
    hooks = [give(layer, seen) for layer in some_layers]
    try:
        logits, _, _ = translator.decode(target, memory, is_word, need_weights=False)
    finally:
        for hook in hooks:
            hook.remove()
    return _name(logits[rows, places].argmax(dim=-1), target[rows, places + 1])


def places_of(pair, *names):
    """The character positions of parts of a pair: "it", "agent", "object", "adjective", "referent" (what 它 means), "other" (what not)."""
    found, other = [], {"agent": "object", "object": "agent"}
    for name in names:
        name = {"referent": pair.links["referent"], "other": other[pair.links["referent"]]}.get(name, name)
        place = pair.links[name]
        found += [place] if isinstance(place, int) else list(place)
    return found


def close_links(pairs, looker, *seen):
    """An encoder mask [b, 1, m, m] that closes, in all layers and heads, the links from one part to others, named as in places_of."""
    return _closed(pairs, [(places_of(pair, looker), places_of(pair, *seen)) for pair in pairs])


def close_random_links(pairs, looker, *seen, seed):
    """As close_links, but to as many characters that are no named part, drawn at random for each pair."""
    generator = torch.Generator().manual_seed(seed)
    return _closed(pairs, [(places_of(pair, looker), _free(pair, len(places_of(pair, *seen)), generator)) for pair in pairs])


def close_all_links(pairs, looker):
    """As close_links, to every other character."""
    return _closed(pairs, [(places_of(pair, looker), range(len(pair.source))) for pair in pairs])


def close_to_all(pairs, *seen):
    """As close_links, from every other character to the named parts."""
    return _closed(pairs, [(range(len(pair.source)), places_of(pair, *seen)) for pair in pairs])


def hide(pairs, *names):
    """A memory mask [b, 1, 1, m] that hides named parts of the source from the decoder."""
    return _hidden(pairs, [places_of(pair, *names) for pair in pairs])


def hide_at_random(pairs, *names, seed):
    """As hide, but as many characters that are no named part, drawn at random for each pair."""
    generator = torch.Generator().manual_seed(seed)
    return _hidden(pairs, [_free(pair, len(places_of(pair, *names)), generator) for pair in pairs])


def attention_to(weights, pairs, *names, head):
    """The weight that 它 gives to named parts in each pair, summed: weights [b, n_heads, m, m] of one layer, a tensor [b]."""
    return torch.stack([weights[row, head, pair.links["it"], places_of(pair, *names)].sum() for row, pair in enumerate(pairs)])


def _give_memory_mask(layer, memory_mask):
    """Let a decoder layer use this memory mask, whatever it is handed, until the hook is removed."""
    return layer.register_forward_pre_hook(lambda _, given: (*given[:3], memory_mask, *given[4:]))


def _give_mean_values(layer, seen):
    """Let the cross-attention of a decoder layer find the mean value of all characters where seen [b, 1, n, m] hides one."""
    def hook(attention, given, settings, output):
        query, memory, real = *given, settings["mask"]
        keys, values = attention.keys_and_values(memory, memory)
        weights = attention.attend(query, keys, values, real)[1]                        # [b, n_heads, n, m]
        of_sentence = real.transpose(2, 3)                                               # [b, 1, m, 1]
        mean = (values * of_sentence).sum(dim=2, keepdim=True) / of_sentence.sum(dim=2, keepdim=True)
        change = (weights * (real & ~seen)) @ (mean - values)                            # [b, n_heads, n, d_head]
        return output[0] + change.transpose(1, 2).flatten(2) @ attention.o_proj.weight.T, output[1]

    return layer.cross_attention.register_forward_hook(hook, with_kwargs=True)


def _name(said, nouns):
    twins_nouns = nouns.view(-1, 2).flip(1).flatten()
    return ["right" if a == b else "twin" if a == c else "neither"
            for a, b, c in zip(said.tolist(), nouns.tolist(), twins_nouns.tolist(), strict=True)]


def _free(pair, count, generator):
    named = places_of(pair, "it", "agent", "object", "adjective")
    free = [place for place in range(len(pair.source)) if place not in named]
    return [free[i] for i in torch.randperm(len(free), generator=generator)[:count].tolist()]


def _closed(pairs, links):
    m = max(len(pair.source) for pair in pairs)
    mask = torch.ones(len(pairs), 1, m, m, dtype=torch.bool)
    for row, (lookers, seen) in enumerate(links):
        for looker in lookers:
            mask[row, 0, looker, [place for place in seen if place != looker]] = False
    return mask


def _hidden(pairs, places):
    mask = torch.ones(len(pairs), 1, 1, max(len(pair.source) for pair in pairs), dtype=torch.bool)
    for row, hidden in enumerate(places):
        mask[row, 0, 0, hidden] = False
    return mask
