"""LSTR as its authors published it (liuruijin17/LSTR): its sizes, its pictures, and its file of weights read by path."""

import torch
import torch.nn.functional as F

from book_lib.checkpoints import DETR_NAMES, require_names_and_shapes, with_our_names, with_their_names
from book_lib.detection.backbone import SlimResNet
from book_lib.lanes.lstr import LSTR
from book_lib.weight_files import read_weight_file

INPUT_SIZE = (360, 640)
MEAN = (0.40789654, 0.44719302, 0.47026115)                                  # of blue, green, red
STD = (0.28863828, 0.27408164, 0.27809835)
HEADS = {"specific_embed": "own_head", "shared_embed": "shared_head"}
NAMES = {theirs: ours for theirs, ours in DETR_NAMES.items() if not theirs.startswith(("backbone.", "bbox_"))} | {
    ".downsample.": ".shortcut.",
    **{f"{theirs}.layers.{i}.": f"{ours}.{2 * i}." for theirs, ours in HEADS.items() for i in range(3)},
}
STEM = ("conv1.", "bn1.", "layer1.", "layer2.", "layer3.", "layer4.")        # parts of the backbone, which has no name of its own there
LEFTOVERS = ("total_ops", "total_params")                                    # what a profiler has added to the published file


def published_lstr():
    """An untrained LSTR of the published size: 765 754 parameters, pictures of 360 x 640 px."""
    return LSTR(SlimResNet())


def lstr_input(images):
    """RGB pictures as the published LSTR takes them: images uint8 [b, h, w, 3] -> [b, 3, 360, 640], blue first, scaled and shifted."""
    if not torch.is_tensor(images) or images.dim() != 4 or images.size(-1) != 3 or images.dtype != torch.uint8:
        came = f"shape {list(images.shape)} and dtype {images.dtype}" if torch.is_tensor(images) else f"type {type(images).__name__}"
        raise ValueError(f"images has {came}, expected torch.uint8 [b, height, width, 3]")
    blue_first = images.flip(-1).permute(0, 3, 1, 2).float()
    resized = F.interpolate(blue_first, INPUT_SIZE, mode="bilinear", align_corners=False)
    return (resized / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def lstr_from_official(state, model=None):
    """Rename the weights of the published LSTR, {name: tensor}, to those of an LSTR of this book on a SlimResNet.

    What the published file has beside them is left out: the prefix "module." and the entries total_ops and total_params of a profiler.
    model: the LSTR they are for, the published one unless given. Returns a state dict for load_state_dict.
    Raises ValueError naming what is missing, superfluous or of another shape.
    """
    state = {name.removeprefix("module."): tensor for name, tensor in state.items() if not name.endswith(LEFTOVERS)}
    require_names_and_shapes(state, official_lstr_shapes(model))
    return with_our_names({f"backbone.{name}" if name.startswith(STEM) else name: tensor for name, tensor in state.items()}, NAMES)


def lstr_to_official(state):
    """Name the weights (or gradients) of an LSTR on a SlimResNet as its authors do: the way back of lstr_from_official."""
    return {name.removeprefix("backbone."): tensor for name, tensor in with_their_names(state, NAMES).items()}


def official_lstr_shapes(model=None):
    """{name: shape} of every tensor of the published LSTR: 186 of them; or of the one that fits model."""
    if model is None:
        with torch.device("meta"):
            model = published_lstr()
    return {name: tuple(tensor.shape) for name, tensor in lstr_to_official(model.state_dict()).items()}


def load_published_lstr(path):
    """The published LSTR, filled from a file that you have (LSTR_500000.pkl), ready to answer; nothing in the file is run.

    Raises ValueError for a file that cannot be read so, and for other contents.
    """
    state = read_weight_file(path)
    if not isinstance(state, dict) or not all(isinstance(name, str) and torch.is_tensor(tensor) for name, tensor in state.items()):
        raise ValueError(f"{path} holds something else than tensors by their names")
    model = published_lstr()
    model.load_state_dict(lstr_from_official(state))
    return model.eval()
