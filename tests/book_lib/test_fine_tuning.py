"""Fine-tuning from COCO's format, on generated pictures with a small backbone: learning, two rates, resuming, half precision, the shell."""

import json
import shutil

import numpy as np
import pytest
import torch
from PIL import Image

from book_lib.data.coco import read_coco
from book_lib.data.package_photographs import package_photographs
from book_lib.data.photographs import Preparation
from book_lib.data.scenes import make_scenes, save_scenes
from book_lib.detection.backbone import FrozenBatchNorm2d, ResNet, SmallCNN, freeze_batch_norms
from book_lib.detection.detector_files import COCO_CATEGORIES, Detector, load_detector, save_detector, with_categories
from book_lib.detection.detr import DETR
from book_lib.detection.fine_tuning import detect_photographs, fine_tune, main
from book_lib.detection.predict import main as predict_main
from book_lib.experiments.small_detectors import detect, load_detr

SCENE = Preparation(shorter=64, longest=96, mean=(0.5,) * 3, std=(0.25,) * 3)
SMALL = {"n_queries": 6, "d_model": 16, "n_heads": 2, "d_ff": 24, "n_encoder_layers": 1, "n_decoder_layers": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scenes")
    save_scenes(make_scenes(10, seed=40), folder, name="train.json")
    save_scenes(make_scenes(4, seed=80), folder, name="val.json")
    return folder


@pytest.fixture(scope="module")
def sets(folder):
    photographs, categories = read_coco(folder / "train.json")
    return photographs, read_coco(folder / "val.json", categories=categories).photographs, categories


def small_detr(backbone=None, **settings):
    torch.manual_seed(0)
    return DETR(ResNet((1, 1, 1, 1), width=4) if backbone is None else backbone, n_classes=6, **SMALL | settings)


def run(model, sets, **settings):
    defaults = {"epochs": 2, "seed": 1, "batch": 4, "preparation": SCENE, "device": "cpu", "workers": 0}
    return fine_tune(model, *sets[:2], **defaults | settings)


def without_clock(log):
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in log]


def test_scenes_as_photographs_are_found_as_well_as_scenes(tmp_path):
    """The whole way, file, boxes in COCO's format, preparation, padding: the shipped DETR answers as it does without it."""
    scenes = make_scenes(3, seed=1_000_000)
    save_scenes(scenes, tmp_path)
    photographs, _ = read_coco(tmp_path / "annotations.json")
    model = load_detr()
    for scene, photograph, expected in zip(scenes, photographs, detect(model, scenes, batch=1), strict=True):
        own = SCENE._replace(shorter=min(scene.size), longest=max(scene.size))
        (found,) = detect_photographs(model, [photograph], preparation=own)
        assert np.allclose(photograph.boxes_xyxy, scene.boxes_xyxy, atol=1e-4)
        torch.testing.assert_close(found["boxes_xyxy"], expected["boxes_xyxy"], rtol=0, atol=1e-2)
        torch.testing.assert_close(found["scores"], expected["scores"], rtol=0, atol=1e-3)


def test_the_shipped_detr_learns_your_classes(tmp_path):
    """All it knew of names is taken away, and a few steps on ten pictures bring much of it back."""
    save_scenes(make_scenes(10, seed=40), tmp_path)
    photographs, categories = read_coco(tmp_path / "annotations.json")
    model = load_detr()
    model.backbone = freeze_batch_norms(model.backbone)
    with pytest.warns(UserWarning, match="class head is for 1 other categories and was left out; a new one for 6"):
        detector = with_categories(Detector(model, ((1, "thing"),), SCENE), categories, seed=0)
    lines = []
    log = fine_tune(detector.model, photographs, photographs, epochs=4, seed=0, batch=2, lr=5e-4, backbone_lr=1e-4, preparation=SCENE,
                    report=lines.append)
    assert log[0]["AP_before"] < 0.05 and log[-1]["AP50"] > 0.12 and log[-1]["loss"] < 0.95 * log[0]["loss"]
    assert len(lines) == 5 and lines[0].startswith("before training: AP 0.0") and lines[-1].startswith("epoch 4 of 4: AP ")
    assert not detector.model.training


