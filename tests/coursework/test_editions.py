"""The editions that are built: what is in each, and that the student's works alone in an empty folder."""

import json
import math
import re
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
import yaml
from classroom import ASSIGNMENTS
from nbclient import NotebookClient

from coursework.__main__ import main
from coursework.assignments import ROOT, CourseworkError, find_assignment, read_notebook, read_questions
from coursework.build import build, check_solutions, master_tests, solution_leaks
from coursework.checker import load_test_file, run_test_file
from coursework.master import same_source


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def name(request):
    return request.param


@pytest.fixture(scope="module")
def master(name):
    return read_notebook(find_assignment(name) / f"{name}.ipynb")


def edition(built, name, kind):
    return read_notebook(built / name / kind / f"{name}.ipynb")


def test_the_master_is_what_its_text_says_and_has_its_outputs(name, master):
    assert same_source(find_assignment(name))
    run = [cell for cell in master.cells if cell.cell_type == "code" and cell.source.strip()]
    assert all(cell.execution_count for cell in run)
    assert any(cell.outputs for cell in run)


def test_four_to_eight_questions_in_one_or_two_hours(master):
    questions = read_questions(master)
    assert 4 <= len(questions) <= 8
    assert 60 <= sum(question.minutes for question in questions) <= 120
    assert any(question.manual for question in questions)


def test_points_and_minutes_stated_are_those_configured(master):
    questions = read_questions(master)
    title, text = master.cells[1].source, "\n".join(cell.source for cell in master.cells)
    assert f"{sum(question.points for question in questions):g} points" in title
    assert f"{sum(question.minutes for question in questions)} minutes" in title
    for question in questions:
        assert f"({question.points:g} points, {question.minutes} minutes)" in text


def test_points_of_the_tests_add_up(built, name, master):
    tests = edition(built, name, "grader").metadata.otter.tests
    for question in read_questions(master):
        if not question.manual:
            assert load_test_file(tests[question.name]).possible == question.points


def test_the_student_edition_shows_no_solution_and_no_hidden_test(built, name, master):
    student = edition(built, name, "student")
    assert solution_leaks(master, student) == []
    shown = json.dumps(student)
    hidden = [test for test, is_hidden in master_tests(master) if is_hidden]
    assert hidden and not [test for test in hidden if test in shown]
    assert "hidden=True" not in shown and "SOLUTION" not in shown and "BEGIN TESTS" not in shown
    assert not [cell for cell in student.cells if cell.get("outputs")]


def test_a_leak_would_be_noticed(built, name, master):
    student = edition(built, name, "student")
    solved = edition(built, name, "grader")
    for cell, answer in zip(student.cells, solved.cells, strict=False):
        if cell.get("id", "").endswith("-answer") and cell.cell_type == "code":
            original, cell.source = cell.source, answer.source
            assert solution_leaks(master, student), cell.id
            cell.source = original


def test_two_builds_give_the_same_student_edition(built, name, tmp_path):
    again = build(find_assignment(name), tmp_path)
    assert (again / "student" / f"{name}.ipynb").read_bytes() == (built / name / "student" / f"{name}.ipynb").read_bytes()


def test_the_instructor_edition_has_solutions_rubric_and_hidden_tests(built, name, master):
    instructor = edition(built, name, "instructor")
    nbformat.validate(instructor)
    text = "\n".join(cell.source for cell in instructor.cells)
    for question in read_questions(master):
        assert question.objective in text and all(line in text for line in question.rubric)
    assert all(test in text for test, _ in master_tests(master))
    assert all(cell.source in text for cell in master.cells if cell.cell_type != "raw")


def test_the_gradescope_zip_runs_elsewhere(built, name):
    (path,) = (built / name / "gradescope").glob("*.zip")
    with zipfile.ZipFile(path) as zipped:
        names = zipped.namelist()
        needed = yaml.safe_load(zipped.read("environment.yml"))["dependencies"][-1]["pip"]
    assert {"run_autograder", "setup.sh", "environment.yml", "otter_config.json"} <= set(names)
    pinned = (ROOT / "requirements.txt").read_text().splitlines() + (ROOT / "requirements-dev.txt").read_text().splitlines()
    for requirement in needed:
        assert requirement.replace("[grading,plugins]", "") in pinned


