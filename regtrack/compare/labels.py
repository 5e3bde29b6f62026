"""Labels of markers by region, whether from a dataset, a markers table or one BED."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from regtrack.compare.bounded_cache import BoundedCache
from regtrack.compare.naming import called
from regtrack.dataset.format import HEADER_FILE, ROWS_FILE, WINDOWS_FILE
from regtrack.dataset.store import SPLITS, Dataset
from regtrack.errors import MarkerError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.labels.manifest import MarkerFile
from regtrack.labels.marker import Marker
from regtrack.labels.peaks import read_peaks

_KEPT = 64 << 20  # bytes of labelled bases to keep, of markers read before the last one
_OVERHEAD = 500  # bytes of a chromosome's intervals, however few


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
        self._kept = BoundedCache(_KEPT, _bytes)

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
        found = self._kept.get((marker, name), lambda: self._read(marker, name))
        return found.clip(start, end)

    def split_at(self, chrom: str, start: int, end: int) -> list[tuple[int, int, str]]:
        """As `LabelSource.split_at`; adjacent windows of the same split are one stretch."""
        assembly = self.dataset.assembly
        name = assembly.resolve(chrom)
        windows = self.dataset.windows
        if name is None:
            return []
        here = windows[windows["chrom"] == assembly.number_of[name]]
        spec, splits = self.dataset.spec, here["split"]
        starts = here["start"].astype(np.int64) + spec.crop
        found = []
        for split, label in enumerate(SPLITS):
            lows = starts[splits == split]
            held = Intervals.merged(lows, lows + spec.labelled).clip(start, end)
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
        # whole files, so that each is read once, however many chromosomes there are
        self._kept = BoundedCache(_KEPT, _bytes_of_file)

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
        path = self._files[marker].path
        found = self._kept.get(path, lambda: self._read(path)).get(name)
        return Intervals.none() if found is None else found.clip(start, end)

    def check(self, path: Path) -> int:
        """Read a peak file now; returns the number of the assembly's chromosomes that have peaks.

        Raises:
            PeakFileError: it cannot be read.
        """
        return len(self._kept.get(path, lambda: read_peaks(path, self._assembly).by_chrom))

    def split_at(self, chrom: str, start: int, end: int) -> list[tuple[int, int, str]]:  # noqa: ARG002
        """Nothing: peak files have no split."""
        return []

    def files(self, marker: str) -> list[Path]:
        """As `LabelSource.files`."""
        return [self._files[marker].path]

    def _read(self, path: Path) -> dict[str, Intervals]:
        with called(path):
            return read_peaks(path, self._assembly).by_chrom


def bed_marker(path: Path) -> Marker:
    """The marker of a single BED, named after the file."""
    name = path.name
    for suffix in (".gz", ".bed", ".narrowPeak", ".broadPeak"):
        name = name.removesuffix(suffix)
    safe = "".join(letter if letter.isalnum() or letter in "._+-" else "-" for letter in name)
    safe = safe.lstrip("._+-").encode("ascii", "ignore").decode() or "labels"
    biosample, _, target = safe.partition("_")
    return Marker(safe, "labels", biosample if target else "", target or safe)


def _bytes(stretches: Intervals) -> int:
    return _OVERHEAD + stretches.starts.nbytes + stretches.ends.nbytes


def _bytes_of_file(by_chrom: dict[str, Intervals]) -> int:
    return sum(map(_bytes, by_chrom.values()))


def _check_marker(marker: str, known: dict[str, int] | dict[str, MarkerFile]) -> None:
    if marker not in known:
        raise MarkerError(f'the labels have no marker "{marker}"{nearest(marker, known)}')
