"""What a trained DETR loses when one of its parts is switched off (chapter 9): an intervention, without training it again.

A part that is cut off changes more than the news that it carries: what comes out has another size than any that the network knows. So
self-attention between object queries is replaced in a second way, too: each sees itself and the others' states for another scene.
"""

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
    "news of layer 2": {"misinformed": (2,)},
    "news of layer 3": {"misinformed": (3,)},
    "news of all layers": {"misinformed": (1, 2, 3)},
}


@torch.no_grad()
def detect_without(model, scenes, *, muted=(), misinformed=(), no_codes=(), batch=32):
    """Let a DETR answer scenes with some of its parts switched off.

    muted: decoder layers, counted from 1, in whose self-attention every object query attends to itself alone; misinformed: layers in which
    it attends to itself, and in place of the others' states to the others' states for the next scene; no_codes: "encoder", "decoder" or
    both, which then get zeros for the position codes of the cells. Returns what small_detectors.detect returns.
    Raises ValueError for layers and parts that there are not, and for a misinformed layer where there is one scene only.
    """
    layers = set(range(1, len(model.decoder_layers) + 1))
    if not {*muted, *misinformed} <= layers or not set(no_codes) <= {"encoder", "decoder"}:
        raise ValueError(f"muted is {muted!r}, misinformed {misinformed!r} and no_codes {no_codes!r}, expected layers from 1 to "
                         f"{len(layers)}, and 'encoder' or 'decoder'")
    if misinformed and len(scenes) < 2:
        raise ValueError(f"there are {len(scenes)} scenes, expected at least 2 where one is told about another")
    itself = torch.eye(len(model.queries), dtype=torch.bool)
    attention = {layer: model.decoder_layers[layer - 1].self_attention for layer in layers}
    elsewhere = _of_the_next_scene(model, scenes, misinformed, batch) if misinformed else {}
    seen = 0

    def mute(_, given, options):
        return given, {**options, "mask": itself}

    def misinform(layer):
        def replaced(_, given, options):
            query, key, value = given
            other_keys, other_values = (rows[seen : seen + len(query)] for rows in elsewhere[layer])
            keys, values = torch.cat((key, other_keys), 1), torch.cat((value, other_values), 1)
            return (query, keys, values), {**options, "mask": torch.cat((itself, ~itself), 1)}
        return replaced

    hooks = [attention[layer].register_forward_pre_hook(mute, with_kwargs=True) for layer in muted]
    hooks += [attention[layer].register_forward_pre_hook(misinform(layer), with_kwargs=True) for layer in misinformed]
    found = []
    for seen in range(0, len(scenes), batch):
        part = scenes[seen : seen + batch]
        features, real, code = model.features(*scene_batch(part)[:2])
        codes = {name: torch.zeros_like(code) if name in no_codes else code for name in ("encoder", "decoder")}
        memory, _ = model.encode(features, real, codes["encoder"])
        states, _, _ = model.decode(memory, real, codes["decoder"])
        output = model.answer(states[-1])
        found += detections(*output, [scene.size for scene in part])
    for hook in hooks:
        hook.remove()
    return found


def _of_the_next_scene(model, scenes, layers, batch):
    """The keys and values of self-attention [scenes, n_queries, d_model] of some layers, for every scene those of the next one."""
    kept = {layer: ([], []) for layer in layers}

    def keep(layer):
        def stored(_, given):
            for rows, tensor in zip(kept[layer], given[1:3], strict=True):
                rows.append(tensor)
        return stored

    hooks = [model.decoder_layers[layer - 1].self_attention.register_forward_pre_hook(keep(layer)) for layer in layers]
    for start in range(0, len(scenes), batch):
        model(*scene_batch(scenes[start : start + batch])[:2])
    for hook in hooks:
        hook.remove()
    return {layer: tuple(torch.cat(rows).roll(-1, 0) for rows in both) for layer, both in kept.items()}


def scores_without(part, *, scenes=1000, batch=32):
    """Score the shipped DETR without one of PARTS on held-out scenes: what average_precision says, "AP_after_nms" and "duplicates"."""
    held_out = make_scenes(scenes, seed=HELD_OUT_SEED)
    found = detect_without(load_detr(), held_out, **PARTS[part], batch=batch)
    scores = average_precision(found, held_out, areas=AREAS)
    scores |= {"AP_after_nms": average_precision(suppress(found), held_out)["AP"], "duplicates": duplicate_share(found)}
    return {name: round(value, 4) for name, value in scores.items()}
