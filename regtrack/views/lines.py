"""Reads tracks of a region as lines of bins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.sources import Sources
from regtrack.figures.region.values import Floats, Line
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.model_style import NO_MODEL
from regtrack.tracks.catalog import ModelTracks, Track

_LARGEST = np.float32(1e37)  # larger numbers of other programs cannot be drawn
_LABELS = "#4D4D4D"


@dataclass(frozen=True, eq=False)
class Lines:
    """Reads lines of one region.

    Attributes:
        sources: the tracks.
        region: what is read.
        bins: maximum number of bins.
        statistic: what is drawn of a bin: `mean`, `max`, `both`; empty: the maximum if the bins are
            of zoom levels.
        fold: whether values are multiples of base rates.
    """

    sources: Sources
    region: Interval
    bins: int
    statistic: str = ""
    fold: bool = False

    def of_marker(self, models: Sequence[ModelTracks], marker: str) -> dict[str, Line]:
        """The track of each model that predicts a marker, by the model's id.

        Raises:
            TrackError: a file cannot be read.
        """
        found = {}
        for model in models:
            track = self.sources.catalog.find(model.id, marker)
            if track is not None:
                found[model.id] = self._folded(self._read(track, model.label), track)
        return found

    def of_track(self, track: Track) -> Line:
        """A track that is not a model's scores; of signed values, the farthest from 0 of each bin.

        Raises:
            TrackError: its file cannot be read.
        """
        name = track.style.title if track.style else ""
        if track.kind == "saliency":
            return self._read(track, name, signed=True)
        return self._folded(self._read(track, name), track)

    def _read(self, track: Track, name: str, *, signed: bool = False) -> Line:
        place = self.region
        bins = self.sources.bins(track.id, place.chrom, place.start, place.end, self.bins)
        mean, high, low = map(_drawable, (bins.mean, bins.high, bins.low))
        drawn = self.statistic or ("mean" if bins.exact else "max")
        values: tuple[Floats, ...] = {"mean": (mean,), "max": (high,), "both": (high, mean)}[drawn]
        if signed:
            values = (np.where(high >= -low, high, low),)
        return Line(
            name=name,
            colour=track.style.light if track.style else NO_MODEL,
            edges=np.asarray(bins.start + np.arange(len(bins) + 1) * bins.step, dtype=np.float64),
            values=values,
            dashes=track.style.dashes if track.style else (),
        )

    def _folded(self, line: Line, track: Track) -> Line:
        """A line as multiples of its marker's base rate, or else of the track's own median."""
        if not self.fold:
            return line
        rates = BaseRates(self.sources)
        base = rates.rate(track.marker) if track.marker else None
        one = np.float32(base or rates.median(track.id) or 1.0)
        values = tuple(np.asarray(part / one, dtype=np.float32) for part in line.values)
        return replace(line, values=values)


def between_models(lines: Mapping[str, Line], pair: Sequence[str]) -> Line | None:
    """One model's means less another's, in the colour of who is higher; None if one is missing."""
    ids = list(pair or lines)[:2]
    if len(ids) < 2 or not set(ids) <= lines.keys():
        return None
    one, two = (lines[name] for name in ids)
    less = one.values[0] - two.values[0]
    return replace(one, name=f"{one.name} − {two.name}", below=two.colour, values=(less,))


def less_labels(line: Line, labels: Intervals) -> Line:
    """A model's means less the labelled fraction of each bin."""
    share = np.diff(labels.covered_below(line.edges)) / np.diff(line.edges)
    less = np.asarray(line.values[0] - share, dtype=np.float32)
    return replace(line, name=f"{line.name} − labels", below=_LABELS, values=(less,))


def _drawable(values: Floats) -> Floats:
    """Values of other programs' files, float32 (n,), with NaN for what cannot be drawn."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < _LARGEST, values, np.float32(np.nan))
