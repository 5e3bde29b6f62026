"""Batches against `Dataset.dense`: labels, augmentation, order, and shares of processes."""

from __future__ import annotations

import pickle
from collections import Counter
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from regtrack.dataset.build import build_dataset
from regtrack.dataset.loader import (
    PADDING,
    Augmentation,
    Batch,
    dense_labels,
    epoch_windows,
    labelled_places,
    make_loader,
)
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError
from regtrack.genome.sequence import N, reverse_complement

WINDOW = 400
MARKERS = 3


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Two chromosomes of random letters with N, peaks of all lengths, and blocks of splits."""
    folder = tmp_path_factory.mktemp("loader")
    random = np.random.default_rng(0)
    lengths = {"chr1": 30_000, "chr2": 26_300}
    with (folder / "genome.fa").open("w") as file:
        for name, length in lengths.items():
            letters = np.array(list("ACGT"))[random.integers(4, size=length)]
            letters[5_000:7_000] = "N"
            letters[10_000:10_015] = "N"
            file.write(f">{name}\n{''.join(letters)}\n")
    for marker in range(MARKERS):
        with (folder / f"{marker}.bed").open("w") as file:
            for name, length in lengths.items():
                for start in np.sort(random.integers(0, length - 900, size=60)).tolist():
                    file.write(f"{name}\t{start}\t{start + int(random.integers(1, 800))}\n")
    rows = [f"{m}.bed\tTF\tcell{m}\tCTCF\n" for m in range(MARKERS)]
    (folder / "markers.tsv").write_text("file\tcategory\tbiosample\ttarget\n" + "".join(rows))
    spec = DatasetSpec(
        window=WINDOW, split=SplitSpec(kind="block", block=4_000, fractions=(0.6, 0.2, 0.2))
    )
    path = folder / "dataset"
    build_dataset(folder / "genome.fa", folder / "markers.tsv", path, spec=spec)
    return Dataset.open(path)


def batches(dataset: Dataset, **options: Any) -> list[Batch]:
    given = {"batch_size": 4, "seed": 0, "epoch": 0, "shuffle": True, **options}
    return list(make_loader(dataset, given.pop("split", "train"), **given))


def windows(found: list[Batch]) -> list[tuple[bytes, bytes]]:
    """Every window of some batches as codes and dense labels."""
    result = []
    for batch in found:
        dense = dense_labels(batch, MARKERS).numpy()
        codes = batch.codes.numpy()
        result += [(c.tobytes(), d.tobytes()) for c, d in zip(codes, dense, strict=True)]
    return result


def plain(dataset: Dataset, window_id: int) -> tuple[bytes, bytes]:
    """A window as it is."""
    at = dataset.interval(window_id)
    return (
        dataset.codes(at.chrom, at.start, at.end).tobytes(),
        dataset.dense(at.chrom, at.start, at.end).tobytes(),
    )


def stretch(dataset: Dataset, window_id: int) -> tuple[npt.NDArray[np.uint8], ...]:
    """Codes and labels of the whole extent of a window."""
    chrom = dataset.interval(window_id).chrom
    low, high = dataset.extent(window_id)
    return dataset.codes(chrom, low, high), dataset.dense(chrom, low, high)


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_unshuffled_batches_are_the_windows_in_order(dataset: Dataset, split: str) -> None:
    found = windows(batches(dataset, split=split, shuffle=False))
    assert found == [plain(dataset, i) for i in dataset.window_ids(split).tolist()]


def test_an_epoch_has_every_window_once_and_the_next_another_order(dataset: Dataset) -> None:
    expected = Counter(plain(dataset, i) for i in dataset.window_ids("train").tolist())
    first, second = (windows(batches(dataset, epoch=epoch)) for epoch in (0, 1))
    assert Counter(first) == Counter(second) == expected
    assert first != second
    assert windows(batches(dataset, seed=1)) != first


def test_shifted_and_reverse_complemented_windows_keep_their_extent_and_labels(
    dataset: Dataset,
) -> None:
    """Every window is looked up among all places and both strands that it may come from."""
    reach = 150
    found = batches(dataset, reverse_complement=True, max_shift=reach)
    ids = epoch_windows(dataset.window_ids("train"), 0, 0)
    seen: Counter[tuple[bool, bool]] = Counter()
    for window_id, got in zip(ids.tolist(), windows(found), strict=True):
        codes, labels = stretch(dataset, window_id)
        low, high = dataset.extent(window_id)
        start = dataset.interval(window_id).start
        places = {}
        for first in range(max(low, start - reach), min(high - WINDOW, start + reach) + 1):
            at = slice(first - low, first - low + WINDOW)
            straight = codes[at], labels[:, at]
            turned = reverse_complement(codes[at]), labels[:, at][:, ::-1]
            for is_turned, (c, d) in enumerate((straight, turned)):
                key = c.tobytes(), np.ascontiguousarray(d).tobytes()
                places[key] = (first != start, bool(is_turned))
        assert got in places
        seen[places[got]] += 1
    assert seen[True, True] and seen[True, False]
    turned_share = (seen[True, True] + seen[False, True]) / len(ids)
    assert 0.3 < turned_share < 0.7


def test_shifts_cover_the_permitted_range() -> None:
    draws = [Augmentation(0, 0, True, 5).draw(i, -3, 5) for i in range(400)]
    assert {shift for shift, _ in draws} == set(range(-3, 6))
    assert Augmentation(0, 0, False, 0).draw(1, 0, 0) == (0, False)


def test_reverse_complementing_alone_does_not_shift_windows(dataset: Dataset) -> None:
    ids = epoch_windows(dataset.window_ids("train"), 0, 0)
    found = windows(batches(dataset, reverse_complement=True))
    unmoved = sum(got == plain(dataset, i) for i, got in zip(ids.tolist(), found, strict=True))
    assert 0.3 < unmoved / len(ids) < 0.7


def test_augmentation_depends_only_on_seed_epoch_and_window(
    dataset: Dataset,
) -> None:
    options = {"reverse_complement": True, "max_shift": 150}
    expected = windows(batches(dataset, **options))
    assert windows(batches(dataset, batch_size=7, **options)) == expected
    shares = [windows(batches(dataset, rank=r, world=3, batch_size=2, **options)) for r in range(3)]
    assert len({len(share) for share in shares}) == 1
    together = [window for row in zip(*shares, strict=True) for window in row]
    assert together == expected[: len(together)]
    assert len(expected) - len(together) < 3
    for other in ({"seed": 1}, {"epoch": 1}):
        assert Counter(windows(batches(dataset, **options, **other))) != Counter(expected)


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_change_nothing(dataset: Dataset, workers: int) -> None:
    options = {"reverse_complement": True, "max_shift": 150}
    expected = batches(dataset, **options)
    for ours, theirs in zip(expected, batches(dataset, workers=workers, **options), strict=True):
        assert torch.equal(ours.codes, theirs.codes)
        assert torch.equal(ours.rows, theirs.rows)


@pytest.mark.parametrize("world", [1, 2, 3])
def test_processes_share_a_split_with_padding_that_has_no_effect(
    dataset: Dataset, world: int
) -> None:
    shares = [
        batches(dataset, split="valid", shuffle=False, rank=r, world=world, batch_size=3)
        for r in range(world)
    ]
    assert len({tuple(map(len, share)) for share in shares}) == 1
    found = Counter(window for share in shares for window in windows(share))
    padding = (np.full(WINDOW, N, np.uint8).tobytes(), bytes(MARKERS * WINDOW))
    expected = Counter(plain(dataset, i) for i in dataset.window_ids("valid").tolist())
    expected[padding] += -len(dataset.window_ids("valid")) % world
    assert found == expected


@given(st.integers(1, 30), st.integers(0, 12), st.integers(0, 3))
def test_limited_epochs_see_every_window_before_any_repeats(
    total: int, limit: int, seed: int
) -> None:
    ids = np.arange(100, 100 + total)
    size = min(limit, total) or total
    epochs = [epoch_windows(ids, seed, epoch, limit) for epoch in range(2 * total)]
    assert all(len(epoch) == size for epoch in epochs)
    series = np.concatenate(epochs)
    for first in range(0, len(series) - total + 1, total):
        assert sorted(series[first : first + total]) == ids.tolist()


@st.composite
def labelled(draw: st.DrawFn) -> tuple[int, int, int, list[tuple[int, int, int, int]]]:
    """A shape (B, M, L) and rows, those of one line apart or touching."""
    count, markers, length = draw(st.tuples(*(st.integers(1, n) for n in (3, 4, 30))))
    rows = []
    for index in range(count):
        for marker in range(markers):
            edges = sorted(draw(st.lists(st.integers(0, length), max_size=8)))
            pairs = zip(edges[::2], edges[1::2], strict=False)
            rows += [(index, marker, low, high) for low, high in pairs if low < high]
    return count, markers, length, rows


@given(labelled())
@settings(deadline=None)
def test_dense_labels_agree_with_rows(case: Any) -> None:
    count, markers, length, rows = case
    expected = np.zeros((count, markers, length), np.uint8)
    for index, marker, low, high in rows:
        expected[index, marker, low:high] = 1
    batch = Batch(
        torch.zeros(count, length, dtype=torch.uint8),
        torch.tensor(rows, dtype=torch.int32).reshape(-1, 4),
    )
    dense = dense_labels(batch, markers)
    assert dense.dtype == torch.uint8
    assert dense.numpy().tobytes() == expected.tobytes()


@given(labelled(), st.data())
@settings(deadline=None)
def test_places_are_where_dense_labels_are_one(case: Any, data: st.DataObject) -> None:
    count, markers, length, rows = case
    batch = Batch(
        torch.zeros(count, length, dtype=torch.uint8),
        torch.tensor(rows, dtype=torch.int32).reshape(-1, 4),
    )
    windows, span = (
        slice(first, data.draw(st.integers(first + 1, end)))
        for end in (count, length)
        for first in [data.draw(st.integers(0, end - 1))]
    )
    places = labelled_places(batch, markers, windows=windows, span=span)
    expected = dense_labels(batch, markers)[windows, :, span].flatten().nonzero()[:, 0]
    assert torch.equal(places.sort().values, expected)


@given(labelled(), st.data())
@settings(deadline=None)
def test_every_so_many_labels_are_those_of_the_whole(case: Any, data: st.DataObject) -> None:
    count, markers, length, rows = case
    step = data.draw(st.integers(1, length))
    first = data.draw(st.integers(0, step - 1))
    codes = data.draw(st.binary(min_size=count * length, max_size=count * length))
    batch = Batch(
        torch.tensor([code % (N + 1) for code in codes], dtype=torch.uint8).view(count, length),
        torch.tensor(rows, dtype=torch.int32).reshape(-1, 4),
    )
    fewer = batch.every(step, first)
    assert torch.equal(fewer.known, batch.known[:, first::step])
    assert torch.equal(
        dense_labels(fewer, markers), dense_labels(batch, markers)[:, :, first::step]
    )
    assert fewer.codes.dtype == torch.uint8


def test_every_so_many_labels_of_windows_whose_middle_is_labelled_in_bins() -> None:
    codes = torch.zeros(1, 40, dtype=torch.uint8)
    codes[0, 18:22] = N  # the third of five labels, of 4 bp each, between 10 bp on either side
    codes[0, 22:24] = N
    batch = Batch(codes, torch.tensor([[0, 0, 1, 3]], dtype=torch.int32), crop=10, bin=4)
    assert batch.known.tolist() == [[True, True, False, True, True]]
    fewer = batch.every(2, 0)
    assert fewer.known.tolist() == [[True, False, True]]
    assert dense_labels(fewer, 1).tolist() == [[[0, 1, 0]]]


def test_a_batch_marks_its_n_and_moves_between_devices(dataset: Dataset) -> None:
    batch = batches(dataset, shuffle=False, batch_size=1000)[0]
    assert torch.equal(batch.known, batch.codes != N)
    assert 0 < (~batch.known).sum() < batch.codes.numel()
    moved = batch.to("cpu")
    assert torch.equal(moved.codes, batch.codes)
    assert torch.equal(moved.rows, batch.rows)
    assert len(moved) == len(dataset.window_ids("train"))


@pytest.mark.parametrize(("device", "unawaited"), [("cuda:1", True), ("cpu", False)])
def test_the_host_does_not_wait_for_a_copy_to_a_gpu(device: str, unawaited: bool) -> None:
    asked: list[tuple[Any, bool]] = []

    class Asked:
        def to(self, device: Any, *, non_blocking: bool) -> Asked:
            asked.append((device, non_blocking))
            return self

    Batch(cast(Tensor, Asked()), cast(Tensor, Asked())).to(device)
    assert asked == [(device, unawaited)] * 2


def test_a_limit_without_shuffling_takes_the_first(dataset: Dataset) -> None:
    found = windows(batches(dataset, shuffle=False, limit=5))
    assert found == [plain(dataset, i) for i in dataset.window_ids("train")[:5].tolist()]


def test_more_processes_than_windows_are_refused(dataset: Dataset) -> None:
    with pytest.raises(DatasetError, match=r"windows for 1000 processes"):
        batches(dataset, world=1000)


def test_padding_is_not_a_window(dataset: Dataset) -> None:
    assert PADDING not in dataset.window_ids("train")


def test_a_loader_can_be_sent_to_a_process(dataset: Dataset) -> None:
    loader = make_loader(dataset, "valid", batch_size=2, seed=0, epoch=0, shuffle=False)
    again = pickle.loads(pickle.dumps(loader.dataset))
    ids = dataset.window_ids("valid")[:2]
    assert torch.equal(again[ids].codes, loader.dataset[ids].codes)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"batch_size": 0}, "`batch_size` is 0; expected at least 1"),
        ({"batch_size": 2, "workers": -1}, "`workers` is -1; expected 0 to 1,024"),
    ],
)
def test_impossible_batches_are_refused(
    dataset: Dataset, wrong: dict[str, int], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        make_loader(dataset, "train", seed=0, epoch=0, shuffle=False, **wrong)
