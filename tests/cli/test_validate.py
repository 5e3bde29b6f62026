"""`regtrack validate` on valid and damaged files."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from bigwig_tracks import Case
from typer import Typer
from typer.testing import CliRunner

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.cli.validate import command
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec
from regtrack.errors import RegtrackError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model
from regtrack.sweep.request import Compute, SweepRequest
from regtrack.sweep.run import run_share, run_sweep

ASSEMBLY = Assembly(("chr1", "chr2"), (20, 10))


@pytest.fixture
def app() -> Typer:
    app = Typer()
    app.command()(command)
    return app


@pytest.fixture
def good(tmp_path: Path) -> Path:
    values = {"chr1": np.arange(20, dtype=np.float32), "chr2": np.ones(10, dtype=np.float32)}
    Case(ASSEMBLY, values).write(tmp_path / "good.bw")
    return tmp_path / "good.bw"


def test_a_valid_file_exits_0(app: Typer, good: Path) -> None:
    fasta = good.with_name("a.fa")
    fasta.write_text(f">chr1\n{'A' * 20}\n>chr2\n{'C' * 10}\n")
    result = CliRunner().invoke(app, [str(good), "--reference", str(fasta)])
    assert result.exit_code == 0
    assert "good.bw: valid; 2 chromosomes, 30 bases" in result.stdout


def test_a_damaged_file_exits_1_and_says_where(app: Typer, good: Path) -> None:
    bad = good.with_name("bad.bw")
    bad.write_bytes(good.read_bytes()[:-20])
    result = CliRunner().invoke(app, [str(good), str(bad)])
    assert result.exit_code == 1
    assert "good.bw: valid" in result.stdout
    assert "bad.bw: not valid\n  " in result.stdout


def test_a_missing_file_is_reported_before_any_work(app: Typer, good: Path) -> None:
    words = [str(good), str(good.with_name("none.bw"))]
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, TrackError)  # which costs status 2, as everywhere
    assert "no bigWig at" in str(result.exception)
    assert result.output == ""


def test_json_is_for_scripts(app: Typer, good: Path) -> None:
    sizes = good.with_name("a.sizes")
    sizes.write_text("chr1\t21\nchr2\t10\n")
    result = CliRunner().invoke(app, [str(good), "--sizes", str(sizes), "--json"])
    assert result.exit_code == 1
    (report,) = json.loads(result.stdout)
    assert report["valid"] is False
    assert report["covered"] == 30
    assert report["findings"] == [
        {"part": "chromosomes", "message": "chr1 is 20 bp in the file and 21 bp in the assembly"}
    ]


def test_only_one_assembly_may_be_given(app: Typer, good: Path) -> None:
    result = CliRunner().invoke(app, [str(good), "--sizes", str(good), "--reference", str(good)])
    assert isinstance(result.exception, RegtrackError)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset, a checkpoint, a sweep and an unfinished sweep."""
    folder = tmp_path_factory.mktemp("stored")
    (folder / "r.fa").write_text(f">chr1\n{'ACGT' * 1500}\n")
    (folder / "a.bed").write_text("chr1\t1000\t2000\n")
    (folder / "m.tsv").write_text("file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n")
    build_dataset(folder / "r.fa", folder / "m.tsv", folder / "data", spec=DatasetSpec(1000))
    marker = Marker("K562_CTCF", "TF", "K562", "CTCF")
    model = Checkpoint(build_model("cnn1", 1), (marker,), Assembly(("chr1",), (6000,)), 1000, {})
    save_checkpoint(folder / "run" / "checkpoint.safetensors", model)
    request = partial(SweepRequest, folder / "run", folder / "r.fa", compute=Compute(window=1000))
    run_sweep(request(folder / "tracks"))
    run_share(request(folder / "begun"), "1/1")
    return folder


KINDS = {
    "data": ("dataset", "data/label_rows.npy"),
    "run": ("checkpoint", "run/checkpoint.safetensors"),
    "tracks": ("sweep", "tracks/cnn1.K562_CTCF.bw"),
    "begun.partial": ("unfinished sweep", "begun.partial/shards/000000.shard"),
}


def findings(app: Typer, *paths: Path) -> list[dict[str, object]]:
    result = CliRunner().invoke(app, [*map(str, paths), "--json"])
    reports = json.loads(result.stdout)
    assert result.exit_code == (0 if all(report["valid"] for report in reports) else 1)
    assert [report["kind"] for report in reports] == [
        KINDS.get(path.name, ("bigWig",))[0] for path in paths
    ]
    return [finding for report in reports for finding in report["findings"]]


def test_everything_that_regtrack_writes_is_valid(app: Typer, stored: Path) -> None:
    assert findings(app, *(stored / name for name in KINDS)) == []
    for record in ("data/dataset.json", "tracks/sweep.json", "run/checkpoint.safetensors"):
        result = CliRunner().invoke(app, [str(stored / record)])
        assert result.exit_code == 0
        assert "valid;" in result.stdout


@pytest.mark.parametrize("name", KINDS)
def test_a_flipped_bit_of_anything_is_named(app: Typer, stored: Path, name: str) -> None:
    path = stored / KINDS[name][1]
    whole = path.read_bytes()
    flipped = bytearray(whole)
    # of a bigWig, a byte of its first block, whose place stands in the header
    flipped[int.from_bytes(whole[16:24], "little") + 20 if name == "tracks" else -5] ^= 1
    path.write_bytes(flipped)
    try:
        assert findings(app, stored / name)
    finally:
        path.write_bytes(whole)


def test_another_track_in_the_place_of_one_is_noticed(app: Typer, stored: Path) -> None:
    path = stored / KINDS["tracks"][1]
    whole = path.read_bytes()
    other = bytearray(whole)
    other[-9] ^= 1  # of an index, past its last entry: every value and zoom level reads as before
    path.write_bytes(other)
    try:
        assert findings(app, path) == []
        (found,) = findings(app, stored / "tracks")
        assert found == {
            "part": path.name,
            "message": "it is not the file that sweep.json lists: its SHA-256 differs",
        }
    finally:
        path.write_bytes(whole)


def test_all_problems_are_named(app: Typer, stored: Path, tmp_path: Path) -> None:
    data = Path(shutil.copytree(stored / "data", tmp_path / "data"))
    for name in ("codes.npy", "windows.npy"):
        content = bytearray((data / name).read_bytes())
        content[-1] ^= 2
        (data / name).write_bytes(content)
    (data / "tile_offsets.npy").unlink()
    found = [finding["part"] for finding in findings(app, data)]
    assert sorted(map(str, found)) == ["codes.npy", "tile_offsets.npy", "windows.npy"]


def test_a_folder_of_something_else_is_refused(app: Typer, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert isinstance(result.exception, RegtrackError)
    assert "expected the output of a regtrack command, or bigWigs" in str(result.exception)
