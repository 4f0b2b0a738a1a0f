"""Key maps between the book's Deformable DETR and its published weights."""

import re

import torch

from book_lib.checkpoints import COCO_CLASSES, FROM_TRANSFORMERS, read_weights, require_names_and_shapes, unwrapped, weight_file
from book_lib.detection.backbone import ResNet
from book_lib.detection.deformable import DeformableDETR

RENAMED = (                                                      # published name, ours; every row can be read both ways
    ("backbone.0.body.", "backbone."),
    ("transformer.level_embed", "level_code"),
    ("transformer.encoder.layers.", "encoder_layers."),
    ("transformer.decoder.layers.", "decoder_layers."),
    ("transformer.reference_points.", "reference."),
    ("transformer.enc_output_norm.", "proposal_norm."),
    ("transformer.enc_output.", "proposal_proj."),
    ("transformer.pos_trans_norm.", "query_norm."),
    ("transformer.pos_trans.", "query_proj."),
    ("query_embed.weight", "queries"),
    ("class_embed.", "class_heads."),
    ("bbox_embed.", "box_heads."),
    (".self_attn.", ".self_attention."),
    (".cross_attn.", ".cross_attention."),
    (".sampling_offsets.", ".offsets."),
    (".attention_weights.", ".weights."),
    (".value_proj.", ".v_proj."),
    (".output_proj.", ".o_proj."),
    (".linear1.", ".feed_forward.linear1."),
    (".linear2.", ".feed_forward.linear2."),
)
LEFTOVERS = ("total_params", "total_ops")                        # what a profiler has left beside the weights of the published files
OF_TRANSFORMERS = (                                              # what their Deformable DETR has and their DETR has not, renamed afterwards
    (r"^model\.input_proj\.", "input_proj."),
    (r"^model\.level_embed$", "level_code"),
    (r"^model\.reference_points\.", "reference."),
    (r"^model\.enc_output_norm\.", "proposal_norm."),
    (r"^model\.enc_output\.", "proposal_proj."),
    (r"^model\.pos_trans_norm\.", "query_norm."),
    (r"^model\.pos_trans\.", "query_proj."),
    (r"\.sampling_offsets\.", ".offsets."),
    (r"\.attention_weights\.", ".weights."),
    (r"\.value_proj\.", ".v_proj."),
    (r"\.output_proj\.", ".o_proj."),
    (r"^class_embed\.", "class_heads."),
    (r"^bbox_embed\.(\d+)\.layers\.(\d)", lambda found: f"box_heads.{found[1]}.{2 * int(found[2])}"),
)
HEAD = r"(transformer\.decoder\.)?(class_embed|bbox_embed)\.(\d+)\.(.*)"


def deformable_from_official(state, model=None):
    """Rename the weights of a Deformable DETR as published (fundamentalvision/Deformable-DETR) to those of a DeformableDETR.

    state: {name: tensor}, what their files hold under "model": 561 names of the base model with ResNet-50, 597 with refine, 630 with
    two_stage; heads stand there under several names, and a profiler may have left its counters. model: what they are for; unless given,
    the ResNet-50 for COCO of that kind.
    Returns a state dict for load_state_dict; packed projections are views. Raises ValueError naming what is missing, superfluous, of
    another shape, or different under two names of one head.
    """
    state = {name: tensor for name, tensor in unwrapped(state).items() if not name.endswith((*LEFTOVERS, "num_batches_tracked"))}
    model = _published(state) if model is None else model
    require_names_and_shapes(state, official_deformable_shapes(model))
    ours = {}
    for name, tensor in state.items():
        if head := re.fullmatch(HEAD, name):
            _, kind, place, rest = head.groups()
            name = f"{kind}.{place if model.refine else 0}.{_our_part(rest)}"
        name = _our_norms(_renamed(name, RENAMED))
        path, packed, kind = name.partition("in_proj_")
        if packed:
            parts = {f"{path}{x}_proj.{kind}": part for x, part in zip("qkv", tensor.chunk(3), strict=True)}
        else:
            parts = {name.replace(".out_proj.", ".o_proj."): tensor}
        for own, part in parts.items():
            if own in ours and not torch.equal(ours[own], part):
                raise ValueError(f"state holds different numbers for {own} under two names: each decoder layer has a head of its own, and "
                                 "the model shares one; build it with refine=True")
            ours[own] = part
    return ours


