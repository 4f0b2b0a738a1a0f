"""Chapter 6's variants of the translator and the DETR: what each change leaves and removes, and that all are measured alike."""

import copy

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from book_lib import compression
from book_lib.book.models import load_log, model_folder
from book_lib.compressed_files import load_compressed, own_weights, save_compressed
from book_lib.data.scenes import make_scene, scene_batch
from book_lib.experiments import compressed as models
from book_lib.experiments.compressed import FURTHER, VARIANTS, load, variant


def parameters(model):
    return sum(p.numel() for p in model.parameters())


@pytest.fixture(scope="module")
def originals():
    return {name: load(name) for name in models.MODELS}


@torch.no_grad()
def answered(name, model):
    found = models.one_answer(name)(model)
    return found.boxes if name == "detr" else found


@pytest.mark.parametrize("name", models.MODELS)
def test_every_variant_answers_and_is_as_large_as_its_numbers_say(name, originals):
    whole = originals[name]
    for change, (_, kind) in (VARIANTS | FURTHER).items():
        if change == "linear attention":                                     # short sentences cost more with it: a test of its own, below
            continue
        model = compression.settle(variant(name, change)).eval()
        assert answered(name, model).shape[1:] == answered(name, whole).shape[1:], change
        assert parameters(model) <= parameters(whole) and models.multiplications(name, model) <= models.multiplications(name, whole)
        assert models.file_bytes(model, kind) < models.file_bytes(whole) or change == "original"


@pytest.mark.parametrize("name, cheaper", [("translator", False), ("detr", True)])
def test_linear_attention_costs_less_for_a_map_and_more_for_a_sentence(name, cheaper, originals):
    model = variant(name, "linear attention").eval()
    layers = [layer for part, layer in models.attentions(model).items() if isinstance(layer, compression.LinearAttention)]
    assert len(layers) == 2 and answered(name, model).shape == answered(name, originals[name]).shape
    assert parameters(model) == parameters(originals[name])
    assert (models.multiplications(name, model) < models.multiplications(name, originals[name])) == cheaper


@pytest.mark.parametrize("change", ["original", "factorised to 1/2", "factorised to 1/4", "channels halved"])
def test_batch_norms_are_folded_whatever_was_done_to_their_convolutions(change):
    model = variant("detr", change).eval()
    expected, folded = answered("detr", model), models.fold_batch_norms(variant("detr", change))
    assert answered("detr", folded.eval()).numpy() == pytest.approx(expected.numpy(), abs=1e-4)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in folded.modules())


def test_multiplications_inside_attention_are_counted(originals):
    detr, cells, queries, width = originals["detr"], 12 * 12, 20, 96
    n_encoder, n_decoder = len(detr.encoder_layers), len(detr.decoder_layers)
    inside = 2 * width * (n_encoder * cells**2 + n_decoder * (queries**2 + queries * cells))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:        # with weights, attention is ordinary products, all counted
        detr.attention(scene_batch([make_scene(models.HELD_OUT_SEED, size=(96, 96))])[0])
    assert models.multiplications("detr", detr) == counter.get_total_flops() // 2
    assert counter.get_flop_counts()["Global"][torch.ops.aten.bmm] // 2 == inside


@pytest.mark.parametrize("name", models.MODELS)
def test_what_is_only_rounded_or_zero_has_as_many_multiplications(name, originals):
    for change in ("pruned 90 %", "2:4", "4 bits", "layers shared"):
        model = compression.settle(variant(name, change))
        assert models.multiplications(name, model) == models.multiplications(name, originals[name])


@pytest.mark.parametrize("change, zeros", [("pruned 50 %", 0.5), ("pruned 75 %", 0.75), ("pruned 90 %", 0.9), ("2:4", 0.5)])
def test_so_many_weights_are_zero(change, zeros):
    model = compression.settle(variant("translator", change))
    assert compression.sparsity_of(model) == pytest.approx(zeros, abs=1e-4)


@pytest.mark.parametrize("name", models.MODELS)
def test_no_compression_answers_as_the_original(name, originals):
    wanted = answered(name, originals[name])
    for same in (models.prune(load(name), 0.0), models.share_keys(load(name), n_kv_heads=4), models.halve_channels(load(name), share=1.0)):
        assert torch.equal(answered(name, compression.settle(same).eval()), wanted)
    assert answered(name, models.fold_batch_norms(load(name))).numpy() == pytest.approx(wanted.numpy(), abs=1e-4)


