"""From values to stretches of a bigWig: the part of a sweep that rounds, averages and packs."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from regtrack.errors import TrackError
from regtrack.predict.copies import Scores, to_host
from regtrack.predict.reading import Strip
from regtrack.sweep import on_device
from regtrack.sweep.compute import Piece, Present
from regtrack.tracks.bigwig.encode import Encoded, encode, prepare
from regtrack.tracks.bigwig.rounding import average, round_mantissa

_MOMENT = 2.0  # seconds; to load what was compiled before takes half of one
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoding:
    """How values are stored.

    Attributes:
        keep_bits: bits of the mantissa that are kept; 23 is lossless.
        resolution: bp of a value, the mean of those that are present.
    """

    keep_bits: int
    resolution: int

    def finish(self, strip: Strip, present: Present, values: Tensor) -> Scores:
        """Values as they are stored, (count, ceil(L / resolution)), NaN where absent.

        On a GPU this happens before the copy, which is then as much smaller as the resolution is
        coarser; on the CPU row by row, so that one stays in the processor's cache.

        Args:
            strip: where they lie.
            present: which bases get a value, shape (L,).
            values: shape (count, L); written over.

        Raises:
            TrackError: the model gave NaN.
        """
        if not _here(values):
            stored, broken = on_device.finish(values, present, self.resolution, self.keep_bits)
            found = to_host(stored)
            if bool(broken.any()):  # asked behind the copy, when nothing has to be waited for
                _check(strip, broken.cpu().numpy())
            return found
        rows = [self._finish_row(strip, present, row) for row in values.numpy()]
        return np.stack(rows) if self.resolution > 1 else values.numpy()

    def _finish_row(self, strip: Strip, present: Present, row: Scores) -> Scores:
        broken = np.isnan(row)
        if broken.any():
            _check(strip, broken & present)
        row[~present] = np.nan
        stored = average(row, self.resolution)
        round_mantissa(stored, self.keep_bits)
        return stored

    def __call__(self, chrom: int, piece: Piece, row: int) -> Encoded:
        """Encode one row of a piece that has values.

        Args:
            chrom: the chromosome's number in the file.
            piece: the values, finished.
            row: which row of them.

        Raises:
            TrackError: the model gave an infinite value.
        """
        assert piece.values is not None
        start, end = piece.strip.start, piece.strip.end
        return encode(chrom, start, piece.values[row], resolution=self.resolution, end=end)


def prepare_encoder() -> None:
    """Have the encoder ready, and say so where that takes longer than a moment."""
    with ThreadPoolExecutor(1) as pool:
        ready = pool.submit(prepare)
        try:
            ready.result(timeout=_MOMENT)
        except TimeoutError:
            _log.warning("compiling the encoder, which is kept for the next time: some ten seconds")
            ready.result()


def _here(values: Tensor) -> bool:
    return values.device.type == "cpu"


def _check(strip: Strip, broken: Present) -> None:
    """Refuse values that are NaN where there should be one."""
    if broken.any():
        where = strip.start + int(np.flatnonzero(broken)[0])
        raise TrackError(
            f"the model gives NaN at {strip.chrom}:{where + 1:,}; its weights or the precision are "
            "at fault"
        )
