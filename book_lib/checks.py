"""Checks that more than one module makes at its door."""

import operator

import torch


def require_whole(at_least=1, **sizes):
    """Raise ValueError for the first of the named sizes that is no whole number of at least so much; True and False are none."""
    for name, size in sizes.items():
        if not is_whole(size) or size < at_least:
            raise ValueError(f"{name} is {size!r}, expected a whole number of at least {at_least}")


def is_whole(number):
    """Whether a number is whole, be it Python's, NumPy's or a tensor's; True and False are not."""
    if isinstance(number, int | torch.SymInt):                               # a SymInt is a size that torch.export keeps open
        return not isinstance(number, bool)
    try:
        operator.index(number)
    except TypeError:
        return False
    return number.dtype != torch.bool if torch.is_tensor(number) else True


def is_recorded():
    """Whether torch.export, torch.compile or torch.jit.trace is recording: what is done must not depend on any tensor's numbers then."""
    return torch.compiler.is_compiling() or torch.jit.is_tracing()
