"""`regtrack inspect` on everything that it can describe."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli.inspect import command
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model
from regtrack.saliency.tracks import saliency_tracks
from regtrack.sweep.request import Compute, SweepRequest
from regtrack.sweep.run import run_share, run_sweep

MARKERS = (Marker("K562_CTCF", "TF", "K562", "CTCF"), Marker("A_DNase", "DNase", "A", "DNase"))
ASSEMBLY = Assembly(("chr1", "chr2"), (6_000, 3_000))
TABLE = (
    "file\tcategory\tcell\ttarget\n"
    "a.bed\tTF\tK562\tCTCF\n"
    "b.bed\tDNase\tA\tDNase\n"
)  # fmt: skip

OF_MARKERS = [["A_DNase", "DNase", "A", "DNase"], ["K562_CTCF", "TF", "K562", "CTCF"]]
OF_TRACKS = [
    ["A_DNase", "DNase", "scores", "cnn1.A_DNase.bw"],
    ["K562_CTCF", "TF", "scores", "cnn1.K562_CTCF.bw"],
]

Inspect = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one of each kind."""
    folder = tmp_path_factory.mktemp("inspect")
    reference, checkpoint = folder / "r.fa", folder / "run" / "checkpoint.safetensors"
    reference.write_text(f">chr1\n{'ACGT' * 1500}\n>chr2\n{'ACGT' * 750}\n")
    for name in "ab":
        (folder / f"{name}.bed").write_text("chr1\t1000\t2000\n")
    (folder / "markers.tsv").write_text(TABLE)
    spec = DatasetSpec(window=1000)
    build_dataset(reference, folder / "markers.tsv", folder / "data", spec=spec)
    save_checkpoint(checkpoint, Checkpoint(build_model("cnn1", 2), MARKERS, ASSEMBLY, 1000, {}))
    run_sweep(SweepRequest(checkpoint, reference, folder / "tracks", compute=Compute(window=1000)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regtrack.sweep.chunks.CHUNK", 5_000)
        compute = Compute(window=1000, batch_size=1)
        run_share(SweepRequest(checkpoint, reference, folder / "begun", compute=compute), "1/2")
    saliency_tracks(checkpoint, reference, folder / "saliency", compute=Compute(window=1000))
    return folder


@pytest.fixture
def inspect(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Inspect:
    """What the command prints."""
    app = Typer()
    app.command()(command)
    monkeypatch.chdir(folder)
    return lambda *words: CliRunner().invoke(app, list(words), catch_exceptions=False).stdout


def cells(table: str) -> list[list[str]]:
    """The words in the rows of tables."""
    lines = [line for line in table.splitlines() if line[0] in "│┃"]
    return [[cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]
            for line in lines]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "kind", "row"),
    [
        ("data", "dataset", ["windows", "train 7, valid 1, test 1"]),
        ("run", "checkpoint", ["window", "1,000"]),
        ("tracks", "sweep", ["values", "scores"]),
        ("begun.partial", "sweep at work", ["shards", "made 1, in all 2"]),
        ("saliency", "saliency sweep", ["values", "gradient-x-input of all outputs"]),
        ("tracks/cnn1.A_DNase.bw", "bigWig", ["bases with a value", "9,000"]),
    ],
)
def test_every_kind_is_described_in_a_table(
    inspect: Inspect, path: str, kind: str, row: list[str]
) -> None:
    table = cells(inspect(path))
    assert table[0] == [kind, path]
    assert row in table


@pytest.mark.parametrize(
    ("path", "count", "rows"),
    [
        ("data", "markers", OF_MARKERS),
        ("run", "markers", OF_MARKERS),
        ("tracks", "tracks", OF_TRACKS),
        ("begun.partial", "tracks", OF_TRACKS),
    ],
)
def test_markers_are_counted_and_listed(
    inspect: Inspect, path: str, count: str, rows: list[list[str]]
) -> None:
    table = cells(inspect(path, "--markers"))
    assert [count, "2: 1 TF, 1 DNase"] in table
    assert sorted(table[-2:]) == rows


def test_saliency_tracks_are_distinguished(inspect: Inspect, folder: Path) -> None:
    expected = [
        [*track[:2], values, f"cnn1.{track[0]}{suffix}.bw"]
        for track in OF_TRACKS
        for values, suffix in (
            ("absolute saliency", ".saliency-abs"),
            ("saliency", ".saliency"),
        )
    ]
    table = cells(inspect("saliency", "--markers"))
    assert sorted(table[-4:]) == sorted(expected)
    counted = "4: 1 TF saliency, 1 TF absolute saliency, 1 DNase saliency, "
    assert ["tracks", counted + "1 DNase absolute saliency"] in table
    # a folder that an earlier version wrote does not say it of each file
    old = folder / "old"
    shutil.copytree(folder / "saliency", old)
    record = json.loads((old / "sweep.json").read_text())
    del record["digest"]
    for track in record["tracks"]:
        del track["values"]
    (old / "sweep.json").write_text(json.dumps(record | {"format": 2}))
    assert cells(inspect("old", "--markers"))[-4:] == table[-4:]


def test_json_holds_everything(inspect: Inspect) -> None:
    found = json.loads(inspect("tracks", "--json"))
    assert found["kind"] == "sweep"
    assert found["markers"] == ["K562_CTCF", "A_DNase"]
    assert [track["bases"] for track in found["tracks"]] == [9_000, 9_000]


def test_escapes_in_a_record_do_not_reach_the_terminal(inspect: Inspect, folder: Path) -> None:
    (folder / "odd").mkdir()
    hostile = "\x1b[2J\x07" + "x" * 9_999
    track = {"file": f"{hostile}.bw", "marker": hostile, "category": hostile}
    record = {"checkpoint": {"model": hostile}, "tracks": [track], hostile: {hostile: [hostile]}}
    (folder / "odd" / "sweep.json").write_text(json.dumps(record))
    for words in (["odd"], ["odd", "--markers"], ["odd", "--json"]):
        printed = inspect(*words)
        assert "\x1b" not in printed
        assert "\x07" not in printed
    assert "\\x1b[2J\\x07xxx" in inspect("odd")
