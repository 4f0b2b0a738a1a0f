"""make bench: it runs, and stores what the benchmark page reads. How fast anything is, is not tested."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert len(finished.stdout.splitlines()) == len(rows) == 56


def test_the_stored_table_covers_the_promised_lengths():
    rows = assert_is_a_table(ROOT / "benchmarks" / "results.json")
    multihead = [row["setting"] for row in rows if row["name"] == "MultiHeadAttention"]
    for n in (64, 512, 2048):
        for way in ("forward", "forward without gradient", "forward and backward"):
            assert any(setting.startswith(f"n = {n},") and setting.endswith(f", {way}") for setting in multihead)


def test_the_stored_table_compares_few_places_with_all_at_several_sizes():
    """The more pixels, the more is saved: all of them cost the square of their number, few places each do not."""
    rows = [row for row in assert_is_a_table(ROOT / "benchmarks" / "results.json") if row["name"] == "DeformableAttention"]
    for way in ("forward without gradient", "forward and backward"):
        ratios = [row["ratio"] for row in rows if row["setting"].endswith(way)]
        assert len(ratios) == 4 and ratios == sorted(ratios, reverse=True)


def test_a_wrong_output_folder_is_refused_in_one_line(tmp_path):
    finished = bench("--quick", "--output", str(tmp_path / "nowhere" / "results.json"))
    assert finished.returncode != 0 and "there is no folder" in finished.stderr and "Traceback" not in finished.stderr
