"""Two small trainers, by steps and by epochs: the same seed gives the same numbers."""

import time
from pathlib import Path

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


def train_epochs(
    model, make_batches, loss, *, epochs, lr, seed, weight_decay=0.0, max_grad_norm=None, checkpoint=None, after_epoch=None, progress=False
):
    """Minimise a loss with AdamW (Loshchilov and Hutter 2019), epoch by epoch. Returns a log: one dict for each epoch.

    make_batches(epoch, generator) gives the batches of epoch 0, 1, …, a list or any iterable with a length; loss(model, batch) returns
    (a scalar tensor to minimise, {name: number} to be averaged into the log). lr is the step size, or a function of the share of the
    training that is done, from 0 to 1. max_grad_norm shortens longer gradients. after_epoch(epoch, model), where given, may return a dict
    that joins the log.
    checkpoint: a file written after every epoch; where it exists already, training goes on from there and ends with the same numbers as
    an undisturbed one. progress shows a bar on stderr. The caller's random state is left alone.
    Each entry of the log has epoch, loss, seconds and the averages. Raises ValueError for fewer than one epoch, for a checkpoint of
    another training, and when the loss stops being a finite number.
    """
    if epochs < 1:
        raise ValueError(f"epochs is {epochs}, expected at least 1")
    rate = lr if callable(lr) else lambda done: lr
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate(0.0), weight_decay=weight_decay)
    settings, log = {"epochs": epochs, "seed": seed, "rates": [rate(i / 10) for i in range(11)]}, []
    if checkpoint is not None and Path(checkpoint).exists():
        log = _resume(checkpoint, model, optimizer, settings)
    with torch.random.fork_rng():
        for epoch in range(len(log), epochs):
            torch.manual_seed(seed * 100_003 + epoch)
            started, sums, total = time.perf_counter(), {}, 0.0
            batches = make_batches(epoch, torch.Generator().manual_seed(seed * 100_003 + epoch))
            model.train()
            for i, batch in enumerate(tqdm(batches, desc=f"epoch {epoch + 1} of {epochs}", disable=not progress)):
                value, parts = loss(model, batch)
                if not torch.isfinite(value):
                    raise ValueError(f"the loss is {value.item()} in epoch {epoch}, batch {i}; try a smaller lr")
                optimizer.param_groups[0]["lr"] = rate((epoch + i / len(batches)) / epochs)
                optimizer.zero_grad()
                value.backward()
                if max_grad_norm is not None:
                    torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
                optimizer.step()
                total += value.item()
                sums = {name: sums.get(name, 0.0) + float(part) for name, part in parts.items()}
            means = {name: number / len(batches) for name, number in sums.items()}
            log.append({"epoch": epoch, "loss": total / len(batches), **means, "seconds": time.perf_counter() - started})
            log[-1] |= (after_epoch(epoch, model) or {}) if after_epoch is not None else {}
            if checkpoint is not None:
                _save(checkpoint, model, optimizer, settings, log)
    return log


def _save(path, model, optimizer, settings, log):
    half_written = Path(f"{path}.part")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "settings": settings, "log": log}, half_written)
    half_written.replace(path)


def _resume(path, model, optimizer, settings):
    saved = torch.load(path, weights_only=True)
    if saved["settings"] != settings:
        raise ValueError(f"{Path(path).name} belongs to a training with {saved['settings']}, this one has {settings}")
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    return saved["log"]
