"""Labels from a dataset, a table and a BED agree with each other and with what was written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from small_world import World

from regtrack.compare.labels import DatasetLabels, LabelSource, PeakLabels, bed_marker
from regtrack.dataset.store import Dataset
from regtrack.errors import MarkerError, PeakFileError
from regtrack.genome.assembly import Assembly
from regtrack.labels.manifest import MarkerFile, read_markers
from regtrack.labels.marker import Marker

ASSEMBLY = Assembly(("chr1", "chr2"), (310_000, 130_013))


@pytest.fixture(scope="module", params=["dataset", "table"])
def labels(request: pytest.FixtureRequest, world: World) -> LabelSource:
    folder = world.folder
    if request.param == "dataset":
        return DatasetLabels(Dataset.open(folder / "data"))
    return PeakLabels(read_markers(folder / "markers.tsv"), ASSEMBLY)


@given(start=st.integers(0, 130_012), span=st.integers(1, 130_013))
def test_stretches_are_those_that_were_written(
    labels: LabelSource, world: World, start: int, span: int
) -> None:
    end = min(start + span, 130_013)
    found = labels.stretches("K562_CTCF", "chr2", start, end)
    truth = world.labels["K562_CTCF"]["chr2"][start:end]
    np.testing.assert_array_equal(found.mask(start, end), truth)
    assert (found.starts >= start).all()
    assert (found.ends <= end).all()


def test_names(labels: LabelSource) -> None:
    assert [marker.name for marker in labels.markers] == ["K562_CTCF", "K562_DNase"]
    same = labels.stretches("K562_DNase", "1", 0, 90_000)
    assert same == labels.stretches("K562_DNase", "chr1", 0, 90_000)
    assert not labels.stretches("K562_DNase", "chrX", 0, 90_000)
    with pytest.raises(MarkerError, match='Did you mean "K562_CTCF"'):
        labels.stretches("K562_CTFC", "chr1", 0, 10)


def test_splits_are_those_of_the_windows(world: World) -> None:
    dataset = Dataset.open(world.folder / "data")
    labels = DatasetLabels(dataset)
    assert labels.split_at("chr1", 0, 310_000) == [(0, 310_000, "train")]
    assert labels.split_at("2", 5_000, 130_013) == [(5_000, 130_000, "test")]
    assert labels.split_at("chrX", 0, 10) == []
    for start, end, split in labels.split_at("chr2", 0, 130_013):
        for number in dataset.window_ids(split).tolist():
            window = dataset.interval(number)
            assert window.chrom != "chr2" or start <= window.start < window.end <= end
    peaks = PeakLabels((), ASSEMBLY)
    assert peaks.split_at("chr1", 0, 310_000) == []


def test_a_peak_file_that_cannot_be_read_is_named_when_it_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    path.write_text("chr1\tten\t20\n")
    labels = PeakLabels([MarkerFile(Marker("a", "TF", "", "a"), path)], ASSEMBLY)
    with pytest.raises(PeakFileError, match="line 1 cannot be read"):
        labels.stretches("a", "chr1", 0, 10)


@pytest.mark.parametrize(
    ("name", "marker"),
    [
        ("K562_CTCF.bed.gz", Marker("K562_CTCF", "labels", "K562", "CTCF")),
        ("peaks.narrowPeak", Marker("peaks", "labels", "", "peaks")),
        ("my peaks (2).bed", Marker("my-peaks--2-", "labels", "", "my-peaks--2-")),
        ("..bed", Marker("labels", "labels", "", "labels")),
    ],
)
def test_a_lone_bed_names_its_marker(name: str, marker: Marker) -> None:
    assert bed_marker(Path(name)) == marker
