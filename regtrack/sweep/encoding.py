"""Round, average and compress values into sections of a bigWig."""

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

_SHORT = 2.0  # seconds; loading an encoder compiled earlier takes about 0.5
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoding:
    """How values are stored.

    Attributes:
        keep_bits: mantissa bits to keep; 23 is lossless.
        resolution: bp per stored value, which is the mean of the values present.
    """

    keep_bits: int
    resolution: int

    def finish(self, strip: Strip, present: Present, values: Tensor) -> Scores:
        """The values to store, float32 (count, ceil(L / resolution)), NaN where absent.

        On a GPU this is done before the copy to the CPU, which shrinks it by the resolution; on the
        CPU row by row, so that a row stays in the processor's cache.

        Args:
            strip: position of the values.
            present: which bases get a value, bool (L,).
            values: float32 (count, L); overwritten.

        Raises:
            TrackError: the model gave NaN.
        """
        if not _on_cpu(values):
            stored, broken = on_device.finish(values, present, self.resolution, self.keep_bits)
            found = to_host(stored)
            if bool(broken.any()):  # checked after the copy, when there is nothing to wait for
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
        """Encode one row of a piece.

        Args:
            chrom: the chromosome's number in the file.
            piece: a piece with values.
            row: the row to encode.

        Raises:
            TrackError: the model gave an infinite value.
        """
        assert piece.values is not None
        start, end = piece.strip.start, piece.strip.end
        return encode(chrom, start, piece.values[row], resolution=self.resolution, end=end)


def prepare_encoder() -> None:
    """Load or compile the encoder, with a note if that takes longer than two seconds."""
    with ThreadPoolExecutor(1) as pool:
        ready = pool.submit(prepare)
        try:
            ready.result(timeout=_SHORT)
        except TimeoutError:
            _log.warning("compiling the encoder once, about ten seconds; later runs reuse it")
            ready.result()


def _on_cpu(values: Tensor) -> bool:
    return values.device.type == "cpu"


def _check(strip: Strip, broken: Present) -> None:
    """Refuse NaN at a base that should get a value."""
    if broken.any():
        where = strip.start + int(np.flatnonzero(broken)[0])
        raise TrackError(
            f"the model gives NaN at {strip.chrom}:{where + 1:,}; check its weights, or choose "
            "another precision"
        )
