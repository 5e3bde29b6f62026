"""What a path holds."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from regtrack.checkpoint import Checkpoint, save_checkpoint
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec
from regtrack.errors import RegtrackError
from regtrack.genome.assembly import Assembly
from regtrack.inspection import describe
from regtrack.labels.marker import Marker
from regtrack.models.registry import build_model
from regtrack.tracks.bigwig.assemble import create_bigwig

MARKER = Marker("K562_CTCF", "TF", "K562", "CTCF")
ASSEMBLY = Assembly(("chr1",), (60_000,))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A folder with a checkpoint, as a training run leaves it."""
    model = build_model("cnn1", 1)
    folder = tmp_path / "run"
    save_checkpoint(
        folder / "checkpoint.safetensors",
        Checkpoint(model, (MARKER,), ASSEMBLY, 1000, {"epoch": 3}),
    )
    return folder


def test_a_run_is_described_by_its_checkpoint(run: Path) -> None:
    found = describe(run)
    assert found == describe(run / "checkpoint.safetensors")
    assert (found["kind"], found["model"], found["training"]) == (
        "checkpoint",
        "cnn1",
        {"epoch": 3},
    )
    assert found["markers"] == [MARKER.to_dict()]


def test_a_dataset_is_described(tmp_path: Path) -> None:
    (tmp_path / "r.fa").write_text(">chr1\n" + ("ACGT" * 15 + "\n") * 1000)
    (tmp_path / "a.bed").write_text("chr1\t1000\t2000\n")
    table = "file\tcategory\tcell\ttarget\na.bed\tTF\tK562\tCTCF\n"
    (tmp_path / "markers.tsv").write_text(table)
    build_dataset(
        tmp_path / "r.fa",
        tmp_path / "markers.tsv",
        tmp_path / "data",
        spec=DatasetSpec(window=1000),
    )
    found = describe(tmp_path / "data")
    assert (found["kind"], found["window"], found["bases"]) == ("dataset", 1000, 60_000)
    assert sum(found["windows"].values()) == 60


def test_a_bigwig_is_described(tmp_path: Path) -> None:
    path = tmp_path / "a.bw"
    with create_bigwig(path, ASSEMBLY) as file:
        file.write("chr1", 10, np.full(100, 0.5, dtype=np.float32))
    found = describe(path)
    assert found["kind"] == "bigWig"
    assert (found["chromosomes"], found["bases with a value"], found["mean"]) == (1, 100, 0.5)
    with create_bigwig(path, ASSEMBLY, overwrite=True):
        pass
    assert describe(path)["bases with a value"] == 0


def test_a_bigwig_of_another_writer_is_described(tmp_path: Path) -> None:
    path = written_elsewhere(tmp_path / "a.bw", [1.0, 2.0])
    found = describe(path)
    assert (found["lowest"], found["highest"], found["mean"]) == (1, 2, 1.5)


def test_a_doubtful_bigwig_is_described_with_the_doubt(tmp_path: Path) -> None:
    # of whose sums libBigWig's header() ends the process
    found = describe(written_elsewhere(tmp_path / "nan.bw", [1.0, float("nan"), 2.0]))
    assert "mean nan; for details run: regtrack validate" in found["doubt"]
    assert (found["bases with a value"], found["mean"]) == (3, "nan")
    # libBigWig loses the maximum of falling values
    assert "2.225e-308" in describe(written_elsewhere(tmp_path / "f.bw", [2.0, 1.0]))["doubt"]
    whole = written_elsewhere(tmp_path / "a.bw", [1.0, 2.0]).read_bytes()
    assert "doubt" not in describe(tmp_path / "a.bw")
    (summary,) = struct.unpack_from("<Q", whole, 44)
    for data, message in (
        (whole[:-1], "no magic number at its end"),
        (whole + b"\n", "no magic number at its end"),
        (flipped(whole, 4), r"549,755,813,890 of its 60,000 bases"),
        (flipped(whole, 8 + 8 + 7), "values of 1 to -2 have mean 1.5"),
        (whole[:summary] + bytes(40) + whole[summary + 40 :], "says nothing about its values"),
    ):
        path = tmp_path / "odd.bw"
        path.write_bytes(data)
        found = describe(path)
        assert message in found["doubt"]
        assert (found["chromosomes"], found["bases"], found["zoom levels"]) == (1, 60_000, 1)
    for data, message in ((whole[:2], "expected a bigWig"), (whole[:-60], "truncated")):
        path.write_bytes(data)
        with pytest.raises(RegtrackError, match=message):
            describe(path)


def written_elsewhere(path: Path, values: list[float]) -> Path:
    """A bigWig that libBigWig wrote."""
    file = pyBigWig.open(str(path), "w")
    file.addHeader([("chr1", 60_000)])
    file.addEntries("chr1", 0, values=values, span=1, step=1)
    file.close()
    return path


def flipped(data: bytes, at: int) -> bytes:
    """A bigWig with the highest bit of a byte of its summary turned over."""
    changed = bytearray(data)
    (summary,) = struct.unpack_from("<Q", data, 44)
    changed[summary + at] ^= 0x80
    return bytes(changed)


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"tracks": [1]}', '{"tracks": [], "record": 1, "chunks": []}']
)
def test_a_damaged_sweep_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(RegtrackError, match="damaged"):
        describe(tmp_path)


def test_an_unfinished_sweep_is_pointed_out(tmp_path: Path) -> None:
    (tmp_path / "tracks.partial").mkdir()
    (tmp_path / "tracks.partial" / "sweep.json").write_text("{}")
    with pytest.raises(RegtrackError, match=r"an unfinished sweep in .*tracks\.partial; inspect"):
        describe(tmp_path / "tracks")


def test_unknown_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegtrackError, match="nothing at"):
        describe(tmp_path / "missing")
    with pytest.raises(RegtrackError, match=r"has no dataset\.json"):
        describe(tmp_path)
    for name, content, message in (
        ("a.txt", b"text", "is text; expected a dataset, run, checkpoint, sweep or bigWig"),
        ("a", gzip.compress(b">chr1\nACGT\n"), "is a gzip file of FASTA text; expected a dataset"),
        ("a.bed", b"chr1\t5\t9\n", "is a BED file; expected a dataset"),
        ("a.pt", b"\x80\x02}q\x00.", "Python pickle.*regtrack never loads one"),
        ("a.safetensors", b"chr1\t5\t9\n", "not a safetensors file.*expected a checkpoint"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RegtrackError, match=message):
            describe(tmp_path / name)