def test_backbone_and_the_rest_learn_at_two_rates_which_drop_and_frozen_parts_stay(sets):
    model = small_detr()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    run(model, sets, epochs=1, lr=1e-3, backbone_lr=1e-5, weight_decay=0.0)
    moved = {name: (tensor - before[name]).abs().max().item() for name, tensor in model.state_dict().items()}
    frozen = [name for name in moved if name.startswith(("backbone.conv1", "backbone.layer1", "backbone.bn1")) or ".bn" in name]
    assert all(moved[name] == 0 for name in frozen)
    slow, fast = moved["backbone.layer4.0.conv3.weight"], moved["box_head.4.weight"]
    assert 0 < slow <= 3.1e-5 and 1e-3 < fast <= 3.1e-3          # three steps of Adam, each at most its rate
    rates = []
    model = small_detr()

    class Spy(torch.optim.AdamW):
        def step(self, *args, **kwargs):
            rates.append([group["lr"] for group in self.param_groups])
            return super().step(*args, **kwargs)

    original, torch.optim.AdamW = torch.optim.AdamW, Spy
    try:
        run(model, sets, epochs=3, lr=1e-3, backbone_lr=1e-4, batch=10)
    finally:
        torch.optim.AdamW = original
    assert np.allclose(rates, [[1e-3, 1e-4], [1e-3, 1e-4], [1e-4, 1e-5]])     # a third of the epochs is left when they drop
    still = small_detr()
    kept = still.backbone.layer4[0].conv3.weight.clone()
    run(still, sets, epochs=1, backbone_lr=0)
    assert torch.equal(still.backbone.layer4[0].conv3.weight, kept)


def test_a_training_that_was_cut_goes_on_with_the_same_numbers_however_many_threads_read(sets, tmp_path):
    whole, cut, again = (small_detr(dropout=0.1) for _ in range(3))
    log = run(whole, sets, epochs=3)

    class Cut(Exception):
        pass

    def stop(line):
        if line.startswith("epoch 2"):
            raise Cut

    with pytest.raises(Cut):
        run(cut, sets, epochs=3, checkpoint=tmp_path / "state.pt", report=stop)
    resumed = run(again, sets, epochs=3, checkpoint=tmp_path / "state.pt", workers=3)
    assert without_clock(resumed) == without_clock(log)
    assert all(torch.equal(one, other) for one, other in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))])
def test_bfloat16_learns_what_float32_learns(sets, device):
    logs, models = [], []
    for precision in ("float32", "bfloat16"):
        models.append(small_detr(dropout=0.0))
        logs.append(run(models[-1], sets, epochs=2, lr=1e-3, precision=precision, device=device))
    assert all(parameter.dtype == torch.float32 for parameter in models[1].parameters())
    losses = [[entry["loss"] for entry in log] for log in logs]
    assert losses[0] != losses[1] and np.allclose(*losses, rtol=0.03)


def test_pictures_without_objects_and_crowds_are_no_trouble(sets, tmp_path):
    Image.new("RGB", (70, 64)).save(tmp_path / "empty.png")
    scene = make_scenes(1, seed=5)
    save_scenes(scene, tmp_path)
    content = json.loads((tmp_path / "annotations.json").read_text())
    content["images"].append({"id": 99, "file_name": "empty.png", "width": 70, "height": 64})
    content["annotations"][0]["iscrowd"] = 1
    photographs, _ = read_coco(content, tmp_path)
    log = run(small_detr(), (photographs, photographs), epochs=1, batch=1)
    assert np.isfinite(log[0]["loss"]) and len(photographs[0].crowd_labels) == 1


