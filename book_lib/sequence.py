"""The layers attention is compared with: a recurrent layer and a one-dimensional convolution."""

import torch
import torch.nn.functional as F
from torch import nn

from book_lib.checks import require_whole


class RNNLayer(nn.Module):
    """Read the tokens one after the other and carry a state along: h_t = tanh(W x_t + U h_(t-1) + b) (Elman 1990).

    inputs [b, n, d_in]; returns the states [b, n, d_hidden]; the state before the first token is zero.
    Raises ValueError for any other shape.
    """

    def __init__(self, d_in, d_hidden):
        super().__init__()
        require_whole(d_in=d_in, d_hidden=d_hidden)
        self.input_proj = nn.Linear(d_in, d_hidden)
        self.state_proj = nn.Linear(d_hidden, d_hidden, bias=False)

    def forward(self, inputs):
        _require_tokens(inputs, self.input_proj.in_features)
        seen = self.input_proj(inputs)                                       # all tokens at once: [b, n, d_hidden]
        state = seen.new_zeros(seen.size(0), seen.size(2))
        recurrent = self.state_proj.weight.T
        states = []
        for token in seen.unbind(dim=1):                                     # one token after the other
            state = torch.tanh(torch.addmm(token, state, recurrent))         # token + state @ recurrent
            states.append(state)
        return torch.stack(states, dim=1) if states else seen


class Conv1dLayer(nn.Module):
    """Apply one linear map to every window of kernel_size neighbouring tokens.

    inputs [b, n, d_in]; returns [b, n, d_out]: the window is centred on its token, or ends at it if causal; beyond the ends stand zeros.
    Raises ValueError for any other shape.
    """

    def __init__(self, d_in, d_out, kernel_size, *, causal=False):
        super().__init__()
        require_whole(d_in=d_in, d_out=d_out, kernel_size=kernel_size)
        self.d_in, self.kernel_size = d_in, kernel_size
        self.before = kernel_size - 1 if causal else (kernel_size - 1) // 2
        self.proj = nn.Linear(kernel_size * d_in, d_out)

    def forward(self, inputs):
        _require_tokens(inputs, self.d_in)
        n, after = inputs.size(1), self.kernel_size - 1 - self.before
        padded = F.pad(inputs, (0, 0, self.before, after))                   # [b, n + kernel_size - 1, d_in]
        windows = torch.cat([padded[:, i:i + n] for i in range(self.kernel_size)], dim=2)
        return self.proj(windows)                                            # windows [b, n, kernel_size * d_in]


def receptive_field(n_layers, kernel_size):
    """Count the input tokens that one output of n_layers stacked convolutions can see: 1 + L(k - 1)."""
    require_whole(kernel_size=kernel_size)
    require_whole(at_least=0, n_layers=n_layers)
    return 1 + n_layers * (kernel_size - 1)


def _require_tokens(inputs, d_in):
    if inputs.dim() != 3 or inputs.size(2) != d_in:
        raise ValueError(f"inputs has shape {list(inputs.shape)}, expected [batch, tokens, {d_in}]")
