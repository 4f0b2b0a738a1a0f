"""Pick a model: the best variant under a budget and the Pareto front, against plain loops, on the book's table and on made-up ones."""

import random

import pytest
from figure_modules import ask_each, declared_traits, number, said, state_of
from figure_page import readout, says, slide, small_buttons, tab_to

from book_lib.book.figure import figure
from book_lib.book.figure import words as words_of
from book_lib.experiments.compressed_variants import variants

NAME = "pick_a_model"
AXES = declared_traits(NAME)["axis"]["enum"]
METHODS = list(words_of(NAME)["letters"])


@pytest.fixture(scope="module")
def shown():
    return figure(NAME, number="6.1")


def made_up(seed):
    """A table of both models with equal qualities and equal costs among its rows."""
    pick, rows = random.Random(seed), []
    for model in ("translator", "detr"):
        for i in range(12):
            costs = {"bytes": pick.choice([3e6, 1e6, 8e5, 4e5, 1e5]), "multiplications": pick.randint(10, 40) * 1e5,
                     "time": pick.choice([1.0, 1.4, 0.8, 0.61])}
            quality = pick.choice([0.97, 0.96, 0.9, 0.5, 0.0])
            rows.append({"model": model, "name": f"variant {i}", "method": METHODS[i % len(METHODS)] if i else "original", **costs,
                         "quality": quality, "low": quality, "high": quality})
    return rows


def dots(model):
    return [row for row in state_of(NAME)["data"] if row["model"] == model]


def best(rows, axis, limit):
    allowed = [row for row in rows if row[axis] <= limit]
    return min(allowed, key=lambda row: (-row["quality"], row[axis]))["quality"] if allowed else None


def front(rows, axis):
    return {row["quality"] for row in rows
            if all(other["quality"] < row["quality"] for other in rows if other[axis] <= row[axis] and other["quality"] != row["quality"])
            and not any(other["quality"] == row["quality"] and other[axis] < row[axis] for other in rows)}


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_the_best_under_the_budget_and_the_front_are_those_of_plain_loops(seed):
    data = None if seed is None else made_up(seed)
    states = [{"model": model, "axis": axis, "budget": budget}
              for model in ("translator", "detr") for axis in AXES for budget in (0, 8, 40, 77, 100)]
    found = ask_each(NAME, "({ best: m.best(s) ?? null, front: m.front(s), limit: m.allowed(s), ends: m.ends(s), said: m.sentence(s) })",
                     states, data=data)
    for state, one in zip(states, found, strict=True):
        rows = [row for row in (data or state_of(NAME)["data"]) if row["model"] == state["model"]]
        quality = best(rows, state["axis"], one["limit"])
        assert (one["best"] and one["best"]["quality"]) == quality
        assert not one["best"] or one["best"][state["axis"]] <= one["limit"]
        assert {row["quality"] for row in one["front"]} == front(rows, state["axis"])
        assert [row["quality"] for row in one["front"]] == sorted(row["quality"] for row in one["front"])
        assert one["ends"][0] < min(row[state["axis"]] for row in rows) and one["ends"][1] > max(row[state["axis"]] for row in rows)
        assert not any(word in one["said"] for word in ("{", "undefined", "NaN", "null"))
        assert (one["best"]["name"] if one["best"] else "No measured model fits") in one["said"]


@pytest.mark.parametrize("model", ["translator", "detr"])
def test_only_rounded_ones_that_a_file_no_larger_beats_have_no_dot(model):
    shown, every = {row["name"]: row for row in dots(model)}, {row["name"]: row for row in variants(model)}
    assert list(shown) == [name for name in every if name in shown] and len(shown) < len(every)
    for name, row in every.items():
        better = [one for one in shown.values() if one["bytes"] <= row["bytes"] and one["quality"] > row["quality"]]
        assert (name in shown) == (not name.endswith((", int8", ", 4 bits after")) or not better)
    assert front(list(every.values()), "bytes") == front(list(shown.values()), "bytes")


def test_a_budget_of_everything_gives_the_best_of_all_and_of_nothing_none():
    for model in ("translator", "detr"):
        (top,) = ask_each(NAME, "m.best(s)", [{"model": model, "budget": 100}])
        assert top["quality"] == max(row["quality"] for row in variants(model))
        assert "No measured model fits: file size" in said(NAME, model=model, budget=0)


def test_ticks_are_few_round_and_inside():
    for low, high in ((4e5, 3.4e6), (0.5, 1.6), (1e5, 3e7), (9.1, 9.6)):
        for most in (3, 6):
            (ticks,) = ask_each(NAME, f"m.ticksOf({low}, {high}, {most})", [{}])
            assert len(ticks) <= most and all(low <= tick <= high for tick in ticks)


def test_the_sentence_gives_the_numbers_of_the_table():
    row = next(row for row in variants("detr") if row["name"] == "int8")
    data = [{"model": "detr"} | one for one in (variants("detr")[0], row)]
    whole = data[0]
    (text,) = ask_each(NAME, "m.sentence(s)", [{"model": "detr", "budget": 30}], data=data)
    assert f"AP {number(row['quality'])}" in text and f"{number(row['bytes'] / whole['bytes'])} of the original’s" in text
    assert "it needs 1.00 of the multiplications and 1.00 of the time" in text
    control = data[0] | {"name": "original, trained on", "quality": 0.61, "bytes": 3}
    (text,) = ask_each(NAME, "m.sentence(s)", [{"model": "detr", "budget": 100}], data=[*data, control])
    assert "against AP 0.61 for the original, trained on" in text and f"{number(row['bytes'] / whole['bytes'])} of the original’s" in text


@pytest.mark.browser
def test_budget_by_mouse_or_finger_model_and_axis(visit):
    page = visit()
    assert readout(page) == said(NAME)
    slide(page, page.get_by_label("Budget", exact=True).and_(page.locator("input")), 1.0)
    says(page, said(NAME, budget=100))
    page.get_by_label("Budget for").select_option(label="time per answer")
    says(page, said(NAME, budget=100, axis="time"))
    page.get_by_label("Model", exact=True).select_option(label="detector (chapter 9)")
    says(page, said(NAME, budget=100, axis="time", model="detr"))
    assert page.locator(".bk-pick-dot").count() == len(dots("detr")) and page.locator(".bk-pick-lit").count() == 1
    page.locator(".bk-pick-all summary").click()
    assert page.locator(".bk-pick-table tbody tr").count() == len(dots("detr")) and page.locator(".bk-pick-row").count() == 1
    box = page.locator("svg.bk-pick").bounding_box()
    page.locator("svg.bk-pick").scroll_into_view_if_needed()
    box = page.locator("svg.bk-pick").bounding_box()
    page.mouse.click(box["x"] + 0.5 * box["width"], box["y"] + 100)
    assert readout(page) == said(NAME, budget=100, axis="time", model="detr")               # a click does not move the line, a drag does
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 100, steps=4)
    page.mouse.up()
    budget = int(page.locator(".bk-pick [role=slider]").get_attribute("aria-valuenow"))
    assert 25 < budget < 50 and readout(page) == said(NAME, axis="time", model="detr", budget=budget)
    page.get_by_role("button", name="Start again").click()
    assert readout(page) == said(NAME) and small_buttons(page, ".bk-controls") == []


@pytest.mark.browser
def test_budget_by_keyboard(visit):
    page = visit()
    tab_to(page, page.locator(".bk-pick [role=slider]"))
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert readout(page) == said(NAME, budget=49)
    page.keyboard.press("Escape")
    assert readout(page) == said(NAME)
