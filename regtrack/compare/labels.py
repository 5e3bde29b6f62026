"""Labels of markers by region, whether from a dataset, a markers table or one BED."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from regtrack.compare.naming import called
from regtrack.dataset.format import HEADER_FILE, ROWS_FILE, WINDOWS_FILE
from regtrack.dataset.store import SPLITS, Dataset
from regtrack.errors import MarkerError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.labels.manifest import MarkerFile
from regtrack.labels.marker import Marker
from regtrack.labels.peaks import read_peaks

# pairs of marker and chromosome to keep: about 0.2 MB each, a few MB for broad markers
_KEPT = 256


class LabelSource(Protocol):
    """Labels of markers along an assembly."""

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The markers that have labels."""

    def stretches(self, marker: str, chrom: str, start: int, end: int) -> Intervals:
        """The labelled bases of a marker within [start, end) (bp).

        Raises:
            MarkerError: the marker has no labels here.
            PeakFileError: its peak file cannot be read.
        """

    def split_at(self, chrom: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """Start, end (bp) and split of the stretches of windows; empty if there is no split."""

    def files(self, marker: str) -> list[Path]:
        """The files that a marker's labels and windows depend on."""


class DatasetLabels:
    """The labels of a dataset, which also has the split of its windows."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._numbers = {marker.name: at for at, marker in enumerate(dataset.markers)}
        self._kept = _Kept(self._read)

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The markers of the dataset."""
        return self.dataset.markers

    def stretches(self, marker: str, chrom: str, start: int, end: int) -> Intervals:
        """As `LabelSource.stretches`."""
        _check_marker(marker, self._numbers)
        name = self.dataset.assembly.resolve(chrom)
        if name is None:
            return Intervals.none()
        return self._kept.get(marker, name).clip(start, end)

    def split_at(self, chrom: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """As `LabelSource.split_at`; adjacent windows of the same split are one stretch."""
        assembly = self.dataset.assembly
        name = assembly.resolve(chrom)
        windows = self.dataset.windows
        if name is None:
            return []
        here = windows[windows["chrom"] == assembly.names.index(name)]
        starts, splits = here["start"].astype(np.int64), here["split"]
        found = []
        for split, label in enumerate(SPLITS):
            lows = starts[splits == split]
            held = Intervals.merged(lows, lows + self.dataset.window).clip(start, end)
            found += [(low, high, label) for low, high in held]
        return sorted(found)

    def files(self, marker: str) -> list[Path]:  # noqa: ARG002
        """As `LabelSource.files`."""
        return [self.dataset.path / name for name in (HEADER_FILE, ROWS_FILE, WINDOWS_FILE)]

    def _read(self, marker: str, chrom: str) -> Intervals:
        with called(self.dataset.path):
            return self.dataset.stretches(self._numbers[marker], chrom)


class PeakLabels:
    """The labels of peak files, each of which is read when its labels are first needed.

    Args:
        files: markers with their peak files; markers may share a file.
        assembly: the assembly of the peaks.
    """

    def __init__(self, files: Sequence[MarkerFile], assembly: Assembly) -> None:
        self._files = {file.marker.name: file for file in files}
        self._assembly = assembly
        self._kept = _Kept(self._read)

    @property
    def markers(self) -> tuple[Marker, ...]:
        """The markers of the table."""
        return tuple(file.marker for file in self._files.values())

    def stretches(self, marker: str, chrom: str, start: int, end: int) -> Intervals:
        """As `LabelSource.stretches`."""
        _check_marker(marker, self._files)
        name = self._assembly.resolve(chrom)
        if name is None:
            return Intervals.none()
        return self._kept.get(str(self._files[marker].path), name).clip(start, end)

    def check(self, path: Path) -> int:
        """Read a peak file now; returns the number of the assembly's chromosomes that have peaks.

        Raises:
            PeakFileError: it cannot be read.
        """
        peaks = read_peaks(path, self._assembly)
        for chrom, stretches in peaks.by_chrom.items():
            self._kept.put(str(path), chrom, stretches)
        return len(peaks.by_chrom)

    def split_at(self, chrom: str, start: int, end: int) -> list[tuple[int, int, str]]:  # noqa: ARG002
        """Nothing: peak files have no split."""
        return []

    def files(self, marker: str) -> list[Path]:
        """As `LabelSource.files`."""
        return [self._files[marker].path]

    def _read(self, name: str, chrom: str) -> Intervals:
        path = Path(name)
        with called(path):
            peaks = read_peaks(path, self._assembly)
        for other, stretches in peaks.by_chrom.items():
            self._kept.put(name, other, stretches)
        return peaks.by_chrom.get(chrom, Intervals.none())


def bed_marker(path: Path) -> Marker:
    """The marker of a single BED, named after the file."""
    name = path.name
    for suffix in (".gz", ".bed", ".narrowPeak", ".broadPeak"):
        name = name.removesuffix(suffix)
    safe = "".join(letter if letter.isalnum() or letter in "._+-" else "-" for letter in name)
    safe = safe.lstrip("._+-").encode("ascii", "ignore").decode() or "labels"
    biosample, _, target = safe.partition("_")
    return Marker(safe, "labels", biosample if target else "", target or safe)


class _Kept:
    """A cache of labelled bases by marker or file, and chromosome; thread-safe."""

    def __init__(self, read: Callable[[str, str], Intervals]) -> None:
        self._read = read
        self._kept: OrderedDict[tuple[str, str], Intervals] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, chrom: str) -> Intervals:
        with self._lock:
            if (name, chrom) in self._kept:
                self._kept.move_to_end((name, chrom))
                return self._kept[name, chrom]
        found = self._read(name, chrom)
        self.put(name, chrom, found)
        return found

    def put(self, name: str, chrom: str, stretches: Intervals) -> None:
        with self._lock:
            self._kept[name, chrom] = stretches
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


def _check_marker(marker: str, known: dict[str, int] | dict[str, MarkerFile]) -> None:
    if marker not in known:
        raise MarkerError(f'the labels have no marker "{marker}"{nearest(marker, known)}')
