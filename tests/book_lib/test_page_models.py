"""The models of the page: their file in Python and in JavaScript, their answers in Node against PyTorch's, and new weights for them."""


import hashlib
import json
import subprocess
import zlib

import pytest
import torch
from safetensors.torch import save_file

import export_page_model
import page_models
from book_lib.book.figure import FIGURES, names
from book_lib.book.models import load_model
from book_lib.data.lanes import make_roads, road_batch
from book_lib.data.scenes import make_scene, scene_batch
from book_lib.data.translation import decode_target, encode_source, encode_target, make_pairs
from book_lib.experiments.named_pictures import digit_pictures, load_vit, new_model, normalised
from book_lib.experiments.pixels import digits, load_igpt
from book_lib.experiments.small_deformable import DEFORMABLE_SIZES, load_deformable, new_deformable
from book_lib.experiments.small_detectors import HELD_OUT_SEED, SIZES, load_detr, new_detr
from book_lib.experiments.small_lanes import load_lstr
from book_lib.experiments.translator import load_translator, translate
from book_lib.transformer import beam_search
from book_lib.vision.patches import reorder_patches
from drag_in_page import longest
from export_page_model import HEADERS, KINDS, page_model, read_page_model
from measure_page_models import DETECTORS, RESULTS, TRANSLATORS, detector_rows, igpt_rows, lane_rows, translator_rows, vit_rows
from page_engine import run_in_node

NEAR = 1e-4
SCENES = [(make_scene(1_000_000 + i, size=size), pad_to) for i, (size, pad_to) in enumerate(
    [((96, 96), (96, 96)), ((64, 88), (64, 88)), ((80, 72), (96, 96)), ((72, 96), (80, 96)), ((64, 64), (96, 72))])]
SENTENCES = [pair.source for pair in make_pairs(5, seed=7, split="test")]
BOTH = "const engines = [makeEngine(models.NAME, 'NAME', kernel), makeEngine(models.NAME, 'NAME', null)];"


@pytest.fixture(scope="module")
def files():
    return {name: page_model(name, "float32") for name in ("detr", "deformable_detr", "igpt", "lanes", "translator", "vit_digits")}


def picture(scene, pad_to):
    return {"pixels": scene.image.flatten().tolist(), "height": scene.size[0], "width": scene.size[1], "padTo": list(pad_to)}


def near(numbers, tensor):
    return torch.tensor(numbers) == pytest.approx(tensor.detach().flatten().numpy(), abs=NEAR)


def answers(name, files, inputs, watch):
    """What both engines answer: [(result, seen) of the kernel], having made sure that plain JavaScript gives the same bits."""
    code = f"""{BOTH.replace("NAME", name)}
    return data.inputs.map(input => {{
      const [ours, plain] = engines.map(engine => JSON.stringify(engine.answer(() => MODELS.{name}(engine, input), data.watch), flat));
      if (ours !== plain) throw new Error("kernel and JavaScript differ");
      return JSON.parse(ours);
    }});"""
    return run_in_node(code, {"inputs": inputs, "watch": watch}, {name: files[name]})


def test_detr_answers_as_pytorch_padded_and_not(files):
    model, names = load_detr(), [f"{stack}_layers.{i}.{part}_attention.weights" for stack, part, n in
                                 (("encoder", "self", 2), ("decoder", "self", 3), ("decoder", "cross", 3)) for i in range(n)]
    found = answers("detr", files, [picture(*one) for one in SCENES], [*names, "input_proj"])
    for (scene, pad_to), (result, seen) in zip(SCENES, found, strict=True):
        images, mask, _ = scene_batch([scene], pad_to=pad_to)
        with torch.no_grad():
            output, maps = model.attention(images, mask)
            features = model.features(images, mask)[0]
        assert result["grid"] == list(features.shape[-2:])
        for layer, answer in enumerate(result["answers"]):
            assert near(answer["logits"], output.logits[layer, 0]) and near(answer["boxes"], output.boxes[layer, 0])
        for name, expected in zip(names, [*maps.encoder, *maps.between_queries, *maps.on_memory], strict=True):
            assert seen[name][0]["shape"] == list(expected[0].shape) and near(seen[name][0]["data"], expected[0])
        assert near(seen["input_proj"][0]["data"], features[0].flatten(1).T)