@pytest.mark.parametrize("name", ["02_self_attention", "09_detr"])       # the others differ in nothing that Otter sees
def test_alone_it_says_what_to_do_and_solved_it_passes_every_check(built, name, tmp_path):
    """Untouched, then solved in the same kernel, as the only file of a folder, renamed."""
    student, solved = edition(built, name, "student"), edition(built, name, "grader")
    answers = {cell.id: cell.source for cell in solved.cells}
    for cell in list(student.cells):
        again = nbformat.from_dict(cell | {"id": f"{cell.id}-again", "source": answers.get(cell.id, cell.source)})
        student.cells.append(again)
    nbformat.write(student, tmp_path / "Zoë's copy (1).ipynb")
    NotebookClient(student, timeout=300, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()
    said = {}
    for cell in student.cells:
        outputs = cell.get("outputs", [])
        assert not [output for output in outputs if output.output_type == "error"], (cell.source, outputs)
        if cell.source.startswith("grader.check"):
            said[cell.id] = "".join(str(output.get("data", {}).get("text/plain", "")) for output in outputs)
    untouched = {name: text for name, text in said.items() if not name.endswith("-again")}
    questions = read_questions(read_notebook(find_assignment(name) / f"{name}.ipynb"))
    assert len(untouched) == len(said) / 2 == sum(not question.manual for question in questions)
    assert all("Test case failed" in text for text in untouched.values())
    assert not [text for text in untouched.values() if "TypeError" in text.split("❌")[1]]
    assert all("All test cases passed" in text for name, text in said.items() if name.endswith("-again"))


def test_it_asks_for_no_network(built, name):
    """The student edition imports nothing that could fetch, and names no address."""
    student = edition(built, name, "student")
    assert not re.findall(r"https?://", json.dumps(student))


def test_the_hidden_numbers_are_those_of_torch(built):
    """An implementation that is not the solution, torch's own, passes the tests of the coded questions."""
    import torch

    def attention(query, key, value, mask=None):
        output = torch.nn.functional.scaled_dot_product_attention(query, key, value, mask).nan_to_num(0.0)
        identity = torch.eye(key.shape[-2]).expand(*key.shape[:-2], -1, -1)
        return output, torch.nn.functional.scaled_dot_product_attention(query, key, identity, mask).nan_to_num(0.0)

    def additive_scores(query, key, w):
        return torch.stack([(key + row).tanh() @ w for row in query])

    def loop(query, key, w):
        return torch.stack([torch.stack([(q + k).tanh() @ w for k in key]) for q in query])

    environment = {"attention": attention, "additive_scores": additive_scores, "additive_scores_loop": loop}
    environment["stable_softmax"] = lambda scores, dim=-1: torch.nn.functional.softmax(scores, dim)
    tests = edition(built, "02_self_attention", "grader").metadata.otter.tests
    for question in ("q2", "q3", "q4"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        excused = ("write it yourself", "there is still a Python loop")
        assert not [result.message for result in results if not result.passed and not any(words in result.message for words in excused)]


def test_the_hidden_numbers_of_detr_are_those_of_the_library(built):
    """The book's own detection code, behind the names and arguments of assignment 09, passes every test of its questions."""
    import torch

    from book_lib.detection import boxes, criterion, detr, hungarian, matching

    def matching_cost(logits, queries, labels, places, overlap):
        target = {"labels": labels, "boxes": places}
        return matching.matching_cost(logits, queries, target, giou_cost=0.0) - 2 * overlap

    def cheapest_pairs(cost):
        rows, columns = hungarian.linear_assignment(cost.numpy())
        return rows[columns.argsort()].tolist()

    def detection_losses(logits, answers, targets, pairs, no_object_weight=0.1):
        losses = criterion.detection_losses(logits, answers, targets, pairs=pairs, no_object_weight=no_object_weight)
        return {name: losses[name] for name in ("classes", "boxes")}

    def detections(logits, answers, sizes):
        return [one | {"boxes": one["boxes_xyxy"]} for one in detr.detections(logits, answers, sizes)]

    environment = {"giou": lambda a, b: torch.stack([boxes.generalized_box_iou(x[None], y[None])[0, 0] for x, y in zip(a, b, strict=True)])}
    environment |= {"matching_cost": matching_cost, "cheapest_pairs": cheapest_pairs, "greedy_fails": [[0, 1], [2, 9]]}
    environment |= {"detection_losses": detection_losses, "detections": detections}
    tests = edition(built, "09_detr", "grader").metadata.otter.tests
    for question in ("q1", "q2", "q3", "q4", "q6"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_hidden_numbers_of_label_assignment_are_those_of_the_library(built, monkeypatch):
    """The book's own rules, behind the names and arguments of assignment 10, pass every test of its questions."""
    import importlib

    import torch

    from book_lib.detection import assigners, priors
    from book_lib.detection.boxes import box_xyxy_to_cxcywh

    rules = {name: importlib.import_module(f"{assigners.__name__}.{name}") for name in ("assignment", "atss", "fcos", "max_iou", "yolo_v1")}

    def target_of(boxes, size):
        shares = torch.tensor([size[1], size[0]] * 2)
        return {"labels": torch.zeros(len(boxes), dtype=torch.int64), "boxes": box_xyxy_to_cxcywh(boxes) / shares}

    def labels_by_iou(iou, positive_from, negative_below, rescue=False):
        monkeypatch.setattr(rules["max_iou"], "box_iou", lambda boxes, anchors: iou)
        unit, size = torch.tensor([[0.0, 0.0, 1.0, 1.0]]), (2, 2)
        how = {"low_quality": "restore" if rescue else None, "least_low_quality": 1e-6}
        how |= {"positive_from": positive_from, "negative_below": negative_below}
        anchors = priors.priors_of_boxes(unit.expand(iou.shape[1], -1), size=size)
        return rules["max_iou"].max_iou(target_of(unit.expand(len(iou), -1), size), anchors, n_classes=1, **how).objects

    def cell_owners(boxes, size, cell):
        cells = priors.make_points(size, [cell])
        found = rules["yolo_v1"].yolo_v1(target_of(boxes, size), cells, cells.centres.repeat(1, 2), n_classes=1)
        return found.objects.view(size[0] // cell, size[1] // cell), found.lost

    def serve_points(points, low, high, boxes):
        """Each point as a map of its own, so that each has a range of its own."""
        alone = priors.Priors((64, 64), points, torch.ones(len(points)), torch.arange(len(points)))
        ranges = list(zip(low.tolist(), high.tolist(), strict=True))
        objects = rules["fcos"].fcos(target_of(boxes, (64, 64)), alone, n_classes=1, ranges=ranges, radius=None).objects
        if not len(boxes):
            return objects, torch.zeros(len(points))
        sides = rules["assignment"].sides_of(points, boxes)[objects, torch.arange(len(points))]
        return objects, torch.where(objects >= 0, rules["fcos"].centreness(sides), 0.0)

    def own_threshold(iou, distance, levels, inside, nearest=9):
        candidate = torch.zeros_like(inside)
        for level in levels.unique():
            candidate[levels == level] = rules["assignment"].least(distance[None, levels == level], nearest)[0]
        threshold = rules["atss"]._threshold(iou[None, candidate])
        objects = rules["assignment"].best_of_several((candidate & inside & (iou >= threshold))[None], iou[None])
        return threshold, (objects == 0).nonzero()[:, 0]

    def objects_choose(cost, k):
        if not cost.shape[1]:
            return [-1] * len(cost)
        return rules["assignment"].best_of_several(rules["assignment"].least(cost.T, k), (-cost.T).exp())

    environment = {"labels_by_iou": labels_by_iou, "cell_owners": cell_owners, "lost_pair": [[32, 32, 36, 36], [43, 43, 47, 47]]}
    environment |= {"serve_points": serve_points, "own_threshold": own_threshold}
    environment |= {"objects_choose": objects_choose, "argmin_fails": [[2, 0], [9, 8], [3, 7]]}
    tests = edition(built, "10_label_assignment", "grader").metadata.otter.tests
    for question in ("q1", "q2", "q3", "q4", "q5"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_table_of_assignment_10_is_what_the_library_counts():
    """The numbers that question 7 asks to be explained: positives of objects of three sizes under three rules, and their IoU."""
    import torch

    from book_lib.detection.assigners.atss import atss
    from book_lib.detection.assigners.max_iou import max_iou
    from book_lib.detection.boxes import box_iou, box_xyxy_to_cxcywh
    from book_lib.detection.priors import make_anchors

    anchors = make_anchors((256, 256), [8, 16, 32], [[(32, 32)], [(64, 64)], [(128, 128)]])
    places = torch.rand(200, 2, generator=torch.Generator().manual_seed(10))
    rules = {f"IoU at least {share}": {"positive_from": share, "negative_below": share} for share in (0.5, 0.2)}
    master = read_notebook(find_assignment("10") / "10_label_assignment.ipynb")
    question = next(cell.source for cell in master.cells if cell.id == "q7-question")
    best = [float(number) for number in re.search(r"is (\S+), (\S+) and (\S+) on average", question).groups()]
    for name in (*rules, "ATSS, nine candidates for each map"):
        cells = next(line for line in question.splitlines() if line.startswith(f"| {name} |")).split("|")[2:5]
        for side, cell, highest in zip((20, 40, 100), cells, best, strict=True):
            corners = places * (256 - side)
            overlap = box_iou(torch.cat((corners, corners + side), dim=1), anchors.boxes_xyxy)
            served = torch.zeros_like(overlap, dtype=torch.bool)
            for place, corner in enumerate(corners):
                box = box_xyxy_to_cxcywh(torch.cat((corner, corner + side))[None]) / 256
                target = {"labels": torch.tensor([0]), "boxes": box}
                found = max_iou(target, anchors, n_classes=1, **rules[name]) if name in rules else atss(target, anchors, n_classes=1)
                served[place] = found.objects == 0
            stated = [float(number) for number in re.findall(r"[\d.]+", cell)]
            assert abs(served.sum().item() / len(places) - stated[0]) < 0.06
            assert len(stated) == 1 or abs(overlap[served].mean().item() - stated[1]) < 0.006
            assert abs(overlap.amax(dim=1).mean().item() - highest) < 0.006


def test_the_hidden_numbers_of_compression_are_those_of_the_library(built):
    """The book's own compression, behind the names and arguments of assignment 06, passes every test of its questions."""
    import math

    import torch

    from book_lib import compression

    def quantised(whole, scale, zero=0.0):
        return compression.Quantised(whole, torch.as_tensor(scale), torch.tensor(float(zero)))

    def to_int8(weight):
        found = compression.quantise(weight)
        return found.whole, found.scale[:, 0]

    environment = {
        "prune_smallest": lambda weight, sparsity: weight * compression.magnitude_mask(weight, sparsity),
        "prune_n_of_m": lambda weight, n, m: weight * compression.n_of_m_mask(weight, n, m),
        "to_int8": to_int8,
        "integer_product": lambda x, zero, w: compression.fast_integer_product(quantised(x, 1.0, zero), quantised(w, 1.0)),
        "product_of_values": lambda sums, x_scale, w_scale: quantised(sums, x_scale * w_scale).values(),
        "two_factors": compression.truncated_svd,
        "largest_rank": lambda n_out, n_in: math.ceil(compression.break_even_rank(n_out, n_in)) - 1,
        "student_loss": lambda student, teacher, labels, temperature, soft_share: compression.distillation_loss(
            student, teacher, labels, temperature=temperature, soft_share=soft_share),
    }
    tests = edition(built, "06_compression", "grader").metadata.otter.tests
    for question in ("q1", "q2", "q3", "q4", "q5"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_table_of_assignment_06_is_what_was_measured():
    """The bytes, multiplications and times that question 7 asks to be explained are those of the chapter's variants."""
    from book_lib.experiments.compressed_variants import variants

    master = read_notebook(find_assignment("06") / "06_compression.ipynb")
    question = next(cell.source for cell in master.cells if cell.id == "q7-question")
    rows = {row["name"]: row for row in variants("translator")}
    names = {"original": "original", "75 % of the weights": "pruned 75 %", "half of the heads and of": "heads and channels halved",
             "half of the layers": "layers dropped"}
    for words, name in names.items():
        line = next(line for line in question.splitlines() if line.startswith(f"| {words}"))
        megabytes, millions, time = map(float, line.split("|")[2:5])
        assert abs(rows[name]["bytes"] / 1e6 - megabytes) < 0.006 and abs(rows[name]["multiplications"] / 1e6 - millions) < 0.06
        assert abs(rows[name]["time"] - time) < 0.006


def test_the_hidden_numbers_of_igpt_are_those_of_the_library(built, monkeypatch):
    """The book's own palette, shift, losses and drawing, behind the names of assignment 07, pass every test of its questions."""
    import torch

    from book_lib.attention import causal_mask
    from book_lib.vision import igpt, palette

    class Model:
        """What complete asks of a model: the size of a picture, and logits for pixels of which the last is not known."""

        def __init__(self, n_pixels, next_logits):
            self.n_pixels, self.next_logits = n_pixels, next_logits

        def __call__(self, pixels):
            return self.next_logits(pixels[:, :-1])[:, None]

    def inputs(pictures, table, start, positions):
        model = igpt.IGPT(n_colours=len(table), n_pixels=len(positions), d_model=len(start), n_heads=1, n_layers=1)
        model.colours.weight.data, model.start.data, model.positions.data = table, start, positions
        return model._shifted(pictures.flatten(1)).detach()

    def may_use(height, width, row, column):
        return causal_mask(height * width + 1)[row * width + column, 1:].view(height, width)

    def draw(logits, temperature, u):
        monkeypatch.setattr(torch, "multinomial", lambda p, n, generator: torch.searchsorted(p.cumsum(1), u[:, None], right=True))
        nothing = torch.zeros(len(logits), 0, dtype=torch.long)
        model = Model(1, lambda pixels: logits)
        return igpt.complete(model, nothing, generator=None, temperature=temperature, use_cache=False)[:, 0]

    given = {"torch": torch}
    exec(next(cell.source for cell in edition(built, "07_igpt", "grader").cells if cell.id == "q5-given"), given)

    def finish(pixels, n):
        return igpt.complete(Model(n, given["next_logits"]), pixels, generator=None, temperature=0, use_cache=False)

    environment = {"nearest": palette.nearest_colour, "moved": lambda colours, centres: palette.lloyd(colours, centres, steps=1)}
    environment |= {"inputs": inputs, "may_use": may_use, "draw": draw, "finish": finish}
    environment |= {"next_pixel_loss": igpt.next_pixel_loss, "masked_loss": igpt.masked_pixel_loss}
    tests = edition(built, "07_igpt", "grader").metadata.otter.tests
    for question in ("q2", "q3", "q4", "q5"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_predictions_of_assignment_07_notice_what_those_of_the_library_notice():
    """The four answers of question 6 hold for the library's network, too, with random weights."""
    import torch

    from book_lib.vision.igpt import IGPT

    master = read_notebook(find_assignment("07") / "07_igpt.ipynb")
    answers = {}
    exec(next(cell.source for cell in master.cells if cell.id == "q6-answer").split("# BEGIN SOLUTION NO PROMPT")[1], answers)
    torch.manual_seed(7)
    model = IGPT(n_colours=17, n_pixels=64, d_model=16, n_heads=2, n_layers=2).double()
    torch.nn.init.normal_(model.output.weight)
    picture, nothing = torch.randint(17, (1, 64)), torch.zeros(1, 64, dtype=torch.bool)

    def same(reading, place, asked):
        other = picture.clone()
        other[0, place] = (other[0, place] + 5) % 17
        with torch.no_grad():
            return "same" if torch.allclose(reading(picture)[:, asked], reading(other)[:, asked], atol=1e-9) else "different"

    def masked(*hidden):
        return lambda pixels: model.masked(pixels, nothing.scatter(1, torch.tensor([hidden]), True))

    found = {"a": same(model, 63, slice(None)), "b": same(model, 28, 32), "c": same(masked(0), 63, 0), "d": same(masked(27, 28), 28, 27)}
    assert found == answers["observed"]


def test_the_table_of_assignment_07_is_what_was_measured():
    """The accuracies of linear probes that question 7 asks to be explained are those of the chapter's table."""
    from book_lib.book.models import load_log

    master = read_notebook(find_assignment("07") / "07_igpt.ipynb")
    question = next(cell.source for cell in master.cells if cell.id == "q7-question")
    runs = [run for run in load_log("pixel_nats")["runs"] if "probe" in run]
    for name in ("autoregressive", "masked", "untrained"):
        line = next(line for line in question.splitlines() if line.startswith(f"| {name}"))
        probes = [run["probe"][1:] for run in runs if run["objective"] == name]
        assert len(probes) == 3
        for blocks, percent in zip((0, 3, 6), re.findall(r"(\d+) %", line), strict=True):
            assert abs(sum(probe[blocks] for probe in probes) / len(probes) - int(percent) / 100) < 0.006
    raw = int(re.search(r"pixels themselves: (\d+) %", question)[1])
    assert all(abs(run["probe"][0] - raw / 100) < 0.006 for run in runs)


def test_the_hidden_numbers_of_vit_are_those_of_the_library(built):
    """The book's own patches, positions, rollout and DeiT loss, behind the names of assignment 08, pass every test of its questions."""
    import torch

    from book_lib.vision import patches, vit

    def kernel_of(matrix, n_channels):
        """The weight of the library's convolution that gives the tokens of the matrix: one patch of a single 1 after another."""
        p = round((matrix.shape[1] / n_channels) ** 0.5)
        one_hot = patches.unpatchify(torch.eye(matrix.shape[1])[:, None], p, (p, p))
        embedding = patches.PatchEmbedding(p, len(matrix), n_channels=n_channels)
        embedding.projection.weight.data = (matrix @ one_hot.flatten(1)).view_as(embedding.projection.weight)
        pictures = torch.randn(2, n_channels, 2 * p, 3 * p)
        assert torch.allclose(embedding(pictures), patches.patchify(pictures, p) @ matrix.T, atol=1e-3)
        return embedding.projection.weight.detach()

    def sequence_of(tokens, class_token, positions):
        sizes = {"n_heads": 1, "d_model": len(class_token), "d_ff": 1, "n_layers": 0}
        model = vit.ViT(image_size=(1, tokens.shape[1]), patch_size=1, n_classes=2, **sizes)
        model.class_token.data, model.positions.data = class_token, positions
        model.patch_embedding.forward = lambda images: tokens
        return model.embed(torch.zeros(len(tokens), 3, 1, tokens.shape[1])).detach()

    def two_token_loss(class_logits, distillation_logits, labels, teacher):
        return vit.distillation_loss(vit.DistilledLogits(class_logits, distillation_logits), labels, teacher)

    def answer(class_logits, distillation_logits):
        model = vit.ViT(image_size=1, patch_size=1, n_classes=2, d_model=2, n_heads=1, d_ff=1, n_layers=0, readout="distilled")
        model.answer_by_head = lambda tokens: vit.DistilledLogits(class_logits, distillation_logits)
        return model.answer(None).argmax(dim=-1)

    environment = {"patchify": patches.patchify, "unpatchify": lambda cut, p, h, w: patches.unpatchify(cut, p, (h, w))}
    environment |= {"kernel_of": kernel_of, "sequence_of": sequence_of, "two_token_loss": two_token_loss, "answer": answer}
    environment["stretched"] = patches.resize_positions
    environment["rollout"] = lambda weights: vit.attention_rollout([layer[None] for layer in weights])[0, 0, 1:]
    tests = edition(built, "08_vit", "grader").metadata.otter.tests
    for question in ("q2", "q3", "q4", "q5", "q6"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_counts_of_assignment_08_are_those_of_the_library():
    """Tokens, parameters and scores that question 1 asks for are those of ViT-B/16 as the library builds it."""
    from book_lib.vision.vit import SIZES, ViT

    master = read_notebook(find_assignment("08") / "08_vit.ipynb")
    stated = {}
    exec(next(cell.source for cell in master.cells if cell.id == "q1-answer").split("# BEGIN SOLUTION NO PROMPT")[1], stated)
    sizes = SIZES["B/16"] | {"n_classes": 1000, "n_layers": 0}
    usual, fine, large = (ViT(**sizes | {"image_size": side, "patch_size": p}) for side, p in ((224, 16), (224, 8), (384, 16)))
    scores = (len(fine.positions) / len(usual.positions)) ** 2
    counts = {"a": len(usual.positions), "b": sum(p.numel() for p in usual.patch_embedding.parameters()), "d": large.positions.numel()}
    assert counts == {name: stated["counts"][name] for name in "abd"} and abs(scores - stated["counts"]["c"]) < 0.005


def test_the_networks_of_assignment_08_notice_what_those_of_the_library_notice():
    """The four answers of question 7 hold for the library's ViT and, with filters that wrap round, for its CNN, with random weights."""
    import torch

    from book_lib.vision.cnn import CNN
    from book_lib.vision.patches import reorder_patches
    from book_lib.vision.vit import ViT

    master = read_notebook(find_assignment("08") / "08_vit.ipynb")
    answers = {}
    exec(next(cell.source for cell in master.cells if cell.id == "q7-answer").split("# BEGIN SOLUTION NO PROMPT")[1], answers)
    torch.manual_seed(8)
    sizes = {"image_size": 16, "patch_size": 4, "n_classes": 5, "d_model": 16, "n_heads": 2, "d_ff": 16, "n_layers": 2, "n_channels": 1}
    without, positioned, cnn = ViT(**sizes, positions="none"), ViT(**sizes), CNN(n_classes=5, widths=(8,), n_channels=1)
    for module in cnn.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.padding_mode = "circular"
    picture = torch.randn(1, 1, 16, 16, dtype=torch.float64)

    def same(model, other):
        model = model.double().eval()
        torch.nn.init.normal_(model.head.weight)
        with torch.no_grad():
            return "same" if torch.allclose(model(picture), model(other), atol=1e-9) else "different"

    found = {"a": same(without, reorder_patches(picture, 4, torch.randperm(16))), "b": same(without, picture.roll(3, dims=-1))}
    found |= {"c": same(positioned, picture.roll(4, dims=-1)), "d": same(cnn, picture.roll(3, dims=-1))}
    assert found == answers["observed"]


def test_the_table_of_assignment_08_is_what_was_measured():
    """The accuracies that question 8 asks to be explained are those of the chapter's trainings."""
    from book_lib.book.models import load_log

    def accuracies(model, n, steps):
        """On seen pictures and on new ones, in percent, at the rate that was best on pictures for that choice; a mean over all starts."""
        tried = [run for run in load_log("picture_sizes")["runs"] if (run["model"], run["n"], run["steps"]) == (model, n, steps)]
        best = max((run for run in tried if run["seed"] == 0), key=lambda run: run["choice_accuracy"])["lr"]
        runs = [run for run in tried if run["lr"] == best]
        return [100 * sum(run[key] for run in runs) / len(runs) for key in ("accuracy_on_seen", "accuracy")], len(runs)

    master = read_notebook(find_assignment("08") / "08_vit.ipynb")
    question = next(cell.source for cell in master.cells if cell.id == "q8-question")
    lines = [re.findall(r"\d[\d ]*", line) for line in question.splitlines() if line.startswith("| ") and "%" in line]
    assert len(lines) == 5
    for line in lines:
        n, steps, *percents = (int(number.replace(" ", "")) for number in line)
        for model, stated in (("vit", percents[:2]), ("cnn", percents[2:])):
            found, starts = accuracies(model, n, steps)
            assert starts == 5 and max(abs(a - b) for a, b in zip(found, stated, strict=True)) < 0.6
    stated = [int(percent) for percent in re.search(r"only: (\d+) % on seen pictures, (\d+) % on new ones", question).groups()]
    found, starts = accuracies("vit", 50_000, 1_000)
    assert starts == 1 and max(abs(a - b) for a, b in zip(found, stated, strict=True)) < 0.6


def test_the_hidden_numbers_of_lane_shapes_are_those_of_the_library(built):
    """The book's own curve, metric and costs, behind the names and arguments of assignment 12, pass every test of its questions."""
    import torch

    from book_lib.lanes.curves import lane_x
    from book_lib.lanes.matching import lane_cost
    from book_lib.lanes.tusimple import line_accuracy

    def curve_x(curve, y):
        return torch.where(y > curve[1], lane_x(curve, torch.where(y > curve[1], y, 2.0)), -2.0)

    def share_right(predicted, line, near=20.0):
        """TuSimple's row of a line without a slope: each row alone, so that no straight line is laid through them."""
        rows = [line_accuracy([float(ours)], [float(true)], [0], near=near) for ours, true in zip(predicted, line, strict=True)]
        return sum(rows) / len(rows)

    def best_shares(predictions, lines, near=20.0):
        return [max((share_right(predicted, line, near) for predicted in predictions), default=0.0) for line in lines]

    def pair_costs(x_hat, probability, x, valid):
        """Curves that are exactly x_hat in one row at a time: lines n', with the costs of the rows added up."""
        lanes = torch.zeros(len(x_hat), 8)
        lanes[:, 3] = -1.0
        counts = valid.sum(1)
        weights = (counts.min() / counts).sqrt()
        logits = torch.stack((torch.zeros_like(probability), probability.clamp(1e-6, 1 - 1e-6).logit()), dim=1)
        total = torch.zeros(len(x_hat), len(x))
        for row in range(x.shape[1]):
            target = {"x": x[:, row : row + 1], "y": torch.zeros(1), "valid": torch.ones(len(x), 1, dtype=torch.bool),
                      "bounds": torch.zeros(len(x), 2)}
            lanes[:, 5] = x_hat[:, row]
            total += valid[:, row] * lane_cost(logits, lanes, target, weights=weights, class_cost=0.0)
        return total + lane_cost(logits, lanes, target, weights=weights, curve_cost=0.0)

    environment = {"curve_x": curve_x, "share_right": share_right, "best_shares": best_shares, "pair_costs": pair_costs}
    tests = edition(built, "12_lane_shapes", "grader").metadata.otter.tests
    for question in ("q1", "q2", "q3"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_hidden_numbers_of_deformable_detr_are_those_of_the_library(built):
    """The book's own sampling, attention, boxes and loss, behind the names of assignment 11, pass every test of its questions."""
    import torch

    from book_lib.detection import criterion, deformable, deformable_attention

    def places_of(reference, offsets, shapes):
        _, n_heads, n_levels, n_points, _ = offsets.shape
        layer = deformable_attention.DeformableAttention(n_heads, n_heads, n_levels=n_levels, n_points=n_points)
        del layer.offsets
        layer.offsets = lambda query: offsets.flatten(1)[None]
        on_levels = reference[None, :, None].expand(-1, -1, n_levels, -1)
        return layer.places_and_weights(torch.zeros(1, len(offsets), n_heads), on_levels, shapes)[0][0].detach()

    def deformable_of(maps, places, logits):
        weights = logits.flatten(2).softmax(-1).view_as(logits)
        value = torch.cat([features.flatten(0, 1) for features in maps])[None]
        return deformable_attention.deformable_attention(value, [features.shape[:2] for features in maps], places[None], weights[None])[0]

    def class_loss(logits, labels):
        wanted = (labels[:, None] == torch.arange(logits.shape[1])).to(logits)
        return criterion.focal_loss(logits, wanted).sum() / max(1, int(wanted.sum()))

    environment = {"sample": deformable_attention.bilinear_sample, "places_of": places_of, "deformable": deformable_of}
    environment |= {"boxes_of": lambda raw, reference: deformable.DeformableDETR.place(None, raw, reference), "class_loss": class_loss}
    tests = edition(built, "11_deformable_detr", "grader").metadata.otter.tests
    for question in ("q2", "q3", "q4", "q5", "q6"):
        results = run_test_file(load_test_file(tests[question]), environment).test_case_results
        assert results and not [result.message for result in results if not result.passed]


def test_the_untrained_layer_of_assignment_11_looks_where_the_librarys_does():
    """The star that question 7 gives is the library's, and with its own maps the library's layer sees what the question's does."""
    import torch

    from book_lib.detection.deformable_attention import DeformableAttention, star

    master = read_notebook(find_assignment("11") / "11_deformable_detr.ipynb")
    given = {"torch": torch, "print": lambda *line: None}
    exec(next(cell.source for cell in master.cells if cell.id == "q7-given"), given)
    assert torch.allclose(given["star"].float(), star(8, 1, 4)[:, 0].view(8, 1, 4, 2), atol=1e-6)
    layer = DeformableAttention(8, 8, n_levels=2)
    for projection in (layer.v_proj, layer.o_proj):
        torch.nn.init.eye_(projection.weight)
    maps = torch.cat([each.flatten() for each in given["maps"]])[None, :, None].expand(-1, -1, 8)
    reference = torch.full((1, 1, 2, 2), 0.5)
    seen = layer(torch.randn(1, 1, 8), reference, maps, [(33, 33), (11, 11)])[0]
    assert torch.allclose(seen[0, 0], given["untrained"](given["maps"], given["state"]), atol=1e-5)


def test_the_scores_of_assignment_01_are_those_of_the_shipped_translator():
    """The table that question 4 gives is what the translator computes, and its own weights answer as the solution does."""
    import torch

    from book_lib.data.translation import TARGET_VOCABULARY, encode_source
    from book_lib.experiments.translator import load_translator
    from book_lib.transformer import greedy_decode

    master = read_notebook(find_assignment("01") / "01_history.ipynb")
    given = {"torch": torch, "print": lambda *line: None}
    exec(next(cell.source for cell in master.cells if cell.id == "q4-given"), given)
    translator = load_translator()[0].double()
    source = encode_source(["".join(given["characters"])])
    written = greedy_decode(translator, source)
    attention, features = translator.decoder.layers[1].cross_attention, {}
    for side in "qk":
        projection = getattr(attention, f"{side}_proj")
        projection.register_forward_hook(lambda module, inputs, output, side=side: features.update({side: output[0, :, 64:96]}))
    with torch.no_grad():
        memory, seen, _ = translator.encode(source)
        maps = translator.decode(written[:, :-1], memory, seen)[2]
    english = [TARGET_VOCABULARY[word] for word in written[0, 1:].tolist()]
    assert " ".join(english[:-2]) == "the book that the teacher read yesterday is expensive"
    rows = [english.index(word) for word in given["words"]]
    assert torch.allclose((features["q"] @ features["k"].T)[rows], given["scores"].double(), atol=0.051)
    weights, solved = maps[1][0, 2, rows], {"torch": torch, "math": math}
    exec(next(cell.source for cell in master.cells if cell.id == "q4-answer"), solved)
    assert torch.allclose(solved["attention_weights"](given["scores"], 32).double(), weights, atol=1e-3)
    assert solved["jumps_back"](weights) == solved["jumps_back"](given["scores"]) == 2


def test_a_master_that_was_changed_by_hand_is_not_built(tmp_path, monkeypatch):
    source = find_assignment("02")
    folder = tmp_path / source.name
    folder.mkdir()
    (folder / f"{source.name}.py").write_text((source / f"{source.name}.py").read_text() + "\n# %%\nprint(1)\n")
    (folder / f"{source.name}.ipynb").write_text((source / f"{source.name}.ipynb").read_text())
    with pytest.raises(CourseworkError, match="is not what its text says"):
        build(folder, tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["grade", "{empty}", "--chapter", "02"], "no submissions in this folder"),
        (["grade", "{empty}/none", "--chapter", "02"], "no such folder"),
        (["grade", "{full}", "--chapter", "77"], "there is no assignment for chapter '77'"),
        (["grade", "{full}", "--chapter", "02", "--built", "{empty}"], "run 'make coursework' first"),
        (["grade", "{full}", "--chapter", "02", "--out", "{empty}/none/grades.csv"], "no such folder to write grades.csv into"),
        (["grade", "{full}", "--chapter", "02", "--workers", "0"], "must be at least 1"),
        (["build", "--chapter", "99"], "there is no assignment for chapter '99'"),
    ],
)
def test_bad_input_is_one_clear_line(built, tmp_path, capsys, arguments, line):
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "a.ipynb").write_text("{}")
    known = {"empty": tmp_path / "empty", "full": tmp_path / "full"}
    try:
        status = main([argument.format(**known) for argument in arguments])
    except SystemExit as wrong_usage:
        status = wrong_usage.code
    assert status == 2 and line in capsys.readouterr().err.strip().splitlines()[-1]


def test_a_solution_that_loses_a_point_stops_the_build(built, tmp_path):
    shutil.copytree(built / "03_multi_head_attention", tmp_path / "03_multi_head_attention")
    path = tmp_path / "03_multi_head_attention" / "grader" / "03_multi_head_attention.ipynb"
    path.write_text(path.read_text().replace("weights_of_head_2 = [0.16, 0.67, 0.16]", "weights_of_head_2 = [0.2, 0.6, 0.2]"))
    folder = find_assignment("03")
    check_solutions([find_assignment("02")], built)
    with pytest.raises(CourseworkError, match="03_multi_head_attention: the solution does not pass its own tests .q1"):
        check_solutions([folder], tmp_path)


def test_where_there_is_no_linux_the_grader_says_so(tmp_path, built):
    """Without fcntl and resource (Windows) the modules can be imported and the command says what it needs, in one line."""
    program = (
        "import sys\nsys.modules.update(fcntl=None, resource=None)\nsys.platform = 'darwin'\n"
        "from coursework.__main__ import main\n"
        f"sys.exit(main(['grade', {str(tmp_path)!r}, '--chapter', '02', '--built', {str(built)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.strip().splitlines()[-1].startswith("coursework grade: grading needs Linux")


def test_an_empty_folder_ends_the_command_with_status_2(tmp_path):
    command = [sys.executable, "-m", "coursework", "grade", str(tmp_path), "--chapter", "02"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"coursework grade: {tmp_path}: no submissions in this folder\n"
