"""A dataset on disk, opened for reading: windows, and codes and labels of any region.

docs/dataset.md describes the format. Arrays are memory-mapped, and each block of them is verified
when it is first read. A `Dataset` is sent to other processes by its path, and opened again there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from regtrack.dataset.bins import labelled_bins
from regtrack.dataset.checksums import CheckedArray, Rule
from regtrack.dataset.format import (
    CODES_FILE,
    DTYPES,
    OFFSETS_FILE,
    ROWS_FILE,
    SPLITS,
    TILE,
    WINDOWS_FILE,
    damaged,
    tile_counts,
)
from regtrack.dataset.header import DatasetHeader, read_header
from regtrack.dataset.rules import (
    possible_codes,
    possible_offsets,
    possible_rows,
    possible_windows,
)
from regtrack.dataset.spec import DatasetSpec
from regtrack.errors import DatasetError, RecordError, RegionError, invalid
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals, Positions
from regtrack.genome.sequence import Codes
from regtrack.labels.marker import Marker

__all__ = ["SPLITS", "TILE", "Dataset", "LabelRows"]

_AT_ONCE = 5_000_000  # bp of which bins are labelled together

Int32s = npt.NDArray[np.int32]
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class LabelRows:
    """The labelled stretches of a region; those of one marker may touch but never overlap.

    Attributes:
        marker: index of the marker, int32 (R,).
        start: first base, relative to the region's start and clipped to the region, int32 (R,) bp.
        end: one past the last base, int32 (R,) bp.
    """

    marker: Int32s
    start: Int32s
    end: Int32s

    def __len__(self) -> int:
        return len(self.marker)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A labelled assembly: open it with `Dataset.open`.

    Attributes:
        path: its folder.
        header: the content of dataset.json.
    """

    path: Path
    header: DatasetHeader

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read the header, and check that every array is present and complete.

        The arrays' content is checked when it is read.

        Raises:
            DatasetError: no dataset, another version, or a missing or damaged file.
        """
        folder = Path(path)
        dataset = cls(folder, read_header(folder))
        _ = dataset.arrays
        return dataset

    def __reduce__(self) -> tuple[Any, ...]:
        return Dataset.open, (self.path,)

    @property
    def window(self) -> int:
        """Length of every window (bp)."""
        return self.spec.window

    @property
    def label_count(self) -> int:
        """P, the number of labels of each marker in a window, one per base or per bin."""
        return self.spec.labels

    @property
    def spec(self) -> DatasetSpec:
        """What was requested."""
        return self.header.spec

    @property
    def assembly(self) -> Assembly:
        """The kept chromosomes."""
        return self.header.assembly

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The columns of the labels."""
        return self.header.markers

    @property
    def summary(self) -> dict[str, Any]:
        """The numbers of the build, from `BuildSummary.to_dict`."""
        return self.header.summary

    @property
    def provenance(self) -> dict[str, Any]:
        """What it was built from."""
        return self.header.provenance

    @cached_property
    def arrays(self) -> dict[str, CheckedArray]:
        """The arrays by file name, for checking all of their content.

        Raises:
            DatasetError: one is missing, or has another size, dtype or length.
        """
        rules: dict[str, Rule] = {
            CODES_FILE: possible_codes,
            ROWS_FILE: partial(possible_rows, markers=len(self.markers)),
        }
        files = self.header.files
        try:
            return {
                name: CheckedArray(self.path / name, dtype, files[name], rules.get(name))
                for name, dtype in DTYPES.items()
            }
        except RecordError as error:
            raise damaged(self.path, str(error)) from error

    @cached_property
    def windows(self) -> npt.NDArray[np.void]:
        """The kept windows (W,) in order: chrom (index in assembly), start (bp), split (index).

        Raises:
            DatasetError: the table is damaged.
        """
        windows = self._read(WINDOWS_FILE)
        if not possible_windows(windows, self.assembly, self.spec):
            raise damaged(self.path, f"{WINDOWS_FILE} does not fit the assembly")
        return windows

    def window_ids(self, split: str) -> Ids:
        """The ids of a split's windows, int64 (n,), ascending.

        Raises:
            DatasetError: no such split, or one without windows.
        """
        found = self._ids(split)
        if len(found) == 0:
            counts = ", ".join(f"{name} {size:,}" for name, size in self.split_sizes.items())
            raise DatasetError(
                f"the {split} split of {self.path} has no windows ({counts}); choose another "
                "split, or build a dataset with windows in this one"
            )
        return found

    @property
    def split_sizes(self) -> dict[str, int]:
        """The number of windows in each split."""
        counts = np.bincount(self.windows["split"], minlength=len(SPLITS)).tolist()
        return dict(zip(SPLITS, counts, strict=True))

    def interval(self, window_id: int) -> Interval:
        """The interval of a window."""
        window = self._window(window_id)
        start = int(window["start"])
        return Interval(self.assembly.names[window["chrom"]], start, start + self.window)

    def split_of(self, window_id: int) -> str:
        """The split that a window belongs to."""
        return SPLITS[self._window(window_id)["split"]]

    def extent(self, window_id: int) -> tuple[int, int]:
        """Start and end (bp) of the run of kept windows of one split that contains a window.

        A read shifted or flanked within it touches no other split and no dropped window.
        """
        self._window(window_id)
        lows, highs = self._extents
        return int(lows[window_id]), int(highs[window_id])

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """A copy of the bases of [start, end) as codes, uint8 (end - start,).

        Raises:
            AssemblyError: the dataset does not keep the chromosome.
            RegionError: the region is not within it.
        """
        self._check_region(chrom, start, end)
        first = self._first_base[self.assembly.number_of[chrom]]
        return np.array(self._read(CODES_FILE, first + start, first + end))

    def labels(self, chrom: str, start: int, end: int) -> LabelRows:
        """The labelled stretches of [start, end), including those in dropped windows.

        Raises:
            AssemblyError: the dataset does not keep the chromosome.
            RegionError: the region is not within it.
        """
        self._check_region(chrom, start, end)
        first = self._first_tile[self.assembly.number_of[chrom]]
        low, high = first + start // TILE, first + -(-end // TILE)
        offsets = self._offsets[low : high + 1]
        rows = self._read(ROWS_FILE, int(offsets[0]), int(offsets[-1]))
        origin = np.repeat(np.arange(low - first, high - first) * TILE - start, np.diff(offsets))
        starts = np.maximum(origin + rows["start"], 0).astype(np.int32)
        ends = np.minimum(origin + rows["end"], end - start).astype(np.int32)
        keep = starts < ends
        return LabelRows(rows["marker"][keep].astype(np.int32), starts[keep], ends[keep])

    def window_labels(self, chrom: str, start: int, end: int) -> LabelRows:
        """The labels of a window that lies at [start, end), wherever that is.

        Returns:
            Stretches of them: labels are counted from the window's first one, and are of single
            bases or of bins.

        Raises:
            AssemblyError, RegionError: as `labels`.
        """
        crop, size = self.spec.crop, self.spec.bin
        found = self.labels(chrom, start + crop, end - crop)
        if size == 1:
            return found
        marker, index = labelled_bins(found.marker, found.start, found.end, size)
        return LabelRows(
            marker.astype(np.int32), index.astype(np.int32), (index + 1).astype(np.int32)
        )

    def stretches(self, marker: int, chrom: str) -> Intervals:
        """The labelled bases of one marker on a whole chromosome.

        Raises:
            AssemblyError: the dataset does not keep the chromosome.
        """
        self._check_region(chrom, 0, 0)
        index = self.assembly.number_of[chrom]
        offsets = self._offsets[self._first_tile[index] : self._first_tile[index + 1] + 1]
        rows = self._read(ROWS_FILE, int(offsets[0]), int(offsets[-1]))
        mine = np.flatnonzero(rows["marker"] == marker)
        origin = TILE * (np.searchsorted(offsets, mine + offsets[0], side="right") - 1)
        return Intervals.merged(origin + rows["start"][mine], origin + rows["end"][mine])

    def dense(
        self, chrom: str, start: int, end: int, markers: Sequence[int] | None = None
    ) -> npt.NDArray[np.uint8]:
        """Labels of [start, end) per base, uint8 (markers, end - start).

        For figures and tests; training computes them on the device.

        Args:
            chrom: a kept chromosome.
            start: first base.
            end: one past the last base.
            markers: indexes of markers, in this order; default: all.
        """
        chosen = range(len(self.markers)) if markers is None else markers
        rows = self.labels(chrom, start, end)
        dense = np.zeros((len(chosen), end - start), dtype=np.uint8)
        for line, marker in enumerate(chosen):
            mine = rows.marker == marker
            for low, high in zip(rows.start[mine], rows.end[mine], strict=True):
                dense[line, low:high] = 1
        return dense

    def positives(self, split: str) -> npt.NDArray[np.int64]:
        """The number of labels that are 1 in a split's windows, int64 (markers,)."""
        ids = self._ids(split)
        windows = self.windows[ids]
        total = np.zeros(len(self.markers), dtype=np.int64)
        for index, (chrom, length) in enumerate(
            zip(self.assembly.names, self.assembly.lengths, strict=True)
        ):
            starts = windows["start"][windows["chrom"] == index].astype(np.int64)
            if len(starts):
                first = starts + self.spec.crop
                stretches = Intervals.merged(first, first + self.spec.labelled)
                count = self._covered if self.spec.bin == 1 else self._labelled_bins
                total += count(chrom, length, stretches)
        return total

    def base_rates(self, split: str = "train") -> npt.NDArray[np.float64]:
        """The fraction of labels that are 1 in a split's windows, float64 (markers,).

        Raises:
            DatasetError: the split has no windows.
        """
        return self.positives(split) / (len(self.window_ids(split)) * self.spec.labels)

    def _ids(self, split: str) -> Ids:
        return np.flatnonzero(self.windows["split"] == _split_index(split)).astype(np.int64)

    def _covered(self, chrom: str, length: int, stretches: Intervals) -> npt.NDArray[np.int64]:
        """The number of labelled bases within a chromosome's intervals, int64 (markers,)."""
        rows = self.labels(chrom, 0, length)
        below_end = stretches.covered_below(rows.end.astype(np.int64))
        below_start = stretches.covered_below(rows.start.astype(np.int64))
        # float64 sums of integers are exact below 2^53
        totals = np.bincount(rows.marker, below_end - below_start, minlength=len(self.markers))
        return totals.astype(np.int64)

    def _labelled_bins(
        self, chrom: str, length: int, stretches: Intervals
    ) -> npt.NDArray[np.int64]:
        """The number of labelled bins within a chromosome's intervals, int64 (markers,)."""
        size = self.spec.bin
        total = np.zeros(len(self.markers), dtype=np.int64)
        step = _AT_ONCE // size * size
        for start in range(0, length, step):
            rows = self.labels(chrom, start, min(start + step, length))
            marker, index = labelled_bins(rows.marker, rows.start, rows.end, size)
            below = stretches.covered_below(np.stack([index, index + 1]) * size + start)
            total += np.bincount(marker[below[1] > below[0]], minlength=len(total))
        return total

    def _window(self, window_id: int) -> Any:
        if not 0 <= window_id < len(self.windows):
            raise DatasetError(
                f"no window {window_id} in {self.path}; expected 0 to {len(self.windows) - 1}"
            )
        return self.windows[window_id]

    def _check_region(self, chrom: str, start: int, end: int) -> None:
        length = self.assembly.length(chrom)
        if not 0 <= start <= end <= length:
            raise RegionError(
                f"[{start:,}, {end:,}) is not within {chrom} of {self.path}, {length:,} bp long"
            )

    @cached_property
    def _extents(self) -> tuple[Positions, Positions]:
        windows = self.windows
        starts = windows["start"].astype(np.int64)
        breaks = np.ones(len(windows), dtype=bool)
        breaks[1:] = (
            (windows["chrom"][1:] != windows["chrom"][:-1])
            | (windows["split"][1:] != windows["split"][:-1])
            | (starts[1:] != starts[:-1] + self.spec.labelled)
        )
        first = np.flatnonzero(breaks)
        stretch = np.cumsum(breaks) - 1
        last = np.append(first[1:], len(windows)) - 1
        return starts[first][stretch], starts[last][stretch] + self.window

    def _read(self, name: str, start: int = 0, stop: int | None = None) -> npt.NDArray[Any]:
        """Elements of an array, verified."""
        array = self.arrays[name]
        try:
            return array.read(start, len(array) if stop is None else stop)
        except RecordError as error:
            raise damaged(self.path, str(error)) from error

    @cached_property
    def _offsets(self) -> npt.NDArray[np.int64]:
        offsets = self._read(OFFSETS_FILE)
        if not possible_offsets(offsets, len(self.arrays[ROWS_FILE])):
            raise damaged(self.path, f"{OFFSETS_FILE} does not fit {ROWS_FILE}")
        return offsets

    @cached_property
    def _first_base(self) -> list[int]:
        return [0, *np.cumsum(self.assembly.lengths).tolist()]

    @cached_property
    def _first_tile(self) -> list[int]:
        return [0, *np.cumsum(tile_counts(self.assembly)).tolist()]


def _split_index(split: str) -> int:
    if split not in SPLITS:
        raise DatasetError(invalid("split", split, ", ".join(SPLITS)))
    return SPLITS.index(split)