@torch.no_grad()
def test_deformable_detr_answers_and_looks_as_pytorch_padded_and_not(files):
    model = load_deformable()
    watch = [f"{stack}_layers.{i}.{part}_attention.looks" for stack, part, n in (("encoder", "self", 2), ("decoder", "cross", 3))
             for i in range(n)]
    found = answers("deformable_detr", files, [picture(*one) for one in SCENES], watch)
    for (scene, pad_to), (result, seen) in zip(SCENES, found, strict=True):
        images, mask, _ = scene_batch([scene], pad_to=pad_to)
        maps, (output, sampled) = model.maps(images, mask), model.sampling(images, mask)
        assert result["shapes"] == [list(shape) for shape in maps.shapes] and near(result["references"], sampled.references[0][0])
        for layer, answer in enumerate(result["answers"]):
            assert near(answer["logits"], output.logits[layer, 0]) and near(answer["boxes"], output.boxes[layer, 0])
        for name, (places, weights) in zip(watch, [*sampled.encoder, *sampled.decoder], strict=True):
            places = places[0] / maps.real[0][:, None]                       # shares of the picture without its padding
            expected = torch.cat((places, weights[0][..., None]), -1)
            assert seen[name][0]["shape"] == list(expected.shape) and near(seen[name][0]["data"], expected)


@torch.no_grad()
def test_the_lane_detector_answers_as_pytorch(files):
    model, roads = load_lstr(), make_roads(3, seed=HELD_OUT_SEED)
    inputs = [{"pixels": road.image.flatten().tolist(), "height": 72, "width": 128} for road in roads]
    for road, (result, seen) in zip(roads, answers("lanes", files, inputs, ["decoder_layers.1.cross_attention.weights"]), strict=True):
        output, maps = model.attention(road_batch([road])[0])
        assert result["grid"] == [9, 16] and len(result["answers"]) == 2
        for layer, answer in enumerate(result["answers"]):
            assert near(answer["logits"], output.logits[layer, 0]) and near(answer["lanes"], output.lanes[layer, 0])
        assert near(seen["decoder_layers.1.cross_attention.weights"][0]["data"], maps.on_memory[-1][0])


@torch.no_grad()
def test_image_gpt_reads_and_completes_as_pytorch(files):
    model, pictures = load_igpt(), digits("held out")[0][:3]
    draws = torch.rand(3, 3, 64, generator=torch.Generator().manual_seed(1))
    inputs = [{"pixels": picture[:n].tolist(), "draws": draw[:, n:].tolist()}
              for picture, n, draw in zip(pictures, (64, 32, 0), draws, strict=True)]
    names = [f"blocks.{layer}.attention.weights" for layer in range(6)]
    found = answers("igpt", files, inputs, names)
    for picture, one, (result, seen) in zip(pictures, inputs, found, strict=True):
        logits, weights = model.attention(picture[None, : len(one["pixels"]) + 1])
        assert near(result["logits"], logits)
        for name, expected in zip(names, weights, strict=True):
            assert seen[name][0]["shape"] == list(expected[0].shape) and near(seen[name][0]["data"], expected[0])
        assert result["completions"] == [drawn(model, one["pixels"], draw) for draw in one["draws"]]


