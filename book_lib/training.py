"""Two small trainers, by steps and by epochs: the same seed gives the same numbers."""

import dataclasses
import os
import time
from pathlib import Path

import torch
from tqdm.auto import tqdm

from book_lib.checks import require_whole
from book_lib.weight_files import read_weight_file

DEVICE_VARIABLE = "BOOK_DEVICE"                                              # an environment variable: "cuda" trains all models there


def train(model, make_batch, loss, *, steps, lr, seed, betas=(0.9, 0.999), max_grad_norm=None, stop=None, progress=False):
    """Minimise a loss with Adam (Kingma and Ba 2015) and return its value at every step.

    make_batch(generator) returns a batch, whatever loss(model, batch) understands; loss returns a scalar tensor.
    lr is the step size, or a function that gives it for step 1, 2, …; betas are Adam's. max_grad_norm, where given, shortens longer
    gradients to that norm; stop(), where given, is asked before every step and ends the training when it returns True; progress shows a
    bar on stderr.
    The batches and the model's own randomness (dropout) follow from seed; the caller's random state is left alone. The model stays on its
    device, or goes to that which the environment variable BOOK_DEVICE names; batches follow it there.
    Returns a list of floats, one a step. Raises ValueError for fewer than one step and when the loss stops being a finite number or
    refuses its input, naming step and learning rate.
    """
    require_whole(steps=steps)
    _to_wanted_device(model)
    generator = torch.Generator().manual_seed(seed)
    rate = lr if callable(lr) else lambda step: lr
    optimizer = torch.optim.Adam(model.parameters(), lr=rate(1), betas=betas)
    losses = []
    model.train()
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for step in tqdm(range(steps), disable=not progress):
            if stop is not None and stop():
                break
            value, _ = _step(model, make_batch(generator), lambda *given: (loss(*given), {}), optimizer, rate(step + 1), max_grad_norm,
                             where=f"step {step}")
            losses.append(value.item())
    return losses


def train_epochs(
    model, make_batches, loss, *, epochs, lr, seed, weight_decay=0.0, max_grad_norm=None, slower=None, checkpoint=None, after_epoch=None,
    progress=False,
):
    """Minimise a loss with AdamW (Loshchilov and Hutter 2019), epoch by epoch. Returns a log: one dict for each epoch.

    make_batches(epoch, generator) gives the batches of epoch 0, 1, …, a list or any iterable with a length; loss(model, batch) returns
    (a scalar tensor to minimise, {name: number} to be averaged into the log). lr is the step size, or a function of the share of the
    training that is done, from 0 to 1. slower: {start of a parameter's name: factor}, such as {"backbone.": 0.1}, for parts that learn
    at lr times a factor of their own. Parameters that require no gradient are left as they are. max_grad_norm shortens longer gradients.
    after_epoch(epoch, model), where given, may return a dict that joins the log.
    checkpoint: a file written after every epoch; where it exists already, training goes on from there and ends with the same numbers as
    an undisturbed one. progress shows a bar on stderr. The caller's random state is left alone. The model stays on its device, or goes to
    that which the environment variable BOOK_DEVICE names; batches follow it there.
    Each entry of the log has epoch, loss, seconds and the averages. Raises ValueError for fewer than one epoch or batch, for a part in
    slower that no parameter belongs to, for a checkpoint of another training, and when the loss stops being a finite number or refuses its
    input, naming epoch, step and learning rate.
    """
    require_whole(epochs=epochs)
    _to_wanted_device(model)
    rate = lr if callable(lr) else lambda done: lr
    optimizer = torch.optim.AdamW(_groups(model, slower or {}), lr=rate(0.0), weight_decay=weight_decay)
    settings, log = {"epochs": epochs, "seed": seed, "weight_decay": weight_decay, "max_grad_norm": max_grad_norm,
                     "rates": [rate(i / 10) for i in range(11)], "slower": slower or None}, []
    if checkpoint is not None and Path(checkpoint).exists():
        log = _resume(checkpoint, model, optimizer, settings)
    with torch.random.fork_rng():
        for epoch in range(len(log), epochs):
            torch.manual_seed(seed * 100_003 + epoch)
            started, sums, total = time.perf_counter(), {}, 0.0
            batches = make_batches(epoch, torch.Generator().manual_seed(seed * 100_003 + epoch))
            if not len(batches):
                raise ValueError(f"make_batches gives no batch in epoch {epoch}, expected at least one")
            model.train()
            for i, batch in enumerate(tqdm(batches, desc=f"epoch {epoch + 1} of {epochs}", disable=not progress)):
                value, parts = _step(model, batch, loss, optimizer, rate((epoch + i / len(batches)) / epochs), max_grad_norm,
                                     where=f"epoch {epoch}, step {i}")
                total += value.item()
                sums = {name: sums.get(name, 0.0) + float(part) for name, part in parts.items()}
            means = {name: number / len(batches) for name, number in sums.items()}
            log.append({"epoch": epoch, "loss": total / len(batches), **means, "seconds": time.perf_counter() - started})
            log[-1] |= (after_epoch(epoch, model) or {}) if after_epoch is not None else {}
            if checkpoint is not None:
                _save(checkpoint, model, optimizer, settings, log)
    return log