def test_halved_heads_and_layers_are_half_as_many():
    model = variant("detr", "layers dropped")
    assert (len(model.encoder_layers), len(model.decoder_layers)) == (1, 2)
    heads = {name: layer.n_heads for name, layer in models.attentions(variant("translator", "heads halved")).items()}
    assert len(heads) == 6 and set(heads.values()) == {2}


def test_the_heads_removed_are_those_least_needed(originals):
    scores = models.head_scores(copy.deepcopy(originals["translator"]))
    name = "decoder.layers.1.cross_attention"
    kept = sorted(range(4), key=lambda head: scores[name][head])[2:]
    layer, smaller = (models.attentions(model)[name] for model in (originals["translator"], variant("translator", "heads halved")))
    rows = torch.cat([layer.q_proj.weight[32 * head : 32 * head + 32] for head in sorted(kept)])
    assert torch.equal(smaller.q_proj.weight, rows)


def test_silencing_heads_for_their_scores_leaves_the_model_as_it_was(originals):
    model = copy.deepcopy(originals["translator"])
    models.head_scores(model)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), originals["translator"].parameters(), strict=True))


@pytest.mark.parametrize("name, n", [("translator", 10), ("detr", 22)])
def test_the_parts_cover_every_matrix_once(name, n, originals):
    parts, matrices = models.parts_of(name), compression.maps_of(originals[name])
    assert len(parts) == n
    assert all(sum(one == part or one.startswith(f"{part}.") for part in parts) == 1 for one in matrices)


def test_a_rounded_model_read_back_from_its_file_answers_the_same(tmp_path, originals):
    model = models.round_matrices(load("detr"), compression.rounded)
    size = save_compressed(tmp_path / "a.safetensors", own_weights(model), "int8")
    again = models.fold_batch_norms(load("detr"))
    again.load_state_dict(load_compressed(tmp_path / "a.safetensors"))
    model.queries.data = compression.rounded(model.queries.data)             # the file rounds them, too
    assert answered("detr", again).numpy() == pytest.approx(answered("detr", model).numpy(), abs=1e-4)
    assert size == models.file_bytes(model, "int8") < models.file_bytes(originals["detr"]) / 3.6


@pytest.mark.parametrize("name, smaller", [("translator", 7), ("detr", 3.6)])
def test_the_small_models_of_the_book_are_as_small_and_good_as_their_logs_say(name, smaller, originals):
    folder, log = model_folder(f"{name}_small"), load_log(f"{name}_small")
    assert (folder / "weights.safetensors").stat().st_size == log["bytes"] < models.file_bytes(originals[name]) / smaller
    model = models.load_small(name)
    assert models.quality(name, model, examples=100) == pytest.approx(models.quality(name, originals[name], examples=100), abs=0.03)
    if name == "translator":
        assert all(weight.unique().numel() <= 16 for weight in model.state_dict().values() if weight.dim() == 2)


@pytest.mark.parametrize("name, steps, batch", [("translator", 4, 8), ("detr", 2, 4)])
@pytest.mark.parametrize("taught", [False, True])
def test_fine_tuning_repeats_and_keeps_zeros(name, steps, batch, taught, originals):
    runs = []
    for _ in range(2):
        model = variant(name, "pruned 75 %")
        losses = models.fine_tune(name, model, teacher=originals[name] if taught else None, steps=steps, batch=batch)
        runs.append((losses, compression.settle(model)))
    assert runs[0][0] == runs[1][0]
    assert compression.sparsity_of(runs[0][1]) == pytest.approx(0.75, abs=1e-4)
    assert not torch.equal(next(iter(runs[0][1].parameters())), next(iter(originals[name].parameters())))


def test_a_student_that_answers_as_its_teacher_has_nothing_to_learn(originals):
    with torch.no_grad():
        output = models.one_answer("detr")(originals["detr"])
    last = output._replace(logits=output.logits[-1:], boxes=output.boxes[-1:])
    assert models.detr_distillation_loss(last, output).item() == pytest.approx(0, abs=1e-5)
    assert models.detr_distillation_loss(output, output) > 0.01              # the earlier layers are not there yet


@pytest.mark.parametrize("call, words", [
    (lambda: load("resolver"), "'resolver', expected one of translator, detr"),
    (lambda: variant("detr", "smaller"), "'smaller', expected one of original"),
])
def test_unknown_names_are_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
