"""What a comparison of tracks found, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.csv_table import write_csv
from regtrack.files.records import to_text

FORMAT = "regtrack comparison"
VERSION = 1
COMPARISON_FILE = "compare.json"
ALL = "all"
"""The scope of numbers over all chromosomes."""


@dataclass(frozen=True)
class PairRow:
    """Two tracks, or a track and labels, over a chromosome or over all.

    Attributes:
        scope: the chromosome, or `all`.
        first, second: their names.
        pearson, spearman: correlations; None where one of the two is constant.
        positions: bases or bins at which all tracks have a value.
    """

    scope: str
    first: str
    second: str
    pearson: float | None
    spearman: float | None
    positions: int


@dataclass(frozen=True)
class PeakRow:
    """A track against labels, over a chromosome or over all.

    Attributes:
        scope: the chromosome, or `all`.
        track, labels: their names.
        average_precision: PR AUC by the step rule; None without a labelled position.
        roc_auc: area under the ROC curve; None unless there are labelled and other positions.
        base_rate: labelled fraction of the positions.
        labelled: number of labelled positions.
        positions: bases or bins at which all tracks have a value.
    """

    scope: str
    track: str
    labels: str
    average_precision: float | None
    roc_auc: float | None
    base_rate: float | None
    labelled: int
    positions: int


@dataclass(frozen=True, eq=False)
class Pair:
    """The values of two tracks against each other, counted for figures.

    Attributes:
        names: of both.
        edges: of the bins of values, transformed by `log2(value + offset)` if there is an offset,
            float64 (n + 1,).
        counts: positions by the value of the first and of the second, int64 (n, n).
        ratio_edges: of the bins of their difference, or of the log2 of their ratio with the
            offset, float64 (n + 1,).
        ratios: positions by the mean of both (in bins of `edges`) and their difference or log2
            ratio, int64 (n, n).
        offset: added before logarithms; None: values below 0 are compared without.
    """

    names: tuple[str, str]
    edges: npt.NDArray[np.float64]
    counts: npt.NDArray[np.int64]
    ratio_edges: npt.NDArray[np.float64]
    ratios: npt.NDArray[np.int64]
    offset: float | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Tracks against each other and against labels.

    Attributes:
        tracks: names of the tracks.
        labels: names of the labels.
        resolution: bp per position.
        bases: bases that were read of each track.
        pairs: one row per scope and pair of tracks and labels.
        peaks: one row per scope, track and labels.
        pearson, spearman: over all, float64 (inputs, inputs), tracks before labels.
        pair: counts for the figures of two tracks; None of more or fewer.
    """

    tracks: tuple[str, ...]
    labels: tuple[str, ...]
    resolution: int
    bases: int
    pairs: Sequence[PairRow]
    peaks: Sequence[PeakRow]
    pearson: npt.NDArray[np.float64]
    spearman: npt.NDArray[np.float64]
    pair: Pair | None

    @property
    def names(self) -> tuple[str, ...]:
        """Of tracks, then of labels."""
        return (*self.tracks, *self.labels)

    def to_dict(self) -> dict[str, Any]:
        """The numbers as JSON-serialisable values, with every digit."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "tracks": list(self.tracks),
            "labels": list(self.labels),
            "resolution": self.resolution,
            "bases": self.bases,
            "offset": None if self.pair is None else self.pair.offset,
            "pairs": [asdict(row) for row in self.pairs],
            "peaks": [asdict(row) for row in self.peaks],
        }

    def write_files(self, folder: Path) -> None:
        """Write compare.json, correlations.csv and, if there are labels, peaks.csv."""
        (folder / COMPARISON_FILE).write_text(to_text(self.to_dict()), encoding="utf-8")
        for name, rows in (("correlations.csv", self.pairs), ("peaks.csv", self.peaks)):
            if rows:
                table = [asdict(row) for row in rows]
                write_csv(folder / name, list(table[0]), table)
