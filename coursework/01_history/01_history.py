# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [raw]
# # ASSIGNMENT CONFIG
# name: 01_history
# init_cell: false
# export_cell: false
# generate: true
# python_version: "3.11"
# requirements: [numpy==2.4.6, torch==2.13.0]
# tests:
#     files: false
#     ok_format: false

# %% [markdown] id="title"
# # Assignment 01 · From translation to vision
#
# *Read a table, compute a price, look at a translator.* Six questions, 32 points, about 60 minutes.
#
# | question | what you do | points | minutes |
# |---|---|---|---|
# | 1 | read a paper's table and judge four sentences by it | 5 | 10 |
# | 2 | compute what trainings cost, and compare them | 6 | 10 |
# | 3 | count the templates that a detector lays over a picture | 5 | 10 |
# | 4 | read the attention of the book's translator | 6 | 10 |
# | 5 | predict what a longer sentence changes, then run | 5 | 10 |
# | 6 | explain a sentence about cost to somebody who believes it | 5 | 10 |
#
# **How it works.** Replace every `...` by your answer. After each question a cell says `grader.check(...)`: run it as
# often as you like. It tells you what is wrong, and it needs no network. The checks you see are not all of them: more
# numbers are compared after you hand in. Questions do not build on each other, so if one resists, go on to the next.
#
# You need Python and `torch`. You do not need any other file, and no trained model.

# %% [markdown] id="start"
# Run the next cell first, and again whenever you restart the kernel. If it says that there is no module named `otter`,
# the checks are not installed on this computer: `%pip install otter-grader==7.0.0` in a cell of its own installs them,
# once.

# %% id="start-imports"
import glob
import math
import os

import otter
import torch

notebooks = [os.environ.get("JPY_SESSION_NAME", ""), *sorted(glob.glob("*.ipynb"))]  # this one, whatever its name
grader = otter.Notebook(next(filter(os.path.isfile, notebooks), None))

# %% [raw]
# # BEGIN QUESTION
# name: q1
# points: 5
# minutes: 10
# objective: compare two rows of a paper's table, and say of a sentence whether the table supports it

# %% [markdown] id="q1-question"
# ## Question 1 · What the table says (5 points, 10 minutes)
#
# The next cell holds seven rows of Table 1 of the DETR paper (Carion and others, 2020; COCO validation set). AP is the average
# precision; small, medium and large are the AP of objects of that size; `parameters` is in millions. A "+" marks a Faster R-CNN
# that was trained longer and with newer tricks.
#
# **a.** Write `gains`. It says how much better one row is than another.
#
# * `row` and `other` are rows like those below.
# * The result is a dictionary with the keys `"AP"`, `"small"`, `"medium"` and `"large"`: the score of `row` **minus** that of
#   `other`, in AP, rounded to one decimal, as the table is. The parameters are no score, so leave them out.
#
# **b.** Four sentences about this table. Fill `verdicts`, a dictionary with the keys `"a"` to `"d"`: `"holds"`, `"does not hold"`,
# or `"cannot tell"` if these columns do not say.
#
# * **a.** "DETR finds large objects better than Faster R-CNN-FPN+, which has the same AP." (DETR is the row `"DETR"`.)
# * **b.** "On large objects DETR is better than Faster R-CNN-FPN+ by 7.8." (So says the text of the paper itself.)
# * **c.** "Every Faster R-CNN of this table finds small objects better than DETR."
# * **d.** "DETR took less time to train than Faster R-CNN-FPN+."

# %% id="q1-given"
table = {
    "Faster R-CNN-DC5": {"AP": 39.0, "small": 21.4, "medium": 43.5, "large": 52.5, "parameters": 166},
    "Faster R-CNN-FPN": {"AP": 40.2, "small": 24.2, "medium": 43.5, "large": 52.0, "parameters": 42},
    "Faster R-CNN-R101-FPN": {"AP": 42.0, "small": 25.2, "medium": 45.6, "large": 54.6, "parameters": 60},
    "Faster R-CNN-DC5+": {"AP": 41.1, "small": 22.9, "medium": 45.9, "large": 55.0, "parameters": 166},
    "Faster R-CNN-FPN+": {"AP": 42.0, "small": 26.6, "medium": 45.4, "large": 53.4, "parameters": 42},
    "DETR": {"AP": 42.0, "small": 20.5, "medium": 45.8, "large": 61.1, "parameters": 41},
    "DETR-DC5": {"AP": 43.3, "small": 22.5, "medium": 47.3, "large": 61.1, "parameters": 41},
}
for name, row in table.items():
    print(f"{name:22}", *(f"{column} {score:5}" for column, score in row.items()))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q1-answer"
def gains(row, other):
    """Two rows of the table -> how much better the first is, in AP, for "AP", "small", "medium" and "large"."""
    # BEGIN SOLUTION
    return {column: round(row[column] - other[column], 1) for column in ("AP", "small", "medium", "large")}
    # END SOLUTION


