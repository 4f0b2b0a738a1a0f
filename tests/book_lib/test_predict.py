"""A picture or a folder in, pictures with boxes and COCO's results out."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from book_lib.data.photographs import Preparation
from book_lib.data.scenes import CLASSES, make_scenes, save_scenes
from book_lib.detection.detector_files import Detector, save_detector
from book_lib.detection.evaluation import average_precision
from book_lib.detection.predict import draw_detections, main, predict
from book_lib.experiments.small_detectors import load_detr

ROOT = Path(__file__).resolve().parents[2]
CATEGORIES = tuple((label + 1, name) for label, name in enumerate(CLASSES))
SCENE = Preparation(shorter=80, longest=120, mean=(0.5,) * 3, std=(0.25,) * 3)


@pytest.fixture(scope="module")
def detector():
    return Detector(load_detr(), CATEGORIES, SCENE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    save_scenes(make_scenes(6, seed=1_000_000), folder)
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_is_answered_and_scored(detector, folder, tmp_path):
    found, photographs, scores = predict(detector, folder, tmp_path, annotations=folder / "annotations.json")
    assert scores["AP50"] > 0.8 and scores == average_precision(found, photographs)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*(f"{p.path.stem}.png" for p in photographs), "results.json"])
    results = json.loads((tmp_path / "results.json").read_text())
    assert len(results) == 6 * 20 and {row["image_id"] for row in results} == set(range(6))
    assert {row["category_id"] for row in results} <= set(range(1, 7)) and all(len(row["bbox"]) == 4 for row in results)
    for photograph in photographs:
        drawn = np.array(Image.open(tmp_path / f"{photograph.path.stem}.png"))
        assert drawn.shape[:2] == photograph.size and (drawn != np.array(photograph.picture())).any()


def test_pycocotools_scores_the_file_alike(detector, folder, tmp_path):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    _, _, scores = predict(detector, folder, tmp_path, annotations=folder / "annotations.json")
    truth = COCO(str(folder / "annotations.json"))
    scoring = COCOeval(truth, truth.loadRes(str(tmp_path / "results.json")), "bbox")
    scoring.evaluate()
    scoring.accumulate()
    scoring.summarize()
    assert scores["AP"] == pytest.approx(scoring.stats[0], abs=1e-6)


def test_one_picture_without_annotations_lies_on_its_side_in_the_file(detector, folder, tmp_path):
    """EXIF turns it before it is answered; the answers are those of the same picture stored upright."""
    scene = make_scenes(1, seed=1_000_003)[0]
    upright = Image.fromarray(scene.image)
    upright.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "photo.png", exif=exif)
    (turned,), (photograph,), scores = predict(detector, tmp_path / "photo.png", tmp_path / "out")
    (straight,), _, _ = predict(detector, tmp_path / "upright.png", tmp_path / "other")
    assert scores is None and photograph.size == scene.size and photograph.image_id == 1
    assert all(torch.equal(turned[key], straight[key]) for key in ("scores", "labels", "boxes_xyxy"))
    assert Image.open(tmp_path / "out" / "photo.png").size == upright.size
    (said,) = json.loads((tmp_path / "out" / "images.json").read_text())
    assert said == {"id": 1, "file_name": "photo.png", "height": scene.size[0], "width": scene.size[1]}


def test_only_boxes_of_the_threshold_are_drawn_and_they_stand_where_they_should():
    picture = Image.new("RGB", (200, 100))
    found = {"scores": torch.tensor([0.9, 0.3]), "labels": torch.tensor([0, 1]),
             "boxes_xyxy": torch.tensor([[40.0, 20, 120, 80], [150, 10, 190, 40]])}
    drawn = np.array(draw_detections(picture, found, CATEGORIES, threshold=0.5))
    rows, columns = np.nonzero(drawn.sum(2))
    assert (columns.min(), rows.min(), columns.max(), rows.max()) == (40, 20, 120, 80)
    assert not np.array(picture).any()                           # the picture itself is left as it was
    both = np.array(draw_detections(picture, found, CATEGORIES, threshold=0.0))
    assert both[10:41, 190].any(1).all() and not drawn[10:41, 190].any()
    outside = found | {"boxes_xyxy": torch.tensor([[-30.0, -30, 500, 400], [-9, -9, -5, -5]])}
    draw_detections(picture, outside, CATEGORIES, threshold=0.0)


def test_what_cannot_be_answered_is_named(detector, folder, tmp_path):
    with pytest.raises(ValueError, match="expected a picture or a folder of pictures"):
        predict(detector, tmp_path / "nowhere", tmp_path)
    with pytest.raises(ValueError, match="holds no picture, that is, no file that ends in .jpg"):
        predict(detector, tmp_path, tmp_path)
    with pytest.raises(ValueError, match="threshold is 70, expected a score from 0 to 1"):
        predict(detector, folder, tmp_path, threshold=70)
    with pytest.raises(ValueError, match="notes.txt is no picture"):
        predict(detector, folder / "notes.txt", tmp_path)
    for ending in (".png", ".jpg"):
        Image.new("RGB", (9, 9)).save(tmp_path / f"one{ending}")
    with pytest.raises(ValueError, match="holds 2 pictures named one, which would be stored under one name"):
        predict(detector, tmp_path, tmp_path / "out")
    with pytest.raises(ValueError, match="names none of the 1 pictures"):
        predict(detector, tmp_path / "one.png", tmp_path / "out", annotations=json_of(folder, tmp_path))


def json_of(folder, other):
    """The annotations of a folder, with its pictures beside another one."""
    save_scenes(make_scenes(1, seed=1_000_000), other)
    return other / "annotations.json"


def test_the_shell_command(detector, folder, tmp_path):
    save_detector(tmp_path / "mine.safetensors", detector)
    command = [sys.executable, "-m", "book_lib.detection.predict", str(folder), "--weights", str(tmp_path / "mine.safetensors"), "--out",
               str(tmp_path / "found"), "--annotations", str(folder / "annotations.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    assert "scene_1000000.png: " in done.stdout and "AP 0." in done.stdout and (tmp_path / "found" / "results.json").is_file()


def test_the_shell_command_says_what_is_wrong_in_one_line(folder, tmp_path, capsys):
    assert main([str(folder), "--weights", str(tmp_path / "none.pth"), "--out", str(tmp_path / "found")]) == 1
    said = capsys.readouterr().err
    assert "expected an existing .pth or .safetensors file" in said and said.count("\n") == 1
