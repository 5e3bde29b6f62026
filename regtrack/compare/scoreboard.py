"""PR AUC of models on every marker of a split, per marker and per category.

Two models are compared with each other, a single one with chance, which is the base rate.

Scores are counted in a histogram with 512 bins per doubling, so that memory does not grow with the
genome. This is exact for tracks written by predict-genome with 7 bits, the default; in other tracks
scores within 0.2 % of each other count as equal. `exact` scores every base by scikit-learn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from regtrack.compare.cache import Arrays, cached
from regtrack.compare.counts import Counts, present, read_piece
from regtrack.compare.sources import Sources
from regtrack.compare.windows import Windows, windows_of
from regtrack.errors import DatasetError
from regtrack.measures.curve import MIN_POSITIVES
from regtrack.measures.exact import check_exact, exact_areas
from regtrack.measures.measure import number_or_none
from regtrack.progress import SILENT, Progress
from regtrack.tracks.catalog import Track


@dataclass(frozen=True, slots=True)
class MarkerRow:
    """A marker's PR AUC by two models; None if it has too few labelled bases.

    Attributes:
        marker, category: names of the marker and its category.
        first, second: average precision of each model; for a single model the first is chance.
        base_rate: labelled fraction of the bases.
        positives: number of labelled bases.
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
        split: the split; None: all windows.
        rows: one per marker that both models and the labels have.
    """

    model_a: str | None
    model_b: str
    split: str | None
    rows: tuple[MarkerRow, ...]

    def categories(self) -> tuple[CategoryRow, ...]:
        """The means per category, in the order of the rows."""
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
    *,
    exact: bool = False,
    progress: Progress = SILENT,
) -> Scoreboard:
    """Score two models on every marker that both models and the labels have.

    The results of each track are cached next to its sweep, so a cancelled job resumes from there.

    Args:
        sources: the tracks and labels.
        model_a: id of the first model; None: compare the second with chance.
        model_b: id of the second model, which may be the first.
        split: use only windows of this split; None: all.
        exact: score every base by scikit-learn instead of counting in bins; the scores of a marker
            are then kept in memory (5 bytes per base, and 80 more while it is scored).
        progress: shows the bases read.

    Raises:
        OutOfMemoryError: `exact` needs more memory than there is.
        TrackError: an unknown model, or a file that cannot be read.
        DatasetError: no labels of a marker that both have, or an unknown split.
    """
    if sources.labels is None:
        raise DatasetError("scores need labels; open the tracks with labels")
    windows = windows_of(sources).chosen(split)
    if exact:
        check_exact(windows.bases)
    pairs = _pairs(sources, model_a or model_b, model_b)
    rows = []
    total = windows.bases * sum(len(set(pair)) for pair in pairs)
    with progress.task(f"Scoring {len(pairs)} markers", total, "bp") as task:
        for first, second in pairs:
            found = []
            for track in (first, second):
                found.append(_score(sources, track, windows, split, exact=exact))
                if track is first or second is not first:
                    task.advance(windows.bases)
            row = _row(sources, first.marker or "", found)
            rows.append(row if model_a else _against_chance(row))
    return Scoreboard(model_a, model_b, split, tuple(rows))


def _pairs(sources: Sources, model_a: str, model_b: str) -> list[tuple[Track, Track]]:
    """The tracks of the markers that both models and the labels have."""
    catalog = sources.catalog
    catalog.model(model_b)
    pairs = []
    for track in catalog.model(model_a).tracks:
        other = catalog.find(model_b, track.marker or "")
        if other is not None and sources.has_labels(track.marker or ""):
            pairs.append((track, other))
    if not pairs:
        raise DatasetError(
            f"no marker of {' and '.join(dict.fromkeys((model_a, model_b)))} has labels; open "
            "labels that name their markers"
        )
    return pairs


def _score(
    sources: Sources, track: Track, windows: Windows, split: str | None, *, exact: bool
) -> Arrays:
    """Average precision, base rate and positives of one track, from the cache if possible."""
    assert sources.labels is not None
    inputs = [track.path, *sources.labels.files(track.marker or "")]
    rule = "average precision, every base" if exact else "average precision"
    question = (rule, track.marker, split, sources.assembly.digest, len(windows))
    score = _score_every_base if exact else _score_in_bins
    return cached(track.path.parent, question, inputs, lambda: score(sources, track, windows))


def _score_in_bins(sources: Sources, track: Track, windows: Windows) -> Arrays:
    counts = Counts()
    for piece in windows.pieces():
        counts.add(*present(*read_piece(sources, track, piece)))
    curve = counts.curve()
    scored = curve.positives >= MIN_POSITIVES
    return {
        "average_precision": curve.average_precision() if scored else np.array(np.nan),
        "base_rate": curve.base_rate(),
        "positives": curve.positives,
    }


def _score_every_base(sources: Sources, track: Track, windows: Windows) -> Arrays:
    found = [present(*read_piece(sources, track, piece)) for piece in windows.pieces()]
    values = np.concatenate([values for values, _ in found])
    labels = np.concatenate([labels for _, labels in found])
    positives = np.count_nonzero(labels)
    scored = positives >= MIN_POSITIVES
    return {
        "average_precision": np.array(
            exact_areas(labels, values).average_precision if scored else np.nan
        ),
        "base_rate": np.array(positives / len(labels) if len(labels) else np.nan),
        "positives": np.array(positives),
    }


def _row(sources: Sources, marker: str, found: list[Arrays]) -> MarkerRow:
    first, second = found
    return MarkerRow(
        marker=marker,
        category=sources.catalog.marker(marker).category,
        first=number_or_none(first["average_precision"]),
        second=number_or_none(second["average_precision"]),
        base_rate=number_or_none(first["base_rate"]),
        positives=int(first["positives"]),
    )


def _against_chance(row: MarkerRow) -> MarkerRow:
    return replace(row, first=None if row.second is None else row.base_rate)