def test_settings_that_do_not_fit_are_refused(sets):
    for changes, message in (({"epochs": 0}, "epochs is 0"), ({"batch": 0}, "batch is 0"), ({"drop_after": 0}, "drop_after is 0"),
                             ({"workers": -1}, "workers is -1"), ({"precision": "float16"}, "precision is 'float16'")):
        with pytest.raises(ValueError, match=message):
            run(small_detr(), sets, **changes)
    two = DETR(ResNet((1, 1, 1, 1), width=4), n_classes=2, **SMALL)
    with pytest.raises(ValueError, match="class head is for 2 classes; load it with n_classes=[3-6] or more"):
        run(two, sets)
    with pytest.raises(ValueError, match="held_out is empty"):
        fine_tune(small_detr(), sets[0], [], epochs=1, seed=0)


@pytest.mark.parametrize("backbone", [ResNet((1, 2, 1, 1), width=4), SmallCNN((4, 6, 8), (2, 1), pool=2), freeze_batch_norms(SmallCNN())])
def test_a_detector_survives_its_file(tmp_path, backbone):
    detector = Detector(small_detr(backbone, base=20.0).eval(), tuple((3 * i, f"kind {i}") for i in range(6)), SCENE)
    save_detector(tmp_path / "mine.safetensors", detector)
    again = load_detector(tmp_path / "mine.safetensors")
    assert again.categories == detector.categories and again.preparation == SCENE and not again.model.training
    pictures = torch.randn(1, 3, 64, 80, generator=torch.Generator().manual_seed(0))
    assert torch.equal(again.model(pictures).logits, detector.model(pictures).logits)
    assert again.model.base == 20.0 and again.model.decoder_layers[0].cross_attention.dropout == 0.1
    same = load_detector(tmp_path / "mine.safetensors", categories=detector.categories)
    assert torch.equal(same.model.class_head.weight, detector.model.class_head.weight)
    with pytest.warns(UserWarning, match="6 other categories and was left out; a new one for 2 starts from random weights"):
        other = load_detector(tmp_path / "mine.safetensors", categories=((1, "a"), (2, "b")))
    assert other.model.class_head.out_features == 3 and torch.equal(other.model.queries, detector.model.queries)


def test_files_of_detectors_are_checked(tmp_path):
    detector = Detector(small_detr(), COCO_CATEGORIES[:6], SCENE)
    with pytest.raises(ValueError, match="expected a name that ends in .safetensors"):
        save_detector(tmp_path / "mine.pth", detector)
    with pytest.raises(ValueError, match="categories has 5 entries, and the class head is for 6"):
        save_detector(tmp_path / "mine.safetensors", detector._replace(categories=COCO_CATEGORIES[:5]))
    (tmp_path / "broken.safetensors").write_bytes(b"<html>")
    with pytest.raises(ValueError, match="broken.safetensors cannot be read .* it is a web page"):
        load_detector(tmp_path / "broken.safetensors")
    with pytest.raises(ValueError, match="expected an existing .pth or .safetensors file"):
        load_detector(tmp_path / "nowhere.safetensors")


def test_frozen_norms_answer_as_the_trained_ones_did():
    backbone = SmallCNN().eval()
    for part in backbone.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.uniform_(-1, 1)
            part.running_var.uniform_(0.5, 2)
    pictures = torch.randn(2, 3, 32, 40)
    expected = backbone(pictures)
    frozen = freeze_batch_norms(backbone).train()
    assert not any(isinstance(part, torch.nn.BatchNorm2d) for part in frozen.modules())
    assert sum(isinstance(part, FrozenBatchNorm2d) for part in frozen.modules()) == 7
    torch.testing.assert_close(frozen(pictures), expected, rtol=1e-4, atol=1e-5)


def test_categories_of_coco():
    names = dict(COCO_CATEGORIES)
    assert len(COCO_CATEGORIES) == 91 and sum(not name.startswith("unused") for name in names.values()) == 80
    assert [names[i] for i in (1, 17, 18, 44, 62, 73, 90)] == ["person", "cat", "dog", "bottle", "chair", "laptop", "toothbrush"]
    assert [i for i, name in names.items() if name.startswith("unused")] == [0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83]


