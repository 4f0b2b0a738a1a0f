"""Parts of a DETR switched off: with nothing off it answers as ever, and what is off plays no part."""

import pytest
import torch

from book_lib.data.scenes import make_scenes
from book_lib.experiments.small_detectors import detect, new_detr
from book_lib.experiments.switched_off import PARTS, detect_without

SCENES = make_scenes(5, seed=9)
DETR = new_detr(seed=0).eval()


def boxes(**off):
    return torch.cat([one["boxes_xyxy"] for one in detect_without(DETR, SCENES, batch=2, **off)])


def test_with_nothing_off_the_answers_are_the_usual_ones_before_and_after():
    usual = torch.cat([one["boxes_xyxy"] for one in detect(DETR, SCENES, batch=2)])
    assert torch.equal(boxes(), usual) and not torch.equal(boxes(muted=(2, 3)), usual)
    assert torch.equal(boxes(), usual)                                       # nothing stays switched off


def test_a_muted_query_depends_on_no_other_one():
    changed = new_detr(seed=0).eval()
    with torch.no_grad():
        changed.queries[1:] += 1.0
    alone, after = (detect_without(model, SCENES[:1], muted=(1, 2, 3))[0]["boxes_xyxy"][0] for model in (DETR, changed))
    assert torch.allclose(alone, after, rtol=0, atol=1e-4)
    talking, after = (detect_without(model, SCENES[:1])[0]["boxes_xyxy"][0] for model in (DETR, changed))
    assert not torch.allclose(talking, after, rtol=0, atol=1e-4)


def test_the_first_layers_talk_moves_nothing_since_all_values_are_equal():
    assert torch.allclose(boxes(muted=(1,)), boxes(), rtol=0, atol=1e-3)


def test_one_told_about_its_own_scene_answers_as_ever_and_about_another_one_does_not():
    same = [SCENES[3]] * 3
    usual, told = (torch.cat([one["boxes_xyxy"] for one in detect_without(DETR, same, batch=2, **off)])
                   for off in ({}, {"misinformed": (1, 2, 3)}))
    assert torch.allclose(told, usual, rtol=0, atol=1e-3)
    assert torch.allclose(boxes(misinformed=(1,)), boxes(), rtol=0, atol=1e-3)         # the first layer's values are all equal
    assert not torch.allclose(boxes(misinformed=(2,)), boxes(), rtol=0, atol=1e-3)


def test_the_others_states_are_those_of_the_next_scene():
    by_scene = [detect_without(DETR, [SCENES[0], other], misinformed=(2,), batch=1)[0]["boxes_xyxy"] for other in SCENES[1:3]]
    assert not torch.allclose(*by_scene, rtol=0, atol=1e-4)
    again = detect_without(DETR, [SCENES[0], SCENES[1], SCENES[4]], misinformed=(2,), batch=1)[0]["boxes_xyxy"]
    assert torch.equal(again, by_scene[0])


def test_without_codes_a_model_answers_as_one_that_has_none():
    none = new_detr(seed=0, positions="none").eval()
    theirs = torch.cat([one["boxes_xyxy"] for one in detect(none, SCENES, batch=2)])
    assert torch.allclose(boxes(no_codes=("encoder", "decoder")), theirs, rtol=0, atol=1e-4)
    assert not torch.allclose(boxes(no_codes=("encoder",)), theirs, rtol=0, atol=1e-4)


@pytest.mark.parametrize("off", [{"muted": (0,)}, {"muted": (4,)}, {"misinformed": (5,)}, {"no_codes": ("backbone",)}])
def test_what_there_is_not_is_refused(off):
    with pytest.raises(ValueError, match="expected layers from 1 to 3, and 'encoder' or 'decoder'"):
        detect_without(DETR, SCENES, **off)


def test_there_has_to_be_another_scene_to_be_told_about():
    with pytest.raises(ValueError, match="there are 1 scenes, expected at least 2"):
        detect_without(DETR, SCENES[:1], misinformed=(2,))


def test_the_parts_of_the_table_can_be_switched_off():
    for off in PARTS.values():
        assert len(detect_without(DETR, SCENES[:2], **off)) == 2
