"""Multi-mapped bases of a mappability bigWig, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyBigWig
import pytest

from regtrack.dataset import masks
from regtrack.dataset.build import build_dataset
from regtrack.dataset.format import HEADER_FILE
from regtrack.dataset.masks import MaskFiles
from regtrack.dataset.spec import DatasetSpec
from regtrack.errors import AssemblyError, DatasetError, RegtrackError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals

if TYPE_CHECKING:
    from tests.dataset.conftest import Inputs

ASSEMBLY = Assembly(("chr1", "chr2", "chr3"), (5000, 3000, 500))


@pytest.fixture
def mappability(tmp_path: Path) -> Path:
    """Values 0 to 1 on `1` and chr2, with a stretch of none; chr3 is not in the file."""
    path = tmp_path / "map.bw"
    with pyBigWig.open(str(path), "w") as out:
        out.addHeader([("1", 5000), ("chr2", 3000)])
        out.addEntries(["1"] * 3, [0, 1000, 4000], ends=[1000, 1500, 5000], values=[1.0, 0.5, 0.25])
        out.addEntries(["chr2"], [0], ends=[3000], values=[1.0])
    return path


@pytest.mark.parametrize("piece", [333, 1 << 24])
@pytest.mark.parametrize(
    ("threshold", "expected"),
    [
        (None, Intervals.one(1000, 5000)),
        (0.5, Intervals.one(1500, 5000)),
        (0.1, Intervals.one(1500, 4000)),
    ],
)
def test_bases_below_the_threshold_are_multi_mapped(
    mappability: Path,
    threshold: float | None,
    expected: Intervals,
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(masks, "_PIECE", piece)
    files = MaskFiles(multimap=mappability, threshold=threshold)
    excluded, multimapped = files.read(ASSEMBLY, ASSEMBLY)
    assert excluded == {}
    assert multimapped == {"chr1": expected, "chr2": Intervals.none()}


def test_what_a_bigwig_holds_is_told(mappability: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        MaskFiles(multimap=mappability).read(ASSEMBLY, ASSEMBLY)
    assert "map.bw lacks chr3, where no base counts as multi-mapped" in caplog.text
    assert "4,000 bp are multi-mapped: below 1, or without a value (2,500 bp)" in caplog.text


def test_a_bigwig_drops_what_the_bed_of_its_bases_drops(inputs: Inputs, tmp_path: Path) -> None:
    """The same windows, and the header says by which threshold."""
    length = inputs.lengths["chr2"]
    rng = np.random.default_rng(3)
    runs = np.sort(rng.choice(np.arange(1, length), 60, replace=False))
    starts, ends = runs[::2], runs[1::2]
    bed, bigwig = tmp_path / "multimap.bed", tmp_path / "multimap.bw"
    bed.write_text("".join(f"chr2\t{a}\t{b}\n" for a, b in zip(starts, ends, strict=True)))
    values = np.ones(length)
    for start, end in zip(starts, ends, strict=True):
        values[start:end] = 0.5
    with pyBigWig.open(str(bigwig), "w") as out:
        out.addHeader([("chr2", length)])
        out.addEntries("chr2", 0, values=values, span=1, step=1)
    dropped = [
        build_dataset(
            inputs.reference,
            inputs.markers,
            tmp_path / f"dataset{number}",
            spec=DatasetSpec(1000, chroms=("chr2",)),
            multimap=multimap,
            multimap_threshold=threshold,
        ).dropped
        for number, (multimap, threshold) in enumerate(((bed, None), (bigwig, None), (bigwig, 0.4)))
    ]
    assert dropped[0] == dropped[1]
    assert [one.multimap > 0 for one in dropped] == [True, True, False]
    header = json.loads((tmp_path / "dataset2" / HEADER_FILE).read_text())
    assert header["provenance"]["multimap_threshold"] == 0.4


@pytest.mark.parametrize(
    ("threshold", "message"),
    [(0.5, "is for a bigWig"), (float("nan"), "`multimap_threshold` is nan; expected a finite")],
)
def test_a_threshold_needs_a_bigwig(tmp_path: Path, threshold: float, message: str) -> None:
    bed = tmp_path / "some.bed"
    bed.write_text("chr1\t0\t10\n")
    for multimap in (bed, None):
        with pytest.raises(DatasetError, match=message):
            MaskFiles(multimap=multimap, threshold=threshold)


def test_a_bigwig_of_another_assembly_is_refused(mappability: Path) -> None:
    other = Assembly(("chr1",), (4999,))
    with pytest.raises(AssemblyError, match=r"chr1 is 4,999 bp in the reference and 5,000"):
        MaskFiles(multimap=mappability).read(other, other)


def test_a_truncated_bigwig_is_refused(mappability: Path) -> None:
    mappability.write_bytes(mappability.read_bytes()[:64])
    with pytest.raises(TrackError, match="truncated"):
        MaskFiles(multimap=mappability).read(ASSEMBLY, ASSEMBLY)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(RegtrackError, match="absent"):
        MaskFiles(multimap=tmp_path / "absent.bw").read(ASSEMBLY, ASSEMBLY)
