"""A track against its labels on a split: its areas, its curve, and its PR AUC in every window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.compare.cache import Arrays, cached
from regtrack.compare.counts import Counts, present, read_piece
from regtrack.compare.sources import Sources
from regtrack.compare.windows import Windows
from regtrack.measures.curve import MIN_POSITIVES
from regtrack.measures.measure import measure, number_or_none
from regtrack.progress import Task
from regtrack.tracks.catalog import Track

RECALLS = np.linspace(0, 1, 201)
"""Where precision is told, float64 (201,)."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class TrackScores:
    """A track of a model on the windows of a split.

    Attributes:
        average_precision, roc_auc: over all bases with a value; None with too few labelled bases.
        base_rate: labelled fraction of the bases.
        positives: number of labelled bases.
        precision: at each of `RECALLS`, float64 (201,); NaN without labelled bases.
        windows: PR AUC of each window, float64 (W,); NaN with too few labelled bases.
        rates: labelled fraction of each window, float64 (W,).
    """

    average_precision: float | None
    roc_auc: float | None
    base_rate: float | None
    positives: int
    precision: Floats
    windows: Floats
    rates: Floats

    @property
    def above_chance(self) -> Floats:
        """How much of the way from chance to perfect each window's PR AUC is, float64 (W,).

        That is (PR AUC - base rate) / (1 - base rate), which windows with many and with few
        labelled bases have in common; 0 for chance, 1 for perfect, NaN as `windows`.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(self.rates < 1, (self.windows - self.rates) / (1 - self.rates), np.nan)


def track_scores(
    sources: Sources, track: Track, windows: Windows, split: str | None, task: Task
) -> TrackScores:
    """Score a track on the windows of a split; cached next to its sweep.

    Args:
        sources: tracks and labels.
        track: of a model.
        windows: those of the split.
        split: its name; None: all windows.
        task: advances by the bases read.

    Raises:
        TrackError: its file cannot be read.
        DatasetError: there are no labels of its marker.
    """
    assert sources.labels is not None
    inputs = [track.path, *sources.labels.files(track.marker or "")]
    question = ("scores of windows", track.marker, split, sources.assembly.digest, len(windows))
    cached_bases = windows.bases

    def score() -> Arrays:
        nonlocal cached_bases
        cached_bases = 0
        return _score(sources, track, windows, task)

    found = cached(track.path.parent, question, inputs, score)
    task.advance(cached_bases)  # those that need not be read
    return TrackScores(
        average_precision=number_or_none(found["average_precision"]),
        roc_auc=number_or_none(found["roc_auc"]),
        base_rate=number_or_none(found["base_rate"]),
        positives=int(found["positives"]),
        precision=found["precision"],
        windows=found["windows"],
        rates=found["rates"],
    )


def _score(sources: Sources, track: Track, windows: Windows, task: Task) -> Arrays:
    counts = Counts()
    areas, rates = np.full(len(windows), np.nan), np.full(len(windows), np.nan)
    for piece in windows.pieces():
        values, labels = read_piece(sources, track, piece)
        counts.add(*present(values, labels))
        ends = np.append(piece.first[1:], len(values))
        for window, low, high in zip(
            piece.windows.tolist(), piece.first.tolist(), ends.tolist(), strict=True
        ):
            found = labels[low:high]
            if np.count_nonzero(found) >= MIN_POSITIVES:
                measured = measure(values[low:high], found)
                if measured.positives >= MIN_POSITIVES:
                    areas[window] = measured.average_precision
                    rates[window] = measured.base_rate
        task.advance(piece.bases)
    curve = counts.curve()
    scored = curve.positives >= MIN_POSITIVES
    return {
        "average_precision": curve.average_precision() if scored else np.array(np.nan),
        "roc_auc": curve.roc_auc() if scored else np.array(np.nan),
        "base_rate": curve.base_rate(),
        "positives": curve.positives,
        "precision": curve.precision_at(RECALLS),
        "windows": areas,
        "rates": rates,
    }
