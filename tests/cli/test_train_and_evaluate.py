"""`regtrack train` and `regtrack evaluate` from the outside: what is printed, and exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.genome.assembly import Assembly
from regtrack.models.registry import build_model

from .usual import usual

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 30 windows; one marker has no label in the test split."""
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(0)
    with (folder / "genome.fa").open("w") as file:
        for chrom, length in {"chr1": 6_000, "chr2": 2_000, "chr3": 1_000}.items():
            letters = np.array(list("ACGT"))[random.integers(4, size=length)]
            file.write(f">{chrom}\n{''.join(letters)}\n")
    everywhere = [f"chr{c}\t{s}\t{s + 90}\n" for c in (1, 2, 3) for s in range(50, 900, 200)]
    (folder / "a.bed").write_text("".join(everywhere))
    (folder / "b.bed").write_text("chr1\t100\t900\nchr2\t100\t500\n")
    (folder / "markers.tsv").write_text(
        "file\tcategory\tbiosample\ttarget\na.bed\tTF\tK562\tCTCF\nb.bed\tDNase\tK562\tDNase\n"
    )
    split = SplitSpec(kind="chrom", valid_chroms=("chr2",), test_chroms=("chr3",))
    build_dataset(
        folder / "genome.fa",
        folder / "markers.tsv",
        folder / "dataset",
        spec=DatasetSpec(window=300, split=split),
    )
    return folder / "dataset"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run_regtrack: Call) -> Call:
    """Run regtrack in an empty folder; returns exit status, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    return run_regtrack


@pytest.fixture
def train(call: Call, data: Path) -> Call:
    """Train for an epoch into the folder run."""
    fixed = (
        "--model", "cnn1", "--out", "run", "--accelerator", "cpu", "--devices", "1",
        "--epochs", "1",
    )  # fmt: skip
    return lambda *options: call("train", data, *usual(options, *fixed))


def test_training_ends_in_a_table_and_the_next_command(train: Call, data: Path) -> None:
    code, out, err = train()
    assert code == 0
    assert "PR AUC (average precision)" in out
    assert "base rate" in out
    assert "TF" in out and "DNase" in out
    assert f"Next: regtrack evaluate {data} run/checkpoint.safetensors" in " ".join(out.split())
    assert "100%" in err
    assert "lightning" not in (out + err).lower()


def test_training_as_json(train: Call) -> None:
    code, out, _ = train("--json")
    assert code == 0
    result = json.loads(out)
    assert result["checkpoint"] == "run/checkpoint.safetensors"
    assert result["epochs"] == result["best_epoch"] == 1
    assert Path("run/metrics.csv").read_text().startswith("epoch,")


def test_options_reach_the_run(train: Call) -> None:
    code, _, err = train(
        *("--dropout", "0.5", "--batch-size", "3", "--learning-rate", "0.01"),
        *(
            "--schedule",
            "constant",
            "--positive-weight",
            "2",
            "--balance",
            "0.5",
            "--shift",
            "20",
            "--seed",
            "5",
        ),
        *("--no-reverse-complement", "--patience", "1", "--epoch-windows", "9"),
        *("--precision", "bf16", "--clip", "0", "--warmup", "0", "--loss-every", "7"),
        *("--cutout", "0.2"),
        *("--weight-decay", "0.1", "--averaging", "0.5"),
        *("--set", "hidden=20", "--set", "channels=[16]"),
    )
    assert code == 0, err
    request = json.loads(Path("run/training.json").read_text())["request"]
    settings = {"dropout": 0.5, "hidden": 20, "channels": [16]}
    assert {name: request["settings"][name] for name in settings} == settings
    assert request["config"] == {
        "epochs": 1,
        "patience": 1,
        "batch_size": 3,
        "learning_rate": 0.01,
        "schedule": "constant",
        "warmup": 0,
        "positive_weight": 2,
        "balance": 0.5,
        "loss_every": 7,
        "cutout": 0.2,
        "clip": 0,
        "weight_decay": 0.1,
        "averaging": 0.5,
        "precision": "bf16",
        "reverse_complement": False,
        "shift": 20,
        "epoch_windows": 9,
        "seed": 5,
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--pooling", "max"], 'cnn1 has no setting "pooling"'),
        (["--set", "hidden"], '--set "hidden" is not a setting'),
        (["--set", "hidden=7", "--set", "hidden=8"], "--set hidden was given twice; give it once"),
        (
            ["--dropout", "0.1", "--set", "dropout=0.2"],
            "dropout was given by --dropout and",
        ),
        (["--set", "hiden=7"], 'Did you mean "hidden"'),
        (["--set", "hidden=wide"], "expected a whole number"),
        (["--schedule", "step"], '--schedule is "step"; expected constant or cosine'),
        (["--recipe", "ours"], '--recipe is "ours"; expected standard or paper'),
        (["--devices", "many"], '--devices is "many"; expected 1 to'),
    ],
)
def test_mistakes_are_reported_in_one_line(train: Call, options: list[str], message: str) -> None:
    code, _, err = train(*options)
    assert code == 2
    assert message in err
    assert "Traceback" not in err


def test_a_finished_run_is_refused(train: Call) -> None:
    train()
    code, _, err = train()
    assert code == 2
    assert "holds this finished run" in err
    assert train("--overwrite")[0] == 0


def test_evaluation_prints_one_row_per_category_and_writes_files(
    train: Call, call: Call, data: Path
) -> None:
    train()
    code, out, _ = call("evaluate", data, "run/checkpoint.safetensors", "--out", "scores")
    assert code == 0
    for word in ("PR AUC (average precision)", "base rate", "lift", "ROC AUC", "TF", "CNN1"):
        assert word in out
    assert "Not scored, with fewer than 10 labelled bases: K562_DNase" in out
    assert Path("scores/markers.csv").exists()
    code, _, err = call("evaluate", data, "run/checkpoint.safetensors", "--out", "scores")
    assert code == 2
    assert "exists" in err


def test_evaluation_by_marker_and_as_json(train: Call, call: Call, data: Path) -> None:
    train()
    evaluate = ("evaluate", data, "run/checkpoint.safetensors", "--split", "valid")
    _, out, _ = call(*evaluate, "--per-marker")
    assert "K562_CTCF" in out and "K562_DNase" in out
    _, out, _ = call(*evaluate, "--json", "--markers", "*ctcf")
    report = json.loads(out)
    assert [row["marker"] for row in report["markers"]] == ["K562_CTCF"]
    code, _, err = call(*evaluate, "--markers", "K562_CTFC")
    assert code == 2
    assert 'Did you mean "K562_CTCF"' in err


def test_windows_are_read_both_ways_on_request(train: Call, call: Call, data: Path) -> None:
    train()
    code, out, _ = call("evaluate", data, "run", "--flanks", "--per-marker")
    assert code == 0
    assert "windows read" in out and "alone" in out and "with flanks" in out
    _, out, _ = call("evaluate", data, "run", "--flanks", "--json")
    reads = [(row["category"], row["reads"]) for row in json.loads(out)["categories"]]
    assert reads == [("TF", "alone"), ("DNase", "alone"), ("TF", "flanks"), ("DNase", "flanks")]


def test_a_run_starts_from_another_ones_weights(train: Call, call: Call, data: Path) -> None:
    train()
    fixed = ("train", data, "--accelerator", "cpu", "--devices", "1", "--epochs", "1")
    code, _, err = call(*fixed, "--from", "run", "--freeze", "--out", "tuned")
    assert code == 0, err
    record = json.loads(Path("tuned/training.json").read_text())["request"]
    assert record["model"] == "cnn1"
    assert record["start"]["path"] == "run/checkpoint.safetensors"
    assert (record["start"]["head"], record["start"]["freeze"]) == ("kept", True)
    for options, message in {
        ("--from", "run", "--model", "cnn7"): "leave --model out, or name a checkpoint",
        ("--from", "run", "--set", "hidden=7"): "trained with hidden 125",
        ("--from", "nowhere"): "nowhere",
        ("--freeze",): "none is given; pass --from",
    }.items():
        code, _, err = call(*fixed, *options, "--out", "other")
        assert code == 2
        assert message in err and "Traceback" not in err
    assert not Path("other").exists()


def test_another_assembly_is_evaluated_on_request(call: Call, data: Path) -> None:
    dataset = Dataset.open(data)
    model = build_model("cnn1", len(dataset.markers), hidden=8)
    mouse = Assembly(("chr1", "chr2", "chr3"), (6_000, 2_000, 999))
    save_checkpoint("mouse.safetensors", Checkpoint(model, dataset.markers, mouse, 300, {}))
    words = ("evaluate", data, "mouse.safetensors")
    code, _, err = call(*words)
    difference = f"chr3 is 1,000 bp in {data} and 999 bp in training"
    assert (code, err) == (
        2,
        f"error: mouse.safetensors is for another assembly: {difference}; use the assembly it was "
        "trained on, or pass --any-assembly where another is meant",
    )
    code, out, err = call(*words, "--any-assembly")
    assert code == 0
    assert "TF" in out
    assert f"mouse.safetensors is applied to another assembly: {difference}" in err


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_help_has_one_line_of_purpose_and_examples(call: Call, command: str) -> None:
    code, out, _ = call(command, "--help")
    assert code == 0
    assert "Examples" in out
    assert f"regtrack {command} data" in out


def test_an_empty_marker_list_does_not_mean_all(call: Call, data: Path) -> None:
    code, _, err = call("evaluate", data, "none.safetensors", "--markers", "")
    assert (code, err) == (2, "error: --markers is empty; name something, or omit the option")
