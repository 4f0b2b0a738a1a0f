"""COCO's format: what is read, what is refused in words, what is written."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from book_lib.data.coco import coco_results, read_coco
from book_lib.data.package_photographs import credits_of_photographs, package_photographs
from book_lib.detection.evaluation import average_precision

IMAGES = {"a.png": (60, 40), "b.png": (30, 50), "c.png": (20, 20)}          # width, height


def content():
    return {
        "images": [{"id": i, "file_name": name, "width": w, "height": h} for i, (name, (w, h)) in enumerate(IMAGES.items(), 7)],
        "categories": [{"id": 90, "name": "toothbrush"}, {"id": 3, "name": "car"}, {"id": 17, "name": "cat"}],
        "annotations": [
            {"id": 1, "image_id": 7, "category_id": 17, "bbox": [10, 5, 20, 30], "area": 600, "iscrowd": 0},
            {"id": 2, "image_id": 7, "category_id": 90, "bbox": [30.5, 20, 29.5, 20.6], "area": 600, "iscrowd": 0},
            {"id": 3, "image_id": 8, "category_id": 3, "bbox": [0, 0, 30, 50]},
            {"id": 4, "image_id": 8, "category_id": 3, "bbox": [5, 5, 10, 10], "iscrowd": 1},
        ],
    }


@pytest.fixture
def folder(tmp_path):
    for name, size in IMAGES.items():
        Image.new("RGB", size).save(tmp_path / name)
    return tmp_path


def refusal(folder, changed, **settings):
    with pytest.raises(ValueError) as error:
        read_coco(changed, folder, **settings)
    assert len(str(error.value)) < 900 and "\n" not in str(error.value)
    return str(error.value)


def changed(part, place, **values):
    whole = content()
    whole[part][place] |= values
    return whole


def test_ids_with_gaps_become_labels_and_crowds_are_set_apart(folder):
    (folder / "boxes.json").write_text(json.dumps(content()))
    photographs, categories = read_coco(folder / "boxes.json")
    assert categories == ((3, "car"), (17, "cat"), (90, "toothbrush"))
    first, second, third = photographs
    assert first.labels.tolist() == [1, 2] and first.size == (40, 60) and first.image_id == 7 and first.path == folder / "a.png"
    assert first.boxes_xyxy.tolist() == [[10, 5, 30, 35], [30.5, 20, 60, 40]]              # 0.6 px outside is rounding: cut, not refused
    assert second.labels.tolist() == [0] and second.crowd_labels.tolist() == [0] and second.crowds_xyxy.tolist() == [[5, 5, 15, 15]]
    assert len(third.labels) == 0 and third.boxes_xyxy.shape == (0, 4)
    assert first.picture().size == (60, 40)


def test_labels_of_the_training_hold_for_the_held_out_set(folder):
    known = ((1, "dog"), (3, "car"), (17, "cat"), (90, "toothbrush"))
    assert [p.labels.tolist() for p in read_coco(content(), folder, categories=known).photographs] == [[2, 3], [1], []]
    assert "category 17 is 'cat' here and 'dog' in the training's set" in refusal(
        folder, content(), categories=((3, "car"), (17, "dog"), (90, "toothbrush")))
    assert "category 90 is 'toothbrush' here and unknown in the training's set" in refusal(folder, content(), categories=known[:3])


@pytest.mark.parametrize(("part", "place", "values", "message"), [
    ("annotations", 0, {"category_id": 4}, "annotation 1 has category_id 4, and the categories are 3, 17, 90"),
    ("annotations", 0, {"category_id": None}, "annotation 1 has category_id None"),
    ("annotations", 0, {"image_id": 70}, "annotation 1 has image_id 70, and no picture has it"),
    ("annotations", 0, {"image_id": "7"}, "image_id '7', and no picture has it; the id is there as text or number of the other kind"),
    ("annotations", 0, {"bbox": [10, 5, 0, 30]}, r"annotation 1 of a.png has bbox [10, 5, 0, 30]: a box of 0 x 30 px has no area"),
    ("annotations", 0, {"bbox": [10, 5, 20, -3]}, "a box of 20 x -3 px has no area"),
    ("annotations", 0, {"bbox": [50, 5, 20, 30]}, "has bbox [50, 5, 20, 30], which leaves the picture of 60 x 40 px (width x height)"),
    ("annotations", 0, {"bbox": [-9, 5, 20, 30]}, "which leaves the picture"),
    ("annotations", 0, {"bbox": [1, 2, 3]}, "bbox [1, 2, 3], expected four finite numbers [left, top, width, height] in px"),
    ("annotations", 0, {"bbox": [1, 2, 3, float("nan")]}, "expected four finite numbers"),
    ("annotations", 0, {"bbox": None}, "has bbox None, expected four"),
    ("images", 0, {"file_name": "lost.png"}, "picture 7 has file_name 'lost.png', and {folder} has no such file"),
    ("images", 0, {"file_name": "train/a.png"}, "has no such file, but a.png is there"),
    ("images", 0, {"file_name": None}, "picture 7 has file_name None"),
    ("images", 0, {"width": 120, "height": 80}, "a.png is 60 x 40 px (width x height), and the file states 120 x 80 px"),
    ("images", 1, {"id": 7}, "image id 7 stands for 2 pictures"),
    ("categories", 0, {"id": 3}, "category id 3 stands for 2 categories"),
    ("categories", 0, {"id": "ninety"}, "category id 'ninety' is no whole number"),
])
def test_every_mistake_is_named(folder, part, place, values, message):
    assert message.replace("{folder}", str(folder)) in refusal(folder, changed(part, place, **values))


def test_corners_and_shares_are_recognised(folder):
    corners = content()
    for one in corners["annotations"]:
        left, top, w, h = one["bbox"]
        one["bbox"] = [left + 1, top + 1, left + 1 + w, top + 1 + h]
    assert "are these corners [left, top, right, bottom]? COCO wants [left, top, width, height]" in refusal(folder, corners)
    shares = content()
    for one in shares["annotations"]:
        one["bbox"] = [0.2, 0.2, 0.5, 0.5]
    assert "every bbox lies between 0 and 1: these are shares of the picture, and COCO wants px" in refusal(folder, shares)


def test_many_mistakes_are_counted_and_may_be_repaired(folder):
    broken = content()
    broken["annotations"] += [{"id": 10 + i, "image_id": 7, "category_id": 3, "bbox": [50, 30, 20, 20]} for i in range(8)]
    broken["annotations"].append({"id": 20, "image_id": 7, "category_id": 3, "bbox": [5, 5, 0, 9]})
    assert refusal(folder, broken).endswith("; and 4 more")
    with pytest.warns(UserWarning, match="9 boxes were cut off or left out: annotation 10 of a.png"):
        photographs, _ = read_coco(broken, folder, repair=True)
    assert photographs[0].boxes_xyxy.tolist()[2:] == [[50, 30, 60, 40]] * 8


def test_a_set_without_objects_or_pictures_is_refused(folder):
    assert "3 pictures and not one object in them" in refusal(folder, content() | {"annotations": []})
    assert "'images' is empty" in refusal(folder, content() | {"images": [], "annotations": []})


@pytest.mark.parametrize(("text", "message"), [
    ("{", "boxes.json is no JSON: "),
    ("[]", "boxes.json holds a list, as COCO's results do"),
    ('{"images": [], "annotations": {}}', "boxes.json has no list 'annotations' and no list 'categories'"),
])
def test_another_file_is_refused(folder, text, message):
    (folder / "boxes.json").write_text(text)
    assert message in refusal(folder, folder / "boxes.json")
    assert "expected an existing JSON file" in refusal(folder, folder / "nowhere.json")


def save_turned(path, size, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size).save(path, exif=exif)


def test_sizes_tell_whether_boxes_were_drawn_before_or_after_exif_turned_the_picture(folder):
    save_turned(folder / "a.png", (40, 60), 6)                   # lies 40 x 60 px in the file, stands 60 x 40 px
    stands = read_coco(content(), folder).photographs[0]
    assert stands.upright and stands.picture().size == (60, 40)
    save_turned(folder / "a.png", (60, 40), 6)                   # lies 60 x 40 px: boxes on that were drawn without turning it
    lies = read_coco(content(), folder).photographs[0]
    assert not lies.upright and lies.size == (40, 60) and lies.picture().size == (60, 40)
    assert "a.png is 40 x 60 px (width x height), and the file states 60 x 40 px" in refusal(folder, content(), upright=True)


def test_a_turn_that_sizes_do_not_show_has_to_be_told(folder):
    save_turned(folder / "a.png", (60, 40), 3)                   # upside down
    assert "a.png has EXIF orientation 3, and the stated size 60 x 40 px (width x height) does not tell" in refusal(folder, content())
    assert read_coco(content(), folder, upright=True).photographs[0].upright
    assert not read_coco(content(), folder, upright=False).photographs[0].upright
    unknown = content()
    del unknown["images"][0]["width"]
    save_turned(folder / "a.png", (40, 60), 8)
    assert "does not tell" in refusal(folder, unknown)


def perfect(photograph, **changes):
    return {"scores": torch.full((len(photograph.labels),), 0.9), "labels": torch.from_numpy(photograph.labels),
            "boxes_xyxy": torch.from_numpy(photograph.boxes_xyxy)} | changes


def test_results_are_what_pycocotools_reads_and_scores_alike(folder, capsys):
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    (folder / "boxes.json").write_text(json.dumps(whole_areas(content())))
    photographs, categories = read_coco(folder / "boxes.json")
    crowded = torch.tensor([[0.0, 0, 30, 50], [6, 6, 14, 14], [1, 1, 9, 9]])
    found = [perfect(photographs[0]), {"scores": torch.tensor([0.5, 0.95, 0.8]), "labels": torch.tensor([0, 0, 0]), "boxes_xyxy": crowded},
             perfect(photographs[2])]
    results = coco_results(found, photographs, categories)
    assert results[0] == {"image_id": 7, "category_id": 17, "bbox": [10, 5, 20, 30], "score": pytest.approx(0.9)}
    truth = COCO(str(folder / "boxes.json"))
    scoring = COCOeval(truth, truth.loadRes(results), "bbox")
    scoring.evaluate()
    scoring.accumulate()
    scoring.summarize()
    scores = average_precision(found, photographs)
    assert list(scores.values()) == pytest.approx(scoring.stats.tolist(), abs=1e-9)
    assert 0.8 < scores["AP"] < 1                                # the detection inside the crowd costs nothing, the one outside it does
    with pytest.raises(ValueError, match="found has 2 entries for 3 photographs"):
        coco_results(found[:2], photographs, categories)


def whole_areas(content):
    for one in content["annotations"]:
        one.setdefault("iscrowd", 0)
        one["area"] = one["bbox"][2] * one["bbox"][3]
    return content


def test_photographs_of_the_packages_have_boxes_and_licences():
    photographs, categories = package_photographs()
    assert [len(photograph.labels) for photograph in photographs] == [2, 1, 2, 1, 1, 2, 24]
    assert [name for _, name in categories] == ["building", "cat", "coin", "cup", "flower", "person", "spacecraft", "spoon"]
    assert all(photograph.picture().size == photograph.size[::-1] for photograph in photographs)
    credits = credits_of_photographs()
    assert len(credits) == 7 and all(author and licence for _, author, licence in credits)
    coins = photographs[-1]
    grey = np.array(coins.picture().convert("L"), float)
    inside = [grey[int(top) + 8 : int(bottom) - 8, int(left) + 8 : int(right) - 8].mean() for left, top, right, bottom in coins.boxes_xyxy]
    assert min(inside) > np.median(grey)                         # every box lies on something brighter than the ground
