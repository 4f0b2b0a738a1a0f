"""Key maps between the book's modules and other libraries' weights."""

import re

import torch
from torch import nn


def multihead_from_torch(module):
    """Rename the weights of a torch.nn.MultiheadAttention to those of MultiHeadAttention: a state dict for load_state_dict.

    torch packs the three input projections into one tensor, query over key over value; the book keeps three.
    Raises ValueError for a module with the extra key and value tokens of add_bias_kv or add_zero_attn, which the book does not have.
    """
    if module.bias_k is not None or module.add_zero_attn:
        raise ValueError("module uses add_bias_kv or add_zero_attn, which MultiHeadAttention does not have")
    theirs = module.state_dict()
    weights = theirs["in_proj_weight"].chunk(3) if "in_proj_weight" in theirs else [theirs[f"{x}_proj_weight"] for x in "qkv"]
    ours = {f"{x}_proj.weight": weight for x, weight in zip("qkv", weights, strict=True)}
    ours["o_proj.weight"] = theirs["out_proj.weight"]
    if "in_proj_bias" in theirs:
        ours |= {f"{x}_proj.bias": bias for x, bias in zip("qkv", theirs["in_proj_bias"].chunk(3), strict=True)}
        ours["o_proj.bias"] = theirs["out_proj.bias"]
    return ours


def multihead_to_torch(state):
    """Rename the weights (or gradients) of a MultiHeadAttention to those of torch.nn.MultiheadAttention.

    state: a state dict, or anything with the same keys. Returns a state dict for a torch module with the same d_model, n_heads, kdim
    and vdim: packed in_proj_weight where the three input projections are as wide as d_model, three tensors where they are not.
    """
    weights = [state[f"{x}_proj.weight"] for x in "qkv"]
    if all(weight.shape == weights[0].shape for weight in weights):
        theirs = {"in_proj_weight": torch.cat(weights)}
    else:
        theirs = {f"{x}_proj_weight": weight for x, weight in zip("qkv", weights, strict=True)}
    theirs["out_proj.weight"] = state["o_proj.weight"]
    if "q_proj.bias" in state:
        theirs["in_proj_bias"] = torch.cat([state[f"{x}_proj.bias"] for x in "qkv"])
        theirs["out_proj.bias"] = state["o_proj.bias"]
    return theirs


def transformer_from_torch(module):
    """Rename the weights of a torch.nn.Transformer, or of one of its encoders, decoders or layers, to those of the book's module.

    Returns a state dict for the Transformer, Encoder, Decoder, EncoderLayer or DecoderLayer of the same sizes; torch's Transformer has no
    embeddings, so load that one with strict=False. Raises ValueError for a module with names the book does not know.
    """
    ours = {}
    for path, part in module.named_modules():
        if isinstance(part, nn.MultiheadAttention):
            ours |= {f"{_our_path(path)}.{key}": weight for key, weight in multihead_from_torch(part).items()}
        elif isinstance(part, nn.Linear | nn.LayerNorm) and not path.endswith("out_proj"):
            ours |= {f"{_our_path(path)}.{key}": weight for key, weight in part.state_dict().items()}
    if sum(weight.numel() for weight in ours.values()) != sum(p.numel() for p in module.parameters()):
        raise ValueError(f"module is {type(module).__name__} and has parameters that no part of the book's Transformer has")
    return ours


def transformer_to_torch(state):
    """Rename the weights (or gradients) of a Transformer, Encoder, Decoder or layer to those of torch.nn's; embeddings are left out.

    state: a state dict, or anything with the same keys. Returns a state dict.
    """
    theirs, attentions = {}, {}
    for key, weight in state.items():
        path, _, name = key.rpartition(".")
        layer, _, projection = path.rpartition(".")
        if projection.endswith("_proj"):
            attentions.setdefault(layer, {})[f"{projection}.{name}"] = weight
        elif "embedding" not in path:
            theirs[f"{_torch_path(path)}.{name}"] = weight
    for path, weights in attentions.items():
        theirs |= {f"{_torch_path(path)}.{key}": weight for key, weight in multihead_to_torch(weights).items()}
    return theirs


FROM_TRANSFORMERS = (                                                        # names in transformers' DETR, and what the book calls them
    (r"^model\.backbone\.model\.embedder\.embedder\.convolution", "backbone.conv1"),
    (r"^model\.backbone\.model\.embedder\.embedder\.normalization", "backbone.bn1"),
    (r"^model\.backbone\.model\.encoder\.stages\.(\d+)\.layers", lambda found: f"backbone.layer{int(found[1]) + 1}"),
    (r"\.layer\.(\d)\.convolution", lambda found: f".conv{int(found[1]) + 1}"),
    (r"\.layer\.(\d)\.normalization", lambda found: f".bn{int(found[1]) + 1}"),
    (r"\.shortcut\.convolution", ".downsample.0"),
    (r"\.shortcut\.normalization", ".downsample.1"),
    (r"^model\.(en|de)coder\.layers", r"\1coder_layers"),
    (r"\.self_attn_layer_norm", ".norm1"),
    (r"\.encoder_attn_layer_norm", ".norm2"),
    (r"^(encoder_layers\.\d+)\.final_layer_norm", r"\1.norm2"),
    (r"\.final_layer_norm", ".norm3"),
    (r"\.self_attn\.", ".self_attention."),
    (r"\.encoder_attn\.", ".cross_attention."),
    (r"\.mlp\.fc", ".feed_forward.linear"),
    (r"^model\.decoder\.layernorm", "decoder_norm"),
    (r"^model\.input_projection", "input_proj"),
    (r"^model\.query_position_embeddings\.weight", "queries"),
    (r"^class_labels_classifier", "class_head"),
    (r"^bbox_predictor\.layers\.(\d)", lambda found: f"box_head.{2 * int(found[1])}"),
)


def detr_from_transformers(state):
    """Rename the weights (or gradients) of transformers' DetrForObjectDetection, version 5, to those of DETR on a ResNet.

    state: a state dict, or anything with the same keys. Counters of batches are left out. Returns a state dict.
    """
    ours = {}
    for key, weight in state.items():
        for pattern, name in FROM_TRANSFORMERS:
            key = re.sub(pattern, name, key)
        if not key.endswith("num_batches_tracked"):
            ours[key] = weight
    return ours


def _our_path(path):
    path = path.replace("self_attn", "self_attention").replace("multihead_attn", "cross_attention")
    return re.sub(r"\bnorm(\d)", r"add_norm\1.norm", re.sub(r"\blinear(\d)", r"feed_forward.linear\1", path))


def _torch_path(path):
    path = path.replace("self_attention", "self_attn").replace("cross_attention", "multihead_attn")
    return re.sub(r"\badd_norm(\d)\.norm", r"norm\1", path.replace("feed_forward.", ""))
