"""Windows with one label for their middle, against labels painted base by base."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from regtrack.dataset.bins import labelled_bins
from regtrack.dataset.build import build_dataset
from regtrack.dataset.format import HEADER_FILE
from regtrack.dataset.loader import dense_labels, make_loader
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.split import check_split
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.sequence import reverse_complement

if TYPE_CHECKING:
    from tests.dataset.conftest import Inputs

BLOCKS = SplitSpec("block", block=8_000)


@pytest.fixture(scope="module")
def dataset(inputs: Inputs, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("short") / "dataset"
    build_dataset(inputs.reference, inputs.markers, out, spec=DatasetSpec.short(split=BLOCKS))
    return Dataset.open(out)


def bins_of(inputs: Inputs, chrom: str, start: int) -> np.ndarray:
    """The labels of the 200 bp in the middle of a window, as Zhou and Troyanskaya have them."""
    return inputs.labels[chrom][:, start + 400 : start + 600].sum(1, dtype=int) > 100


@given(
    st.lists(st.lists(st.booleans(), min_size=47, max_size=47), min_size=3, max_size=3),
    st.integers(1, 12),
)
def test_a_bin_is_labelled_where_more_than_half_of_it_is(drawn: list, size: int) -> None:
    mask = np.array(drawn)
    padded = np.zeros((3, 49), int)
    padded[:, 1:-1] = mask
    change = np.diff(padded)
    line, start = np.nonzero(change == 1)
    _, end = np.nonzero(change == -1)
    tiles = np.zeros((3, -(-47 // size) * size), int)
    tiles[:, :47] = mask
    expected = np.nonzero(2 * tiles.reshape(3, -1, size).sum(-1) > size)

    found = labelled_bins(line, start, end, size)

    assert [one.tolist() for one in found] == [one.tolist() for one in expected]


def test_windows_are_the_middles_that_touch_a_peak_of_a_transcription_factor(
    inputs: Inputs, dataset: Dataset
) -> None:
    places = [dataset.interval(window) for window in range(len(dataset.windows))]
    dropped = dataset.summary["dropped"]
    wanted = 0
    for chrom, codes in inputs.codes.items():
        factors = inputs.labels[chrom][[0, 3]].any(0)
        for start in range(-400, len(codes), 200):
            inside = start >= 0 and start + 1_000 <= len(codes)
            clean = inside and (codes[start : start + 1_000] == 4).sum() <= 100
            wanted += bool(clean and factors[start + 400 : start + 600].any())
    assert len(places) == wanted - dropped["other_split"]
    for place in places:
        assert (len(place), place.start % 200) == (1_000, 0)
        assert inputs.labels[place.chrom][[0, 3], place.start + 400 : place.end - 400].any()
    assert dropped["no_peak"] > 0


def test_no_base_of_a_window_is_in_one_of_another_split(inputs: Inputs, dataset: Dataset) -> None:
    assert dataset.summary["dropped"]["other_split"] > 0
    owner = {chrom: np.full(length, -1) for chrom, length in inputs.lengths.items()}
    for window in range(len(dataset.windows)):
        place, split = dataset.interval(window), dataset.windows["split"][window]
        here = owner[place.chrom][place.start : place.end]
        assert set(here.tolist()) <= {-1, split}
        here[:] = split
        low, high = dataset.extent(window)
        assert low <= place.start and place.end <= high


def test_batches_hold_one_label_per_marker(inputs: Inputs, dataset: Dataset) -> None:
    ids = dataset.window_ids("train")
    loader = make_loader(dataset, "train", batch_size=50, seed=0, epoch=0, shuffle=False)
    labels, codes = [], []
    for batch in loader:
        labels.append(dense_labels(batch, len(dataset.markers)))
        codes.append(batch.codes)
        assert batch.known.shape == (len(batch), batch.labels) == (len(batch), 1)
        assert batch.known.all()
    found = torch.cat(labels).numpy()

    places = [dataset.interval(int(window)) for window in ids]
    expected = np.stack([bins_of(inputs, place.chrom, place.start) for place in places])
    assert found.shape == (len(ids), 4, 1)
    assert (found[..., 0] == expected).all()
    assert 0 < expected.sum() < expected.size
    assert (
        torch.cat(codes)[0].numpy()
        == inputs.codes[places[0].chrom][: places[0].end][places[0].start :]
    ).all()
    assert (dataset.positives("train") == expected.sum(0)).all()
    assert np.allclose(dataset.base_rates("train"), expected.mean(0))


def test_the_summary_counts_labels(inputs: Inputs, dataset: Dataset) -> None:
    places = [dataset.interval(window) for window in range(len(dataset.windows))]
    expected = np.mean([bins_of(inputs, place.chrom, place.start) for place in places], axis=0)
    coverage = dataset.summary["coverage"]

    assert dataset.summary["labels"] == dataset.label_count == 1
    assert np.allclose([coverage[marker.name] for marker in dataset.markers], expected)


def test_shifted_and_turned_windows_have_the_labels_of_where_they_lie(
    inputs: Inputs, dataset: Dataset
) -> None:
    loader = make_loader(
        dataset, "train", batch_size=16, seed=1, epoch=0, shuffle=True,
        reverse_complement=True, max_shift=150,
    )  # fmt: skip
    starts = {
        bytes(codes[start + 480 : start + 520]): (chrom, start)
        for chrom, codes in inputs.codes.items()
        for start in range(len(codes) - 999)
    }
    shifted = turned = 0
    for batch in loader:
        labels = dense_labels(batch, 4).numpy()[..., 0]
        for codes, found in zip(batch.codes.numpy(), labels, strict=True):
            place = starts.get(bytes(codes[480:520]))
            turned += place is None
            chrom, start = place or starts[bytes(reverse_complement(codes)[480:520])]
            shifted += start % 200 != 0
            assert (found == bins_of(inputs, chrom, start)).all()
    assert shifted > 10 and turned > 10


def test_several_bins_per_window_are_labelled_alike(inputs: Inputs, tmp_path: Path) -> None:
    spec = DatasetSpec(2_000, split=BLOCKS, crop=300, bin=100)
    build_dataset(inputs.reference, inputs.markers, tmp_path / "dataset", spec=spec)
    dataset = Dataset.open(tmp_path / "dataset")
    loader = make_loader(
        dataset, "valid", batch_size=4, seed=0, epoch=0, shuffle=False, reverse_complement=False
    )
    found = torch.cat([dense_labels(batch, 4) for batch in loader]).numpy()

    expected = []
    for window in dataset.window_ids("valid"):
        place = dataset.interval(int(window))
        here = inputs.labels[place.chrom][:, place.start + 300 : place.end - 300]
        expected.append(here.reshape(4, 14, 100).sum(-1, dtype=int) > 50)
    assert (found == np.stack(expected)).all()
    assert (dataset.positives("valid") == found.sum((0, 2))).all()


def test_plain_datasets_are_recorded_as_before(inputs: Inputs, tmp_path: Path) -> None:
    versions = {}
    for name, spec in (("short", DatasetSpec.short(split=BLOCKS)), ("plain", DatasetSpec(1_000))):
        build_dataset(inputs.reference, inputs.markers, tmp_path / name, spec=spec)
        record = json.loads((tmp_path / name / HEADER_FILE).read_text())
        versions[name] = record["version"]
        assert Dataset.open(tmp_path / name).spec == spec
        assert ({"crop", "bin", "needs"} <= record["spec"].keys()) == (name == "short")
    assert versions == {"short": 3, "plain": 2}


def test_a_region_can_be_held_out(inputs: Inputs, tmp_path: Path) -> None:
    split = SplitSpec("chrom", valid_chroms=("chr1:60,001-90,000",), test_chroms=("2",))
    spec = DatasetSpec.short(split=split)
    build_dataset(inputs.reference, inputs.markers, tmp_path / "dataset", spec=spec)
    dataset = Dataset.open(tmp_path / "dataset")

    for name in ("train", "valid", "test"):
        places = [dataset.interval(int(one)) for one in dataset.window_ids(name)]
        middles = {(place.chrom, 60_000 <= place.start + 400 <= 89_800) for place in places}
        assert middles == {
            "train": {("chr1", False)}, "valid": {("chr1", True)},
            "test": {("chr2", True), ("chr2", False)},
        }[name]  # fmt: skip


HG19 = Assembly(("chr1", "chr7", "chr8", "chr9"), (249_250_621, 159_138_663, 10**8, 10**8))


def test_the_benchmark_holds_out_what_zhou_and_troyanskaya_did() -> None:
    spec = DatasetSpec.short()
    check_split(spec.on(HG19), HG19)

    assert (spec.window, spec.crop, spec.bin, spec.needs) == (1_000, 400, 200, "TF")
    assert spec.split.valid_chroms == ("chr7:30508751-35296850",)
    assert spec.split.test_chroms == ("chr8", "chr9")


@pytest.mark.parametrize(
    ("held_out", "error", "message"),
    [
        (("chr7:1-100", "chr7:100-200"), DatasetError, '"chr7:1-100" and "chr7:100-200" both hold'),
        (("chr7", "chr7:100-200"), DatasetError, "both hold out chr7"),
        (("chr7:1-200000000",), RegionError, "chr7"),
        (("chr4:1-20",), DatasetError, '"chr4:1-20" is to be held out, but the dataset uses only'),
    ],
)
def test_bad_regions_are_refused(held_out: tuple[str, ...], error: type, message: str) -> None:
    spec = DatasetSpec(split=SplitSpec("chrom", valid_chroms=held_out))
    with pytest.raises(error, match=message):
        check_split(spec, HG19)


def test_a_category_without_markers_is_one_line(inputs: Inputs, tmp_path: Path) -> None:
    spec = DatasetSpec(1_000, split=BLOCKS, needs="ATAC")
    with pytest.raises(
        DatasetError, match="category ATAC, which no marker has; the categories are TF, DNase, his"
    ):
        build_dataset(inputs.reference, inputs.markers, tmp_path / "dataset", spec=spec)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DatasetSpec(1_000, crop=500), "leaves 0 bp; expected a multiple of `bin`, 1 bp"),
        (lambda: DatasetSpec(1_000, crop=400, bin=150), "leaves 200 bp; expected a multiple of `b"),
        (lambda: DatasetSpec(1_000, crop=-1), "`crop` -1"),
        (lambda: DatasetSpec.short(1_001), "`window` is 1,001 bp; expected 200 bp in the middle"),
    ],
)
def test_impossible_middles_are_refused(make, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DatasetError, match=message):
        make()
