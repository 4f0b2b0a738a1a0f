"""A file that holds a detector and all that is needed to use it: weights, sizes, the categories by name, how pictures are prepared."""

import json
import warnings
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from book_lib.checkpoints import COCO_CLASSES, load_pretrained
from book_lib.data.photographs import Preparation
from book_lib.detection.backbone import FrozenBatchNorm2d, ResNet, SmallCNN, freeze_batch_norms
from book_lib.detection.detr import DETR
from book_lib.weight_files import read_weight_file

KEY = "attention-to-detection"                                   # under which a file says what its weights are
COCO_NAMES = (                                                   # the 80 categories of COCO, in the order of their ids
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light", "fire hydrant", "stop sign",
    "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack",
    "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove",
    "skateboard", "surfboard", "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch", "potted plant", "bed",
    "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone", "microwave", "oven", "toaster", "sink",
    "refrigerator", "book", "clock", "vase", "scissors", "teddy bear", "hair drier", "toothbrush",
)
COCO_IDS = [*range(1, 12), *range(13, 26), 27, 28, *range(31, 45), *range(46, 66), 67, 70, *range(72, 83), *range(84, 91)]
NAME_OF = dict(zip(COCO_IDS, COCO_NAMES, strict=True))
COCO_CATEGORIES = tuple((number, NAME_OF.get(number, f"unused {number}")) for number in range(COCO_CLASSES))      # labels are ids there


class Detector(NamedTuple):
    """A DETR, what its labels mean, as ((id, name), …) by label, and how pictures are prepared for it."""

    model: DETR
    categories: tuple
    preparation: Preparation


def save_detector(path, detector):
    """Write a Detector to a .safetensors file. Raises ValueError for another ending, and where categories and class head differ."""
    path, model = Path(path), detector.model
    if path.suffix != ".safetensors":
        raise ValueError(f"path is {str(path)!r}, expected a name that ends in .safetensors")
    n_classes = model.class_head.out_features - 1
    if len(detector.categories) != n_classes:
        raise ValueError(f"categories has {len(detector.categories)} entries, and the class head is for {n_classes}")
    said = {"backbone": _backbone_sizes(model.backbone), "detr": _detr_sizes(model), "categories": detector.categories,
            "preparation": detector.preparation._asdict()}
    tensors = {name: tensor.detach().to("cpu").contiguous() for name, tensor in model.state_dict().items()}
    save_file(tensors, path, {KEY: json.dumps(said)})


def load_detector(path, *, categories=None, seed=0):
    """Read a Detector from a file that save_detector has written, or from the published DETR for COCO (.pth or .safetensors).

    categories: ((id, name), …) of your own data; where the file is for others, its class head is left out with a warning and a new one
    starts from random weights, which follow from seed. The model is in evaluation mode.
    Raises ValueError for what is neither kind of file, as load_pretrained does.
    """
    path = Path(path)
    said = _said(path)
    if said is None:
        model = load_pretrained(path, n_classes=None if categories is None else len(categories), seed=seed)
        return Detector(model, COCO_CATEGORIES if categories is None else tuple(categories), Preparation())
    said = json.loads(said)
    preparation = {name: tuple(value) if isinstance(value, list) else value for name, value in said["preparation"].items()}
    detector = Detector(_build(said), tuple((number, name) for number, name in said["categories"]), Preparation(**preparation))
    detector.model.load_state_dict(read_weight_file(path))
    detector.model.eval()
    return detector if categories is None else with_categories(detector, categories, seed=seed)


def with_categories(detector, categories, *, seed=0):
    """The Detector for other categories: itself where they are its own, else with a new class head from seed, which a warning says."""
    if tuple(categories) == detector.categories:
        return detector
    old = detector.model.class_head
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        detector.model.class_head = nn.Linear(old.in_features, len(categories) + 1).to(old.weight)
    warnings.warn(f"the class head is for {len(detector.categories)} other categories and was left out; a new one for {len(categories)} "
                  f"starts from random weights (seed {seed}) and has to be trained; all else is kept", stacklevel=2)
    return detector._replace(categories=tuple(categories))


def _build(said):
    sizes = dict(said["backbone"])
    kind, frozen = {"ResNet": ResNet, "SmallCNN": SmallCNN}[sizes.pop("kind")], sizes.pop("frozen", False)
    backbone = kind(**sizes)
    return DETR(freeze_batch_norms(backbone) if frozen else backbone, **said["detr"])


def _said(path):
    """What save_detector has written beside the weights, or None."""
    if path.suffix != ".safetensors" or not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get(KEY)
    except SafetensorError:                                      # load_pretrained will say what is wrong with it
        return None


def _backbone_sizes(backbone):
    if isinstance(backbone, ResNet):
        stages = (backbone.layer1, backbone.layer2, backbone.layer3, backbone.layer4)
        return {"kind": "ResNet", "blocks": [len(stage) for stage in stages], "width": backbone.conv1.out_channels}
    if isinstance(backbone, SmallCNN):
        channels = [backbone.stem[0].out_channels, *(block.conv1.out_channels for block in backbone.blocks)]
        strides = [block.conv1.stride[0] for block in backbone.blocks]
        return {"kind": "SmallCNN", "channels": channels, "strides": strides, "pool": backbone.pool,
                "frozen": isinstance(backbone.stem[1], FrozenBatchNorm2d)}
    raise ValueError(f"the backbone is a {type(backbone).__name__}, expected a ResNet or a SmallCNN")


def _detr_sizes(model):
    layer = model.decoder_layers[0]
    return {
        "n_classes": model.class_head.out_features - 1, "n_queries": len(model.queries), "d_model": model.queries.size(1),
        "n_heads": layer.self_attention.n_heads, "d_ff": layer.feed_forward.linear1.out_features,
        "n_encoder_layers": len(model.encoder_layers), "n_decoder_layers": len(model.decoder_layers), "dropout": layer.dropout.p,
        "talk": model.talk, "positions": model.positions, "base": model.base,
    }