@torch.no_grad()
def test_the_vit_names_and_looks_as_pytorch_in_any_order(files):
    model, images = load_vit("vit_digits"), digit_pictures("held out")[0][:3]
    order = torch.randperm(64, generator=torch.Generator().manual_seed(2))
    watch = [f"blocks.{layer}.attention.weights" for layer in range(4)]
    pixels = [image.permute(1, 2, 0).flatten().tolist() for image in images]
    patches = order.tolist()
    inputs = [{"pixels": one} | how for how in ({}, {"patches": patches}, {"patches": patches, "positions": patches}) for one in pixels]
    found = answers("vit_digits", files, inputs, watch)
    shuffled = reorder_patches(normalised(images), 4, order)
    for shown, part in ((normalised(images), found[:3]), (shuffled, found[3:6])):
        logits, weights = model.attention(shown)
        for i, (result, seen) in enumerate(part):
            assert near(result["logits"], logits[i])
            for name, expected in zip(watch, weights, strict=True):
                assert seen[name][0]["shape"] == [4, 65, 65] and near(seen[name][0]["data"], expected[i])
    own = torch.cat([torch.zeros(1, dtype=torch.long), order + 1])
    for (result, seen), (moved, seen_moved) in zip(found[:3], found[6:], strict=True):                # positions that move change nothing
        assert near(moved["logits"], torch.tensor(result["logits"]))
        for name in watch:
            before, after = (torch.tensor(one[name][0]["data"]).view(4, 65, 65) for one in (seen, seen_moved))
            assert near(after.flatten().tolist(), before[:, own][..., own])


def drawn(model, picture, draws):
    """The picture completed: each number picks the level at which the sum of the probabilities first exceeds it."""
    cache = model.new_cache()
    for draw in draws:
        shares = model.decode_cached(torch.tensor([picture], dtype=torch.long), cache)[0, -1].double().softmax(-1)
        picture = [*picture, int((shares.cumsum(-1) <= draw).sum())]
    return picture


@torch.no_grad()
def test_the_translator_reads_as_pytorch_padded_and_not(files):
    model, (pairs, names) = load_translator()[0], (make_pairs(5, seed=7, split="test"), [])
    for layer in range(2):
        names += [f"encoder.layers.{layer}.self_attention.weights", f"decoder.layers.{layer}.self_attention.weights",
                  f"decoder.layers.{layer}.cross_attention.weights"]
    source, target = encode_source([pair.source for pair in pairs]), encode_target([pair.target for pair in pairs])
    inputs = []
    for i, pair in enumerate(pairs):
        characters = source[i, : len(pair.source)] if i % 2 else source[i]                # every second sentence keeps its padding
        inputs.append({"source": characters.tolist(), "target": target[i, : len(pair.target.split()) + 2].tolist()})
    assert any(len(one["source"]) > len(pair.source) for one, pair in zip(inputs, pairs, strict=True))
    for one, (result, seen) in zip(inputs, answers("translator", files, inputs, names), strict=True):
        memory, is_word, encoder = model.encode(torch.tensor([one["source"]]))
        logits, own, cross = model.decode(torch.tensor([one["target"]]), memory, is_word)
        assert near(result["logits"], logits)
        for layer in range(2):
            for name, expected in zip(names[3 * layer :], (encoder[layer], own[layer], cross[layer]), strict=False):
                assert near(seen[name][0]["data"], expected)


def test_greedy_and_beam_search_write_what_the_library_writes(files):
    model = load_translator()[0]
    sources = [encode_source([sentence]).tolist()[0] for sentence in SENTENCES]
    found = answers("translator", files, [{"source": source, "beams": beams} for beams in (1, 4) for source in sources], [])
    for sentence, (result, _) in zip(SENTENCES, found[:5], strict=True):
        assert decode_target(result["translations"][0]["words"]) == translate(model, [sentence])[0]
    for source, (result, _) in zip(sources, found[5:], strict=True):
        expected = beam_search(model, torch.tensor([source]), n_beams=4)
        assert [one["words"] for one in result["translations"]] == [words for _, words in expected]
        assert [one["score"] for one in result["translations"]] == pytest.approx([score for score, _ in expected], abs=NEAR)


