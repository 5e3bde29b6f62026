"""Batches of windows for training: sequence as codes, labels as rows until they are on the device.

How a window is augmented in an epoch depends only on (seed, epoch, window). So batches do not
depend on the number of workers, and the windows of an epoch not on the number of processes.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset as TorchDataset

from regtrack.dataset.store import Dataset
from regtrack.errors import DatasetError, check_workers, invalid
from regtrack.genome.sequence import Codes, N, reverse_complement

Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]

PADDING = -1  # id of an unlabelled window of N, which evens out the windows per process


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch of windows.

    Attributes:
        codes: uint8 (B, L).
        rows: int32 (R, 4): index in the batch, marker, start and end of each labelled stretch,
            counted in labels from the window's first one.
        crop: bp at each end of a window without labels.
        bin: bp with one label.
    """

    codes: Tensor
    rows: Tensor
    crop: int = 0
    bin: int = 1

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def known(self) -> Tensor:
        """Bool (B, P), one per label: False where all of its bases are N."""
        labelled = self.codes[:, self.crop : self.codes.shape[1] - self.crop] != N
        return labelled if self.bin == 1 else labelled.reshape(len(self), -1, self.bin).any(-1)

    @property
    def labels(self) -> int:
        """P, the number of labels of each marker in a window."""
        return (self.codes.shape[1] - 2 * self.crop) // self.bin

    def every(self, step: int, first: int) -> Batch:
        """The same windows with labels `first`, `first + step`, ... alone.

        Its codes stand for these labels: 0, or N where a label is not known.
        """
        known = self.known[:, first::step]
        rows = self.rows.clone()
        # those of start <= first + i step < end, so that both are rounded up
        rows[:, 2:] = ((rows[:, 2:] + (step - 1 - first)) // step).clamp(min=0)
        return Batch(torch.where(known, 0, N).to(self.codes.dtype), rows)

    def to(self, device: torch.device | str) -> Batch:
        """The same batch on another device; a copy to a GPU is asynchronous."""
        unawaited = torch.device(device).type == "cuda"
        return replace(
            self,
            codes=self.codes.to(device, non_blocking=unawaited),
            rows=self.rows.to(device, non_blocking=unawaited),
        )

    def pin_memory(self) -> Batch:
        """The same batch in pinned memory, for copies to a GPU; called by PyTorch's loader."""
        return replace(self, codes=self.codes.pin_memory(), rows=self.rows.pin_memory())


@dataclass(frozen=True)
class Augmentation:
    """How a training window is augmented.

    Attributes:
        seed: of every draw, together with the epoch and the window's id.
        epoch: counted from 0.
        reverse_complement: reverse-complement windows with probability 0.5.
        max_shift: maximum shift in either direction (bp), always within the `Dataset.extent`.
    """

    seed: int = 0
    epoch: int = 0
    reverse_complement: bool = False
    max_shift: int = 0

    def draw(self, window_id: int, low: int, high: int) -> tuple[int, bool]:
        """The shift of a window, `low` to `high` (bp), and whether it is reverse-complemented."""
        if not (self.reverse_complement or self.max_shift):
            return 0, False
        random = np.random.default_rng(
            np.random.SeedSequence(self.seed, spawn_key=(1, self.epoch, window_id))
        )
        turned = bool(random.integers(2)) and self.reverse_complement
        return int(random.integers(low, high + 1)), turned


def dense_labels(
    batch: Batch,
    marker_count: int,
    *,
    windows: slice = slice(None),
    markers: slice = slice(None),
    span: slice = slice(None),
) -> Tensor:
    """Labels of the batch, uint8 (B, M, P), computed on its device.

    Every row adds 1 at its start and -1 at its end; the labels are the cumulative sum.

    Args:
        batch: the windows.
        marker_count: of the dataset.
        windows: which of the batch to label, without steps; default: all.
        markers: which of them, likewise.
        span: which labels of the windows, likewise.
    """
    low, high, _ = span.indices(batch.labels)
    first, last, _ = windows.indices(len(batch))
    lowest, highest, _ = markers.indices(marker_count)
    index, marker, start, end = batch.rows.long().unbind(1)
    # a row elsewhere adds 0 instead of being left out, for which a GPU would wait for the host; not
    # all of them at one place, where they would wait for each other
    inside = (index >= first) & (index < last) & (start < high) & (end > low)
    inside &= (marker >= lowest) & (marker < highest)
    line = (index - first) * (highest - lowest) + marker - lowest
    shape = (last - first, highest - lowest, high - low + 1)  # a stretch may end at the end
    steps = torch.zeros(shape, dtype=torch.int8, device=batch.codes.device)
    somewhere = torch.arange(len(line), device=batch.codes.device) % steps.numel()
    one = inside.to(torch.int8)
    for positions, change in ((start, one), (end, -one)):
        at = line * shape[2] + positions.clamp(low, high) - low
        steps.view(-1).index_add_(0, torch.where(inside, at, somewhere), change)
    return steps.cumsum_(-1)[..., :-1].view(torch.uint8)


def labelled_places(
    batch: Batch, marker_count: int, *, windows: slice = slice(None), span: slice = slice(None)
) -> Tensor:
    """Where `dense_labels` of the same arguments are 1: indices into them when flat, int64 (K,)."""
    low, high, _ = span.indices(batch.labels)
    first, last, _ = windows.indices(len(batch))
    index, marker, start, end = batch.rows.long().unbind(1)
    inside = (index >= first) & (index < last) & (start < high) & (end > low)
    index, marker, start, end = (one[inside] for one in (index, marker, start, end))
    start, end = start.clamp(min=low), end.clamp(max=high)
    lengths = end - start
    begin = ((index - first) * marker_count + marker) * (high - low) + start - low
    before = lengths.cumsum(0) - lengths
    places = torch.repeat_interleave(begin - before, lengths)
    return places.add_(torch.arange(len(places), device=places.device))


def make_loader(
    dataset: Dataset,
    split: str,
    *,
    batch_size: int,
    seed: int,
    epoch: int,
    shuffle: bool,
    reverse_complement: bool = False,
    max_shift: int = 0,
    workers: int = 0,
    pin_memory: bool = False,
    limit: int = 0,
    rank: int = 0,
    world: int = 1,
) -> DataLoader[Batch]:
    """The batches of one epoch.

    Args:
        dataset: source of the windows.
        split: `train`, `valid` or `test`.
        batch_size: windows per batch and process.
        seed: of order and augmentation.
        epoch: counted from 0.
        shuffle: in random order, with equally many windows for every process (at most
            `world - 1` are left out of the epoch); otherwise in the dataset's order, where
            processes with fewer windows get `PADDING`.
        reverse_complement: reverse-complement windows with probability 0.5.
        max_shift: maximum shift in either direction (bp).
        workers: reading processes; 0 reads in this process.
        pin_memory: load into memory that a GPU reads directly.
        limit: windows per epoch; the next epoch continues where this one ends. 0: all.
        rank: index of this process.
        world: number of processes that share the epoch.

    Raises:
        DatasetError: the split has no windows, or fewer than there are processes; or
            `batch_size` or `workers` is out of range.
    """
    if batch_size < 1:
        raise DatasetError(invalid("batch_size", batch_size, "at least 1"))
    check_workers(workers, DatasetError)
    ids = (
        epoch_windows(dataset.window_ids(split), seed, epoch, limit)
        if shuffle
        else (dataset.window_ids(split)[: limit or None])
    )
    if len(ids) < world:
        raise DatasetError(
            f"the {split} split of {dataset.path} has {len(ids)} windows for {world} "
            f"process{'es' * (world > 1)}; build a dataset with more, or use fewer processes"
        )
    mine = _share(ids, rank, world, even=shuffle)
    batches = [mine[first : first + batch_size] for first in range(0, len(mine), batch_size)]
    augmentation = Augmentation(seed, epoch, reverse_complement, max_shift)
    with warnings.catch_warnings():
        # reading is cheap: a process more than there are cores does no harm
        warnings.filterwarnings("ignore", ".*DataLoader will create .* worker processes.*")
        return DataLoader(
            cast(TorchDataset[Batch], _Batches(dataset, augmentation)),
            sampler=cast(Sequence[int], batches),
            batch_size=None,
            num_workers=workers,
            pin_memory=pin_memory,
        )


def epoch_windows(ids: Ids, seed: int, epoch: int, limit: int = 0) -> Ids:
    """The ids, int64 (n,), of an epoch's windows in order: its part of endless shuffles.

    With a limit, every window is seen once before any is seen again.

    >>> ids = np.arange(5)
    >>> first, second = (epoch_windows(ids, 0, epoch, limit=3) for epoch in (0, 1))
    >>> sorted({*first.tolist(), *second.tolist()})
    [0, 1, 2, 3, 4]
    """
    total = len(ids)
    size = min(limit, total) or total
    if total == 0:
        return ids
    rounds = range(epoch * size // total, -(-(epoch + 1) * size // total))
    orders = [_shuffled(ids, seed, number) for number in rounds]
    first = epoch * size - rounds.start * total
    return np.concatenate(orders)[first : first + size]


def _shuffled(ids: Ids, seed: int, number: int) -> Ids:
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(0, number))).permutation(
        ids
    )


