"""Published weights of ViT, DeiT and iGPT: their names, and files of them read by path."""

import re
import zipfile
from pathlib import Path

import numpy as np
import torch

from book_lib.checkpoints import read_weights, require_names_and_shapes, unwrapped, weight_file
from book_lib.vision import igpt, vit

PUBLISHED_COLOURS, PUBLISHED_PIXELS = 512, 1024                              # of the published iGPTs: 32 x 32 px
FROM_TRANSFORMERS = (                                                        # version 5, then what published files of version 4 have
    (r"^(?:vit|deit)\.", ""),
    (r"^embeddings\.patch_embeddings\.projection\.", "patch_embedding.projection."),
    (r"^embeddings\.cls_token$", "class_token"),
    (r"^embeddings\.distillation_token$", "distillation_token"),
    (r"^embeddings\.position_embeddings$", "positions"),
    (r"^(?:encoder\.)?layers?\.(\d+)\.", r"blocks.\1."),
    (r"\.attention\.attention\.(query|key|value)\.", lambda found: f".attention.{found[1][0]}_proj."),
    (r"\.attention\.output\.dense\.", ".attention.o_proj."),
    (r"\.layernorm_before\.", ".norm1."),
    (r"\.layernorm_after\.", ".norm2."),
    (r"\.intermediate\.dense\.|\.mlp\.fc1\.", ".mlp.linear1."),
    (r"\.output\.dense\.|\.mlp\.fc2\.", ".mlp.linear2."),
    (r"^layernorm\.", "norm."),
    (r"^(?:cls_)?classifier\.", "head."),
    (r"^distillation_classifier\.", "distillation_head."),
)
NPZ_PARTS = {"LayerNorm_0": "norm1", "LayerNorm_2": "norm2", "MlpBlock_3/Dense_0": "mlp.linear1", "MlpBlock_3/Dense_1": "mlp.linear2"}


def vit_from_transformers(state, model):
    """Rename the weights (or gradients) of transformers' ViT or DeiT for image classification to those of a ViT of this book.

    state: {name: tensor} with the names of version 5 or, as published files have them, of version 4; model: the ViT they are for.
    The pooler, which classification does not use, is left out. Returns a state dict.
    Raises ValueError naming what is missing, superfluous or of another shape.
    """
    ours = {}
    for name, tensor in unwrapped(state).items():
        if re.match(r"^(?:vit\.|deit\.)?pooler\.", name):
            continue
        for pattern, new in FROM_TRANSFORMERS:
            name = re.sub(pattern, new, name)
        ours[name] = tensor.flatten() if name in ("class_token", "distillation_token") else tensor
        if name == "positions" and tensor.dim() == 3:
            ours[name] = tensor[0]
    require_names_and_shapes(ours, _shapes(model))
    return ours


def vit_from_npz(arrays, model):
    """Rename the weights of a ViT as its authors published them (google-research/vision_transformer) to those of a ViT of this book.

    arrays: {name: array}, what their .npz files hold; model: the ViT they are for. Dense kernels are transposed there, and heads have an
    axis of their own. Returns a state dict. Raises ValueError naming what is missing, superfluous or of another shape.
    """
    ours = {}
    for name, array in arrays.items():
        tensor = torch.from_numpy(np.array(array, dtype=np.float32))
        path, _, kind = name.rpartition("/")
        try:
            ours |= _from_npz(path, kind, name, tensor)
        except (RuntimeError, IndexError) as error:
            raise ValueError(f"{name} has shape {list(tensor.shape)}, which does not fit a ViT: {error}") from error
    require_names_and_shapes(ours, _shapes(model))
    return ours


