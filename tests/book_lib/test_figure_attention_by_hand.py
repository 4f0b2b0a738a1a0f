"""Attention by hand: the same numbers in Python, in the browser and in the library; names that do not cover each other."""

import itertools
import json
import math

import pytest
import torch
from figure_modules import in_javascript

from book_lib.attention import scaled_dot_product_attention
from book_lib.widgets import AttentionByHand, module_source
from book_lib.widgets.attention_by_hand import LETTER, WIDE, place_names
from book_lib.widgets.running_example import TOKENS


def swapped():
    """The figure after “wide” took the place of “tired”."""
    first, i = AttentionByHand(), WIDE["index"]
    parts = {part: [*getattr(first, part)[:i], WIDE[part]] for part in ("query", "key", "value")}
    return AttentionByHand(tokens=[*first.tokens[:i], "wide"], **parts)


@pytest.mark.parametrize("scale", [True, False])
def test_every_number_is_the_librarys_here_and_in_the_browser(scale):
    figure = AttentionByHand(scale=scale, query=[[1, -2], [0.5, 0], [2, 1], [3, 1]])
    query, key, value = (torch.tensor(getattr(figure, part), dtype=torch.float64) for part in ("query", "key", "value"))
    output, weights = scaled_dot_product_attention(query if scale else query * math.sqrt(2), key, value)
    state = json.dumps(figure.state)
    (browser,) = in_javascript("attention_by_hand", f"(s => m.attend(s.query, s.key, s.value, s.scale))({state})")
    for numbers in (figure.attention(), browser):
        assert torch.allclose(torch.tensor(numbers["weights"], dtype=torch.float64), weights, rtol=0, atol=1e-12)
        assert torch.allclose(torch.tensor(numbers["output"], dtype=torch.float64), output, rtol=0, atol=1e-12)


def test_the_row_of_it_has_the_numbers_of_the_text_and_wide_changes_no_preference():
    first, other = AttentionByHand().attention(), swapped().attention()
    assert first["scores"][2] == [4, 2, -2, 2]
    assert [round(weight, 3) for weight in first["weights"][2]] == [0.666, 0.162, 0.01, 0.162]
    assert first["weights"][1] == [0.25] * 4
    for numbers in (first, other):
        assert numbers["weights"][2][0] / numbers["weights"][2][1] == pytest.approx(math.exp(2 / math.sqrt(2)))
    assert other["weights"][2][0] != pytest.approx(first["weights"][2][0], abs=1e-3)


def test_the_browser_says_the_same_sentence_and_accepts_the_state():
    figures = [AttentionByHand(), AttentionByHand(row=1, scale=False), swapped()]
    said = in_javascript("attention_by_hand", *(f"(s => [m.check(s), m.sentence(s)])({json.dumps(figure.state)})" for figure in figures))
    assert said == [[None, figure.sentence()] for figure in figures]


@pytest.mark.parametrize(
    "key", [[[2, 0], [0, 2], [-1, 0], [1, 0]], [[2, 1], [2, 1], [2, 0.5], [1, 1]], [[5, 5], [5, 5], [-5, -5], [4, 5]], [[0, 0]] * 4]
)
def test_names_in_the_plane_never_overlap_and_stand_at_the_same_places_in_the_browser(key):
    tips = [(230, 140, "q it")] + [(170 + 30 * x, 170 - 30 * y, f"{word} 0.25") for (x, y), word in zip(key, TOKENS, strict=True)]
    places = place_names(tips)
    boxes = [(x, y - 12, x + LETTER * len(text), y + 3) for (x, y), (_, _, text) in zip(places, tips, strict=True)]
    for a, b in itertools.combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert all(x >= 0 and right <= 340 and y >= 0 and bottom <= 330 for x, y, right, bottom in boxes)
    points = [{"x": x, "y": y, "text": text} for x, y, text in tips]
    (browser,) = in_javascript("attention_by_hand", f"m.placeNames({json.dumps(points)}).map(p => [p.x, p.y])")
    assert [pytest.approx(place) for place in places] == [tuple(place) for place in browser]


@pytest.mark.parametrize(
    "wrong, trait",
    [
        ({"row": 4}, "row"),
        ({"row": "it"}, "row"),
        ({"key": [[1, 2]]}, "key"),
        ({"value": [[6, 0], [0, 0], [0, 0], [0, 0]]}, "value"),
        ({"tokens": ["it"]}, "tokens"),
        ({"scale": 1}, "scale"),
        ({"picked": [5, 0]}, "picked"),
        ({"other": {"index": 3}}, "other"),
    ],
)
def test_wrong_settings_are_refused_by_name_here_and_in_the_browser(wrong, trait):
    with pytest.raises(ValueError, match=f"AttentionByHand: {trait} is "):
        AttentionByHand(**wrong)
    (problem,) = in_javascript("attention_by_hand", f"m.check({json.dumps(AttentionByHand().state | wrong)})")
    assert problem["trait"] == trait


def test_an_unknown_setting_and_a_wrong_change_are_refused_too():
    with pytest.raises(ValueError, match="AttentionByHand has no setting 'rows'"):
        AttentionByHand(rows=2)
    figure = AttentionByHand()
    with pytest.raises(ValueError, match="AttentionByHand: row is 9"):
        figure.row = 9


def test_the_static_form_is_small_and_always_the_same():
    first = AttentionByHand(number="2.1").static_html()
    assert first == AttentionByHand(number="2.1").static_html()
    assert 'id="interactive-2-1"' in first and "<svg" in first and "aria-label" in first and AttentionByHand().sentence() in first
    assert len(first) < 60_000
    assert len(module_source("attention_by_hand")) < 30_000
