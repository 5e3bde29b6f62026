"""`regtrack saliency` and `receptive-field` from the outside: files, tables, JSON, mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyBigWig
import pytest
import torch

from regtrack import atomic
from regtrack.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from regtrack.cli import main
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.hub.publish import HubRequest, write_hub
from regtrack.models.registry import build_model
from regtrack.saliency import receptive_field
from regtrack.saliency.gradient import gradient_saliency

Run = Callable[..., tuple[int, str, str]]
LENGTH = 5_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of two markers, its reference, and two networks that predict them."""
    folder = tmp_path_factory.mktemp("command")
    letters = np.frombuffer(b"ACGT", np.uint8)
    text = letters[np.random.default_rng(0).integers(0, 4, 2 * LENGTH)].tobytes().decode()
    (folder / "r.fa").write_text(f">chr1\n{text[:LENGTH]}\n>chr2\n{text[LENGTH:]}\n")
    (folder / "ctcf.bed").write_text("chr1\t2000\t2100\nchr2\t2500\t2600\nchr2\t4100\t4120\n")
    (folder / "dnase.bed").write_text("chr1\t100\t200\n")
    (folder / "markers.tsv").write_text(
        "file\tcategory\tcell\ttarget\nctcf.bed\tTF\tK562\tCTCF\ndnase.bed\tDNase\tK562\tDNase\n"
    )
    spec = DatasetSpec(window=1_000, split=SplitSpec(kind="chrom", valid_chroms=("chr2",)))
    build_dataset(folder / "r.fa", folder / "markers.tsv", folder / "data", spec=spec)
    dataset = Dataset.open(folder / "data")
    torch.manual_seed(0)
    for name in ("cnn3", "cnn7"):
        model = build_model(name, 2, channels=[6, 8, 5], hidden=7)
        checkpoint = Checkpoint(model, dataset.markers, dataset.assembly, 1_000, {})
        save_checkpoint(folder / f"{name}.safetensors", checkpoint)
    return folder


