"""Means and correlations of several tracks, streamed, with the same digits however they are fed."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]

_PIECE = 1 << 20  # positions whose sums are computed at once


class Moments:
    """The mean of each track and the correlation of each pair, over positions fed in any portions.

    Positions are gathered into pieces of 2^20. Each piece is centred on its own mean, and pieces
    are joined in order (Chan, Golub and LeVeque 1983, The American Statistician 37:242), so that
    the digits depend on the values and their order alone.

    Args:
        rows: number of tracks.

    Attributes:
        count: number of positions joined so far; `finish` joins the rest.
        mean: of each track, float64 (rows,).
        products: the sums of the products of centred values, float64 (rows, rows).
        low, high: the least and greatest value of each track, float64 (rows,).
    """

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.mean = np.zeros(rows)
        self.products = np.zeros((rows, rows))
        self.low, self.high = np.full(rows, np.inf), np.full(rows, -np.inf)
        self._waiting: list[Values] = []
        self._gathered = 0

    def add(self, values: npt.NDArray[np.floating]) -> None:
        """Add positions, floats (rows, n), none NaN."""
        while self._gathered + values.shape[1] >= _PIECE:
            taken = _PIECE - self._gathered
            self._waiting.append(np.asarray(values[:, :taken], dtype=np.float64))
            values = values[:, taken:]
            self.finish()
        if values.shape[1]:
            self._waiting.append(np.asarray(values, dtype=np.float64))
            self._gathered += values.shape[1]

    def finish(self) -> Moments:
        """Join what was fed since the last whole piece; returns itself."""
        if self._waiting:
            piece = np.concatenate(self._waiting, axis=1)
            self._waiting, self._gathered = [], 0
            mean = piece.mean(axis=1)
            centred = piece - mean[:, None]
            products = np.empty_like(self.products)
            # not the @ operator: its digits differ by machine, and BLAS starts a thread per core
            for one in range(len(piece)):
                for two in range(one, len(piece)):
                    products[one, two] = products[two, one] = (centred[one] * centred[two]).sum()
            self._join(piece.shape[1], mean, products)
            self.low = np.minimum(self.low, piece.min(axis=1))
            self.high = np.maximum(self.high, piece.max(axis=1))
        return self

    def merge(self, later: Moments) -> None:
        """Add the positions of another value, which are finished, after those of this one."""
        if later.count:
            self._join(later.count, later.mean, later.products)
            self.low = np.minimum(self.low, later.low)
            self.high = np.maximum(self.high, later.high)

    def _join(self, count: int, mean: Values, products: Values) -> None:
        total = self.count + count
        shift = mean - self.mean
        self.products += products + shift[:, None] * shift * (self.count / total * count)
        self.mean = self.mean + shift * (count / total)
        self.count = total

    def correlation(self) -> Values:
        """Pearson's correlation of each pair, float64 (rows, rows); NaN if one is constant."""
        found = np.full_like(self.products, np.nan)
        if self.count < 2:
            return found
        varies = self.low < self.high
        there = np.flatnonzero(varies)
        for one in there.tolist():
            for two in there.tolist():
                squares = self.products[one, one] * self.products[two, two]
                ratio = self.products[one, two] / np.sqrt(squares) if squares > 0 else np.nan
                found[one, two] = 1.0 if one == two else np.clip(ratio, -1, 1)
        return found
