"""make bench: it runs, and stores what the benchmark page reads. How fast anything is, is not tested."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.sampling_ways import WAYS
from book_site.benchmarks import fastest, times_of_ways

ROOT = Path(__file__).parents[2]
FIELDS = {"name": str, "setting": str, "ours_ms": float, "reference_ms": float, "ratio": float, "reference": str}


def bench(*arguments):
    return subprocess.run([sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)


def assert_is_a_table(path):
    results = json.loads(path.read_text(encoding="utf-8"))
    assert results.keys() == {"versions", "rows"} and {"Python", "torch", "threads"} <= results["versions"].keys()
    assert all(isinstance(version, str) for version in results["versions"].values())
    for row in results["rows"]:
        assert {field: type(row[field]) for field in row} == FIELDS
        assert row["ours_ms"] > 0 and row["ratio"] == pytest.approx(row["ours_ms"] / row["reference_ms"], rel=0.1)
    assert {row["name"] for row in results["rows"]} == {
        "MultiHeadAttention", "scaled_dot_product_attention", "EncoderLayer", "DecoderLayer", "greedy_decode, cached",
        "RNNLayer", "Conv1dLayer", "match", "max_iou", "fcos", "DETR", "deformable_attention", "DeformableDETR", "DeformableAttention",
        "FeedForward, int8", "complete, cached", "ViT",
    }
    return results["rows"]


def test_quick_benchmark_runs_and_stores_the_table_the_page_reads(tmp_path):
    finished = bench("--quick", "--output", str(tmp_path / "results.json"))
    assert finished.returncode == 0, finished.stderr
    rows = assert_is_a_table(tmp_path / "results.json")
    assert len(finished.stdout.splitlines()) == len(rows) == 56 + 4 * len(WAYS)
    assert_every_way_is_timed(rows)
    named = [row for row in rows if row["name"] == "deformable_attention"]

    stored = {"versions": json.loads((tmp_path / "results.json").read_text())["versions"],
              "rows": [{**row, "ours_ms": 1.0, "reference_ms": 1.0, "ratio": 1.0} for row in rows if row not in named[1:]]}
    (tmp_path / "some.json").write_text(json.dumps(stored))
    finished = bench("--quick", "--only", "deformable_attention", "--output", str(tmp_path / "some.json"))
    assert finished.returncode == 0, finished.stderr
    again = assert_is_a_table(tmp_path / "some.json")
    assert [[row[key] for key in ("name", "setting", "reference")] for row in again] == [
        [row[key] for key in ("name", "setting", "reference")] for row in rows], "in the places where the rows of this name stood"
    assert all((row["ours_ms"] == row["reference_ms"] == 1.0) == (row["name"] != "deformable_attention") for row in again)


def assert_every_way_is_timed(rows):
    """Of deformable attention: in turn with the library's own and, as transformers' is, forward and with the backward pass."""
    times = times_of_ways([row for row in rows if row["name"] == "deformable_attention"])
    assert list(times) == [f"{who}, {way}" for who in ("every pixel", "300 queries")
                           for way in ("forward without gradient", "forward and backward")]
    assert all(list(found) == ["transformers' MultiScaleDeformableAttention", *WAYS] for found in times.values())


def test_rows_measured_with_other_versions_are_not_mixed(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps({"versions": {"Python": "2.7"}, "rows": []}))
    finished = bench("--quick", "--only", "fcos", "--output", str(tmp_path / "results.json"))
    assert finished.returncode != 0 and "measured with other versions" in finished.stderr and "Traceback" not in finished.stderr


def test_the_fastest_way_is_told_with_its_lead():
    rows = [{"setting": f"n = 85, batch 1, 300 queries, {way}", "reference": reference, "ours_ms": 2.0, "reference_ms": ms}
            for way, reference, ms in (
                ("forward", "their layer", 9.0), ("forward", "the same by loops", 3.0), ("backward", "their layer", 1.0))]
    times = times_of_ways(rows)
    assert times == {"300 queries, forward": {"their layer": 4.5, "loops": 1.5}, "300 queries, backward": {"their layer": 0.5}}
    assert [fastest(found) for found in times.values()] == [
        "this book’s is the fastest; the next, loops, takes 1.50 times as long",
        "their layer is the fastest, in 0.50 of the time of this book’s"]
    assert fastest({"loops": 1.03, "their layer": 2.0}) == "this book’s and loops are about equally fast"


def test_the_stored_table_covers_the_promised_lengths():
    rows = assert_is_a_table(ROOT / "benchmarks" / "results.json")
    multihead = [row["setting"] for row in rows if row["name"] == "MultiHeadAttention"]
    for n in (64, 512, 2048):
        for way in ("forward", "forward without gradient", "forward and backward"):
            assert any(setting.startswith(f"n = {n},") and setting.endswith(f", {way}") for setting in multihead)


def test_the_stored_table_covers_every_way_of_deformable_attention():
    assert_every_way_is_timed(json.loads((ROOT / "benchmarks" / "results.json").read_text(encoding="utf-8"))["rows"])


def test_the_stored_table_compares_few_places_with_all_at_several_sizes():
    """The more pixels, the more is saved: all of them cost the square of their number, few places each do not."""
    rows = [row for row in assert_is_a_table(ROOT / "benchmarks" / "results.json") if row["name"] == "DeformableAttention"]
    for way in ("forward without gradient", "forward and backward"):
        ratios = [row["ratio"] for row in rows if row["setting"].endswith(way)]
        assert len(ratios) == 4 and ratios == sorted(ratios, reverse=True)


def test_a_wrong_output_folder_is_refused_in_one_line(tmp_path):
    finished = bench("--quick", "--output", str(tmp_path / "nowhere" / "results.json"))
    assert finished.returncode != 0 and "there is no folder" in finished.stderr and "Traceback" not in finished.stderr
