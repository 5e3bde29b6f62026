"""All markers of a view in one picture: a matrix of colours by marker and position."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.overview import Overview, by_similarity, coarse, grid_of
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.summaries import Grid
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
        sharp: whether columns are as narrow as they shall be; otherwise this is a first picture.
    """

    shown: str
    pair: tuple[str, ...]
    markers: tuple[str, ...]
    categories: tuple[str, ...]
    grid: Grid
    codes: Codes
    lows: Ranges
    highs: Ranges
    sharp: bool = True

    def packed(self, **more: Any) -> bytes:
        """The picture for the page: the length of a JSON object, the object, and arrays.

        These are the lows and highs, float32, and the codes; the object is as long as aligns them.
        """
        head = {
            "shown": self.shown, "pair": self.pair, "markers": self.markers,
            "categories": self.categories, "chrom": self.grid.chrom, "start": self.grid.start,
            "step": self.grid.step, "columns": self.grid.columns, "sharp": self.sharp,
            **more,
        }  # fmt: skip
        text = json.dumps(head, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        ends = np.concatenate([self.lows, self.highs]).astype("<f4")
        return struct.pack("<I", len(text)) + text + ends.tobytes() + self.codes.tobytes()


@dataclass(frozen=True)
class _Asked:
    """A picture that was asked for; see `Heat` and `Overview.values`."""

    view: View
    shown: str
    pair: tuple[str, ...]
    markers: tuple[str, ...]
    grid: Grid
    soon: bool
    still: Callable[[], bool]

    @property
    def model(self) -> str | None:
        """The model that is shown, or the first of two; None: the labels."""
        if self.shown == HEAT_DIFFERENCE:
            return self.pair[0]
        return None if self.shown == HEAT_LABELS else self.shown


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
        self._categories = {marker.name: marker.category for marker in sources.catalog.markers}

    def heat(
        self, view: View, *, first: bool = False, still: Callable[[], bool] = lambda: True
    ) -> Heat:
        """The picture of a view.

        Args:
            view: the view.
            first: a coarser one, which is soon there, unless the sharp one is too.
            still: whether it is still wanted.

        Raises:
            RegtrackError: there is nothing to show, such as labels where none were given.
            GivenUpError: it is no longer wanted.
        """
        shown, pair = shown_of(view), compared(view)
        grid = grid_of(view.region, COLUMNS)
        asked = _Asked(view, shown, pair, self._markers(shown, pair), grid, False, still)
        models = pair if shown == HEAT_DIFFERENCE else (asked.model,)
        highest = view.draw == "max"
        if first and not self._overview.knows(models, asked.markers, grid, highest=highest):
            soon = self._overview.first(models, asked.markers, grid, highest=highest)
            asked = replace(asked, grid=soon, soon=True)
        values, lows, highs = self._scaled(asked)
        known = self._overview.knows(models, asked.markers, grid, highest=highest)
        sharp = not asked.soon or (known and asked.grid == grid)
        if sharp:
            others = [model for model in pair if model not in models]
            self._overview.read_ahead(models, others, asked.markers, grid, highest=highest)
        order = self._order(asked)
        codes = _codes(values, lows, highs)
        chosen = tuple(asked.markers[row] for row in order.tolist())
        return Heat(
            shown, pair, chosen, tuple(self._categories[name] for name in chosen),
            asked.grid, np.ascontiguousarray(codes[order]), lows[order], highs[order], sharp,
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

    def _scaled(self, asked: _Asked) -> tuple[Values, Ranges, Ranges]:
        """Values and, for each row, those that have the first and the last colour."""
        highest = asked.view.draw == "max"
        if asked.shown == HEAT_DIFFERENCE:
            first, second = (self._values(asked, one, highest=highest) for one in asked.pair)
            # in parts of the higher one here, so that weak markers are seen beside strong ones
            most = np.maximum(*(_range(one)[1] for one in (first, second)))
            return first - second, -most, most
        values = self._values(asked, asked.model, highest=highest)
        if asked.view.axis == "fold" and asked.shown != HEAT_LABELS:
            rates = [self._base(asked.shown, name) for name in asked.markers]
            lows = np.array(rates, dtype=np.float64)
            return values, lows, lows * 2.0**_DOUBLINGS
        if asked.shown == HEAT_LABELS:
            most = np.nan_to_num(values).max(axis=1).astype(np.float64)
            return values, np.zeros_like(most), most
        return values, *_range(values)

    def _base(self, model: str, marker: str) -> float:
        track = self._sources.catalog.find(model, marker)
        try:
            return self._rates.rate(marker) or (track and self._rates.median(track.id)) or 1.0
        except RegtrackError:  # its row in the tracks says what is wrong
            return 1.0

    def _values(self, asked: _Asked, model: str | None, *, highest: bool = False) -> Values:
        return self._overview.values(
            model, asked.markers, asked.grid, highest=highest, soon=asked.soon, still=asked.still
        )

    def _order(self, asked: _Asked) -> npt.NDArray[np.int64]:
        if asked.view.order == "similarity":
            return self._similar(asked.model, asked.markers, asked.grid.chrom)
        if asked.view.order == "disagreement":
            # in the first picture as in the sharp one, so that rows stay where they are
            grid = coarse(grid_of(asked.view.region, COLUMNS))
            return self._by_disagreement(replace(asked, grid=grid))
        numbers = {
            kind: number for number, kind in enumerate(dict.fromkeys(self._categories.values()))
        }
        kinds = np.array([numbers[self._categories[name]] for name in asked.markers])
        return np.argsort(kinds, kind="stable")

    def _by_similarity(
        self, model: str | None, markers: tuple[str, ...], chrom: str
    ) -> npt.NDArray[np.int64]:
        """Over the whole chromosome, so that rows stay where they are while the view moves."""
        whole = Interval(chrom, 0, self._sources.assembly.length(chrom))
        return by_similarity(self._overview.values(model, markers, grid_of(whole, COLUMNS)))

    def _by_disagreement(self, asked: _Asked) -> npt.NDArray[np.int64]:
        """Of the two models, or of one and the labels: parts of the row's highest score here."""
        pair = asked.pair
        if not pair:
            raise RegtrackError("disagreement is between models; choose one or two")
        first = self._values(asked, pair[0])
        second = self._values(asked, pair[1] if len(pair) > 1 else None)
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
    spans = np.where(highs > lows, highs - lows, 1)
    parts = values - lows[:, None].astype(np.float32)
    parts *= (_MOST / spans)[:, None].astype(np.float32)
    np.rint(np.clip(parts, 0, _MOST, out=parts), out=parts)
    parts[np.isnan(parts)] = ABSENT
    return parts.astype(np.uint8)
