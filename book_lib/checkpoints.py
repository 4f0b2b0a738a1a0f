"""Key maps between the book's modules and other libraries' weights."""

import hashlib
import re
import warnings
from pathlib import Path

import torch
from torch import nn

from book_lib.checks import require_whole
from book_lib.detection.backbone import ResNet
from book_lib.detection.detr import DETR
from book_lib.weight_files import read_weight_file

CLASS_HEAD = ("class_embed.weight", "class_embed.bias")
COCO_CLASSES = 91                                                # the largest category number of COCO, plus one
DETR_NAMES = {                                                   # parts of a name in the published DETR, and here
    "backbone.0.body.": "backbone.", "transformer.encoder.layers.": "encoder_layers.", "transformer.decoder.layers.": "decoder_layers.",
    "transformer.decoder.norm.": "decoder_norm.", ".self_attn.": ".self_attention.", ".multihead_attn.": ".cross_attention.",
    ".linear1.": ".feed_forward.linear1.", ".linear2.": ".feed_forward.linear2.", "class_embed.": "class_head.",
    "bbox_embed.layers.0.": "box_head.0.", "bbox_embed.layers.1.": "box_head.2.", "bbox_embed.layers.2.": "box_head.4.",
    "query_embed.weight": "queries",
}
WRAPPERS = ("module.", "_orig_mod.")                             # what DataParallel and torch.compile put before every name


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
    Raises ValueError for a layer whose heads share keys and values, which torch's module does not have.
    """
    weights = [state[f"{x}_proj.weight"] for x in "qkv"]
    if len(weights[0]) != len(weights[1]):
        raise ValueError(f"q_proj.weight has {len(weights[0])} rows and k_proj.weight {len(weights[1])}: torch's module has no heads that "
                         "share keys and values")
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

    state: a state dict, or anything with the same keys. Counters of batches are left out; "module." is taken off as in detr_from_official.
    Returns a state dict.
    """
    ours = {}
    for key, weight in unwrapped(state).items():
        for pattern, name in FROM_TRANSFORMERS:
            key = re.sub(pattern, name, key)
        if not key.endswith("num_batches_tracked"):
            ours[key] = weight
    return ours