def test_closed_links_change_the_translation_as_they_do_in_the_library(files):
    model, sentence = load_translator()[0], "这个动物没有过马路，因为它太宽了。"
    n, it = len(sentence), sentence.index("它")
    encoder_mask, memory_mask = torch.ones(1, 1, n, n, dtype=torch.bool), torch.ones(1, 1, 1, n, dtype=torch.bool)
    reading, writing = [[it, 6], [it, 7]], [[i, 8] for i in range(64)]                     # character 8 is closed for every word
    encoder_mask[..., it, 6:8], memory_mask[..., 8] = False, False
    data = {"source": encode_source([sentence]).tolist()[0], "closedReading": reading, "closedWriting": writing}
    [(result, _)] = answers("translator", files, [data], [])
    words = result["translations"][0]["words"]
    closed = translate(model, [sentence], encoder_mask=encoder_mask, memory_mask=memory_mask)[0]
    assert decode_target(words) == closed != translate(model, [sentence])[0]


@pytest.mark.parametrize("name", HEADERS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_read_in_python_and_in_javascript_holds_the_weights(name, kind):
    content = page_model(name, kind)
    header, matrices = read_page_model(content)
    assert header["kind"] == kind and len(header["source"]) == 64
    most = {"float32": 4e6, "float16": 2e6, "int8": 1.1e6}
    most = {"float32": 4.3e6, "float16": 2.2e6, "int8": 1.125e6} if name == "deformable_detr" else most
    assert len(content) < most[kind]
    code = """const header = readHeader(models.NAME, "NAME");
    return header.tensors.map(entry => {
      const out = new Float32Array(entry.shape[0] * entry.shape[1]);
      readTensor(models.NAME, header, entry, out);
      return crc32(new Uint8Array(out.buffer));
    });"""
    assert run_in_node(code.replace("NAME", name), None, {name: content}) == [zlib.crc32(matrix.tobytes()) for matrix in matrices.values()]
    weights, step = load_model(name)[0], {"float32": 0, "float16": 2**-11, "int8": 0.51 / 127}[kind]
    for key, matrix in matrices.items():
        if key in weights and key.endswith(("proj.weight", "head.weight")) and weights[key].dim() == 2:
            expected = weights[key].T
            assert (torch.tensor(matrix) - expected).abs().max() <= step * expected.abs().max()


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda content: b"<!doctype html>" + content, "is not one of this book’s model files"),
        (lambda content: content[:10], "is not one of this book’s model files"),
        (lambda content: content[:-4], "is damaged; load the page again"),
        (lambda content: content[:5000] + b"?" + content[5001:], "is damaged; load the page again"),
        (lambda content: page_model("translator"), "“detr” holds the model “translator”"),
    ],
)
def test_a_foreign_or_damaged_file_is_refused_in_one_sentence(spoil, sentence):
    content = spoil(page_model("detr"))
    with pytest.raises(ValueError, match=sentence):
        run_in_node("makeEngine(models.detr, 'detr', kernel)", None, {"detr": content})
    if "holds" not in sentence:
        with pytest.raises(ValueError, match="content"):
            read_page_model(content)


@pytest.mark.parametrize(
    "name, wrong, sentence",
    [
        ("detr", {"pixels": [0] * 30_000, "height": 100, "width": 100}, "sides of 32 to 96 px, and this one has 100 × 100"),
        ("deformable_detr", {"pixels": [0] * 30_000, "height": 100, "width": 100}, "sides of 32 to 96 px, and this one has 100 × 100"),
        ("detr", {"pixels": [0] * 100, "height": 64, "width": 64}, "sides of 32 to 96 px"),
        ("detr", {"pixels": [0] * 12_288, "height": 64, "width": 64, "padTo": [48, 96]}, "padded to 96 × 48"),
        ("igpt", {"pixels": [17]}, "reads up to 64 pixels of 17 levels"),
        ("igpt", {"pixels": [0.5]}, "reads up to 64 pixels of 17 levels"),
        ("igpt", {"pixels": [0] * 65}, "reads up to 64 pixels of 17 levels"),
        ("igpt", {"pixels": [0] * 60, "draws": [[0.5] * 5]}, "draws all that are missing"),
        ("vit_digits", {"pixels": [0] * 1024}, "reads pictures of 32 × 32 px, and 64 patches"),
        ("vit_digits", {"pixels": [0] * 3072, "patches": [0] * 64}, "64 patches and positions in any order"),
        ("vit_digits", {"pixels": [0] * 3072, "positions": list(range(1, 65))}, "64 patches and positions in any order"),
        ("translator", {"source": [0, 0]}, "reads 1 to 64 characters"),
        ("translator", {"source": [3] * 65}, "reads 1 to 64 characters"),
        ("translator", {"source": [3, 4000]}, "not in its vocabulary"),
        ("translator", {"source": [3], "target": [1, -2]}, "not in its vocabulary"),
        ("translator", {"source": [3], "beams": 9}, "keeps 1 to 8 beams"),
    ],
)
def test_an_input_out_of_range_is_refused_in_one_sentence(files, name, wrong, sentence):
    code = f"const engine = makeEngine(models.{name}, '{name}', kernel); return engine.answer(() => MODELS.{name}(engine, data));"
    with pytest.raises(ValueError, match=sentence):
        run_in_node(code, wrong, files)