def vit_to_npz(state, n_heads):
    """Name the weights of a ViT as its authors' .npz files do: the way back of vit_from_npz, as float32 arrays."""
    arrays, parts = {}, {ours: theirs for theirs, ours in NPZ_PARTS.items()}
    for name, tensor in state.items():
        tensor, (path, _, kind) = tensor.detach().float().cpu(), name.rpartition(".")
        kernel = "scale" if "norm" in path else "kernel"
        kind, block = {"weight": kernel}.get(kind, kind), re.match(r"blocks\.(\d+)\.(.+)", path)
        if name in ("class_token", "positions"):
            theirs = {"class_token": "cls", "positions": "Transformer/posembed_input/pos_embedding"}[name]
            tensor = tensor.view(1, -1, tensor.size(-1))
        elif path == "patch_embedding.projection":
            theirs, tensor = f"embedding/{kind}", tensor.permute(2, 3, 1, 0) if kind == "kernel" else tensor
        elif path == "norm":
            theirs = f"Transformer/encoder_norm/{kind}"
        elif block and block[2].startswith("attention."):
            letter = block[2][len("attention.")]
            part = {"q": "query", "k": "key", "v": "value", "o": "out"}[letter]
            theirs = f"Transformer/encoderblock_{block[1]}/MultiHeadDotProductAttention_1/{part}/{kind}"
            if letter == "o":
                tensor = tensor.T.reshape(n_heads, -1, len(tensor)) if kind == "kernel" else tensor
            else:
                tensor = tensor.T.reshape(tensor.size(1), n_heads, -1) if kind == "kernel" else tensor.view(n_heads, -1)
        else:
            theirs = f"Transformer/encoderblock_{block[1]}/{parts[block[2]]}/{kind}" if block else f"{path}/{kind}"
            tensor = tensor.T if kind == "kernel" else tensor
        arrays[theirs] = np.ascontiguousarray(tensor.numpy())
    return arrays


def load_pretrained_vit(path, name="B/16", *, image_size=224, n_classes=1000, distilled=False, **settings):
    """Build a ViT of a published size and fill it from a published file that you have: .npz, .pth or .safetensors.

    name: one of vit.SIZES. A .npz file has the authors' names; its model computes the GELU by tanh and norms with eps 1e-6, as theirs. The
    others have the names of the transformers library; exact GELU, eps 1e-12. distilled: a DeiT with its second token and head. settings:
    further keywords of ViT, in place of these. No file's contents are run. Returns the model in evaluation mode.
    Raises ValueError for another name, ending or other contents.
    """
    if name not in vit.SIZES:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(vit.SIZES)}")
    path = Path(path)
    from_authors = path.suffix == ".npz"
    state = read_npz(path) if from_authors else read_weights(weight_file(path))
    habits = {"gelu": "tanh", "eps": 1e-6} if from_authors else {"gelu": "exact", "eps": 1e-12}
    habits["readout"] = "distilled" if distilled else "class"
    if from_authors and "pre_logits/bias" in state:
        habits["representation_size"] = len(state["pre_logits/bias"])
    with torch.device("meta"):
        model = vit.ViT(image_size=image_size, n_classes=n_classes, **vit.SIZES[name] | habits | settings)
    ours = (vit_from_npz if from_authors else vit_from_transformers)(state, model)
    model.to_empty(device="cpu").load_state_dict(ours)
    return model.eval()


def igpt_from_transformers(state, model):
    """Rename the weights (or gradients) of transformers' ImageGPT to those of an IGPT of this book.

    state: {name: tensor}; model: the IGPT they are for. The last row of their embedding is the start token, their matrices are
    transposed, and query, key and value are packed. A class head, where there is one, stands under "score". Stored causal masks and biases
    that are 0, as those of the published weights, are left out; IGPT has none. Returns a state dict.
    Raises ValueError for a bias that is not 0, and naming what is missing, superfluous or of another shape.
    """
    ours = {}
    for name, tensor in unwrapped(state).items():
        name = name.removeprefix("transformer.")
        if re.search(r"\.attn\.(?:masked_)?bias$", name):
            continue
        if name.endswith(".bias"):
            if tensor.any():
                raise ValueError(f"{name} is not 0 everywhere, and IGPT has no biases")
        elif name == "wte.weight":
            ours |= {"colours.weight": tensor[:-1], "start": tensor[-1]}
        elif name.endswith(".attn.c_attn.weight"):
            path = _igpt_block(name.removesuffix("attn.c_attn.weight"))
            ours |= {f"{path}attention.{x}_proj.weight": part.T for x, part in zip("qkv", tensor.chunk(3, dim=1), strict=True)}
        else:
            ours |= {_igpt_name(name): tensor.T if re.search(r"\.c_(?:proj|fc)\.", name) else tensor}
    require_names_and_shapes(ours, _shapes(model))
    return ours


