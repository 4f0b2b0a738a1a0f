"""The order task: at every token, say which symbol stood one place before. The same words in another order have other answers."""

import torch


def order_batch(batch, length, n_symbols=8, *, generator):
    """Make sequences of random symbols: (symbols [batch, length], previous [batch, length]), integers from 0 to n_symbols - 1.

    previous[:, i] is symbols[:, i - 1]; the first token has nothing before it and gets -1. Raises ValueError for sizes under 1, 2 and 2.
    """
    if batch < 1 or length < 2 or n_symbols < 2:
        raise ValueError(f"batch {batch}, length {length} and n_symbols {n_symbols} must be at least 1, 2 and 2")
    symbols = torch.randint(n_symbols, (batch, length), generator=generator)
    previous = symbols.roll(1, dims=1)
    previous[:, 0] = -1
    return symbols, previous


def best_without_order(symbols, n_symbols=8):
    """The accuracy of the best guess from the set of symbols and the token itself alone: name the commonest other symbol.

    symbols [batch, length]. Returns a float, the mean over tokens of (count of the commonest symbol among the others) / (length - 1).
    """
    one_hot = torch.nn.functional.one_hot(symbols, n_symbols)                            # [batch, length, n_symbols]
    others = one_hot.sum(dim=1, keepdim=True) - one_hot
    return (others.max(dim=-1).values.double() / (symbols.size(1) - 1)).mean().item()
