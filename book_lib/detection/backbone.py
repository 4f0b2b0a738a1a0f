"""Backbones: the convolutional networks that turn a picture into a map of features."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class FrozenBatchNorm2d(nn.Module):
    """Batch normalisation with fixed statistics and a fixed affine map: what is left of it is a factor and a shift for each channel.

    features [b, n_channels, h, w] -> the same shape. All four vectors are buffers: nothing here is trained.
    """

    def __init__(self, n_channels, *, eps=1e-5):
        super().__init__()
        self.eps = eps
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((n_channels,), value))

    def forward(self, features):
        scale = self.weight * torch.rsqrt(self.running_var + self.eps)
        shift = self.bias - self.running_mean * scale
        return torch.addcmul(shift[:, None, None], features, scale[:, None, None])


def freeze_batch_norms(network):
    """Put a FrozenBatchNorm2d of the same numbers in the place of every BatchNorm2d of a network, as DETR does. Returns the network."""
    for name, part in network.named_children():
        if isinstance(part, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(part.num_features, eps=part.eps)
            frozen.load_state_dict({key: tensor for key, tensor in part.state_dict().items() if key != "num_batches_tracked"})
            setattr(network, name, frozen)
        else:
            freeze_batch_norms(part)
    return network


class Bottleneck(nn.Module):
    """A residual block of ResNet-50: 1 x 1 convolution to width, 3 x 3, 1 x 1 to 4 width (He et al. 2016), the stride in the 3 x 3 one.

    features [b, n_in, h, w] -> [b, 4 width, h / stride, w / stride], rounded up. The version with the stride there is known as v1.5.
    """

    def __init__(self, n_in, width, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n_in, width, 1, bias=False), FrozenBatchNorm2d(width)
        self.conv2, self.bn2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False), FrozenBatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, 4 * width, 1, bias=False), FrozenBatchNorm2d(4 * width)
        fits = stride == 1 and n_in == 4 * width
        self.downsample = None if fits else nn.Sequential(
            nn.Conv2d(n_in, 4 * width, 1, stride, bias=False), FrozenBatchNorm2d(4 * width))

    def forward(self, features):
        inner = F.relu(self.bn1(self.conv1(features)))
        inner = F.relu(self.bn2(self.conv2(inner)))
        shortcut = features if self.downsample is None else self.downsample(features)
        return F.relu(self.bn3(self.conv3(inner)) + shortcut)


class ResNet(nn.Module):
    """A ResNet with bottlenecks, without pooling and classifier (He et al. 2016): blocks (3, 4, 6, 3) make ResNet-50, (3, 4, 23, 3) 101.

    images [b, 3, h, w] -> map [b, n_channels, h / 32, w / 32], rounded up at each of five halvings. `stages(images)` gives the maps of all
    four stages, at strides 4, 8, 16 and 32. Its batch norms are frozen; freeze_stem() also freezes what DETR does not train.
    """

    stride = 32

    def __init__(self, blocks=(3, 4, 6, 3), width=64):
        super().__init__()
        if len(blocks) != 4 or min(blocks) < 1 or width < 1:
            raise ValueError(f"blocks is {blocks} and width {width}, expected four numbers of at least 1 and a width of at least 1")
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=False), FrozenBatchNorm2d(width)
        n_in = width
        for stage, count in enumerate(blocks):
            layers = []
            for block in range(count):
                layers.append(Bottleneck(n_in, width << stage, stride=2 if stage and not block else 1))
                n_in = 4 * (width << stage)
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.n_channels, self.stage_channels = n_in, [4 * (width << stage) for stage in range(4)]

    def forward(self, images):
        return self.stages(images)[-1]

    def stages(self, images):
        """The maps after each of the four stages, C2 to C5."""
        features = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), 3, 2, padding=1)
        maps = []
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            features = stage(features)
            maps.append(features)
        return maps

    def freeze_stem(self):
        """Stop training the first convolution and the first stage, as DETR does. Returns the network."""
        for part in (self.conv1, self.layer1):
            part.requires_grad_(False)
        return self


class SmallCNN(nn.Module):
    """A small residual network for the book's scenes: images [b, 3, h, w] -> map [b, n_channels, h / 8, w / 8], rounded up.

    channels: width after the stem and after each of the blocks; strides: of the blocks (the stem halves once more). pool averages squares
    of so many cells at the end, for a coarser map of the same features.
    """

    def __init__(self, channels=(24, 48, 96, 112), strides=(2, 2, 1), *, pool=1):
        super().__init__()
        if len(channels) != len(strides) + 1:
            raise ValueError(f"channels {channels} and strides {strides}: expected one width more than strides, the stem's")
        self.stem = nn.Sequential(nn.Conv2d(3, channels[0], 5, 2, padding=2, bias=False), nn.BatchNorm2d(channels[0]), nn.ReLU())
        self.blocks = nn.Sequential(*map(BasicBlock, channels, channels[1:], strides))
        self.n_channels, self.stride, self.pool = channels[-1], 2 * pool * math.prod(strides), pool
        self.stage_channels = list(channels[1:])
        self.to(memory_format=torch.channels_last)                # a fifth faster on a CPU

    def forward(self, images):
        features = self.stages(images)[-1]
        return features if self.pool == 1 else F.avg_pool2d(features, self.pool, ceil_mode=True)

    def stages(self, images):
        """The maps after each of the blocks, before pooling."""
        features = self.stem(images.contiguous(memory_format=torch.channels_last))
        maps = []
        for block in self.blocks:
            features = block(features)
            maps.append(features)
        return maps


class SlimResNet(nn.Module):
    """LSTR's backbone, a ResNet-18 of a quarter of the width (Liu et al. 2021): images [b, 3, h, w] -> map [b, n_channels, h / 32, w / 32].

    widths: of the four stages; blocks: how many each has. Sizes are rounded up at each of five halvings. The batch norm after the first
    convolution is frozen, at whatever numbers it has; the others are not.
    """

    stride = 32

    def __init__(self, widths=(16, 32, 64, 128), blocks=(1, 2, 2, 2)):
        super().__init__()
        if len(widths) != 4 or len(blocks) != 4 or min(*widths, *blocks) < 1:
            raise ValueError(f"widths is {widths} and blocks {blocks}, expected four numbers of at least 1 each")
        self.conv1, self.bn1 = nn.Conv2d(3, widths[0], 7, 2, padding=3, bias=False), FrozenBatchNorm2d(widths[0])
        n_in = widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks, strict=True)):
            layers = []
            for block in range(count):
                layers.append(BasicBlock(n_in, width, stride=2 if stage and not block else 1, norm_shortcut=True))
                n_in = width
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        self.n_channels = n_in

    def forward(self, images):
        features = F.max_pool2d(F.relu(self.bn1(self.conv1(images))), 3, 2, padding=1)
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            features = stage(features)
        return features


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut (He et al. 2016): features [b, n_in, h, w] -> [b, n_out, h / stride, w / stride].

    norm_shortcut: whether a shortcut that has to change the shape ends in a batch norm, as in the paper.
    """

    def __init__(self, n_in, n_out, stride, *, norm_shortcut=False):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(n_in, n_out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(n_out)
        self.conv2, self.bn2 = nn.Conv2d(n_out, n_out, 3, padding=1, bias=False), nn.BatchNorm2d(n_out)
        self.shortcut = nn.Identity() if stride == 1 and n_in == n_out else nn.Conv2d(n_in, n_out, 1, stride, bias=False)
        if norm_shortcut and isinstance(self.shortcut, nn.Conv2d):
            self.shortcut = nn.Sequential(self.shortcut, nn.BatchNorm2d(n_out))

    def forward(self, features):
        inner = F.relu(self.bn1(self.conv1(features)))
        return F.relu(self.bn2(self.conv2(inner)) + self.shortcut(features))
