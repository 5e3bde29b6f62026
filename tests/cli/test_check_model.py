"""`regtrack check-model`: the table, JSON, the figure, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from regtrack.checkpoint import save_checkpoint
from regtrack.cli.app import app
from regtrack.genome.assembly import Assembly
from tests.sweep.toys import as_checkpoint, small_model

MADE = """
from tests.model_check.toys import local

def true(around=12):
    return local(around=around, length=200)

def wrong():
    return local(reach=3)
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("regtrack.model_check.probe._OUTPUTS", 256)
    monkeypatch.setattr("regtrack.model_check.cost._BATCHES", (1, 2))
    (tmp_path / "checked_networks.py").write_text(MADE)
    return tmp_path


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["--quiet", "check-model", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


def test_a_network_of_ones_own_is_measured_and_drawn(here: Path) -> None:
    status, text = run(
        "--network", "checked_networks:true", "--network-set", "around=9", "--out", "seams.png"
    )
    assert status == 0
    assert "9 by mutation, 9 by gradient" in text
    assert "nothing described wrongly" in text
    assert "length=200, crop=9, reach=9" in text
    assert "regtrack's sweep, exact seams" in text
    with Image.open(here / "seams.png") as image:
        assert image.size[0] > 1_500


def test_a_wrong_claim_is_status_1_and_json_names_it(here: Path) -> None:
    status, text = run("--network", "checked_networks:wrong", "--json")
    found = json.loads(text)
    assert status == 1
    assert found["wrong"] == [
        "reach: outputs depend on 12 bp to the left and right, not on 3; set reach=12"
    ]
    assert found["description"]["reach"] == [12, 12]
    assert found["seams"]["sweep"]["largest"] >= 0
    assert found["costs"][0]["batch"] == 1


def test_a_checkpoint_is_measured_too(here: Path) -> None:
    checkpoint = as_checkpoint(small_model("cnn1").float(), Assembly(("chr1",), (1000,)))
    save_checkpoint(here / "model.safetensors", checkpoint)
    status, text = run("model.safetensors")
    assert status == 0
    assert 'values="logits"' in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "found neither of CHECKPOINT and --network"),
        (("--network", "checked_networks:true", "--out", "a.txt"), '".txt" is not a figure format'),
        (("--network", "checked_networks:ture"), 'no function ture. Did you mean "true"'),
    ],
)
def test_bad_input_is_one_line(here: Path, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(Exception, match=message.replace(".txt", r"\.txt")):
        run(*(words or ("--seed", "1")))
