"""`regtrack calibrate` from the outside, and what the new checkpoint does to other commands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyBigWig
import pytest
from PIL import Image
from small_evaluation import built, trained

from regtrack.checkpoint import save_checkpoint
from regtrack.checkpoint_header import read_header
from regtrack.predict.scores import scores

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset, its genome and the run of a network with random weights."""
    folder = tmp_path_factory.mktemp("calibrate")
    dataset = built(folder, {"chr1": 6_000, "chr2": 6_000})
    save_checkpoint(folder / "run/checkpoint.safetensors", trained(dataset))
    return folder


@pytest.fixture
def call(folder: Path, monkeypatch: pytest.MonkeyPatch, run_regtrack: Call) -> Call:
    """Run regtrack in the folder; returns exit status, stdout and stderr."""
    monkeypatch.chdir(folder)
    return run_regtrack


def test_a_checkpoint_is_calibrated_and_every_command_uses_it(call: Call, folder: Path) -> None:
    code, out, err = call("calibrate", "run", "dataset", "--figure", "curves.png")
    assert code == 0, err
    assert "run/calibrated.safetensors" in out and "curves.png" in out
    assert "calibration error before" in out
    assert "1 of 4 markers keep their scores" in err
    with Image.open("curves.png") as image:
        assert min(image.size) > 300
    header = read_header("run/calibrated.safetensors")
    assert header.calibration is not None
    assert header.calibration.weights != ""

    code, out, _ = call("evaluate", "dataset", "run/calibrated.safetensors", "run", "--split",
                        "valid", "--flanks", "--out", "scores", "--json")  # fmt: skip
    assert code == 0
    found = [row for row in json.loads(out)["markers"] if row["reads"] == "flanks"]
    rows = {(row["model"], row["marker"]): row for row in found}
    assert len(rows) == 8
    for number, marker in enumerate(header.markers[:3]):
        new, old = (rows[model, marker.name] for model in ("calibrated", "run"))
        fitted = header.calibration.markers[number]
        assert new["calibration_error"] == pytest.approx(fitted.error_after, abs=1e-3)
        assert old["calibration_error"] == pytest.approx(fitted.error_before, abs=1e-3)
    assert {path.name for path in Path("scores").iterdir()} == {
        "report.json", "markers.csv", "categories.csv", "reliability.csv", "reliability.png",
    }  # fmt: skip

    code, _, err = call(
        *("predict-genome", "run/calibrated.safetensors", "--reference", "genome.fa"),
        *("--out", "tracks", "--keep-bits", "23", "--markers", "cell_a"),
    )
    assert code == 0, err
    record = json.loads(Path("tracks/sweep.json").read_text())
    assert record["checkpoint"]["calibration"] == dict(header.calibration.name)
    (file,) = Path("tracks").glob("*.bw")
    with pyBigWig.open(str(file)) as track:
        stored = track.values("chr2", 100, 400, numpy=True)
    region = scores("run/calibrated.safetensors", "genome.fa", "chr2:101-400", markers="cell_a")
    np.testing.assert_allclose(stored, region.values[0], rtol=1e-5)
    before = scores("run", "genome.fa", "chr2:101-400", markers="cell_a")
    assert abs(before.values - region.values).max() > 0.05

    code, out, _ = call("inspect", "run/calibrated.safetensors")
    assert code == 0 and "calibration.error_after" in out.replace("calibration  ", "calibration.")


def test_json_has_every_marker(call: Call) -> None:
    code, out, _ = call("calibrate", "run", "dataset", "--out", "again.safetensors", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["checkpoint"] == "again.safetensors" and found["figure"] is None
    assert [row["marker"] for row in found["markers"]] == ["cell_a", "cell_b", "cell_c", "cell_few"]
    assert found["markers"][0]["error_after"] < found["markers"][0]["error_before"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run dataset --figure curves.bmp", "not a figure format; expected .png, .pdf or .svg"),
        ("run dataset --out run/checkpoint.safetensors", "checkpoint.safetensors, an input"),
        ("run dataset --out run/checkpoint.safetensors --overwrite", "checkpoint.safetensors, an"),
        ("run dataset --out dataset/dataset.json --overwrite", "is part of dataset, an input"),
        (
            "run dataset --split tset --out a.safetensors",
            '--split is "tset"; expected train, valid, test',
        ),
        ("nothing dataset", "no checkpoint at nothing; expected a checkpoint"),
        ("run nothing --out b.safetensors", "nothing"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(call: Call, words: str, said: str) -> None:
    before = sorted(Path().rglob("*"))
    code, out, err = call("calibrate", *words.split())
    assert (code, out) == (2, "")
    assert said in err and err.count("error:") == 1 and "Traceback" not in err
    assert sorted(Path().rglob("*")) == before
