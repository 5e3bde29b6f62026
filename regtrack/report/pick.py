"""Which windows a report shows: where models do best, worst, and differ most."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regtrack.genome.interval import Interval
from regtrack.report.scores import Floats, Scores

_LEAST = 100  # labelled bases of a window that is worth showing: about half a peak


@dataclass(frozen=True)
class Pick:
    """A window and the marker for which it was picked.

    Attributes:
        region: the window.
        marker: the marker's name; empty for a region that the user named.
        value: by which it was ranked; None for a region that the user named.
    """

    region: Interval
    marker: str = ""
    value: float | None = None


def best(scores: Scores, count: int) -> list[Pick]:
    """Windows in which the mean of the models' PR AUC is farthest above chance."""
    return _picked(scores, {name: table.mean(0) for name, table in _tables(scores).items()}, count)


def worst(scores: Scores, count: int) -> list[Pick]:
    """Windows with labelled bases in which it is least above chance, or below."""
    values = {name: -table.mean(0) for name, table in _tables(scores).items()}
    return [
        Pick(pick.region, pick.marker, -(pick.value or 0.0))
        for pick in _picked(scores, values, count)
    ]


def most_different(scores: Scores, count: int) -> list[Pick]:
    """Windows in which the PR AUC of the best and the worst model are farthest apart."""
    values = {
        name: np.ptp(table, axis=0) for name, table in _tables(scores).items() if len(table) > 1
    }
    return _picked(scores, values, count)


def _tables(scores: Scores) -> dict[str, Floats]:
    """How far above chance each model is, by marker: float64 (models, windows)."""
    found = {}
    lengths = scores.windows.ends - scores.windows.starts
    for marker in scores.markers:
        rows = [one for model in scores.models if (one := scores.of(marker.name, model.id))]
        enough = rows[0].rates * lengths >= _LEAST
        found[marker.name] = np.stack([np.where(enough, row.above_chance, np.nan) for row in rows])
    return found


def _picked(scores: Scores, values: dict[str, Floats], count: int) -> list[Pick]:
    """The highest values: no window twice, and no marker twice while there are others."""
    windows = scores.windows
    ranked = sorted(
        (
            (float(table[at]), name, int(at))
            for name, table in values.items()
            for at in np.argsort(-np.nan_to_num(table, nan=-np.inf), kind="stable")[: 4 * count]
            if np.isfinite(table[at])
        ),
        key=lambda one: -one[0],
    )
    found: list[tuple[float, str, int]] = []
    for rounds in range(1, count + 1):
        for one in ranked:
            shown = [other for other in found if other[1] == one[1]]
            if len(found) < count and len(shown) < rounds and one[2] not in {f[2] for f in found}:
                found.append(one)
    found.sort(key=lambda one: -one[0])
    return [
        Pick(
            Interval(
                windows.names[windows.chroms[at]], int(windows.starts[at]), int(windows.ends[at])
            ),
            name,
            value,
        )
        for value, name, at in found
    ]
