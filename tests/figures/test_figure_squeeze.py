"""Squeeze: the matrix it draws is what the library makes of it, the models it runs answer as recorded, its sliders work."""

import numpy as np
import pytest
import torch
from figure_modules import ask_each, data_file, number, said_first
from figure_page import answered, drag, readout, says, small_buttons, tab_to

from book_lib.book.figure import figure, recorder
from book_lib.book.figure import words as words_of
from book_lib.compression import magnitude_mask, rounded, truncated_svd
from export_page_model import page_model, read_page_model

NAME = "squeeze"
DATA = data_file(NAME)
LABELS = """wanted => {
  const texts = [...document.querySelectorAll(".bk-squeeze-reports text")].map((one) => one.textContent.split(" ")[0])
  return JSON.stringify(texts) === JSON.stringify(wanted)
}"""
REPORTS = "n => document.querySelectorAll('.bk-squeeze-reports rect').length === n"
WROTE = "wanted => [...document.querySelectorAll('.bk-squeeze-words')].at(-1).textContent.trim() === wanted"


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="6.2")


def states():
    for model in ("translator", "detector"):
        for bits in (2, 4, 8):
            yield from ({"model": model, "method": "bits", "bits": bits, "lines": lines} for lines in (True, False))
        yield from ({"model": model, "method": "sparsity", "bits": 8, "sparsity": share} for share in (0, 45, 95))
        yield from ({"model": model, "method": "rank", "bits": 8, "rank": share} for share in (10, 50, 100))


def by_library(state):
    """The drawn matrix [in, out] as the page has it, what the library makes of it, and the share of its float32 bytes."""
    record = recorder(NAME)
    whole = torch.from_numpy(read_page_model(page_model(record.FILES[state["model"]]))[1][record.SHOWN[state["model"]]].copy())
    rows, columns = whole.shape
    if state["method"] == "bits":
        change = rounded(whole.T.contiguous(), bits=state["bits"], per_channel=state["lines"]).T
        return whole, change, state["bits"] / 32 + (columns if state["lines"] else 1) / whole.numel()
    if state["method"] == "sparsity":
        return whole, whole * magnitude_mask(whole, state["sparsity"] / 100), 1
    left, right = truncated_svd(whole, rank := max(1, round(state["rank"] / 100 * min(rows, columns))))
    return whole, left @ right, rank * (rows + columns) / whole.numel() if state["rank"] < 100 else 1


def test_error_zeros_and_bytes_are_those_of_the_library():
    each = list(states())
    found = ask_each(NAME, "(({ error, zeros, stored }) => ({ error, zeros, stored, said: m.first(s) }))(m.look(s))", each)
    for state, one in zip(each, found, strict=True):
        whole, changed, stored = by_library(state)
        error = float((whole - changed).norm() / whole.norm())
        assert one["error"] == pytest.approx(error, abs=2e-6) and one["stored"] == pytest.approx(stored)
        assert one["zeros"] == pytest.approx(float((changed == 0).double().mean()), abs=1e-9) or state["method"] == "rank"
        assert f"relative error is {number(100 * one['error'], 1)}\u00a0%." in one["said"]
        assert not any(word in one["said"] for word in ("{", "undefined", "NaN"))


def test_every_position_of_the_sliders_has_its_score():
    record = recorder(NAME)
    for scores in DATA["scores"].values():
        assert list(scores) == list(record.settings())
        assert scores["rank 100"] == scores["sparsity 0"] == scores["bits 8 column"] > 0.75
        assert scores["bits 2 column"] < 0.05 and scores["sparsity 95"] < 0.05 and scores["rank 10"] < 0.05
        assert all(scores[f"bits {bits} column"] >= scores[f"bits {bits} matrix"] for bits in range(2, 9))


def test_some_scores_measured_again():
    record = recorder(NAME)
    for model, key in (("translator", "sparsity 55"), ("detector", "bits 4 column")):
        setting = [record.settings()[key]]
        again = (record.shares_right(record.make_pairs(record.N, seed=3, split="test"), setting) if model == "translator"
                 else record.precisions(record.make_scenes(record.N, seed=record.HELD_OUT_SEED), setting))
        assert again[0] == pytest.approx(DATA["scores"][model][key], abs=0.01)


