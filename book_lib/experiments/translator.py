"""The book's translator from Chinese to English: a small Transformer, how it is trained, and how it is asked."""

import torch
import torch.nn.functional as F

from book_lib.book.models import load_model
from book_lib.data.translation import SOURCE_VOCABULARY, TARGET_VOCABULARY, decode_target, encode_source, encode_target
from book_lib.training import train
from book_lib.transformer import PAD, Transformer, greedy_decode

SIZES = {"d_model": 128, "n_heads": 4, "d_ff": 256, "n_layers": 2, "dropout": 0.05}
LONGEST = 64                                                                 # words of a translation, START and END included


def new_translator(*, seed, **settings):
    """An untrained Transformer of SIZES for the corpus; settings change them, or add to them, by name. The start follows from seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Transformer(len(SOURCE_VOCABULARY), len(TARGET_VOCABULARY), **SIZES | settings)


def train_translator(
    model, pairs, *, seed, steps, warmup=400, rise=True, top_rate=2e-3, batch=64, smoothing=0.1, watch=None, progress=False
):
    """Train a translator as the paper does: Adam with warm-up, label smoothing, teacher forcing. Returns the loss of every step.

    pairs: a list of the corpus's pairs. The rate rises for warmup steps to top_rate, then falls with 1 / √step. Without rise it stands at
    top_rate from the first step and falls from the same step on.
    watch(model), where given, is called before every step, to look at the model while it learns.
    """
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])

    def make_batch(generator):
        rows = torch.randint(len(source), (batch,), generator=generator)
        return without_padding(source[rows]), without_padding(target[rows])

    def loss(model, sentences):
        if watch is not None:
            watch(model)
        read, written = sentences
        logits = model(read, written[:, :-1])
        return F.cross_entropy(logits.flatten(0, 1), written[:, 1:].flatten(), ignore_index=PAD, label_smoothing=smoothing)

    def rate(step):
        return top_rate * min(1.0 if not rise else step / warmup, (warmup / step) ** 0.5)

    return train(model, make_batch, loss, steps=steps, lr=rate, betas=(0.9, 0.98), seed=seed, progress=progress)


def without_padding(words):
    """Cut columns that hold nothing but padding off the end of words [b, n]."""
    return words[:, : int((words != PAD).sum(dim=1).max())]


def translate(model, sentences, **closed):
    """Translate Chinese sentences with greedy decoding. Returns a list of English sentences.

    closed: encoder_mask and memory_mask, as in greedy_decode. Raises ValueError for characters that the corpus does not have.
    """
    return [decode_target(row) for row in greedy_decode(model, encode_source(sentences), max_length=LONGEST, **closed)]


def right_translations(model, pairs, batch=250):
    """Which pairs the model translates word for word as the corpus does: booleans [n]."""
    rights = []
    for start in range(0, len(pairs), batch):
        some = pairs[start : start + batch]
        wrote = translate(model, [pair.source for pair in some])
        rights += [mine == pair.target for mine, pair in zip(wrote, some, strict=True)]
    return torch.tensor(rights)


def load_translator():
    """The translator of recipes/translator.py, in evaluation mode, and the recipe's metrics."""
    weights, metrics = load_model("translator")
    model = new_translator(seed=0)
    model.load_state_dict(weights)
    return model.eval(), metrics