def test_the_largest_inputs_fit_the_memory(files):
    code = """for (const name of ["detr", "deformable_detr"]) {
      const large = makeEngine(models[name], name, kernel);
      large.answer(() => MODELS[name](large, { pixels: new Uint8Array(96 * 96 * 3), height: 96, width: 96 }));
    }
    const drawing = makeEngine(models.igpt, "igpt", kernel), draws = Array(8).fill(Array(64).fill(0.5));
    drawing.answer(() => igpt(drawing, { pixels: [], draws }));
    drawing.answer(() => igpt(drawing, { pixels: Array(64).fill(9) }));
    const named = makeEngine(models.vit_digits, "vit_digits", kernel);
    named.answer(() => vit(named, { pixels: Array(3072).fill(9) }));
    const long = makeEngine(models.translator, "translator", kernel);
    return long.answer(() => translator(long, { source: Array(64).fill(9), beams: 8 }))[0].translations.length;"""
    assert run_in_node(code, None, files) == 8


def test_the_stored_scores_are_those_of_the_forms_and_one_measures_them_again():
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    rows = {name: {row["form"]: row for row in stored[name]} for name in HEADERS}
    for name in DETECTORS:
        assert rows[name]["float32"]["AP"] == pytest.approx(rows[name]["PyTorch"]["AP"], abs=2e-4)
        assert rows[name]["int8"]["AP"] > rows[name]["PyTorch"]["AP"] - 0.003
    assert stored["onnx"]["ratio"] <= 1.2
    for name, wrote in (("translator", 0.9), ("translator_no_mask", -1)):
        float_form, small = rows[name]["PyTorch"], rows[name]["int8"]
        assert small["right"] >= float_form["right"] - 0.01 and float_form["right"] > wrote
        assert small["read"] >= float_form["read"] - 0.005 and float_form["read"] > 0.98
    assert rows["igpt"]["float32"]["nats"] == pytest.approx(rows["igpt"]["PyTorch"]["nats"], abs=1e-3)
    assert rows["igpt"]["int8"]["nats"] < rows["igpt"]["PyTorch"]["nats"] + 0.01
    assert rows["lanes"]["float32"]["accuracy"] == pytest.approx(rows["lanes"]["PyTorch"]["accuracy"], abs=1e-3)
    assert rows["lanes"]["int8"]["accuracy"] > rows["lanes"]["PyTorch"]["accuracy"] - 0.01
    assert rows["vit_digits"]["float32"]["nats"] == pytest.approx(rows["vit_digits"]["PyTorch"]["nats"], abs=1e-3)
    assert rows["vit_digits"]["int8"]["accuracy"] > rows["vit_digits"]["PyTorch"]["accuracy"] - 0.02
    slowest = {"detr": 60, "deformable_detr": 60, "igpt": 60, "lanes": 60, "translator": 5, "translator_no_mask": 5,      # ms, as
               "vit_digits": 20}                                                # stored
    for name, most in slowest.items():
        assert all(rows[name][kind]["ms"] <= most for kind in KINDS)
        plain = 600 if name == "deformable_detr" else 400                    # ms until the first answer
        assert rows[name]["int8"]["first_ms"] <= 400 and rows[name]["int8, plain JavaScript"]["first_ms"] <= plain
    for name, kind in (("detr", "int8"), ("deformable_detr", "int8"), ("translator", "float16")):
        assert rows[name][kind]["bytes"] == len(page_model(name, kind))
    few = make_pairs(3, seed=7, split="test")
    for name in TRANSLATORS:
        now = translator_rows(few, name)
        assert all(row["right"] == now[0]["right"] and row["read"] == now[0]["read"] > 0.9 for row in now)
    for name in DETECTORS:
        again = {row["form"]: row["AP"] for row in detector_rows([scene for scene, _ in SCENES[:2]], name)}
        assert again["float32"] == pytest.approx(again["PyTorch"], abs=1e-3) and again["int8, plain JavaScript"] == again["int8"] > 0.5
    nats = {row["form"]: row["nats"] for row in igpt_rows(digits("held out")[0][:2])}
    assert nats["float32"] == pytest.approx(nats["PyTorch"], abs=1e-3) and nats["int8, plain JavaScript"] == nats["int8"] < 2
    named = {row["form"]: row["nats"] for row in vit_rows(*(part[:3] for part in digit_pictures("held out")))}
    assert named["float32"] == pytest.approx(named["PyTorch"], abs=1e-3) and named["int8, plain JavaScript"] == named["int8"] < 1
    lanes = {row["form"]: row["accuracy"] for row in lane_rows(make_roads(2, seed=HELD_OUT_SEED))}
    assert lanes["float32"] == pytest.approx(lanes["PyTorch"], abs=0.01) and lanes["int8, plain JavaScript"] == lanes["int8"] > 0.5


