"""Sentence arcs: the weights are the library's, the box finds the animal, wrong traits are named."""

import pytest
import torch

from book_lib.attention import scaled_dot_product_attention
from book_lib.widgets import SentenceArcs
from book_lib.widgets.running_example import TOKENS, projections
from book_lib.widgets.sentence_arcs import LENGTH, PALETTE, PATCH, SCENE, box_of, offsets, scene_weights

LETTERS = "".join(SCENE)


def test_the_words_are_the_running_example_and_its_weights_the_librarys():
    figure = SentenceArcs()
    assert [figure.tokens[place] for place in figure.nodes] == TOKENS
    parts = [torch.tensor(projections(TOKENS)[name], dtype=torch.float64) for name in ("query", "key", "value")]
    _, weights = scaled_dot_product_attention(*parts)
    torch.testing.assert_close(torch.tensor(figure.weights, dtype=torch.float64), weights, rtol=0, atol=1e-12)
    assert figure.sentence().startswith("“it” gives 0.67 of its attention to “animal”.")


def test_a_word_without_a_question_is_said_to_have_no_preference():
    assert SentenceArcs(row=1, scene=[]).sentence() == "“road” has no preference: it gives 0.25 of its attention to each word."


def test_the_weights_of_the_picture_are_the_librarys():
    pixels = torch.tensor([PALETTE[letter] for letter in LETTERS], dtype=torch.float64)
    colour = torch.nn.functional.normalize(pixels - pixels.mean(0), dim=-1) * LENGTH
    _, weights = scaled_dot_product_attention(colour, colour, colour)
    torch.testing.assert_close(torch.tensor(scene_weights(SCENE), dtype=torch.float64), weights, rtol=0, atol=1e-12)


@pytest.mark.parametrize("place", [i for i, letter in enumerate(LETTERS) if letter == "b"][::7])
def test_every_patch_of_the_animal_finds_the_animal(place):
    columns = len(SCENE[0])
    body = [divmod(i, columns) for i, letter in enumerate(LETTERS) if letter == "b"]
    top, left = min(r for r, _ in body), min(c for _, c in body)
    bottom, right = max(r for r, _ in body) + 1, max(c for _, c in body) + 1
    weights = scene_weights(SCENE)[place]
    assert box_of(weights, columns) == (left * PATCH, top * PATCH, (right - left) * PATCH, (bottom - top) * PATCH)
    assert 0.9 < sum(weight for weight, letter in zip(weights, LETTERS, strict=True) if letter == "b") < 0.99


def test_a_picture_of_one_colour_has_no_preference_and_a_box_round_everything():
    weights = scene_weights(["ss", "ss"])
    assert weights == [[0.25] * 4] * 4
    assert box_of(weights[0], 2) == (0, 0, 2 * PATCH, 2 * PATCH)


def test_arcs_leave_side_by_side_and_do_not_cross():
    found = offsets(2, [0.3, 0.2, 0.1, 0.15, 0.25])
    assert found[1] < found[0] < found[4] < found[3], "near arcs lie outside at the foot, inside at the top"
    assert 2 not in found


WEIGHTS = [[0.5, 0.5], [0.1, 0.9]]
WRONG = [
    ({"tokens": "it"}, "tokens is 'it', but it must be a list of 2 to 40 words"),
    ({"nodes": [6, 1, 8, 11]}, "nodes is .* rising places"),
    ({"nodes": [1, 6, 8, 12]}, "nodes is .* places among the 12 tokens"),
    ({"weights": WEIGHTS}, "weights is .* 4 rows and columns, one for each of the 4 nodes"),
    ({"weights": [[0.5, 0.6], [0.5, 0.5]]}, "weights is .* whose rows sum to one"),
    ({"weights": [[0.5, 0.5]]}, "weights is .* square table"),
    ({"row": 4}, "row is 4, but it must be a place among the 4 nodes"),
    ({"row": True}, "row is True"),
    ({"scene": ["sss", "ss"]}, "scene is .* equally many letters"),
    ({"scene": ["sx", "ss"]}, "scene is .* out of s y h g b r"),
    ({"patch": [9, 0]}, "patch is .* 9 rows and 20 columns"),
    ({"tokens": ["a", "b"], "nodes": [0, 1], "weights": WEIGHTS, "row": 0}, "caption is '', but it must be a text that says where"),
]


@pytest.mark.parametrize(("traits", "message"), WRONG, ids=[message[:24] for _, message in WRONG])
def test_wrong_traits_are_named(traits, message):
    with pytest.raises(ValueError, match=f"^SentenceArcs: {message}"):
        SentenceArcs(**traits)


def test_weights_of_ones_own_with_their_source_and_without_a_picture():
    figure = SentenceArcs(tokens=["so", "it", "goes"], nodes=[0, 2], weights=WEIGHTS, row=1, scene=[], caption="Made up for this test.")
    assert figure.sentence() == "“goes” gives 0.90 of its attention to “goes”."
    assert figure.title == "Which words does each word look at?"
    assert 'class="bk-scene"' not in figure.static_html() and "Made up for this test." in figure.static_html()


def test_the_picture_is_drawn_to_scale():
    text = SentenceArcs().picture()
    for weight in SentenceArcs().weights[2]:
        assert f"stroke-width:{0.8 + 17 * weight:.1f}" in text and f">{weight:.2f}</text>" in text