def deformable_from_transformers(state):
    """Rename the weights (or gradients) of transformers' DeformableDetrForObjectDetection, version 5, to those of a DeformableDETR.

    state: a state dict, or anything with the same keys; heads may stand there under several names, of which the base model keeps the
    first. Counters of batches are left out. Returns a state dict.
    """
    state = {name: tensor for name, tensor in unwrapped(state).items() if not name.endswith("num_batches_tracked")}
    refine = any(name.startswith("model.decoder.bbox_embed.") for name in state)
    ours = {}
    for name, tensor in state.items():
        if name.startswith("model.decoder.") and "_embed." in name or not refine and re.match(r"(class|bbox)_embed\.[1-9]", name):
            continue
        for pattern, own in (*FROM_TRANSFORMERS, *OF_TRANSFORMERS):
            name = re.sub(pattern, own, name)
        ours[name] = tensor
    return ours


def deformable_to_official(state):
    """Rename the weights (or gradients) of a DeformableDETR with a ResNet to the published names, heads under each of their names.

    state: a state dict, or anything with the same keys. Query, key and value projections of attention between queries are packed.
    """
    n_layers = 1 + max(int(name.split(".")[1]) for name in state if name.startswith("decoder_layers."))
    shared = "class_heads.1.weight" not in state
    theirs = {}
    for name, tensor in state.items():
        path, projection, kind = re.fullmatch(r"(.*decoder.*\.self_attention\.)?(?:([qkv])_proj\.)?(.*)", name).groups()
        if head := re.fullmatch(r"(class|box)_heads\.(\d+)\.(.*)", name):
            kind, place, rest = head.groups()
            kind, rest = {"class": "class_embed", "box": "bbox_embed"}[kind], _their_part(rest)
            for i in range(n_layers) if shared else [place]:
                theirs[f"{kind}.{i}.{rest}"] = tensor
                if not shared and (kind == "bbox_embed" or "proposal_proj.weight" in state):
                    theirs[f"transformer.decoder.{kind}.{i}.{rest}"] = tensor
        elif path and projection:
            packed = torch.cat([state[f"{path}{x}_proj.{kind}"] for x in "qkv"])
            theirs[_renamed(path, RENAMED, back=True) + f"in_proj_{kind}"] = packed
        elif path:
            theirs[_renamed(path, RENAMED, back=True) + kind.replace("o_proj.", "out_proj.")] = tensor
        else:
            theirs[_renamed(_our_norms(name), RENAMED, back=True)] = tensor
    return theirs


def official_deformable_shapes(model):
    """{name: shape} of every tensor in a published file of the kind of model, heads under each of their names."""
    with torch.device("meta"):
        state = {name: torch.empty(tensor.shape) for name, tensor in model.state_dict().items()}
        return {name: tuple(tensor.shape) for name, tensor in deformable_to_official(state).items()}


def load_pretrained_deformable(path):
    """Build the Deformable DETR with ResNet-50 for COCO and fill it from a published file that you have, .pth or .safetensors.

    Which of the three models it is, base, refine or two_stage, is read from the names. A .pth file is read without running any code in it.
    Returns the model in evaluation mode. Raises ValueError for another ending or other contents.
    """
    state = unwrapped(read_weights(weight_file(path)))
    model = _published(state)
    model.to_empty(device="cpu").load_state_dict(deformable_from_official(state, model))
    return model.eval()


def _published(state):
    """The ResNet-50 model for COCO that the names of a state ask for, without numbers."""
    two_stage = "transformer.enc_output.weight" in state
    levels = sum(name.startswith("input_proj.") and name.endswith(".0.weight") for name in state)
    single = {"stages": (3,), "n_levels": 1} if levels == 1 else {}
    with torch.device("meta"):
        return DeformableDETR(ResNet(), n_classes=COCO_CLASSES, refine="transformer.decoder.bbox_embed.0.layers.0.weight" in state,
                              two_stage=two_stage, **single)


def _renamed(name, pairs, back=False):
    for theirs, ours in pairs:
        before, after = (ours, theirs) if back else (theirs, ours)
        name = re.sub((r"^" if before[0] != "." else "") + re.escape(before), after, name)
    return name


def _our_norms(name):
    """The published decoder layer numbers the norm after looking at the maps 1 and the one after the queries' talk 2; here it is as they
    are applied. The same swap leads back."""
    return re.sub(r"^(decoder_layers\.\d+\.norm)([12])\.", lambda m: f"{m[1]}{3 - int(m[2])}.", name)


def _our_part(rest):
    return re.sub(r"^layers\.(\d)\.", lambda m: f"{2 * int(m[1])}.", rest)


def _their_part(rest):
    return re.sub(r"^(\d)\.", lambda m: f"layers.{int(m[1]) // 2}.", rest)
