"""`regtrack compare` from the outside: what is printed and written, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from small_tracks import write_bigwig

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_regtrack: Call) -> Call:
    """Run regtrack beside three tracks and peaks; returns exit status, stdout and stderr."""
    random = np.random.default_rng(0)
    base = random.gamma(0.5, 1, 4_000)
    for name, noise in (("a", 0.1), ("b", 0.5), ("c", 3.0)):
        row = base + random.gamma(noise, 1, 4_000)
        write_bigwig(tmp_path / f"{name}.bw", {"chr1": row.astype(np.float32)})
    write_bigwig(tmp_path / "minus.bw", {"chr1": -base.astype(np.float32)})
    (tmp_path / "peaks.bed").write_text("chr1\t100\t900\n")
    monkeypatch.chdir(tmp_path)
    return run_regtrack


def test_two_tracks_are_compared_and_drawn(call: Call) -> None:
    code, out, _ = call("compare", "a.bw", "b.bw", "--out", "out")
    assert code == 0
    assert "Pearson" in out and "4,000" in out
    assert {path.name for path in Path("out").iterdir()} == {
        "compare.json", "correlations.csv", "difference.bw", "scatter.png", "ma.png",
    }  # fmt: skip
    for name in ("scatter.png", "ma.png"):
        with Image.open(Path("out") / name) as image:
            assert min(image.size) > 300
    code, _, err = call("compare", "a.bw", "b.bw", "--out", "out")
    assert code == 2 and "out exists already" in err


def test_many_tracks_and_peaks_give_a_matrix(call: Call) -> None:
    words = ("compare", "a.bw", "b.bw", "c.bw", "peaks.bed", "--out", "out", "--json")
    code, out, _ = call(*words, "--names", "one,two,three,peaks")
    assert code == 0
    found = json.loads(out)
    assert found["tracks"] == ["one", "two", "three"] and found["labels"] == ["peaks"]
    assert len(found["pairs"]) == 6 and len(found["peaks"]) == 3
    assert found["peaks"][0]["labelled"] == 800
    assert {path.name for path in Path("out").iterdir()} == {
        "compare.json", "correlations.csv", "peaks.csv", "pearson.png", "spearman.png",
    }  # fmt: skip


def test_values_below_zero_are_compared_without_logarithms(call: Call) -> None:
    code, out, _ = call("compare", "a.bw", "minus.bw", "peaks.bed", "--out", "out")
    assert code == 0
    assert "PR AUC (average precision)" in out
    assert json.loads(Path("out/compare.json").read_text())["offset"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("a.bw --out out", "found 1 track or set of labels; expected at least two"),
        ("a.bw gone.bw --out out", "nothing at gone.bw"),
        ("a.bw a.bw --out out", "give each a name by --names"),
        ("a.bw b.bw --resolution 0 --out out", "--resolution is 0 bp; expected at least 1"),
        ("a.bw b.bw --regions gone.bed --out out", "gone.bed"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(call: Call, words: str, said: str) -> None:
    before = sorted(Path().rglob("*"))
    code, out, err = call("compare", *words.split())
    assert (code, out) == (2, "")
    assert said in err and err.count("error:") == 1 and "Traceback" not in err
    assert sorted(Path().rglob("*")) == before
