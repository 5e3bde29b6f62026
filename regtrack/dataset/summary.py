"""The numbers of a build: what was kept, dropped and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, median
from typing import Any

from regtrack.dataset.windows import Dropped
from regtrack.labels.marker import Marker
from regtrack.labels.peaks import PeakCounts


@dataclass(frozen=True, slots=True)
class CategoryCoverage:
    """Labelled fraction of bases for one category: number of markers, mean, median, extremes."""

    markers: int
    mean: float
    median: float
    low: float
    high: float


@dataclass(frozen=True)
class BuildSummary:
    """The numbers of a finished build.

    Attributes:
        chroms: kept chromosomes.
        window: length of a window (bp).
        labels: of each marker, per window: one per base, or one per bin.
        kept: number of kept windows.
        dropped: number of windows left out, by reason.
        splits: number of windows in each split.
        markers: the markers.
        coverage: for each marker, the fraction of 1 among its labels of kept windows.
        peaks: peaks used and dropped, over all files.
        unlabelled: names of the markers without a peak on the kept chromosomes.
        bytes: size on disk of the arrays.
    """

    chroms: int
    window: int
    labels: int
    kept: int
    dropped: Dropped
    splits: dict[str, int]
    markers: tuple[Marker, ...]
    coverage: tuple[float, ...]
    peaks: PeakCounts
    unlabelled: tuple[str, ...]
    bytes: int

    @property
    def bases(self) -> int:
        """The number of bases in kept windows."""
        return self.kept * self.window

    @property
    def trainable(self) -> bool:
        """Whether there are windows to learn from and to choose the best epoch by."""
        return self.splits["train"] > 0 and self.splits["valid"] > 0

    def categories(self) -> dict[str, CategoryCoverage]:
        """The coverage by category, in the order of the markers."""
        groups: dict[str, list[float]] = {}
        for marker, coverage in zip(self.markers, self.coverage, strict=True):
            groups.setdefault(marker.category, []).append(coverage)
        return {name: _coverage(values) for name, values in groups.items()}

    def to_dict(self) -> dict[str, Any]:
        """All fields except the path, JSON-serialisable."""
        return {
            "chroms": self.chroms,
            "window": self.window,
            "labels": self.labels,
            "kept": self.kept,
            "bases": self.bases,
            "dropped": self.dropped.to_dict(),
            "splits": self.splits,
            "categories": {name: asdict(found) for name, found in self.categories().items()},
            "coverage": {
                marker.name: share
                for marker, share in zip(self.markers, self.coverage, strict=True)
            },
            "peaks": asdict(self.peaks),
            "unlabelled": list(self.unlabelled),
            "bytes": self.bytes,
        }


def _coverage(values: Sequence[float]) -> CategoryCoverage:
    return CategoryCoverage(len(values), fmean(values), median(values), min(values), max(values))