def test_the_shell_command_trains_stores_and_goes_on(folder, tmp_path, capsys):
    start = tmp_path / "start.safetensors"
    save_detector(start, Detector(small_detr().eval(), tuple((i, f"old {i}") for i in range(6)), SCENE))
    call = [str(folder / "train.json"), "--held-out", str(folder / "val.json"), "--weights", str(start), "--out", str(tmp_path / "mine"),
            "--epochs", "1", "--batch", "5"]
    with pytest.warns(UserWarning, match="was left out"):
        assert main(call) == 0
    said = capsys.readouterr().out
    assert "before training: AP " in said and "epoch 1 of 1: AP " in said and "detector.safetensors" in said
    assert [name for _, name in load_detector(tmp_path / "mine" / "detector.safetensors").categories][:2] == ["disc", "ring"]
    with pytest.warns(UserWarning, match="was left out"):
        assert main(call) == 0                                   # nothing is left to do: the checkpoint is that of the last epoch
    assert "before training" not in capsys.readouterr().out
    assert main([*call[:2], str(tmp_path / "none.json"), *call[3:]]) == 1
    assert "expected an existing JSON file" in capsys.readouterr().err


def test_the_shell_commands_go_the_whole_way_on_real_photographs(tmp_path, capsys):
    """Training, storing and answering, from files in COCO's format; that they are learned is shown on the page "Your own photographs"."""
    photographs, categories = package_photographs()
    cat, cup = photographs[1:3]
    for one in (cat, cup):
        shutil.copy(one.path, tmp_path)
    boxes = [(i + 1, *row) for i, one in enumerate((cat, cup)) for row in zip(one.labels, one.boxes_xyxy.tolist(), strict=True)]
    (tmp_path / "train.json").write_text(json.dumps({
        "images": [{"id": i + 1, "file_name": one.path.name, "height": one.size[0], "width": one.size[1]}
                   for i, one in enumerate((cat, cup))],
        "categories": [{"id": number, "name": name} for number, name in categories],
        "annotations": [{"id": i + 1, "image_id": image, "category_id": categories[label][0], "area": (r - x) * (b - y), "iscrowd": 0,
                         "bbox": [x, y, r - x, b - y]} for i, (image, label, (x, y, r, b)) in enumerate(boxes)],
    }))
    save_detector(tmp_path / "before.safetensors", Detector(small_detr(), tuple((i, str(i)) for i in range(6)), SCENE))
    with pytest.warns(UserWarning, match="6 other categories"):
        code = main([str(tmp_path / "train.json"), "--held-out", str(tmp_path / "train.json"), "--out", str(tmp_path / "mine"),
                     "--weights", str(tmp_path / "before.safetensors"), "--epochs", "2"])
    assert code == 0 and "epoch 2 of 2: AP" in capsys.readouterr().out
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for one in (cat, cup):
        (tmp_path / one.path.name).rename(pictures / one.path.name)
    assert predict_main([str(pictures), "--weights", str(tmp_path / "mine" / "detector.safetensors"), "--out", str(tmp_path / "found"),
                         "--annotations", str(tmp_path / "train.json")]) == 0
    results = json.loads((tmp_path / "found" / "results.json").read_text())
    assert {row["image_id"] for row in results} == {1, 2}
    assert {row["category_id"] for row in results} <= {number for number, _ in categories}
    sides = {i + 1: one.size for i, one in enumerate((cat, cup))}
    assert all(row["bbox"][2] <= 1.01 * sides[row["image_id"]][1] and row["bbox"][3] <= 1.01 * sides[row["image_id"]][0] for row in results)
    assert sorted(path.name for path in (tmp_path / "found").glob("*.png")) == [f"{one.path.stem}.png" for one in (cat, cup)]