def test_unknown_names_and_kinds_are_refused():
    for name, kind in (("dense", "int8"), ("detr", "int4")):
        known = "detr, deformable_detr, igpt, lanes, translator, translator_no_mask, vit_digits and one of float32, float16, int8"
        with pytest.raises(ValueError, match=f"expected one of {known}"):
            page_model(name, kind)


SMALL = {"n_queries": 5, "d_model": 16, "n_heads": 2, "d_ff": 24, "n_encoder_layers": 1, "n_decoder_layers": 2}
OTHERS = {"detr": (new_detr, SIZES, SMALL),
          "deformable_detr": (new_deformable, DEFORMABLE_SIZES, SMALL | {"d_model": 32, "n_levels": 4, "stages": (1, 2), "n_points": 2})}


@pytest.mark.parametrize("name", OTHERS)
@torch.no_grad()
def test_other_weights_of_other_sizes_are_exported_and_answer_as_pytorch_does(name, monkeypatch, tmp_path):
    new, sizes, small = OTHERS[name]
    model = new(seed=3, **small).eval()
    for parameter in model.parameters():
        parameter += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(4))       # off its special start
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, tmp_path / "weights.safetensors")
    monkeypatch.setattr(export_page_model, "model_folder", lambda name: tmp_path)
    monkeypatch.setattr(export_page_model, "load_model", lambda name: (model.state_dict(), {}))
    monkeypatch.setitem(export_page_model.HEADERS, name, export_page_model.HEADERS[name] | {"sizes": sizes | small})
    content = page_model(name, "float32")
    assert read_page_model(content)[0]["source"] == hashlib.sha256((tmp_path / "weights.safetensors").read_bytes()).hexdigest()
    [(result, _)] = answers(name, {name: content}, [picture(*SCENES[2])], [])
    output = model(*scene_batch([SCENES[2][0]], pad_to=SCENES[2][1])[:2])
    assert len(result["answers"]) == 2
    for layer, answer in enumerate(result["answers"]):
        assert near(answer["logits"], output.logits[layer, 0]) and near(answer["boxes"], output.boxes[layer, 0])
    assert len(page_model(name, "int8")) < len(content) / (3 if name == "detr" else 2.5)