@pytest.fixture
def run(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in the folder of these files."""
    monkeypatch.chdir(tmp_path)
    for path in made.iterdir():
        Path(path.name).symlink_to(path)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["regtrack", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return call


def test_the_figure_of_a_window_in_every_format_with_its_numbers(run: Run) -> None:
    code, out, _ = run(
        "saliency", "cnn3.safetensors", "cnn7.safetensors", "--dataset", "data",
        "--marker", "*CTCF", "--out", "f.pdf", "--out", "f.svg", "--out", "f.html", "--data",
    )  # fmt: skip
    assert code == 0
    assert [line.split("│")[1].strip() for line in out.splitlines() if "chr2:" in line] == [
        "CNN3", "CNN7",
    ]  # fmt: skip
    assert Path("f.pdf").read_bytes().startswith(b"%PDF")
    assert "CNN7" in Path("f.svg").read_text()
    assert "CNN7" in Path("f.html").read_text()
    table = Path("f.tsv").read_text().splitlines()
    assert len(table) == 1_001
    assert table[0].split("\t")[:6] == ["chrom", "start", "end", "base", "CNN3", "CNN3_output"]


def test_several_windows_are_numbered(run: Run) -> None:
    code, out, _ = run(
        "saliency", "cnn3.safetensors", "--dataset", "data", "--marker", "K562_CTCF",
        "--random", "2", "--out", "f.tsv", "--json",
    )  # fmt: skip
    found = json.loads(out)
    assert (code, found["files"]) == (0, ["f-1.tsv", "f-2.tsv"])
    assert {panel["region"] for panel in found["panels"]} == {
        "chr2:2,001-3,000", "chr2:4,001-5,000",
    }  # fmt: skip
    code, _, err = run(
        "saliency", "cnn3.safetensors", "--dataset", "data", "--marker", "K562_CTCF",
        "--random", "2", "--out", "f.tsv",
    )  # fmt: skip
    assert code == 2
    assert "f-1.tsv exists already" in err


def test_windows_are_counted_before_their_files_are_named(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked: list[Path] = []
    lock = atomic.hold
    monkeypatch.setattr(atomic, "hold", lambda path: locked.append(path) or lock(path))
    code, out, err = run(
        "saliency", "cnn3.safetensors", "--dataset", "data", "--marker", "K562_CTCF",
        "--random", "100000", "--out", "f.svg",
    )  # fmt: skip
    assert (code, out, locked) == (2, "", [Path("f-1.svg")])
    assert "100,000 windows were requested" in err


@pytest.mark.parametrize("method", ["gradient-x-input", "integrated-gradients", "ism"])
def test_a_short_region_by_every_method(run: Run, method: str) -> None:
    code, out, _ = run(
        "saliency", "cnn3.safetensors", "--reference", "r.fa", "--region", "2:2,501-2,540",
        "--marker", "*CTCF", "--labels", "ctcf.bed", "--at", "chr2:2,520", "--method", method,
        "--out", "f.svg", "--out", "f.tsv", "--json",
    )  # fmt: skip
    (panel,) = json.loads(out)["panels"]
    assert (code, panel["method"], panel["outputs"]) == (0, method, 1)
    assert panel["lowest"] < 0 < panel["highest"]
    header = Path("f.tsv").read_text().splitlines()[0]
    assert header.endswith("CNN3_output\tLabels")
    assert ("CNN3_A" in header) == (method == "ism")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--marker", "CTFC", "--dataset", "data"], 'no marker matches "CTFC"'),
        (["--marker", "*CTCF"], "name a --reference or a --dataset"),
        (["--marker", "*CTCF", "--dataset", "data", "--out", "f.gif"], 'is not a figure format'),
        (["--marker", "*CTCF", "--reference", "r.fa", "--region", ""], "--region is empty"),
        (["--marker", "*", "--region", "chr1", "--seed", "0"], "--seed cannot be combined with"),
        (["--marker", "*", "--at", "chr1:5", "--random", "2"], "cannot be combined with --at"),
    ],
)  # fmt: skip
def test_mistakes_are_reported_in_one_line(run: Run, words: list[str], message: str) -> None:
    code, out, err = run("saliency", "cnn3.safetensors", *words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_the_table_has_the_rule_of_the_outputs_and_the_sum_of_the_values(run: Run) -> None:
    code, out, _ = run(
        "saliency", "cnn3.safetensors", "--dataset", "data", "--at", "chr2:2,520",
        "--marker", "*CTCF", "--method", "integrated-gradients",
    )  # fmt: skip
    assert code == 0
    assert "chr2:2,020-3,019" in out
    assert "Chosen" in out
    assert "CNN3, chr2:2,020-3,019: the values of all bases read add up to" in out
    code, out, _ = run("saliency", "cnn3.safetensors", "--dataset", "data", "--marker", "*CTCF")
    assert "Labelled K562_CTCF" in out
    assert "add up" not in out


def test_a_model_that_is_constant_around_the_outputs_is_named(run: Run) -> None:
    words = ["saliency", "silent.safetensors", "--dataset", "data", "--marker", "*CTCF"]
    checkpoint = load_checkpoint("cnn3.safetensors")
    with torch.no_grad():
        checkpoint.model.head.output.weight.zero_()
    save_checkpoint("silent.safetensors", checkpoint)
    assert "CNN3, chr2:2,001-3,000: no base has an effect" in " ".join(run(*words)[1].split())
    words[1] = "cnn3.safetensors"
    assert "no base has an effect" not in run(*words)[1]


def test_another_assembly_is_accepted_on_request(run: Run) -> None:
    words = ["saliency", "--reference", "other.fa", "--at", "chr1:500", "--marker", "*CTCF"]
    Path("other.fa").write_text(f">chr1\n{'ACGT' * 500}\n")
    words.insert(1, "cnn3.safetensors")
    code, _, err = run(*words)
    assert code == 2
    assert "cnn3.safetensors is for another assembly" in err
    assert run(*words, "--any-assembly")[0] == 0


@pytest.mark.parametrize(
    ("words", "option", "out"),
    [
        (["--marker", "*CTCF", "--bigwig", "tracks"], "--bigwig", "tracks"),
        (["--chroms", "chr1", "--keep-bits", "7", "--bigwig", "a/b"], "--bigwig", "a/b"),
        (["--marker", "*CTCF", "--chroms", "chr1"], "--chroms", "FOLDER"),
        (["--marker", "*CTCF", "--regions", "a.bed"], "--regions", "FOLDER"),
        (["--marker", "*CTCF", "--keep-bits", "7"], "--keep-bits", "FOLDER"),
    ],
)
def test_tracks_have_moved_to_another_command(
    run: Run, words: list[str], option: str, out: str
) -> None:
    code, shown, err = run("saliency", "cnn3.safetensors", "--reference", "r.fa", *words)
    assert (code, shown) == (2, "")
    assert " ".join(err.split()) == (
        f"error: {option} has moved to another command; run: regtrack saliency-tracks "
        f"CHECKPOINT --reference FASTA --markers NAMES --out {out}"
    )
    assert "bigwig" not in run("saliency", "--help")[1]


def test_a_receptive_field_says_how_many_outputs_have_no_gradient(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["receptive-field", "cnn3.safetensors", "--dataset", "data", "--positives", "20"]
    assert "no gradient" not in run(*words)[1]

    def constant(*options: Any, **more: Any) -> Any:
        found = gradient_saliency(*options, **more)
        found[:5] = 0
        return found

    monkeypatch.setattr(receptive_field, "gradient_saliency", constant)
    assert "CNN3: 5 of 20 outputs have no gradient (the model is constant there)" in run(*words)[1]
    (curve,) = json.loads(run(*words, "--json")[1])["curves"]
    assert (curve["positives"], curve["without_gradient"]) == (15, 5)


def test_receptive_fields_as_a_table_a_figure_and_json(run: Run) -> None:
    words = ["receptive-field", "cnn3.safetensors", "cnn7.safetensors", "--dataset", "data"]
    code, out, _ = run(*words, "--positives", "20", "--out", "f.svg", "--out", "f.csv")
    assert code == 0
    assert "K562_CTCF" in out.splitlines()[0]
    assert "CNN7" in Path("f.svg").read_text()
    rows = [line.split(",") for line in Path("f.csv").read_text().splitlines()]
    assert rows[0] == ["model", "marker", "distance", "mass", "outputs", "without_gradient"]
    assert rows[1][4:] == ["20", "0"]
    mass = sum(float(row[3]) for row in rows[1:] if row[0] == "CNN7")
    assert mass == pytest.approx(1)
    code, out, _ = run(*words, "--positives", "20", "--json")
    first, second = json.loads(out)["curves"]
    assert (first["model"], first["receptive_field"], first["positives"]) == ("CNN3", 100, 20)
    assert first["widths"]["50"] < first["widths"]["99"] < second["widths"]["99"] <= 460
    code, _, err = run(*words, "--marker", "*DNase")
    assert code == 2
    assert "no base of the valid split" in err


def test_effects_of_letters_are_written_as_tracks_that_a_hub_stacks(run: Run) -> None:
    words = ("saliency", "cnn3.safetensors", "--reference", "r.fa", "--marker", "*CTCF", "--region",
             "chr2:2501-2560", "--at", "chr2:2530", "--tracks", "effects")  # fmt: skip
    code, _, err = run(*words)
    assert code == 2
    assert "--tracks are effects of letters, and gradient-norm has one value per base" in err
    code, out, _ = run(*words, "--method", "ism", "--out", "f.tsv", "--json")
    assert code == 0
    names = [f"effects/CNN3.K562_CTCF.{letter}.bw" for letter in "ACGT"]
    assert json.loads(out)["files"][:4] == names
    table = np.genfromtxt("f.tsv", names=True, dtype=None, encoding=None, delimiter="\t")
    for letter, name in zip("ACGT", names, strict=True):
        with pyBigWig.open(name) as file:
            assert file.chroms() == {"chr1": LENGTH, "chr2": LENGTH}
            assert file.header()["nBasesCovered"] == 60
            np.testing.assert_allclose(
                file.values("chr2", 2500, 2560), table[f"cnn3_{letter}".upper()], atol=1e-6
            )
    folder, _ = write_hub(HubRequest(paths=[Path("effects")], genome="planted"))
    text = (folder / "hub.txt").read_text()
    assert "aggregate stacked\n    logo on\n" in text
    assert "defaultPos chr2:2501-5000\n" in text  # where the tracks begin
    code, _, err = run(*words, "--method", "ism")
    assert code == 2
    assert "exists already" in err
    code, _, err = run("saliency", "cnn3.safetensors", "--dataset", "data", "--marker", "*CTCF",
                       "--method", "ism", "--tracks", "other")  # fmt: skip
    assert code == 2
    assert "name it with --region or --at" in err
