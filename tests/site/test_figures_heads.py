"""The figures of chapter 3 on a page without a kernel: each leads to its surprise by mouse and by keyboard, everywhere."""

import pytest
import torch
from figure_page import readout, tab_to

from book_lib.experiments.gaps import accuracy_without_heads, exercises, load_gap_filler
from book_lib.experiments.grammar import GAPS, encode
from book_lib.widgets import HeadExplorer, PruneHeads, SplitMerge, attention_example

pytestmark = pytest.mark.browser
TEXTS = [
    "the animals did not cross the road because (it/they) (was/were) too tired",
    "the animals did not cross the road because (it/they) (was/were) too wide",
]


@pytest.fixture(scope="module")
def figures():
    network, eight = load_gap_filler("2_layers", seed=0), load_gap_filler("8_heads", seed=1)
    examples = []
    for text in TEXTS:
        with torch.no_grad():
            _, weights = network(encode([text]))
        examples.append(attention_example(text, text.split(), [layer[0] for layer in weights], asks=[8, 9]))
    table = (1000 * accuracy_without_heads(eight, *exercises(200, seed=2))).round().int().tolist()
    made = (
        HeadExplorer(number="3.1", examples=examples, row=8),
        SplitMerge(number="3.2"),
        PruneHeads(number="3.4", table=table, kinds=list(GAPS), size=524, shared=32),
    )
    return {figure.name: figure for figure in made}


@pytest.mark.parametrize(("width", "place"), [(1280, 0), (360, 1)])
def test_the_room_kept_for_a_figure_is_the_room_it_takes(width, place, browser, site_url):
    page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page.goto(f"{site_url}chapters/03_multi_head_attention.html")
    hosts = page.locator(".bk-widget:not([data-esm=quiz])").all()
    for host in hosts:
        host.scroll_into_view_if_needed()
        host.locator(".bk-readout").wait_for()
    page.wait_for_function("[...document.querySelectorAll('.bk-widget:not([data-esm=quiz])')].every(host => host.dataset.mounted === '1')")
    kept = [int(host.get_attribute("data-height").split()[place]) for host in hosts]
    taken = [host.bounding_box()["height"] for host in hosts]
    page.close()
    assert len(hosts) == 4 and all(abs(room - height) <= 24 for room, height in zip(kept, taken, strict=True)), (kept, taken)


def with_state(figure, **changes):
    return type(figure)(**figure.state | changes)


def test_heads_are_chosen_by_mouse_and_words_by_keyboard(visit, figures):
    first = figures["head_explorer"]
    page = visit("head_explorer")
    assert readout(page) == first.sentence()
    page.get_by_role("button", name="Layer 2, head 3").click()
    assert readout(page) == with_state(first, layer=1, head=2).sentence()
    page.get_by_label("Sentence").select_option(index=1)
    assert readout(page) == with_state(first, layer=1, head=2, example=1).sentence()
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == first.sentence()
    thumb = page.get_by_role("button", name="Layer 1, head 4")
    tab_to(page, thumb)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="(it/they)"))
    page.keyboard.press("ArrowDown")
    assert readout(page) == with_state(first, head=3, row=9).sentence()


def test_viewed_at_once_most_numbers_stand_with_strangers(visit, figures):
    first = figures["split_merge"]
    page = visit("split_merge")
    assert readout(page) == first.sentence() and "0 of 32" in first.sentence()
    page.get_by_role("button", name="view at once").click()
    assert readout(page) == with_state(first, at_once=True).sentence()
    assert page.locator(".bk-stranger").count() == 24
    page.get_by_label("heads h").select_option(index=2)
    assert readout(page) == with_state(first, at_once=True, n_heads=4).sentence()
    page.get_by_role("button", name="Start again").click()
    picked = page.get_by_role("button", name="channel 6 of it")
    tab_to(page, picked)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert readout(page) == with_state(first, picked=[1, 6]).sentence()
    page.get_by_label("width d").select_option(index=0)
    assert readout(page) == with_state(first, width=4, picked=[1, 3]).sentence()


def test_two_heads_that_can_each_go_alone_but_not_together(visit, figures):
    first = figures["prune_heads"]
    alone = [with_state(first, removed=[head]).accuracies()[0] for head in (4, 7)]
    together = with_state(first, removed=[4, 7])
    assert first.accuracies()[0] - together.accuracies()[0] > 60 + sum(first.accuracies()[0] - one for one in alone)
    page = visit("prune_heads")
    assert readout(page) == first.sentence()
    page.get_by_role("button", name="head 5").click()
    page.get_by_role("button", name="head 8").click()
    assert readout(page) == together.sentence()
    page.get_by_role("button", name="Put all back").click()
    assert readout(page) == first.sentence()
    tab_to(page, page.get_by_role("button", name="Remove the least missed"))
    for _ in range(8):
        page.keyboard.press("Enter")
    assert readout(page) == with_state(first, removed=list(range(8))).sentence()