def igpt_to_transformers(state):
    """Name the weights (or gradients) of an IGPT as transformers' ImageGPT does: the way back, biases left out."""
    theirs = {"transformer.wte.weight": torch.cat([state["colours.weight"], state["start"][None]])}
    for name, tensor in state.items():
        block = re.match(r"blocks\.(\d+)\.(.+)", name)
        if block and block[2].startswith("attention.q_proj"):
            packed = [state[f"blocks.{block[1]}.attention.{x}_proj.weight"].T for x in "qkv"]
            theirs[f"transformer.h.{block[1]}.attn.c_attn.weight"] = torch.cat(packed, dim=1)
        elif block and not re.match(r"attention\.[kv]_proj", block[2]):
            part = {"norm1.gain": "ln_1.weight", "norm2.gain": "ln_2.weight", "attention.o_proj.weight": "attn.c_proj.weight",
                    "mlp.linear1.weight": "mlp.c_fc.weight", "mlp.linear2.weight": "mlp.c_proj.weight"}[block[2]]
            theirs[f"transformer.h.{block[1]}.{part}"] = tensor if tensor.dim() == 1 else tensor.T
        elif not block and name not in ("colours.weight", "start"):
            theirs[{"positions": "transformer.wpe.weight", "norm.gain": "transformer.ln_f.weight", "output.weight": "lm_head.weight",
                    "class_head.weight": "score.weight"}[name]] = tensor
    return theirs


def load_pretrained_igpt(path, name="S"):
    """Build a published iGPT, "S", "M" or "L" for 32 x 32 px in 512 colours, and fill it from a file that you have.

    path: a .pth or .safetensors file with the names of transformers' ImageGPTForCausalImageModeling; nothing in it is run.
    Returns the model in evaluation mode. Raises ValueError for another name, ending or other contents.
    """
    if name not in igpt.SIZES:
        raise ValueError(f"name is {name!r}, expected one of {', '.join(igpt.SIZES)}")
    state = read_weights(weight_file(path))
    with torch.device("meta"):
        model = igpt.IGPT(n_colours=PUBLISHED_COLOURS, n_pixels=PUBLISHED_PIXELS, **igpt.SIZES[name])
    ours = igpt_from_transformers(state, model)
    model.to_empty(device="cpu").load_state_dict(ours)
    return model.eval()


def read_npz(path):
    """{name: array} of a .npz file, read without running any code in it. Raises ValueError where there is none, or it cannot be read."""
    path = Path(path)
    if not path.is_file():
        raise ValueError(f"path is {str(path)!r}, expected an existing file")
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (ValueError, EOFError, OSError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path.name} cannot be read as a .npz file of weights: {error}; fetch it again and compare its size") from error


def _shapes(model):
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


def _from_npz(path, kind, name, tensor):
    """{our name: tensor} of one array of a .npz file."""
    if name in ("cls", "Transformer/posembed_input/pos_embedding"):
        return {"class_token": tensor[0, 0]} if name == "cls" else {"positions": tensor[0]}
    ours = {"kernel": "weight", "scale": "weight"}.get(kind, kind)
    if path == "embedding":
        return {f"patch_embedding.projection.{ours}": tensor.permute(3, 2, 0, 1) if kind == "kernel" else tensor}
    if path == "Transformer/encoder_norm":
        return {f"norm.{ours}": tensor}
    block = re.fullmatch(r"Transformer/encoderblock_(\d+)/(.+)", path)
    if block and block[2].startswith("MultiHeadDotProductAttention_1/"):
        part = {"query": "q", "key": "k", "value": "v", "out": "o"}.get(block[2].rpartition("/")[2], "?")
        if kind == "kernel":
            tensor = (tensor.flatten(0, 1) if part == "o" else tensor.flatten(1)).T
        return {f"blocks.{block[1]}.attention.{part}_proj.{ours}": tensor.flatten() if kind == "bias" else tensor}
    place = f"blocks.{block[1]}.{NPZ_PARTS.get(block[2], block[2])}" if block else path
    return {f"{place}.{ours}": tensor.T if kind == "kernel" else tensor}


def _igpt_block(name):
    return re.sub(r"^h\.(\d+)\.", r"blocks.\1.", name)


def _igpt_name(name):
    whole = {"wpe.weight": "positions", "ln_f.weight": "norm.gain", "lm_head.weight": "output.weight", "score.weight": "class_head.weight"}
    parts = {"ln_1.weight": "norm1.gain", "ln_2.weight": "norm2.gain", "attn.c_proj.weight": "attention.o_proj.weight",
             "mlp.c_fc.weight": "mlp.linear1.weight", "mlp.c_proj.weight": "mlp.linear2.weight"}
    block = re.fullmatch(r"(h\.\d+\.)(.+)", name)
    return _igpt_block(block[1]) + parts.get(block[2], block[2]) if block else whole.get(name, name)
