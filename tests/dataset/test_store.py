"""The dataset read back, against labels painted base by base."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regtrack.dataset.build import build_dataset
from regtrack.dataset.checksums import record_array
from regtrack.dataset.format import ARRAY_FILES, HEADER_FILE
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import SPLITS, TILE, Dataset
from regtrack.errors import AssemblyError, DatasetError, RegionError
from regtrack.files.records import to_text

if TYPE_CHECKING:
    from tests.dataset.conftest import Inputs

WINDOW = 1000


@pytest.fixture(scope="module")
def dataset(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("store") / "dataset"
    spec = DatasetSpec(WINDOW, split=SplitSpec("block", block=5000))
    build_dataset(inputs.reference, inputs.markers, out, spec=spec)
    return Dataset.open(out)


# past the ends on purpose: clipped to the chromosome in the test; many near the borders of tiles
places = st.integers(0, 135_000) | st.integers(0, 6).flatmap(
    lambda tile: st.sampled_from([tile * TILE, tile * TILE + 1])
)


@given(st.sampled_from(["chr1", "chr2"]), places, places)
def test_any_region_reads_as_it_was_written(
    inputs: Inputs, dataset: Dataset, chrom: str, one: int, other: int
) -> None:
    start, end = sorted(min(place, inputs.lengths[chrom]) for place in (one, other))
    assert (dataset.codes(chrom, start, end) == inputs.codes[chrom][start:end]).all()
    expected = inputs.labels[chrom][:, start:end]
    assert (dataset.dense(chrom, start, end) == expected).all()
    assert (dataset.dense(chrom, start, end, [2, 0]) == expected[[2, 0]]).all()

    rows = dataset.labels(chrom, start, end)
    assert rows.marker.dtype == rows.start.dtype == rows.end.dtype == np.int32
    assert ((rows.start >= 0) & (rows.start < rows.end) & (rows.end <= end - start)).all()
    # no base of a marker is in two rows, so that +1 and -1 at the ends add up to 0 and 1
    painted = np.zeros_like(expected, dtype=np.int64)
    for marker, low, high in zip(rows.marker, rows.start, rows.end, strict=True):
        painted[marker, low:high] += 1
    assert (painted == expected).all()


def test_a_markers_stretches_are_merged(inputs: Inputs, dataset: Dataset) -> None:
    for chrom, labels in inputs.labels.items():
        for marker in range(len(dataset.markers) if chrom in dataset.assembly else 0):
            found = dataset.stretches(marker, chrom)
            assert (found.starts[1:] > found.ends[:-1]).all()
            painted = np.zeros(len(labels[marker]), dtype=np.uint8)
            for low, high in found:
                painted[low:high] = 1
            assert (painted == labels[marker]).all()
    with pytest.raises(AssemblyError, match="chr7"):
        dataset.stretches(0, "chr7")


def test_codes_are_a_writable_copy(dataset: Dataset) -> None:
    codes = dataset.codes("chr1", 0, 10)
    codes[:] = 4
    assert (dataset.codes("chr1", 0, 10) != 4).any()


def test_windows_tile_the_kept_chromosomes(inputs: Inputs, dataset: Dataset) -> None:
    assert dataset.assembly.names == ("chr1", "chr2")
    clean = [
        (chrom, start)
        for chrom in dataset.assembly.names
        for start in range(0, inputs.lengths[chrom] - WINDOW + 1, WINDOW)
        if (inputs.codes[chrom][start : start + WINDOW] == 4).mean() <= 0.1
    ]
    found = [dataset.interval(i) for i in range(len(dataset.windows))]
    assert [(window.chrom, window.start) for window in found] == clean
    assert {len(window) for window in found} == {WINDOW}
    ids = [dataset.window_ids(split) for split in SPLITS]
    assert sorted(np.concatenate(ids).tolist()) == list(range(len(clean)))
    for split, mine in zip(SPLITS, ids, strict=True):
        assert {dataset.split_of(int(window)) for window in mine} == {split}


def test_an_extent_reaches_to_the_next_split_or_dropped_window(dataset: Dataset) -> None:
    owner = {}
    for window in range(len(dataset.windows)):
        place = dataset.interval(window)
        owner[place.chrom, place.start] = dataset.split_of(window)
    for window in range(len(dataset.windows)):
        place, split = dataset.interval(window), dataset.split_of(window)
        low, high = dataset.extent(window)
        assert low <= place.start
        assert place.end <= high
        inside = [owner.get((place.chrom, start)) for start in range(low, high, WINDOW)]
        assert set(inside) == {split}
        assert owner.get((place.chrom, low - WINDOW)) != split
        assert owner.get((place.chrom, high)) != split


@pytest.mark.parametrize("split", SPLITS)
def test_positives_and_base_rates_count_bases(inputs: Inputs, dataset: Dataset, split: str) -> None:
    windows = [dataset.interval(int(window)) for window in dataset.window_ids(split)]
    expected = sum(
        inputs.labels[window.chrom][:, window.start : window.end].sum(axis=1, dtype=np.int64)
        for window in windows
    )
    assert dataset.positives(split).tolist() == expected.tolist()
    assert np.allclose(dataset.base_rates(split), expected / (len(windows) * WINDOW))


def test_a_split_without_windows_has_no_rates(inputs: Inputs, tmp_path: Path) -> None:
    spec = DatasetSpec(WINDOW, split=SplitSpec(fractions=(1.0, 0.0, 0.0)))
    build_dataset(inputs.reference, inputs.markers, tmp_path / "out", spec=spec)
    dataset = Dataset.open(tmp_path / "out")
    assert dataset.positives("valid").tolist() == [0, 0, 0, 0]
    with pytest.raises(DatasetError, match=r"valid split .* has no windows"):
        dataset.base_rates("valid")


def test_a_dataset_travels_to_other_processes_and_places(dataset: Dataset, tmp_path: Path) -> None:
    dataset.codes("chr1", 0, 1)
    sent = pickle.dumps(dataset)
    assert len(sent) < 1000
    moved = Dataset.open(shutil.copytree(dataset.path, tmp_path / "moved"))
    for other in (pickle.loads(sent), moved):
        assert (other.dense("chr1", 0, 9999) == dataset.dense("chr1", 0, 9999)).all()
        assert (other.markers, other.spec) == (dataset.markers, dataset.spec)


def test_missing_windows_regions_and_splits_are_refused(inputs: Inputs, dataset: Dataset) -> None:
    with pytest.raises(AssemblyError, match='"chrM" is not in the assembly'):
        dataset.labels("chrM", 0, 1)
    for start, end in ((-1, 5), (5, 4), (0, inputs.lengths["chr1"] + 1)):
        with pytest.raises(RegionError, match="is not within chr1"):
            dataset.codes("chr1", start, end)
    with pytest.raises(DatasetError, match="expected train, valid, test"):
        dataset.window_ids("dev")
    for window in (-1, len(dataset.windows)):
        with pytest.raises(DatasetError, match=f"no window {window} "):
            dataset.interval(window)


def test_a_folder_without_a_dataset_is_an_error(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(DatasetError, match=r"no dataset at .* it has no dataset.json"):
            Dataset.open(path)


@pytest.fixture
def copy(dataset: Dataset, tmp_path: Path) -> Path:
    return shutil.copytree(dataset.path, tmp_path / "copy")


@pytest.mark.parametrize("name", ARRAY_FILES)
def test_a_missing_or_cut_array_is_an_error(copy: Path, name: str) -> None:
    whole = (copy / name).read_bytes()
    (copy / name).write_bytes(whole[:-1])
    with pytest.raises(DatasetError, match=f"{name} has .* bytes; expected .* build it again"):
        Dataset.open(copy)
    (copy / name).unlink()
    with pytest.raises(DatasetError, match=f"{name} is missing; build it again"):
        Dataset.open(copy)


def test_an_array_of_another_type_is_an_error(copy: Path) -> None:
    path = copy / "codes.npy"
    path.write_bytes(path.read_bytes().replace(b"'|u1'", b"'|i1'", 1))
    with pytest.raises(DatasetError, match=r"codes.npy holds int8 .* expected uint8, 210,013"):
        Dataset.open(copy).codes("chr1", 0, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": 4}, "of version 4; this regtrack reads versions 2 and 3: build it again"),
        ({"version": 1}, "of version 1 and has no checksums; .* build it again"),
        ({"version": None}, "of version None; this regtrack reads versions 2 and 3"),
        ({"version": [2]}, r"of version \[2\]; this regtrack reads versions 2 and 3"),
        ({"version": {"of": 2}}, r"of version .*; this regtrack reads versions 2 and 3"),
        ({"format": "something"}, 'does not say "regtrack dataset"'),
        ({"files": {}}, '"files" lacks codes.npy, label_rows.npy, tile_offsets.npy, windows.npy'),
        ({"files": None}, '"files" is null; expected an object'),
        ({"spec": {"window": 0}}, "`window` is 0 bp"),
        ({"spec": {"window": "x"}}, '"spec.window" is a string; expected a whole number'),
        ({"markers": None}, '"markers" is null; expected a list'),
        ({"markers": []}, '"markers" is empty'),
        ({"markers": [{"name": 5}]}, r'"markers\[0\].name" is a whole number; expected a string'),
        ({"assembly": {"names": ["chr1"], "lengths": []}}, "1 names and 0 lengths"),
        (
            {"assembly": {"names": ["chr1"], "lengths": [10]}},
            "has 210,013 .* needs 10; build",
        ),
        ({"provenance": []}, '"provenance" is a list; expected an object'),
        ({"summary": {"kept": 1}}, None),
    ],
)
def test_a_header_that_is_wrong_is_an_error_that_names_the_field(
    copy: Path, change: dict[str, object], message: str | None
) -> None:
    path = copy / HEADER_FILE
    changed = {**json.loads(path.read_text()), **change}
    path.write_text(to_text(changed))
    if message is not None:
        with pytest.raises(DatasetError, match=message):
            Dataset.open(copy)
    path.write_text(json.dumps(changed))  # as a stray edit leaves it
    with pytest.raises(DatasetError, match=message or 'does not match its "digest"'):
        Dataset.open(copy)


def read_all(path: Path) -> None:
    """Open a dataset and read every byte of it."""
    dataset = Dataset.open(path)
    for split in SPLITS:
        dataset.positives(split)
    for chrom, length in zip(dataset.assembly.names, dataset.assembly.lengths, strict=True):
        dataset.codes(chrom, 0, length)
        dataset.dense(chrom, 0, length)


@pytest.mark.parametrize("name", ARRAY_FILES)
@given(data=st.data())
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_flipped_bit_is_found_when_it_is_read(copy: Path, name: str, data: st.DataObject) -> None:
    path = copy / name
    whole = path.read_bytes()
    at = data.draw(st.integers(whole.index(b"\n") + 1, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(changed)
    with pytest.raises(DatasetError, match=f"{name}, elements .* do not match their checksum"):
        read_all(copy)
    path.write_bytes(whole)
    read_all(copy)


@pytest.mark.parametrize("name", ARRAY_FILES)
def test_impossible_values_are_refused_even_with_a_right_checksum(copy: Path, name: str) -> None:
    array = np.load(copy / name)
    array.view(np.uint8)[-3:] = 200
    np.save(copy / name, array)
    header = json.loads((copy / HEADER_FILE).read_text())
    header["files"][name] = record_array(copy / name).to_dict()
    (copy / HEADER_FILE).write_text(to_text(header))
    with pytest.raises(DatasetError, match=f"{name}.* (impossible values|does not fit)"):
        read_all(copy)


@pytest.mark.parametrize(
    "head", [b"", b"x" * 200, b"\x93NUMPY\x01\0\xff\xff{'descr': ", b"\x93NUMPY\x02\0\x04\0\0\0{}"]
)
def test_a_header_that_lies_maps_nothing(copy: Path, head: bytes) -> None:
    path = copy / "codes.npy"
    path.write_bytes((head + b"((((" * 50_000)[: path.stat().st_size].ljust(path.stat().st_size))
    with pytest.raises(DatasetError, match=r"codes\.npy is not an array as regtrack writes it"):
        Dataset.open(copy)


def test_a_header_that_is_not_json_is_an_error(copy: Path) -> None:
    path = copy / HEADER_FILE
    path.write_text(path.read_text()[:100])
    with pytest.raises(DatasetError, match=r"dataset.json: it is not JSON .* build it again"):
        Dataset.open(copy)