@torch.no_grad()
def test_a_vit_of_another_size_answers_as_pytorch_does(monkeypatch, tmp_path):
    small = {"image_size": 24, "patch_size": 8, "n_classes": 3, "d_model": 16, "n_heads": 2, "d_ff": 24, "n_layers": 2}
    model = new_model("vit", seed=3, **small).eval()
    for parameter in model.parameters():
        parameter += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(4))       # off its special start
    save_file({key: tensor.contiguous() for key, tensor in model.state_dict().items()}, tmp_path / "weights.safetensors")
    monkeypatch.setattr(export_page_model, "model_folder", lambda name: tmp_path)
    monkeypatch.setattr(export_page_model, "load_model", lambda name: (model.state_dict(), {}))
    monkeypatch.setitem(export_page_model.HEADERS, "vit_digits", {"sizes": small | {"eps": 1e-6}, "room": 20_000})
    images = torch.randint(256, (2, 3, 24, 24), generator=torch.Generator().manual_seed(5), dtype=torch.uint8)
    inputs = [{"pixels": image.permute(1, 2, 0).flatten().tolist()} for image in images]
    found = answers("vit_digits", {"vit_digits": page_model("vit_digits", "float32")}, inputs, [])
    for (result, _), logits in zip(found, model(normalised(images)), strict=True):
        assert near(result["logits"], logits)


def test_one_command_exports_records_tests_and_measures_and_stops_where_one_fails(monkeypatch):
    ran, fails = [], ""

    def run(command, **options):
        ran.append(" ".join(command[1:]))
        return subprocess.CompletedProcess(command, int(bool(fails) and fails in ran[-1]))

    monkeypatch.setattr(page_models.subprocess, "run", run)
    assert page_models.main(["detr"]) == 0
    steps = ["export_page_model.py detr --kind int8", "figures/your_scene/record.py", "tests/figures/test_figure_break_it.py",
             "measure_page_models.py detr --drag"]
    places = [next(i for i, command in enumerate(ran) if step in command) for step in steps]
    assert places == sorted(places) and len(set(places)) == 4 and not any("your_sentence" in command for command in ran)
    ran, fails = [], "figures/break_it/record.py"
    assert page_models.main(["translator_no_mask"]) == 1 and ran[-1].endswith(fails) and len(ran) == len(KINDS) + 1
    ran, fails = [], ""
    assert page_models.main(["translator_no_mask"]) == 0 and ran[-1].endswith("measure_page_models.py translator_no_mask --drag")
    for name in page_models.figures_of(export_page_model.HEADERS):
        assert (FIGURES / name / "record.py").exists()
    wanted = ("break_it", "one_idea", "squeeze", "your_sentence")
    assert page_models.figures_of(["translator"]) == [name for name in names() if name in wanted]
    with pytest.raises(SystemExit):
        page_models.main(["dense"])


def test_the_longest_task_of_a_trace_is_that_of_the_page_and_a_drag_is_stored_below_a_frame():
    thread = [{"name": "thread_name", "pid": 1, "tid": i, "args": {"name": name}} for i, name in ((1, "CrRendererMain"), (2, "Compositor"))]
    tasks = [{"name": "ThreadControllerImpl::RunTask", "pid": 1, "tid": tid, "ts": at, "dur": 1, "tdur": 1000 * ms}
             for tid, at, ms in ((1, 10, 50), (1, 20, 7), (1, 30, 0.5), (1, 40, 2), (2, 40, 90), (1, 60, 60))]
    moves = [{"name": "EventDispatch", "pid": 1, "tid": 1, "ts": at, "args": {"data": {"type": "pointermove"}}} for at in (20, 50)]
    assert longest([*thread, *tasks, *moves]) == {"tasks": 2, "longest_ms": 7, "late_ms": 2}
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))["drag"]
    assert set(stored) >= {"your_scene", "one_idea", "break_it", "same_scene"}
    assert all(0 < one["longest_ms"] <= 16 for one in stored.values())