def detr_from_official(state, model=None):
    """Rename the weights of DETR as its authors published it (facebookresearch/detr) to those of a DETR of this book.

    state: {name: tensor}, what their files hold under "model"; model: the DETR they are for, the one with ResNet-50 for COCO unless given.
    Counters named num_batches_tracked are left out; a "module." before every name, as DataParallel leaves it, is taken off with a warning.
    Returns a state dict for load_state_dict; packed projections are views of theirs.
    Raises ValueError naming what is missing, superfluous or of another shape.
    """
    state = unwrapped(state)
    state = {name: tensor for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
    shapes = official_detr_shapes(model)
    if any(name.startswith(("model.backbone.", "class_labels_classifier.")) for name in state):
        raise ValueError("state has the names of transformers' DetrForObjectDetection; detr_from_transformers renames those")
    _require_classes(state, shapes)
    require_names_and_shapes(state, shapes)
    return with_our_names(state, DETR_NAMES)


def detr_to_official(state):
    """Rename the weights (or gradients) of a DETR with a ResNet to the names its authors gave them: the way back of detr_from_official.

    state: a state dict, or anything with the same keys. Returns a state dict; query, key and value projections are packed into one tensor.
    """
    return with_their_names(state, DETR_NAMES)


def with_our_names(state, names):
    """A published state with parts of its names replaced, names {theirs: ours}, and torch's packed projections taken apart."""
    ours = {}
    for name, tensor in state.items():
        name = _renamed(name, names)
        path, packed, kind = name.partition("in_proj_")
        if packed:
            ours |= {f"{path}{x}_proj.{kind}": part for x, part in zip("qkv", tensor.chunk(3), strict=True)}
        else:
            ours[name.replace(".out_proj.", ".o_proj.")] = tensor
    return ours


def with_their_names(state, names):
    """A state of this book with published names, the way back of with_our_names: names {theirs: ours}; projections are packed."""
    theirs, their_names = {}, {ours: theirs for theirs, ours in names.items()}
    for name, tensor in state.items():
        path, projection, kind = re.fullmatch(r"(.*?)(?:([qkv])_proj\.(weight|bias))?", name).groups()
        if projection is None:
            theirs[_renamed(name.replace(".o_proj.", ".out_proj."), their_names)] = tensor
        elif projection == "q":
            packed = torch.cat([state[f"{path}{x}_proj.{kind}"] for x in "qkv"])
            theirs[_renamed(path, their_names) + f"in_proj_{kind}"] = packed
    return theirs


def official_detr_shapes(model=None):
    """{name: shape} of every tensor in a published file of DETR with ResNet-50 for COCO: 458 of them; or of the one that fits model."""
    if model is None:
        with torch.device("meta"):                               # shapes without numbers
            model = DETR(ResNet(), n_classes=COCO_CLASSES)
    with torch.device("meta"):
        state = {name: torch.empty(tensor.shape) for name, tensor in model.state_dict().items()}
        return {name: tuple(tensor.shape) for name, tensor in detr_to_official(state).items()}


def load_pretrained(path, name="detr_resnet50", *, n_classes=None, sha256=None, seed=0):
    """Build the DETR with ResNet-50 for COCO and fill it from a published file that you have, .pth or .safetensors.

    A .pth file is read without running any code in it; its weights stand under "model". sha256: the sum the file must have, in hexadecimal.
    n_classes: how many classes your own data has, "no object" not counted. Where the file's class head is for another number, everything
    else is kept, the head starts anew from random weights that follow from seed, and a warning names what was left out; a file for as many
    classes is kept whole. None wants COCO's 91.
    Returns the model in evaluation mode. Raises ValueError for another name, ending, sum, or other contents.
    """
    if name != "detr_resnet50":
        raise ValueError(f"name is {name!r}, expected 'detr_resnet50'")
    if n_classes is not None:
        require_whole(n_classes=n_classes)
    path = weight_file(path)
    if sha256 is not None:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256.lower():
            raise ValueError(f"sha256 of {path.name} is {found}, expected {sha256.lower()}")
    state = read_weights(path)
    with torch.device("meta"):                                   # no random numbers for weights that are replaced at once
        model = DETR(ResNet(), n_classes=COCO_CLASSES if n_classes is None else n_classes)
    if n_classes is not None:
        state = with_class_head_for(n_classes, state, seed=seed)
    model.to_empty(device="cpu").load_state_dict(detr_from_official(state, model))
    return model.eval()


def with_class_head_for(n_classes, state, *, seed=0):
    """The weights of a published DETR, {official name: tensor}, with a class head for n_classes and "no object".

    Where the head in state has another number of rows it is replaced by a new one, initialised as torch does a linear map, from seed; a
    warning names what was left out. Returns a new dict, or state itself where the head fits.
    Raises ValueError where state has no class head, or one of another form than [classes + 1, d_model].
    """
    require_whole(n_classes=n_classes)
    state, (weight, bias) = unwrapped(state), CLASS_HEAD
    shapes = [list(state[name].shape) if name in state else None for name in CLASS_HEAD]
    if None in shapes or len(shapes[0]) != 2 or shapes[1] != shapes[0][:1]:
        found = ", ".join(f"{name} {shape or 'is missing'}" for name, shape in zip(CLASS_HEAD, shapes, strict=True))
        raise ValueError(f"state has no class head to replace: {found}, expected [classes + 1, d_model] and [classes + 1]")
    rows, d_model = shapes[0]
    if rows == n_classes + 1:
        return state
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        head = nn.Linear(d_model, n_classes + 1)
    warnings.warn(f"the class head ({weight} {shapes[0]} and {bias} {shapes[1]}) is for {rows - 1} classes and was left out; a new one for "
                  f"{n_classes} classes starts from random weights (seed {seed}) and has to be trained; the other {len(state) - 2} tensors "
                  "are those of the file", stacklevel=2)
    return state | {weight: head.weight.detach(), bias: head.bias.detach()}


def weight_file(path):
    """The path of a file of weights. Raises ValueError where there is none, and for another ending than .pth and .safetensors."""
    path = Path(path)
    if not path.is_file() or path.suffix not in (".pth", ".safetensors"):
        raise ValueError(f"path is {str(path)!r}, expected an existing .pth or .safetensors file")
    return path


def read_weights(path):
    """{name: tensor} of a .safetensors file, or of what a .pth file holds under "model"."""
    held = read_weight_file(path)
    if path.suffix == ".safetensors":
        return held
    if not isinstance(held, dict) or "model" not in held:
        came = f"a dict of {sorted(map(str, held))[:5]}" if isinstance(held, dict) else f"a {type(held).__name__}"
        raise ValueError(f"{path.name} has no key 'model', under which DETR's files hold the weights; it holds {came}")
    state = held["model"]
    if not isinstance(state, dict) or not all(isinstance(name, str) and torch.is_tensor(tensor) for name, tensor in state.items()):
        raise ValueError(f"{path.name} holds something else under 'model' than tensors by their names")
    return state


def unwrapped(state):
    """The same weights without what a wrapper around the model has put before all of their names."""
    for wrapper in WRAPPERS:
        if state and all(name.startswith(wrapper) for name in state):
            warnings.warn(f"every name starts with {wrapper!r}, which a wrapper around the model has left; it is taken off", stacklevel=3)
            return unwrapped({name.removeprefix(wrapper): tensor for name, tensor in state.items()})
    return state


def _renamed(name, names):
    for before, after in names.items():
        name = re.sub((r"^" if before[0] != "." else "") + re.escape(before), after, name)
    return name


def require_names_and_shapes(state, shapes):
    """Raise ValueError naming the first five tensors of a state that are missing, superfluous or not as shapes {name: shape} want them."""
    problems = [f"missing {name} {list(shape)}" for name, shape in shapes.items() if name not in state]
    problems += [f"superfluous {name}" for name in state if name not in shapes]
    problems += [f"{name} has shape {list(state[name].shape)}, expected {list(shape)}"
                 for name, shape in shapes.items() if name in state and tuple(state[name].shape) != shape]
    if problems:
        more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
        raise ValueError(f"state does not fit: {'; '.join(problems[:5])}{more}")


def _require_classes(state, shapes, head="class_embed.weight"):
    came, wanted = tuple(state[head].shape) if head in state else shapes[head], shapes[head]
    if len(came) == 2 and came[0] != wanted[0] and came[1] == wanted[1]:
        raise ValueError(f"{head} has shape {list(came)}, expected {list(wanted)}: state is for {came[0] - 1} classes and 'no object', the "
                         f"model for {wanted[0] - 1}; build one with n_classes={came[0] - 1} and give it to detr_from_official as model; "
                         f"load_pretrained takes n_classes={came[0] - 1}, too")


def _our_path(path):
    path = path.replace("self_attn", "self_attention").replace("multihead_attn", "cross_attention")
    return re.sub(r"\bnorm(\d)", r"add_norm\1.norm", re.sub(r"\blinear(\d)", r"feed_forward.linear\1", path))


def _torch_path(path):
    path = path.replace("self_attention", "self_attn").replace("cross_attention", "multihead_attn")
    return re.sub(r"\badd_norm(\d)\.norm", r"norm\1", path.replace("feed_forward.", ""))