def device_of(model):
    """The device that a model's first parameter is on; the processor for a model without parameters."""
    return next((parameter.device for parameter in model.parameters()), torch.device("cpu"))


def on_device(value, device):
    """The same tuples, lists, dicts and dataclasses of tensors, as deep as they are, with every tensor on a device."""
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {key: on_device(part, device) for key, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*(on_device(part, device) for part in value))
    if isinstance(value, tuple | list):
        return type(value)(on_device(part, device) for part in value)
    if dataclasses.is_dataclass(value):
        parts = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **on_device(parts, device))
    return value


def _to_wanted_device(model):
    if wanted := os.environ.get(DEVICE_VARIABLE):
        model.to(wanted)


def _groups(model, slower):
    """The parameters that are trained, as the optimizer's groups: those of each part of slower with its factor, and the rest."""
    groups = {"": {"params": [], "factor": 1.0}} | {start: {"params": [], "factor": factor} for start, factor in slower.items()}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            groups[next((start for start in slower if name.startswith(start)), "")]["params"].append(parameter)
    for start in slower:
        if not groups[start]["params"]:
            raise ValueError(f"slower names {start!r}, and no parameter that is trained has a name that starts so")
    return [group for group in groups.values() if group["params"]]


def _step(model, batch, loss, optimizer, lr, max_grad_norm, *, where):
    """One step of the optimizer. Returns what loss returns; a ValueError tells where in the training it came up, and at which rate."""
    try:
        value, parts = loss(model, on_device(batch, device_of(model)))
        if not torch.isfinite(value):
            raise ValueError(f"the loss is {value.item()}; try a smaller learning rate")
    except ValueError as error:
        raise ValueError(f"{where}, learning rate {lr:.3g}: {error}") from error
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("factor", 1.0)
    optimizer.zero_grad()
    value.backward()
    if max_grad_norm is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    optimizer.step()
    return value, parts


def _save(path, model, optimizer, settings, log):
    half_written = Path(f"{path}.part")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "settings": settings, "log": log}, half_written)
    half_written.replace(path)


def _resume(path, model, optimizer, settings):
    """Put a checkpoint's weights into model and optimizer and return its log, once it is certain that it belongs to this training."""
    saved, name = read_weight_file(path), Path(path).name
    if not isinstance(saved, dict) or not {"model", "optimizer", "settings", "log"} <= saved.keys():
        came = f"a dict of {sorted(map(str, saved))[:5]}" if isinstance(saved, dict) else f"a {type(saved).__name__}"
        raise ValueError(f"{name} holds {came}, expected what train_epochs stores: model, optimizer, settings and log; choose another name")
    theirs = saved["settings"]
    differing = [f"{key} {theirs.get(key)!r}, not {value!r}" for key, value in settings.items() if theirs.get(key) != value]
    if differing:
        raise ValueError(f"{name} belongs to a training with {'; '.join(differing)}; use the same settings, or another file")
    there, here = ({key: tuple(tensor.shape) for key, tensor in state.items()} for state in (saved["model"], model.state_dict()))
    for key in sorted(there | here):
        if there.get(key) != here.get(key):
            raise ValueError(f"{name} belongs to another model: {key} has shape {there.get(key)} there, {here.get(key)} here")
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    return saved["log"]
