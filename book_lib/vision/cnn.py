"""A residual CNN that names what a picture shows: what a ViT of the same number of parameters is compared with."""

import torch.nn.functional as F
from torch import nn

from book_lib.checks import require_whole
from book_lib.detection.backbone import BasicBlock


class CNN(nn.Module):
    """A small ResNet (He et al. 2016): a 3 x 3 convolution, stages of residual blocks, the mean over all places, a linear map.

    widths: channels of the stages; every stage but the first begins by halving height and width; n_blocks: blocks a stage; stem_stride: the
    first convolution's step, 2 = it halves height and width.
    Called with images [b, n_channels, h, w] of any size it returns logits [b, n_classes]. The head starts at 0, as that of ViT.
    Raises ValueError for sizes and shapes that do not fit.
    """

    def __init__(self, *, n_classes, widths=(32, 64, 128), n_blocks=1, n_channels=3, stem_stride=1):
        super().__init__()
        if not widths:
            raise ValueError("widths is empty, expected a width for at least one stage")
        require_whole(n_classes=n_classes, n_blocks=n_blocks, n_channels=n_channels, stem_stride=stem_stride,
                      **{f"widths[{i}]": n for i, n in enumerate(widths)})
        self.n_channels = n_channels
        self.stem = nn.Sequential(nn.Conv2d(n_channels, widths[0], 3, stride=stem_stride, padding=1, bias=False),
                                  nn.BatchNorm2d(widths[0]), nn.ReLU())
        stages, n_in = [], widths[0]
        for stage, width in enumerate(widths):
            for block in range(n_blocks):
                stages.append(BasicBlock(n_in, width, 2 if stage and not block else 1))
                n_in = width
        self.blocks, self.head = nn.Sequential(*stages), nn.Linear(n_in, n_classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(self, images):
        return self.head(self.features(images).mean(dim=(2, 3)))

    def features(self, images):
        """The map of the last stage, [b, widths[-1], h', w'], before the mean over its places."""
        if images.dim() != 4 or images.size(1) != self.n_channels:
            raise ValueError(f"images has shape {list(images.shape)}, expected [batch, {self.n_channels}, height, width]")
        return self.blocks(self.stem(images))


def shift(images, rows, columns, *, fill=0.0):
    """Move pictures [b, c, h, w] down by rows and right by columns px, either of which may be negative; what comes in is fill."""
    h, w = images.shape[-2:]
    if not (abs(rows) < h and abs(columns) < w):
        raise ValueError(f"rows is {rows} and columns {columns}, expected less than the pictures' {h} and {w} px")
    padded = F.pad(images, (max(columns, 0), max(-columns, 0), max(rows, 0), max(-rows, 0)), value=fill)
    top, left = max(-rows, 0), max(-columns, 0)
    return padded[..., top : top + h, left : left + w]
