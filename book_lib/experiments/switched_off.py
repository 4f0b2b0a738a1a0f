"""What a trained DETR loses when one of its parts is switched off (chapter 9): an intervention, without training it again."""

import torch

from book_lib.data.scenes import AREAS, make_scenes, scene_batch
from book_lib.detection.dense import duplicate_share, suppress
from book_lib.detection.detr import detections
from book_lib.detection.evaluation import average_precision
from book_lib.experiments.small_detectors import HELD_OUT_SEED, load_detr

PARTS = {                                                                    # name: keywords of detect_without
    "nothing": {},
    "self-attention of layer 1": {"muted": (1,)},
    "self-attention of layer 2": {"muted": (2,)},
    "self-attention of layer 3": {"muted": (3,)},
    "self-attention of all layers": {"muted": (1, 2, 3)},
    "codes in the encoder": {"no_codes": ("encoder",)},
    "codes in the decoder": {"no_codes": ("decoder",)},
    "codes in both": {"no_codes": ("encoder", "decoder")},
}


@torch.no_grad()
def detect_without(model, scenes, *, muted=(), no_codes=(), batch=32):
    """Let a DETR answer scenes with some of its parts switched off.

    muted: decoder layers, counted from 1, in whose self-attention every object query attends to itself alone; no_codes: "encoder",
    "decoder" or both, which then get zeros for the position codes of the cells. Returns what small_detectors.detect returns.
    Raises ValueError for layers and parts that there are not.
    """
    if not set(muted) <= set(range(1, len(model.decoder_layers) + 1)) or not set(no_codes) <= {"encoder", "decoder"}:
        raise ValueError(f"muted is {muted!r} and no_codes {no_codes!r}, expected layers from 1 to {len(model.decoder_layers)}, and "
                         "'encoder' or 'decoder'")
    itself, found = torch.eye(len(model.queries), dtype=torch.bool), []
    hooks = [model.decoder_layers[layer - 1].self_attention.register_forward_pre_hook(
        lambda _, given, options: (given, {**options, "mask": itself}), with_kwargs=True) for layer in muted]
    for start in range(0, len(scenes), batch):
        part = scenes[start : start + batch]
        features, real, code = model.features(*scene_batch(part)[:2])
        codes = {name: torch.zeros_like(code) if name in no_codes else code for name in ("encoder", "decoder")}
        memory, _ = model.encode(features, real, codes["encoder"])
        states, _, _ = model.decode(memory, real, codes["decoder"])
        output = model.answer(states[-1])
        found += detections(*output, [scene.size for scene in part])
    for hook in hooks:
        hook.remove()
    return found


def scores_without(part, *, scenes=1000, batch=32):
    """Score the shipped DETR without one of PARTS on held-out scenes: what average_precision says, "AP_after_nms" and "duplicates"."""
    held_out = make_scenes(scenes, seed=HELD_OUT_SEED)
    found = detect_without(load_detr(), held_out, **PARTS[part], batch=batch)
    scores = average_precision(found, held_out, areas=AREAS)
    scores |= {"AP_after_nms": average_precision(suppress(found), held_out)["AP"], "duplicates": duplicate_share(found)}
    return {name: round(value, 4) for name, value in scores.items()}