verdicts = {"a": "holds", "b": "does not hold", "c": "holds", "d": "cannot tell"}  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q1_contract(gains, verdicts):
    row = {"AP": 30.0, "small": 10.0, "medium": 30.0, "large": 50.0, "parameters": 40}

    def diagnose():
        if not callable(gains):
            return "there is no function gains: run the cell that defines it"
        found = gains(row, row)
        if row != {"AP": 30.0, "small": 10.0, "medium": 30.0, "large": 50.0, "parameters": 40}:
            return "gains changes the rows it was given"
        if not isinstance(found, dict):
            return f"gains should return a dictionary: is `return` missing? Yours is of type {type(found).__name__}"
        if "parameters" in found:
            return "parameters are no score: leave them out of the gains"
        if set(found) != {"AP", "small", "medium", "large"}:
            return f"the keys should be AP, small, medium and large; yours are {sorted(map(str, found))}"
        if not isinstance(verdicts, dict):
            return 'there are no verdicts: verdicts should be a dictionary, {"a": "holds", "b": …}'
        open_ones = [letter for letter in "abcd" if verdicts.get(letter) not in ("holds", "does not hold", "cannot tell")]
        if open_ones:
            return f"verdict {open_ones[0]} should be one of holds, does not hold, cannot tell"
        return "the four verdicts are not all the same one" if all_alike(verdicts) else ""

    problem = diagnose()
    assert not problem, problem
    first, second = [row, row | {"AP": 20.0}], [row, row | {"AP": 10.0}]
    problem = unmoved("gains", gains, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q1_gains(gains):
    faster = {"AP": 40.0, "small": 25.0, "medium": 44.0, "large": 50.3, "parameters": 42}
    newer = {"AP": 41.01, "small": 20.0, "medium": 45.1, "large": 60.4, "parameters": 41}

    def diagnose():
        found = {column: number(score) for column, score in gains(newer, faster).items()}
        if None in found.values():
            return "every gain should be one number"

        def is_near(*numbers):
            columns = ("AP", "small", "medium", "large")
            return all(abs(found[column] - number) < 0.05 for column, number in zip(columns, numbers, strict=True))

        if is_near(-1, 5, -1.1, -10.1):
            return "your sign is the wrong way round: row minus other, so that better is above zero"
        if is_near(1, 5, 1.1, 10.1):
            return "you drop the sign: a loss should be below zero"
        if is_near(2.5, -20, 2.5, 20.08) or is_near(0.025, -0.2, 0.025, 0.2008):
            return "you divide by the other row: the difference itself is wanted, in AP, not as a share"
        if is_near(1, 0, 1.1, 10.1):
            return "you leave out losses: where a row is worse, the gain is below zero"
        if not is_near(1, -5, 1.1, 10.1):
            return f"41.01, 20.0, 45.1, 60.4 minus 40.0, 25.0, 44.0, 50.3 is 1.0, -5.0, 1.1, 10.1; you return {list(found.values())}"
        crooked = [score for score in found.values() if abs(score - round(score, 1)) > 1e-5]
        if crooked:
            return f"the table has one decimal, yours has more ({crooked[0]}): round to one decimal"
        back = {column: number(score) for column, score in gains(faster, newer).items()}
        return "" if abs(back["AP"] + 1) < 1e-5 else "with the two rows exchanged every gain should change its sign"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q1_numbers(gains):
    detr = {"AP": 42.0, "small": 20.5, "medium": 45.8, "large": 61.1, "parameters": 41}
    rows = {
        "Faster R-CNN-FPN+": ({"AP": 42.0, "small": 26.6, "medium": 45.4, "large": 53.4}, (0.0, -6.1, 0.4, 7.7)),
        "Faster R-CNN-DC5": ({"AP": 39.0, "small": 21.4, "medium": 43.5, "large": 52.5}, (3.0, -0.9, 2.3, 8.6)),
    }
    for name, (other, wanted) in rows.items():
        found = gains(detr, other | {"parameters": 100})
        right = all(abs(float(found[key]) - number) < 1e-5 for key, number in zip(("AP", "small", "medium", "large"), wanted, strict=True))
        problem = "" if right else f"wrong gains of DETR over {name}"
        assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q1_verdict_a(verdicts):
    right = verdicts.get("a") == "holds" and not all_alike(verdicts)
    problem = "" if right else "a: both have 42.0 AP, and on large objects it is 61.1 against 53.4"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q1_verdict_b(verdicts):
    right = verdicts.get("b") == "does not hold" and not all_alike(verdicts)
    problem = "" if right else "b: 61.1 minus 53.4 is 7.7; a paper's text and its table can differ"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q1_verdict_c(verdicts):
    right = verdicts.get("c") == "holds" and not all_alike(verdicts)
    problem = "" if right else "c: the lowest Faster R-CNN has 21.4 on small objects, DETR 20.5"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q1_verdict_d(verdicts):
    right = verdicts.get("d") == "cannot tell" and not all_alike(verdicts)
    problem = "" if right else "d: no column speaks of training time; parameters are not hours"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q2
# points: 6
# minutes: 10
# objective: estimate the operations of a training, and compare costs as ratios in the right unit

# %% [markdown] id="q2-question"
# ## Question 2 · What a training costs (6 points, 10 minutes)
#
# **a.** The Transformer paper estimates the work of a training as *time × number of devices × operations a second of one device*.
# Write `operations`, with the time in **days**. Check yourself: the big model trained for 3.5 days on 8 GPUs, for which the paper
# assumes 9.5 · 10¹² operations a second each; its Table 2 says 2.3 · 10¹⁹.
#
# **b.** Compute five numbers from the tables below and put them into the dictionary `ratios`, as computed, not rounded.
#
# * `"vit_h"`, `"vit_l"`: how many times fewer core-days than BiT-L did ViT-H/14 take? And ViT-L/16 on JFT?
# * `"days"`: ViT-L/16 on ImageNet-21k took 0.23 thousand core-days. How many days is that on 8 cores at once?
# * `"epochs"`, `"hours"`: how many times fewer epochs than DETR did Deformable DETR take? How many times fewer GPU-hours?
#
# | Table 2 of the ViT paper | BiT-L | ViT-H/14, JFT | ViT-L/16, JFT | ViT-L/16, ImageNet-21k |
# |---|---|---|---|---|
# | thousands of TPUv3-core-days | 9.9 | 2.5 | 0.68 | 0.23 |
#
# | Table 1 of the Deformable DETR paper | DETR | Deformable DETR |
# |---|---|---|
# | epochs | 500 | 50 |
# | GPU-hours | 2000 | 325 |

# %% [raw]
# # BEGIN SOLUTION

# %% id="q2-answer"
def operations(days, devices, per_second):
    """Days of training, number of devices, operations a second of each -> operations of the whole training."""
    # BEGIN SOLUTION
    return days * 24 * 3600 * devices * per_second
    # END SOLUTION


ratios = {"vit_h": 9.9 / 2.5, "vit_l": 9.9 / 0.68, "days": 230 / 8, "epochs": 500 / 50, "hours": 2000 / 325}  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q2_contract(operations, ratios):
    def diagnose():
        if not callable(operations):
            return "there is no function operations: run the cell that defines it"
        found = operations(1, 1, 1)
        if number(found) is None:
            return f"operations should return a number: is `return` missing? Yours is of type {type(found).__name__}"
        if not isinstance(ratios, dict):
            return 'there are no ratios: ratios should be a dictionary with the keys "vit_h", "vit_l", "days", "epochs" and "hours"'
        wanted = ("vit_h", "vit_l", "days", "epochs", "hours")
        empty = [key for key in wanted if number(ratios.get(key)) is None]
        return f'ratios["{empty[0]}"] should be a number' if empty else ""

    problem = diagnose()
    assert not problem, problem
    first, second = [1, 1, 1], [2, 1, 1]
    problem = unmoved("operations", operations, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_operations(operations):
    def diagnose():
        found = number(operations(3.5, 8, 9.5e12)) / 2.298240e19
        known = {
            1 / 8: "you count one device: multiply by their number",
            1 / 86400: "the rate is per second: turn the days into seconds",
            1 / 3600: "you turn days into hours: the rate is per second",
            1 / 60: "you turn days into minutes: the rate is per second",
            1 / 24: "you take the days for hours: a day has 24 of them",
            1 / 64: "you share the work out among the devices: all of them work, so multiply",
            1 / 2: "you count 12 hours a day: the machines do not sleep",
        }
        for factor, message in known.items():
            if abs(found / factor - 1) < 1e-3:
                return message
        wanted = f"3.5 days on 8 devices at 9.5e12 a second are 2.298e19 operations; you return {operations(3.5, 8, 9.5e12):.3e}"
        if abs(found - 1) > 1e-3:
            return wanted
        twice = abs(number(operations(7, 8, 9.5e12)) / 4.596480e19 - 1) < 1e-3
        return "" if twice else "twice as many days should be twice as many operations"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q2_ratios_make_sense(ratios):
    def diagnose():
        upside_down = [key for key in ("vit_h", "vit_l", "epochs", "hours") if 0 < ratios[key] < 1]
        if upside_down:
            return f'ratios["{upside_down[0]}"] is upside down: "times fewer" divides the larger cost by the smaller'
        if abs(ratios["vit_h"] - 7.4) < 0.01 or abs(ratios["hours"] - 1675) < 1 or abs(ratios["epochs"] - 450) < 1:
            return '"times fewer" is a ratio: you subtract'
        if abs(ratios["hours"] - 83.75) < 0.1 or abs(ratios["epochs"] - 90) < 0.1:
            return "you give the percentage that is saved: how many times fewer is wanted"
        if abs(ratios["days"] - 1840) < 0.5 or abs(ratios["days"] - 1.84) < 0.01:
            return "more cores make the days fewer: divide the core-days by the number of cores"
        if 0 < ratios["days"] < 0.05:
            return '0.23 stands for thousands of core-days in ratios["days"]: it is 230'
        if len({number(ratio) for ratio in ratios.values()}) == 1:
            return "the five numbers are not all the same one"
        if ratios["hours"] == ratios["epochs"]:
            return "fewer epochs are not fewer hours: an epoch of Deformable DETR takes longer than one of DETR"
        return ""

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_numbers(operations):
    cases = {"the base model, half a day": ((0.5, 8, 9.5e12), 3.2832e18), "one device, two days": ((2, 1, 1e9), 1.728e14)}
    for name, (given, wanted) in cases.items():
        problem = "" if abs(operations(*given) / wanted - 1) < 1e-3 else f"wrong operations for {name}"
        assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_vit(ratios):
    right = abs(ratios["vit_h"] - 3.96) < 0.05 and abs(ratios["vit_l"] - 14.56) < 0.06
    problem = "" if right else "ViT against BiT-L: 9.9 / 2.5 = 3.96 for H/14, and 9.9 / 0.68 = 14.6 for L/16 on JFT"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q2_days(ratios):
    problem = "" if abs(ratios["days"] - 28.75) < 0.3 else "230 core-days on 8 cores at once are 28.75 days"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q2_detr(ratios):
    right = abs(ratios["epochs"] - 10) < 0.05 and abs(ratios["hours"] - 6.154) < 0.06
    problem = "" if right else "DETR against Deformable DETR: 500 / 50 = 10 in epochs, and 2000 / 325 = 6.15 in GPU-hours"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q3
# points: 5
# minutes: 10
# objective: count the template boxes of a detector, and say which counts grow with the picture

# %% [markdown] id="q3-question"
# ## Question 3 · How many templates? (5 points, 10 minutes)
#
# Before DETR, most detectors laid template boxes, *anchors*, over the picture and asked at each of them: is there an object like
# this, here?
#
# **a.** Write `count_templates`. A network turns a picture of `height` × `width` pixels into one map or several. A map of stride
# `s` has one place for every `s` × `s` pixels, and a last one where some pixels are left over: rows and columns are **rounded up**.
# At each place of each map lie `per_place` templates.
#
# * `strides` is a list of whole numbers, one a map. The result is one whole number.
#
# **b.** Fill the dictionary `counts`.
#
# * `"one_map"`: a Faster R-CNN with a single map of stride 16 and 9 anchors at a place, on a picture of 600 × 1000 pixels.
# * `"yolo_416"`: YOLOv3 has nine anchors in all, three at each place of the maps of stride 8, 16 and 32. The picture has 416 × 416
#   pixels.
# * `"yolo_832"`: the same on 832 × 832 pixels.
# * `"detr_832"`: how many answers the DETR of the paper gives for a picture of 832 × 832 pixels. It has 100 object queries.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q3-answer"
def count_templates(height, width, strides, per_place):
    """Size of the picture in px, stride of every map, templates at a place -> templates on the whole picture."""
    # BEGIN SOLUTION
    return sum(math.ceil(height / stride) * math.ceil(width / stride) for stride in strides) * per_place
    # END SOLUTION


counts = {"one_map": 21546, "yolo_416": 10647, "yolo_832": 42588, "detr_832": 100}  # SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_contract(count_templates, counts):
    def diagnose():
        if not callable(count_templates):
            return "there is no function count_templates: run the cell that defines it"
        found = count_templates(32, 32, [8], 1)
        if number(found) is None:
            return f"count_templates should return a number: is `return` missing? Yours is of type {type(found).__name__}"
        if not isinstance(counts, dict):
            return 'there are no counts: counts should be a dictionary with the keys "one_map", "yolo_416", "yolo_832" and "detr_832"'
        empty = [key for key in ("one_map", "yolo_416", "yolo_832", "detr_832") if number(counts.get(key)) is None]
        return f'counts["{empty[0]}"] should be a number' if empty else ""

    problem = diagnose()
    assert not problem, problem
    first, second = [32, 32, [8], 1], [64, 96, [8], 1]
    problem = unmoved("count_templates", count_templates, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q3_one_map(count_templates):
    def diagnose():
        strides = [16]
        found = number(count_templates(50, 70, strides, 3))
        if strides != [16]:
            return "count_templates changes the list of strides it was given"
        known = {
            36: "you round down: a last row or column with some pixels has a place, too",
            20: "you count places: at each of them lie per_place templates",
            42: "you round once, at the end: round rows up, round columns up, then multiply",
            41: "you round once, at the end: round rows up, round columns up, then multiply",
            75: "you use the width for both sides: the picture has a height, too",
            48: "you use the height for both sides: the picture has a width, too",
            27: "you add rows and columns: a place is a row and a column, so multiply",
            10500: "you count pixels: a place takes stride × stride of them",
            657: "you divide by the stride once: it shortens both sides",
        }
        if found != int(found):
            return f"you return {found}: a map has a whole number of rows and columns, rounded up"
        wanted = f"50 × 70 pixels at stride 16 make 4 × 5 places, with 3 templates each 60; you return {found}"
        if found != 60:
            return known.get(found, wanted)
        turned = number(count_templates(70, 50, [16], 1))
        return "" if turned == 20 else "a picture of 70 × 50 pixels, with one template a place, should have 20"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q3_several_maps(count_templates):
    def diagnose():
        found = number(count_templates(32, 64, [8, 16], 2))
        known = {
            64: "you use the first map only: add up all of them",
            16: "you use the last map only: add up all of them",
            512: "you multiply the maps: add them up",
            12: "you add the strides and make one map of them: each map has places of its own",
        }
        wanted = f"at strides 8 and 16 a picture of 32 × 64 has 32 + 8 places, with 2 templates each 80; you return {found}"
        if found != 80:
            return known.get(found, wanted)
        return "" if number(count_templates(32, 64, [16], 2)) == 16 else "stride 16 alone should give 16"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q3_numbers(count_templates):
    cases = {
        "five maps of 800 × 1066 pixels": ((800, 1066, [4, 8, 16, 32, 64], 3), 213663),
        "a picture smaller than a stride": ((10, 30, [32], 9), 9),
        "no map": ((416, 416, [], 3), 0),
    }
    for name, (given, wanted) in cases.items():
        problem = "" if count_templates(*given) == wanted else f"wrong number of templates for {name}"
        assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q3_one_map_of_600(counts):
    problem = "" if counts["one_map"] == 21546 else "one_map: 38 rows, 63 columns, 9 anchors at each place are 21 546"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q3_yolo(counts):
    nine = counts["yolo_416"] == 31941
    problem = "yolo_416: three of the nine anchors lie at each place of a map, not all nine" if nine else ""
    assert not problem, problem
    problem = "" if counts["yolo_416"] == 10647 else "yolo_416: 3 × (52² + 26² + 13²) are 10 647"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q3_yolo_larger(counts):
    problem = "" if counts["yolo_832"] == 42588 else "yolo_832: twice as long and twice as wide, so four times the templates, 42 588"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0.5
hidden: true
""" # END TEST CONFIG
def test_q3_detr(counts):
    problem = "" if counts["detr_832"] == 100 else "detr_832: queries are learned vectors, the same 100 for every picture, large or small"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q4
# points: 6
# minutes: 10
# objective: turn the scores of a trained attention head into weights, and read from them how word order changes in translation

# %% [markdown] id="q4-question"
# ## Question 4 · What the translator looks at (6 points, 10 minutes)
#
# The translator that comes with the book makes of 老师昨天读的书很贵。 the sentence *the book that the teacher read yesterday is
# expensive .* While it writes a word, each of its heads scores every character that it has read: a query of the word, a key of the
# character, their dot product, $q \cdot k$. The next cell has these scores for one head of its second decoder layer and seven of the
# words, rounded to one decimal. Query and key have $d_k = 32$ components.
#
# **a.** Write `attention_weights`. The weights of a word are the softmax of its row of scores, each divided by $\sqrt{d_k}$:
#
# $$ w_j = \frac{e^{s_j / \sqrt{d_k}}}{\sum_i e^{s_i / \sqrt{d_k}}} . $$
#
# * `scores` is a tensor `[n, m]`, one row a word that is written, one column a character that was read. The result is `[n, m]`.
#
# **b.** Write `jumps_back`. Go through the rows from top to bottom, and note for each the column with the **largest** weight. How often
# does that column lie further **left** than the one of the row before? The result is one whole number. Then look: where does the
# translator jump back in this sentence, and why?

# %% id="q4-given"
characters = list("老师昨天读的书很贵。")
words = ["book", "that", "teacher", "read", "yesterday", "is", "expensive"]
scores = torch.tensor(
    [
        [-8.4, 16.6, -18.1, -27.2, 0.0, -17.4, 42.8, -36.7, -12.0, -10.1],
        [-7.0, -3.7, 13.1, 8.7, 10.0, 5.6, -31.7, 5.2, -10.3, 29.7],
        [23.1, 51.1, -15.0, -28.1, 0.7, -39.5, 26.1, -50.7, -37.3, -9.6],
        [-4.4, -7.0, -3.0, -11.7, 73.8, -14.2, -28.9, 1.4, 8.7, -26.6],
        [0.5, -11.6, 26.2, 61.4, -1.2, 17.9, -19.2, 44.5, -1.5, 6.8],
        [-12.1, -22.8, 4.1, 6.1, -0.4, 24.1, -10.4, 43.0, 20.8, -0.5],
        [-38.9, -45.5, -15.5, -22.6, 3.2, 30.6, -11.8, 17.2, 59.2, 5.5],
    ]
)
print("teacher:", ", ".join(f"{character} {score:.1f}" for character, score in zip(characters, scores[2].tolist(), strict=True)))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q4-answer"
def attention_weights(scores, d_k):
    """scores [n, m], one row a query -> weights [n, m]."""
    # BEGIN SOLUTION
    return (scores / math.sqrt(d_k)).softmax(dim=-1)
    # END SOLUTION


def jumps_back(weights):
    """weights [n, m] -> how often the column of the largest weight lies further left than in the row before."""
    # BEGIN SOLUTION
    places = weights.argmax(dim=-1)
    return int((places[1:] < places[:-1]).sum())
    # END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q4-look"
# To look, run this in a cell of your own once the functions stand:
#
# ```python
# weights = attention_weights(scores, 32)
# for word, row in zip(words, weights, strict=True):
#     print(f"{word:10} {characters[row.argmax()]}  {row.max():.2f}")
# print(jumps_back(weights))
# ```

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 0.5
""" # END TEST CONFIG
def test_q4_contract(attention_weights, jumps_back):
    import torch

    def diagnose():
        if not callable(attention_weights):
            return "there is no function attention_weights: run the cell that defines it"
        weights = attention_weights(torch.zeros(2, 3), 4)
        if not isinstance(weights, torch.Tensor):
            return "attention_weights should return a tensor: is `return` missing?"
        if list(weights.shape) != [2, 3]:
            return f"for scores [2, 3] the weights should be [2, 3]; yours are {list(weights.shape)}"
        if not callable(jumps_back):
            return "there is no function jumps_back: run the cell that defines it"
        found = jumps_back(torch.eye(3))
        if changes_inputs(attention_weights, torch.ones(2, 3), 4) or changes_inputs(jumps_back, torch.eye(3)):
            return "a function changes the tensor it was given"
        whole = number(found)
        fits = whole is not None and whole.is_integer()
        return "" if fits else f"jumps_back should return a whole number: yours is of type {type(found).__name__}"

    problem = diagnose()
    assert not problem, problem
    first, second = [torch.eye(3), 4], [torch.ones(3, 3), 4]
    problem = unmoved("attention_weights", attention_weights, first, second)
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
""" # END TEST CONFIG
def test_q4_weights(attention_weights):
    import torch

    def diagnose():
        weights = attention_weights(torch.tensor([[4.0, 0.0, 2.0], [1.0, 3.0, -2.0]]), 16).detach().flatten().double()

        def is_near(*numbers):
            return near(weights, torch.tensor(numbers, dtype=torch.float64), atol=2e-3)

        if is_near(0.8668, 0.0159, 0.1173, 0.1185, 0.8756, 0.0059):
            return "you take the softmax of the scores as they are: divide them by the root of d_k first"
        if is_near(0.3758, 0.2926, 0.3316, 0.3376, 0.3825, 0.2799):
            return "you divide by d_k: divide by its square root"
        if is_near(0.6792, 0.3208, 0.7311, 0.3208, 0.6792, 0.2689):
            return "your columns sum to one: each row belongs to one word, so its weights sum to one"
        if abs(float(weights.sum()) - 1) < 1e-3:
            return "all weights together sum to one in your table: each row should, by itself"
        if is_near(1, 0, 0.5, 0.25, 0.75, -0.5):
            return "you divide only: the softmax is missing"
        if is_near(2.7183, 1, 1.6487, 1.2840, 2.1170, 0.6065):
            return "you do not divide by the sum: the weights of a row should sum to one"
        if is_near(0.6667, 0, 0.3333, 0.5, 1.5, -1):
            return "you divide the scores by their sum: the exponential is missing"
        if is_near(1, 0, 0, 0, 1, 0) and float(weights.max()) == 1:
            return "you give everything to the best character: the softmax leaves something to the others"
        if is_near(0.9997, 0.0000, 0.0003, 0.0003, 0.9997, 0.0000):
            return "you multiply by the root of d_k: divide by it"
        if is_near(0.7070, 0.0702, 0.2228, 0.2299, 0.7294, 0.0407):
            return "you divide by the root of the number of characters: divide by that of d_k, the width of query and key"
        right = is_near(0.5065, 0.1863, 0.3072, 0.3204, 0.5283, 0.1513)
        if not right:
            return "for the scores 4, 0, 2 and d_k = 16 the weights should be 0.507, 0.186 and 0.307"
        large = attention_weights(torch.tensor([[4000.0, 0.0], [-4000.0, -4004.0]]), 16)
        fits = near(large, torch.tensor([[1.0, 0.0], [0.7311, 0.2689]]), atol=1e-3)
        return "" if fits else "for scores of some thousand the weights are wrong: exponentials overflow, torch's softmax does not"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1.5
""" # END TEST CONFIG
def test_q4_jumps(jumps_back):
    import torch

    def diagnose():
        places = torch.tensor([4, 1, 2, 2, 5, 6, 6, 0])
        weights = torch.nn.functional.one_hot(places, 7) * 0.5 + 0.5 / 7
        found = number(jumps_back(weights.clone()))
        known = {
            3: "you count jumps to the right: further left is wanted",
            4: "you count rows that stay in their column: only further left is wanted",
            5: "you count every change of the column: only those that go further left are wanted",
            7: "you count every row after the first: only those that go further left are wanted",
            9: "you add up how far the jumps go: how often is wanted",
            0: "you find no jump: take the column of the largest weight in each row, and compare with the row before",
            1: "you compare the first row with the last, or stop at the first jump: compare every row with the one before",
        }
        wanted = f"where the largest weights stand in the columns 4, 1, 2, 2, 5, 6, 6, 0 there are 2 jumps back; you return {found}"
        if found != 2:
            return known.get(found, wanted)
        return "" if number(jumps_back(weights.flip(0))) == 3 else "with the rows from the last to the first there are 3 jumps back"

    problem = diagnose()
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 2
hidden: true
""" # END TEST CONFIG
def test_q4_numbers(attention_weights, jumps_back):
    import torch

    scores = torch.tensor(
        [
            [-8.4, 16.6, -18.1, -27.2, 0.0, -17.4, 42.8, -36.7, -12.0, -10.1],
            [23.1, 51.1, -15.0, -28.1, 0.7, -39.5, 26.1, -50.7, -37.3, -9.6],
            [0.5, -11.6, 26.2, 61.4, -1.2, 17.9, -19.2, 44.5, -1.5, 6.8],
            [-12.1, -22.8, 4.1, 6.1, -0.4, 24.1, -10.4, 43.0, 20.8, -0.5],
        ]
    )
    best = attention_weights(scores, 32).amax(dim=-1)
    right = near(best, torch.tensor([0.9895, 0.9811, 0.9497, 0.9445]), atol=1e-3)
    problem = "" if right else "wrong weights in the translator's sentence"
    assert not problem, problem
    problem = "" if jumps_back(scores) == 1 else "wrong number of jumps back in a part of the sentence"
    assert not problem, problem
    problem = "" if jumps_back(scores[:1]) == 0 else "a single word cannot jump back"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q5
# points: 5
# minutes: 10
# objective: predict what twice as long a sentence costs a recurrent and an attention layer, and correct the prediction by a run

# %% [markdown] id="q5-question"
# ## Question 5 · Predict, then run (5 points, 10 minutes)
#
# Two layers, neither of them trained, read a sentence. The recurrent one goes through it word by word and carries a state along. The
# attention layer compares all words with all. Now the sentence becomes **twice as long, 32 words in place of 16**. What happens to
#
# * **a.** the steps that the recurrent layer does one after the other?
# * **b.** the number of weights that the attention layer computes?
# * **c.** the influence of the *first* word on what comes out of the recurrent layer at the *last* word?
# * **d.** the influence of the *first* word on what comes out of the attention layer at the *last* word?
#
# The influence is the size of a gradient: how strongly the output answers to a small change of the first word. Answer `"same"`,
# `"doubles"`, `"four times"`, `"about half"` or `"below a tenth"`. **Write down your predictions before you run anything.** They are
# worth a point whether or not they turn out right. So do not correct them afterwards.

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-predicted"
""" # BEGIN PROMPT
predicted = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
predicted = {"a": "doubles", "b": "doubles", "c": "about half", "d": "same"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [markdown] id="q5-run"
# Now find out. The first experiment is there; the other three are yours.

# %% id="q5-given"
WIDTH = 32


def recurrent(words, carry, read):
    """Words [n, 32] and two matrices -> the state after the last word, and how many steps it took."""
    state, steps = torch.zeros(WIDTH, dtype=torch.float64), 0
    for word in words:
        state, steps = torch.tanh(carry @ state + read @ word), steps + 1
    return state, steps


def attention(words, to_query, to_key):
    """Words [n, 32] and two matrices -> what comes out at the last word, and the weights [n, n]."""
    weights = (words @ to_query @ (words @ to_key).T / math.sqrt(WIDTH)).softmax(dim=-1)
    return (weights @ words)[-1], weights


def draw(n, seed):
    """Words [n, 32] and two matrices [32, 32] by chance."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randn(n, WIDTH, generator=generator, dtype=torch.float64, requires_grad=True)
    first, second = torch.randn(2, WIDTH, WIDTH, generator=generator, dtype=torch.float64) / math.sqrt(WIDTH) / 2
    return words, first, second


def influence(layer, n, tries=100):
    """Length of the gradient of the output with respect to the first of n words, averaged over some draws."""
    total = 0.0
    for seed in range(tries):
        words, first, second = draw(n, seed)
        (gradient,) = torch.autograd.grad(layer(words, first, second)[0].sum(), words)
        total += float(gradient[0].norm())
    return total / tries


print("a:", *(f"{recurrent(*draw(n, 0))[1]} steps for {n} words;" for n in (16, 32)))

# %% [raw]
# # BEGIN SOLUTION

# %% id="q5-experiments"
# Your experiments for b, c and d.
# BEGIN SOLUTION NO PROMPT
print("b:", *(f"{attention(*draw(n, 0))[1].numel()} weights for {n} words;" for n in (16, 32)))
print(f"c: {influence(recurrent, 32) / influence(recurrent, 16):.0e} of the influence")
print(f"d: {influence(attention, 32) / influence(attention, 16):.2f} of the influence")
# END SOLUTION

# %% id="q5-answer"
""" # BEGIN PROMPT
observed = {"a": "?", "b": "?", "c": "?", "d": "?"}
""" # END PROMPT
# BEGIN SOLUTION NO PROMPT
observed = {"a": "doubles", "b": "four times", "c": "below a tenth", "d": "about half"}
# END SOLUTION

# %% [raw]
# # END SOLUTION

# %% [raw]
# # BEGIN TESTS

# %%
""" # BEGIN TEST CONFIG
points: 1
""" # END TEST CONFIG
def test_q5_predicted(predicted):
    words = ("same", "doubles", "four times", "about half", "below a tenth")
    problem = "" if isinstance(predicted, dict) else "there are no predictions: predicted should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if predicted.get(letter) not in words]
    problem = f"your prediction for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 0
""" # END TEST CONFIG
def test_q5_observed(observed):
    words = ("same", "doubles", "four times", "about half", "below a tenth")
    problem = "" if isinstance(observed, dict) else "observed should be a dictionary with the keys a, b, c, d"
    assert not problem, problem
    empty = [letter for letter in "abcd" if observed.get(letter) not in words]
    problem = f"what you observed for {empty[0]} should be one of {', '.join(words)}" if empty else ""
    assert not problem, problem
    problem = "the four answers are not all the same one" if all_alike(observed) else ""
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q5_a(observed):
    right = observed.get("a") == "doubles" and not all_alike(observed)
    problem = "" if right else "a: one step a word, each waiting for the one before"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q5_b(observed):
    right = observed.get("b") == "four times" and not all_alike(observed)
    problem = "" if right else "b: twice as many words, each looking at twice as many: 1024 weights against 256"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q5_c(observed):
    right = observed.get("c") == "below a tenth" and not all_alike(observed)
    problem = "" if right else "c: what the first word left is multiplied by a matrix at each of 16 more steps, and less is left each time"
    assert not problem, problem

# %%
""" # BEGIN TEST CONFIG
points: 1
hidden: true
""" # END TEST CONFIG
def test_q5_d(observed):
    right = observed.get("d") == "about half" and not all_alike(observed)
    problem = "" if right else "d: the way is one step as before, but the weights that sum to one are shared among twice as many words"
    assert not problem, problem

# %% [raw]
# # END TESTS

# %% [raw]
# # END QUESTION

# %% [raw]
# # BEGIN QUESTION
# name: q6
# points: 5
# manual: true
# minutes: 10
# objective: explain from a table what a sentence about saved computation is true of, and what it leaves out
# rubric:
#     - names a ratio of core-days that follows from the table, with both of its models
#     - says that fewer is not few, or that somebody has to pay for it, with a number of core-days
#     - says that the ViTs that beat BiT-L learned from JFT-300M, which is not public
#     - says that with public pictures, ImageNet-21k, ViT-L/16 has 85.30 %, which is below BiT-L
#     - is three or four sentences, in own words, and everything in them is true

# %% [markdown] id="q6-question"
# ## Question 6 · Explain (5 points, 10 minutes)
#
# The article that this book tests sums ViT up in one line: *only a Transformer; state of the art; fewer computing resources for
# training.* The next cell prints what Table 2 of the ViT paper says. All four were trained on many pictures first, then fine-tuned on
# ImageNet; JFT-300M belongs to Google and is not public, ImageNet-21k is.

# %% id="q6-given"
trainings = [
    ("ViT-H/14", "JFT-300M", 88.55, 2500),
    ("ViT-L/16", "JFT-300M", 87.76, 680),
    ("ViT-L/16", "ImageNet-21k", 85.30, 230),
    ("BiT-L, a ResNet", "JFT-300M", 87.54, 9900),
]
print(f"{'model':18} {'learned from':14} {'ImageNet, top 1':>16} {'TPUv3-core-days':>16} {'BiT-L took':>14}")
for model, pictures, score, days in trainings:
    print(f"{model:18} {pictures:14} {score:14.2f} % {days:16} {9900 / days:8.1f} times")

# %% [markdown] id="q6-task"
# **In three or four sentences of your own: a friend read that line and wants to train a ViT on her own pictures "because it is
# state of the art and cheap". What is true about the line, and what does it leave out?** Name numbers from the table.
#
# You get one point for each of these: a right ratio and its two models · what "fewer" still amounts to · what the best ViTs learned
# from · what happens with public pictures · true sentences in your own words.

# %% [raw]
# # BEGIN PROMPT

# %% [markdown] id="q6-answer"
# _Write your sentences here, in place of this line._

# %% [raw]
# # END PROMPT

# %% [raw]
# # BEGIN SOLUTION

# %% [markdown]
# **Model answer.** It is true that ViT was ahead for less: ViT-L/16 has 87.76 % on ImageNet, BiT-L 87.54 %, and BiT-L took 14.6 times
# as many core-days. But fewer is not few: 680 core-days are 85 days on eight cores, and ViT-H/14 took 2500. Both of these learned from
# JFT-300M, which is not public, so your friend cannot repeat it. With ImageNet-21k, which she can have, the same ViT-L/16 comes to
# 85.30 %, and that is below BiT-L.

# %% [raw]
# # END SOLUTION

# %% [raw]
# # END QUESTION

# %% [markdown] id="end"
# ## Before you hand in
#
# 1. *Kernel → Restart Kernel and Run All Cells*: does everything still run from top to bottom?
# 2. Save the notebook.
# 3. Hand in this one file. Its name does not matter.
