"""All markers of a view in one picture: a matrix of colours by marker and position."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.overview import Grid, Overview, by_similarity, grid_of
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.bins import Values
from regtrack_app.state import HEAT_DIFFERENCE, HEAT_LABELS, View, compared

COLUMNS = 1_000
"""Maximum number of columns of a picture."""
ABSENT = 255
"""The code of a column in which no base has a value."""
_MOST = 252  # the code of the highest value; an even number, so that 0 of a difference has one
_LOW, _HIGH = 0.01, 0.995  # parts of a row's values below the first and the last colour
_DOUBLINGS = 6  # over the base rate, for the strongest colour
_ORDERS = 64  # by similarity, kept

Codes = npt.NDArray[np.uint8]
Ranges = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Heat:
    """A picture of markers by position.

    Attributes:
        shown: `=labels`, `=difference`, or a model's id.
        pair: ids of the two models of a difference.
        markers: names, from the top.
        categories: of each marker.
        grid: the columns.
        codes: uint8 (markers, columns): 0 for the row's `lows` and less to 252 for its `highs` and
            more, or ABSENT.
        lows: value of the code 0 in each row, float64 (markers,).
        highs: value of the code 252, float64 (markers,).
    """

    shown: str
    pair: tuple[str, ...]
    markers: tuple[str, ...]
    categories: tuple[str, ...]
    grid: Grid
    codes: Codes
    lows: Ranges
    highs: Ranges

    def packed(self, **more: Any) -> bytes:
        """The picture for the page: the length of a JSON object, the object, and the codes."""
        head = {
            "shown": self.shown, "pair": self.pair, "markers": self.markers,
            "categories": self.categories, "chrom": self.grid.chrom, "start": self.grid.start,
            "step": self.grid.step, "columns": self.grid.columns,
            "lows": [float(f"{low:.4g}") for low in self.lows.tolist()],
            "highs": [float(f"{high:.4g}") for high in self.highs.tolist()],
            **more,
        }  # fmt: skip
        text = json.dumps(head, separators=(",", ":")).encode()
        return struct.pack("<I", len(text)) + text + self.codes.tobytes()


class Heats:
    """Makes pictures of all markers; one instance serves all threads.

    Args:
        sources: what may be shown.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._overview = Overview(sources)
        self._rates = BaseRates(sources)
        self._similar = lru_cache(_ORDERS)(self._by_similarity)

    def heat(self, view: View) -> Heat:
        """The picture of a view.

        Raises:
            RegtrackError: there is nothing to show, such as labels where none were given.
        """
        shown, pair = shown_of(view), compared(view)
        markers = self._markers(shown, pair)
        grid = grid_of(view.region, COLUMNS)
        values, lows, highs = self._scaled(view, shown, pair, markers, grid)
        if shown != HEAT_DIFFERENCE:
            model = None if shown == HEAT_LABELS else shown
            self._overview.read_ahead(model, markers, grid, highest=view.draw == "max")
        order = self._order(view, shown, pair, markers, grid)
        codes = _codes(values, lows, highs)
        chosen = tuple(markers[row] for row in order.tolist())
        catalog = self._sources.catalog
        return Heat(
            shown, pair, chosen, tuple(catalog.marker(name).category for name in chosen), grid,
            np.ascontiguousarray(codes[order]), lows[order], highs[order],
        )  # fmt: skip

    def _markers(self, shown: str, pair: tuple[str, ...]) -> tuple[str, ...]:
        if shown == HEAT_LABELS:
            found = self._overview.markers(None)
        elif shown == HEAT_DIFFERENCE:
            if len(pair) < 2:
                raise RegtrackError("a difference is between two models; choose two")
            both = set(self._overview.markers(pair[1]))
            found = tuple(name for name in self._overview.markers(pair[0]) if name in both)
        else:
            found = self._overview.markers(shown)
        if not found:
            what = "labels" if shown == HEAT_LABELS else "tracks of a marker"
            raise RegtrackError(f"there are no {what} to show; choose something else to colour by")
        return found

    def _scaled(
        self, view: View, shown: str, pair: tuple[str, ...], markers: tuple[str, ...], grid: Grid
    ) -> tuple[Values, Ranges, Ranges]:
        """Values and, for each row, those that have the first and the last colour."""
        highest = view.draw == "max"
        if shown == HEAT_DIFFERENCE:
            first, second = (self._values(model, markers, grid, highest=highest) for model in pair)
            # in parts of the higher one here, so that weak markers are seen beside strong ones
            most = np.maximum(*(_range(one)[1] for one in (first, second)))
            return first - second, -most, most
        model = None if shown == HEAT_LABELS else shown
        values = self._values(model, markers, grid, highest=highest)
        if view.axis == "fold" and shown != HEAT_LABELS:
            rates = [self._base(shown, name) for name in markers]
            lows = np.array(rates, dtype=np.float64)
            return values, lows, lows * 2.0**_DOUBLINGS
        low, high = _range(values)
        if shown == HEAT_LABELS:
            return values, np.zeros_like(low), np.nan_to_num(values).max(axis=1).astype(np.float64)
        return values, low, high

    def _base(self, model: str, marker: str) -> float:
        track = self._sources.catalog.find(model, marker)
        try:
            return self._rates.rate(marker) or (track and self._rates.median(track.id)) or 1.0
        except RegtrackError:  # its row in the tracks says what is wrong
            return 1.0

    def _values(
        self, model: str | None, markers: tuple[str, ...], grid: Grid, *, highest: bool = False
    ) -> Values:
        return self._overview.values(model, markers, grid, highest=highest)

    def _order(
        self, view: View, shown: str, pair: tuple[str, ...], markers: tuple[str, ...], grid: Grid
    ) -> npt.NDArray[np.int64]:
        if view.order == "similarity":
            model = pair[0] if shown == HEAT_DIFFERENCE else None if shown == HEAT_LABELS else shown
            return self._similar(model, markers, grid.chrom)
        catalog = self._sources.catalog
        if view.order == "disagreement":
            return self._by_disagreement(pair, markers, grid)
        names = list(dict.fromkeys(marker.category for marker in catalog.markers))
        kinds = np.array([names.index(catalog.marker(name).category) for name in markers])
        return np.argsort(kinds, kind="stable")

    def _by_similarity(
        self, model: str | None, markers: tuple[str, ...], chrom: str
    ) -> npt.NDArray[np.int64]:
        """Over the whole chromosome, so that rows stay where they are while the view moves."""
        whole = Interval(chrom, 0, self._sources.assembly.length(chrom))
        return by_similarity(self._values(model, markers, grid_of(whole, COLUMNS)))

    def _by_disagreement(
        self, pair: tuple[str, ...], markers: tuple[str, ...], grid: Grid
    ) -> npt.NDArray[np.int64]:
        """Of the two models, or of one and the labels: parts of the row's highest score here."""
        if not pair:
            raise RegtrackError("disagreement is between models; choose one or two")
        first = self._values(pair[0], markers, grid)
        second = self._values(pair[1] if len(pair) > 1 else None, markers, grid)
        most = np.maximum(_range(first)[1], _range(second)[1])[:, None]
        apart = np.abs(first - second) / np.where(most > 0, most, 1)
        there = np.isfinite(apart)
        mean = np.where(there, apart, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
        return np.argsort(-mean, kind="stable")


def shown_of(view: View) -> str:
    """What the picture is of: what was chosen, else the first model, else the labels."""
    return view.heat or next(iter(compared(view)), HEAT_LABELS)


def _range(values: Values) -> tuple[Ranges, Ranges]:
    """Nearly the lowest and the highest value of each row, float64 (n,) each; 0 without any.

    A few columns, such as those at the edge of a gap, do not decide the colours of all others.
    """
    ordered = np.sort(values, axis=1)  # NaN comes last
    last = np.maximum(np.isfinite(values).sum(axis=1) - 1, 0)
    rows = np.arange(len(values))
    low, high = (
        np.nan_to_num(ordered[rows, np.round(part * last).astype(np.int64)]).astype(np.float64)
        for part in (_LOW, _HIGH)
    )
    return low, high


def _codes(values: Values, lows: Ranges, highs: Ranges) -> Codes:
    """Values as codes of colours, uint8 (n, columns)."""
    spans = np.where(highs > lows, highs - lows, 1)[:, None]
    with np.errstate(invalid="ignore"):
        parts = np.clip((values - lows[:, None]) / spans, 0, 1)
        return np.where(np.isfinite(parts), np.round(parts * _MOST), ABSENT).astype(np.uint8)
