"""The rows of tracks: a marker's labels and models, their differences, and other tracks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.bounded_cache import BoundedCache
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.intervals import Intervals
from regtrack.tracks.binning import Bins
from regtrack.tracks.catalog import Track
from regtrack_app.rows import NOWHERE, Curve, Floats, Row, SpanRow, ValueRow
from regtrack_app.state import MOST_MODELS, View, compared
from regtrack_app.tiles import Tile

FOLD = "×"
"""The unit of values that are multiples of a base rate."""
_LARGEST = np.float32(1e37)


@dataclass
class TrackRows:
    """Reads the tracks and labels of one view.

    Attributes:
        sources: tracks and labels.
        rates: what values are divided by, if their fold is asked for.
        cache: of bins, by track and tile.
        tile: what is read.
        reduction: width of the coarsest zoom record read so far (bp); 0 if every curve was read
            base by base.
    """

    sources: Sources
    rates: BaseRates
    cache: BoundedCache[Bins]
    tile: Tile
    reduction: int = 0

    def marker_rows(self, view: View, marker: str) -> list[Row]:
        """A marker's labels, the tracks of its models, and the requested differences."""
        catalog = self.sources.catalog
        category = catalog.marker(marker).category
        rows: list[Row] = []
        labels, labelled = self._labels(marker)
        if labelled is not None:
            rows.append(labelled)
        tracks = {model: catalog.find(model, marker) for model in view.models[:MOST_MODELS]}
        there = {model: track for model, track in tracks.items() if track is not None}
        curves: dict[str, Curve] = {}
        problem = "" if there else "none of the chosen models predicts this marker"
        fold = view.axis == "fold"
        for model, track in there.items():
            try:
                curve = self._with_spread(self._curve(track, catalog.model(model).label), track)
                curves[model] = self._fold(curve, track) if fold else curve
            except RegtrackError as error:
                problem = str(error)
        title = "" if labelled else marker
        unit = FOLD if fold else ""
        if view.mode == "stack" and curves:
            for model, curve in curves.items():
                rows.append(
                    ValueRow(
                        f"{marker}/{model}", catalog.model(model).label, marker,
                        (curve,), marker, category, height=58, unit=unit,
                    )
                )  # fmt: skip
            if problem:
                row = ValueRow(f"{marker}/=problem", "", "", (), marker, category, problem=problem)
                rows.append(row)
        else:
            rows.append(
                ValueRow(
                    marker, title, category, tuple(curves.values()), marker, category,
                    problem=problem, unit=unit,
                )
            )  # fmt: skip
        return rows + self._differences(view, marker, curves, labels)

    def other_row(self, view: View, track: Track) -> ValueRow:
        """A track that is not a model's scores: saliency, around 0, or anything else from 0 up."""
        signed = track.kind == "saliency"
        try:
            curve = self._curve(track, track.label, signed=signed)
            fold = view.axis == "fold" and not signed
            curves: tuple[Curve, ...] = (self._fold(curve, track) if fold else curve,)
            problem = ""
        except RegtrackError as error:
            curves, problem = (), str(error)
        return ValueRow(
            track.id, track.label, track.kind, curves, track.id, f"other {track.id}",
            "saliency" if signed else "values", problem=problem, height=58,
            unit=FOLD if curves and fold else "",
        )  # fmt: skip

    def _with_spread(self, curve: Curve, track: Track) -> Curve:
        """A curve with the spread over the networks whose mean it is, if that was written."""
        found = self.sources.catalog.spread(track)
        return curve if found is None else replace(curve, spread=self._curve(found, "").mean)

    def _fold(self, curve: Curve, track: Track) -> Curve:
        """A curve as multiples of its marker's base rate, or else of the track's own median."""
        base = self.rates.rate(track.marker) if track.marker else None
        one = np.float32(base or self.rates.median(track.id) or 1.0)
        high = None if curve.high is None else np.asarray(curve.high / one, dtype=np.float32)
        spread = None if curve.spread is None else np.asarray(curve.spread / one, dtype=np.float32)
        mean = np.asarray(curve.mean / one, dtype=np.float32)
        return replace(curve, mean=mean, high=high, spread=spread)

    def _labels(self, marker: str) -> tuple[Intervals | None, SpanRow | None]:
        if not self.sources.has_labels(marker):
            return None, None
        tile, category = self.tile, self.sources.catalog.marker(marker).category
        try:
            found = self.sources.labelled(marker, tile.chrom, tile.start, tile.end)
        except RegtrackError as error:
            row = SpanRow(
                f"{marker}/=labels", marker, category, NOWHERE, NOWHERE, problem=str(error)
            )
            return None, row
        drawn = found.joined(tile.step)  # distinct on a screen, and few enough
        return found, SpanRow(f"{marker}/=labels", marker, category, drawn.starts, drawn.ends)

    def _curve(self, track: Track, name: str, *, signed: bool = False) -> Curve:
        """A track in bins; for signed values those furthest from 0, since means would cancel."""
        tile = self.tile
        bins = self.cache.get(
            (track.id, tile),
            lambda: self.sources.bins(track.id, tile.chrom, tile.start, tile.end, tile.bins),
        )
        self.reduction = max(self.reduction, bins.reduction)
        mean, high, low = map(drawable, (bins.mean, bins.high, bins.low))
        if signed:
            farthest = np.where(high >= -low, high, low)
            return Curve(name, track.style, bins.start, bins.step, farthest)
        return Curve(name, track.style, bins.start, bins.step, mean, high)

    def _differences(
        self, view: View, marker: str, curves: dict[str, Curve], labels: Intervals | None
    ) -> list[Row]:
        rows: list[Row] = []
        pair = [curves[model] for model in compared(view) if model in curves]
        if "models" in view.differences and len(pair) == 2:
            first, second = pair
            curve = Curve(
                f"{first.name} − {second.name}", first.style, first.start, first.step,
                first.mean - second.mean, below=second.style,
            )  # fmt: skip
            rows.append(_difference_row(f"{marker}/=models", marker, curve))
        if "labels" in view.differences and labels is not None:
            for model, curve in curves.items():
                share = labelled_share(labels, curve)
                less = Curve(
                    f"{curve.name} − labels", curve.style, curve.start, curve.step,
                    curve.mean - share,
                )  # fmt: skip
                rows.append(_difference_row(f"{marker}/{model}/=labels", marker, less))
        return rows


def drawable(values: Floats) -> Floats:
    """Values of other programs' files, float32 (n,), with NaN for what cannot be drawn.

    Those are infinities, and numbers so large that the axis would overflow.
    """
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) < _LARGEST, values, np.float32(np.nan))


def labelled_share(labels: Intervals, curve: Curve) -> Floats:
    """The labelled fraction of each bin of a curve, float32 (n,)."""
    edges = curve.start + np.arange(len(curve.mean) + 1) * curve.step
    share = np.diff(labels.covered_below(edges)) / curve.step
    return np.asarray(share, dtype=np.float32)


def _difference_row(key: str, marker: str, curve: Curve) -> ValueRow:
    from_what = "labels" if curve.below is None else "models"
    return ValueRow(key, curve.name, marker, (curve,), marker, from_what, "difference", height=50)
