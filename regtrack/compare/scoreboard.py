"""How models do on every marker of a split: PR AUC by marker and by category.

Two models are compared with one another, a lone one with chance, which is the base rate.

Scores are counted in a histogram of 512 bins to each doubling, so that memory does not grow with
the genome. Tracks as predict-genome writes them (7 bits kept) lose nothing by it; of others, scores
within 0.2 % of one another count as equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from regtrack.compare.cache import Arrays, cached
from regtrack.compare.sources import Sources
from regtrack.compare.windows import Windows, has_labels, labelled, windows_of
from regtrack.errors import DatasetError
from regtrack.measures.bins import FloatBins
from regtrack.measures.curve import MIN_POSITIVES, Curve
from regtrack.progress import SILENT, Progress
from regtrack.tracks.catalog import Track

# any float32, so that tracks of other programs can be scored too
_BINS = FloatBins(fraction_bits=9, nearest=-126, farthest=128)


@dataclass(frozen=True, slots=True)
class MarkerRow:
    """A marker's PR AUC by two models; None where it has too few labelled bases.

    Attributes:
        marker, category: which.
        first, second: average precision of each model; for a lone model the first is chance.
        base_rate: labelled share of the bases.
        positives: labelled bases.
    """

    marker: str
    category: str
    first: float | None
    second: float | None
    base_rate: float | None
    positives: int


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category's mean PR AUC by two models, over the markers that both score."""

    category: str
    markers: int
    first: float
    second: float


@dataclass(frozen=True)
class Scoreboard:
    """Two models on a split, or chance and one.

    Attributes:
        model_a: id of the first; None for chance.
        model_b: id of the second.
        split: which windows; None for all.
        rows: a marker each that both models have and labels know.
    """

    model_a: str | None
    model_b: str
    split: str | None
    rows: tuple[MarkerRow, ...]

    def categories(self) -> tuple[CategoryRow, ...]:
        """The means by category, in the order of the rows."""
        found: dict[str, list[tuple[float, float]]] = {}
        for row in self.rows:
            if row.first is not None and row.second is not None:
                found.setdefault(row.category, []).append((row.first, row.second))
        return tuple(
            CategoryRow(category, len(pairs), *np.mean(pairs, axis=0).tolist())
            for category, pairs in found.items()
        )


def score_models(
    sources: Sources,
    model_a: str | None,
    model_b: str,
    split: str | None = None,
    progress: Progress = SILENT,
) -> Scoreboard:
    """Score two models on every marker that both have and labels know.

    What was computed of a track is kept beside its sweep, so a cancelled job goes on from there.

    Args:
        sources: the tracks and labels.
        model_a: id of the first model; None to set chance beside the second.
        model_b: id of the second; may be the first.
        split: windows of this split alone.
        progress: told the bases read.

    Raises:
        TrackError: a model is not known, or a file cannot be read.
        DatasetError: there are no labels of a marker that both have, or no such split.
    """
    if sources.labels is None:
        raise DatasetError("scores need labels; open the tracks with labels")
    windows = windows_of(sources).chosen(split)
    pairs = _pairs(sources, model_a or model_b, model_b)
    rows = []
    total = windows.bases * sum(len(set(pair)) for pair in pairs)
    with progress.task(f"scoring {len(pairs)} markers", total, "bp") as task:
        for first, second in pairs:
            found = []
            for track in (first, second):
                found.append(_score(sources, track, windows, split))
                if track is first or second is not first:
                    task.advance(windows.bases)
            row = _row(sources, first.marker or "", found)
            rows.append(row if model_a else _beside_chance(row))
    return Scoreboard(model_a, model_b, split, tuple(rows))


def _pairs(sources: Sources, model_a: str, model_b: str) -> list[tuple[Track, Track]]:
    """The tracks of the markers that both models have and labels know."""
    catalog = sources.catalog
    catalog.model(model_b)
    pairs = []
    for track in catalog.model(model_a).tracks:
        other = catalog.find(model_b, track.marker or "")
        if other is not None and has_labels(sources, track.marker or ""):
            pairs.append((track, other))
    if not pairs:
        raise DatasetError(
            f"no marker of {' and '.join(dict.fromkeys((model_a, model_b)))} has labels; open "
            "labels that name their markers"
        )
    return pairs


def _score(sources: Sources, track: Track, windows: Windows, split: str | None) -> Arrays:
    """Average precision, base rate and positives of one track, from the cache where it can be."""
    marker = track.marker or ""
    assert sources.labels is not None
    inputs = [track.path, *sources.labels.files(marker)]

    def make() -> Arrays:
        counts = np.zeros((2, _BINS.count), dtype=np.int64)
        for piece in windows.pieces():
            values = sources.values(track.id, piece.chrom, piece.start, piece.end)
            labels = labelled(sources, marker, piece)
            present = ~np.isnan(values)
            cells = _BINS.of_values(values[present]) + _BINS.count * labels[present]
            counts += np.bincount(cells, minlength=counts.size).reshape(counts.shape)
        curve = Curve.of_counts(counts)
        scored = curve.positives >= MIN_POSITIVES
        return {
            "average_precision": curve.average_precision() if scored else np.array(np.nan),
            "base_rate": curve.base_rate(),
            "positives": curve.positives,
        }

    question = ("average precision", marker, split, sources.assembly.digest, len(windows))
    return cached(track.path.parent, question, inputs, make)


def _row(sources: Sources, marker: str, found: list[Arrays]) -> MarkerRow:
    first, second = found
    return MarkerRow(
        marker=marker,
        category=sources.catalog.marker(marker).category,
        first=_number(first["average_precision"]),
        second=_number(second["average_precision"]),
        base_rate=_number(first["base_rate"]),
        positives=int(first["positives"]),
    )


def _beside_chance(row: MarkerRow) -> MarkerRow:
    return replace(row, first=None if row.second is None else row.base_rate)


def _number(value: npt.NDArray[np.float64]) -> float | None:
    return None if np.isnan(value) else float(value)
