"""One small trainer: the same seed gives the same numbers."""

import torch
from tqdm.auto import tqdm


def train(model, make_batch, loss, *, steps, lr, seed, betas=(0.9, 0.999), max_grad_norm=None, progress=False):
    """Minimise a loss with Adam (Kingma and Ba 2015) and return its value at every step.

    make_batch(generator) returns a batch, whatever loss(model, batch) understands; loss returns a scalar tensor.
    lr is the step size, or a function that gives it for step 1, 2, …; betas are Adam's. max_grad_norm, where given, shortens longer
    gradients to that norm; progress shows a bar on stderr.
    The batches and the model's own randomness (dropout) follow from seed; the caller's random state is left alone.
    Returns a list of floats. Raises ValueError for fewer than one step and when the loss stops being a finite number.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}, expected at least 1")
    generator = torch.Generator().manual_seed(seed)
    rate = lr if callable(lr) else lambda step: lr
    optimizer = torch.optim.Adam(model.parameters(), lr=rate(1), betas=betas)
    losses = []
    model.train()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for step in tqdm(range(steps), disable=not progress):
            value = loss(model, make_batch(generator))
            if not torch.isfinite(value):
                raise ValueError(f"the loss is {value.item()} at step {step}; try a smaller lr than {rate(step + 1)}")
            optimizer.param_groups[0]["lr"] = rate(step + 1)
            optimizer.zero_grad()
            value.backward()
            if max_grad_norm is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
            optimizer.step()
            losses.append(value.item())
    return losses
