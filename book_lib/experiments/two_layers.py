"""What one attention layer cannot do and two can: *it* looks at the animal if it was too tired, at the road if it was too wide."""

import torch
import torch.nn.functional as F

from book_lib.attention import scaled_dot_product_attention

FEATURES = {"animal": (1, 0, 0), "road": (0, 1, 0), "it": (0, 0, 1), "tired": (1, 0, 1), "wide": (0, 1, 1)}   # living, place, needs
SENTENCES = (("animal", "road", "it", "tired"), ("animal", "road", "it", "wide"))
ANIMAL, ROAD, IT, LAST = range(4)


def attention_of_it(n_layers, *, seed, steps=300, lr=0.05, closed=()):
    """Train n_layers of self-attention, each added to its input, so that *it* attends to the animal in one sentence, the road in the other.

    The loss is the cross-entropy of the last layer's attention weights in the row of *it*. Returns those weights after training,
    [2 sentences, 4 words], in the order of SENTENCES.
    closed: pairs (query, key) of places in a sentence. Training uses every link; the returned weights are those of the trained layers
    with these links masked in the first one, as an intervention.
    Raises ValueError for fewer than one layer and for a place outside the sentence.
    """
    if n_layers < 1:
        raise ValueError(f"n_layers is {n_layers}, expected 1 or more")
    open_links = torch.ones(LAST + 1, LAST + 1, dtype=torch.bool)
    for query, key in closed:
        if not (0 <= query <= LAST and 0 <= key <= LAST):
            raise ValueError(f"closed has the link {(query, key)}, expected places from 0 to {LAST}")
        open_links[query, key] = False
    sentences = torch.tensor([[FEATURES[word] for word in sentence] for sentence in SENTENCES], dtype=torch.float64)
    generator = torch.Generator().manual_seed(seed)
    maps = [(torch.randn(3, 3, generator=generator, dtype=torch.float64) / 2).requires_grad_() for _ in range(3 * n_layers)]
    optimiser = torch.optim.Adam(maps, lr=lr)
    for _ in range(steps):
        loss = F.nll_loss(_weights_of_it(sentences, maps).log(), torch.tensor([ANIMAL, ROAD]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return _weights_of_it(sentences, maps, open_links).detach()


def _weights_of_it(sentences, maps, first_mask=None):
    tokens, mask = sentences, first_mask
    for W_q, W_k, W_v in zip(maps[0::3], maps[1::3], maps[2::3], strict=True):
        mixed, weights = scaled_dot_product_attention(tokens @ W_q, tokens @ W_k, tokens @ W_v, mask=mask)
        tokens, mask = tokens + mixed, None
    return weights[:, IT]
