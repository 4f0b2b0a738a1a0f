"""The checks that several modules share: what counts as a whole number."""

import numpy as np
import pytest
import torch

from book_lib.checks import is_recorded, is_whole, require_whole


@pytest.mark.parametrize("number", [0, 3, -2, np.int64(3), np.uint8(3), torch.tensor(3), torch.tensor(3, dtype=torch.uint8)])
def test_whole_numbers_of_every_kind(number):
    assert is_whole(number)


@pytest.mark.parametrize("number", [
    True, False, np.True_, torch.tensor(True), 3.0, np.float64(3), torch.tensor(3.0), "3", None, [3], torch.ones(2)])
def test_what_is_no_whole_number(number):
    assert not is_whole(number)


def test_the_first_size_that_does_not_fit_is_named():
    require_whole(n=1, m=np.int32(7))
    require_whole(at_least=0, n=0)
    for sizes, message in (({"n": 1, "m": 0}, "m is 0"), ({"n": 2.0}, "n is 2.0"), ({"n": True}, "n is True"), ({"n": "3"}, "n is '3'")):
        with pytest.raises(ValueError, match=f"^{message}, expected a whole number of at least 1$"):
            require_whole(**sizes)
    with pytest.raises(ValueError, match="n is 1, expected a whole number of at least 2"):
        require_whole(at_least=2, n=1)


def test_code_knows_when_it_is_recorded():
    seen = []

    def watched(x):
        seen.append(is_recorded())
        return x + 1

    watched(torch.ones(2))
    torch.jit.trace(watched, torch.ones(2), check_trace=False)
    assert seen == [False, True]

    class Watched(torch.nn.Module):
        def forward(self, x):
            return x + 1 if is_recorded() else x

    exported = torch.export.export(Watched(), (torch.ones(2),)).module()
    assert exported(torch.ones(2)).tolist() == [2, 2] and Watched()(torch.ones(2)).tolist() == [1, 1]
    assert torch.compile(Watched(), backend="eager", fullgraph=True)(torch.ones(2)).tolist() == [2, 2]