def _share(ids: Ids, rank: int, world: int, *, even: bool) -> Ids:
    """The windows of one process: every `world`-th, the same number for each process."""
    if even:
        ids = ids[: len(ids) // world * world]
    padding = np.full(-len(ids) % world, PADDING, dtype=np.int64)
    return np.concatenate([ids, padding])[rank::world]


@dataclass(frozen=True, eq=False)
class _Batches(TorchDataset[Batch]):
    """Reads the windows of a batch by their ids."""

    dataset: Dataset
    augmentation: Augmentation

    def __getitem__(self, ids: Ids) -> Batch:
        windows = [self._read(int(window_id)) for window_id in ids]
        rows = [np.insert(rows, 0, index, axis=1) for index, (_, rows) in enumerate(windows)]
        return Batch(
            torch.from_numpy(np.stack([codes for codes, _ in windows])),
            torch.from_numpy(np.concatenate(rows)),
            self.dataset.spec.crop,
            self.dataset.spec.bin,
        )

    def _read(self, window_id: int) -> tuple[Codes, Rows]:
        """Codes (L,) and rows (R, 3) of marker, start and end, augmented for the epoch."""
        if window_id == PADDING:
            return np.full(self.dataset.window, N, np.uint8), np.empty((0, 3), np.int32)
        window = self.dataset.interval(window_id)
        low, high = self.dataset.extent(window_id)
        reach = self.augmentation.max_shift
        shift, turned = self.augmentation.draw(
            window_id,
            max(low - window.start, -reach),
            min(high - window.end, reach),
        )
        start, end = window.start + shift, window.end + shift
        codes = self.dataset.codes(window.chrom, start, end)
        labels = self.dataset.window_labels(window.chrom, start, end)
        rows = np.stack([labels.marker, labels.start, labels.end], axis=1)
        if not turned:
            return codes, rows
        return reverse_complement(codes), _turned(rows, self.dataset.label_count)


def _turned(rows: Rows, count: int) -> Rows:
    """The rows of a window's labels, so many in number, for its reverse complement."""
    marker, start, end = rows.T
    return np.stack([marker, count - end, count - start], axis=1)