def test_recorded_answers_are_what_the_recorder_makes_today():
    again = recorder(NAME).recorded()
    assert DATA["recorded"]["translator"] == again["translator"]
    ours, theirs = DATA["recorded"]["detector"]["squeezed"], again["detector"]["squeezed"]
    assert [one["label"] for one in ours] == [one["label"] for one in theirs]
    assert [one["score"] for one in ours] == pytest.approx([one["score"] for one in theirs], abs=0.01)
    for name in ("translator", "detector"):
        assert DATA["matrices"][name] == recorder(NAME).matrix(name)


def move(page, label, presses, key="ArrowLeft"):
    slider = page.get_by_label(label, exact=True)
    slider.focus()
    for _ in range(presses):
        slider.press(key)


@pytest.mark.browser
def test_the_detector_in_the_page_reports_what_its_weights_of_few_bits_report(page):
    record = recorder(NAME)
    assert readout(page) == said_first(NAME) and page.evaluate("!window.bookModels")
    move(page, "Bits per weight", 1)
    wanted = record.reported(record.first_objects(), record.settings()["bits 3 column"])
    says(page, f"Here the detector makes {len(wanted)} reports for 4 objects.")
    page.wait_for_function(LABELS, arg=[words_of(NAME)["kinds"][one["label"]] for one in wanted])
    move(page, "Weights set to zero", 6, "ArrowRight")
    wanted = record.reported(record.first_objects(), record.settings()["sparsity 30"])
    says(page, "30\u00a0% of the numbers are zero. Stored as an ordinary matrix it still takes 100\u00a0%")
    answered(page)
    page.wait_for_function(REPORTS, arg=len(wanted))
    assert page.get_by_label("Bits per weight", exact=True).input_value() == "8"


@pytest.mark.browser
def test_the_translator_in_the_page_writes_what_its_pruned_and_factorised_weights_write(page):
    record = recorder(NAME)
    page.get_by_label("Model").select_option(label="translator (chapter 5)")
    page.wait_for_function(WROTE, arg=" ".join(DATA["recorded"]["translator"]["squeezed"]))
    page.get_by_label("Sentence").select_option(index=1)
    move(page, "Weights set to zero", 12, "ArrowRight")
    (wanted,) = record.written(record.SENTENCES[1:2], record.settings()["sparsity 60"])
    page.wait_for_function(WROTE, arg=wanted or words_of(NAME)["nothing"])
    move(page, "Rank kept", 4)
    (wanted,) = record.written(record.SENTENCES[1:2], record.settings()["rank 60"])
    page.wait_for_function(WROTE, arg=wanted or words_of(NAME)["nothing"])
    assert "two factors with 19712 numbers in place of 16384, or 120\u00a0% of the bytes" in readout(page)
    assert page.get_by_label("Weights set to zero", exact=True).input_value() == "0"


@pytest.mark.browser
def test_by_mouse_or_finger_and_by_keyboard_narrow_and_wide_light_and_dark(visit):
    page = visit()
    assert readout(page) == said_first(NAME)
    slider = page.get_by_label("Bits per weight", exact=True)
    tab_to(page, slider)
    page.keyboard.press("ArrowRight")
    says(page, "5 bits with a scale for each output")
    answered(page)
    page.get_by_label("A scale for each output").uncheck()
    says(page, "5 bits with one scale for each matrix")
    drag(page, page.locator(".bk-placed-object").first, 20, 10)
    answered(page)
    says(page, "for 4 objects.")
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said_first(NAME) and small_buttons(page, ".bk-controls") == []


def test_the_curve_is_the_table():
    for model, scores in DATA["scores"].items():
        for state in ({"method": "bits", "bits": 5, "lines": False}, {"method": "sparsity", "sparsity": 35, "bits": 8}):
            (key,) = ask_each(NAME, "m.keyOf(s)", [{"model": model} | state])
            assert key in scores
    assert np.isfinite([score for scores in DATA["scores"].values() for score in scores.values()]).all()
