"""From values to stretches of a bigWig: the part of a sweep that rounds, averages and packs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from regtrack.errors import TrackError
from regtrack.sweep.compute import Piece
from regtrack.tracks.bigwig.encode import Encoded, encode
from regtrack.tracks.bigwig.rounding import DEFAULT_KEEP_BITS, average, round_mantissa


@dataclass(frozen=True)
class Encoding:
    """How values are stored.

    Attributes:
        keep_bits: bits of the mantissa that are kept; 23 is lossless.
        resolution: bp of a value, the mean of those that are present.

    Raises:
        TrackError: bits below 1 or above 23.
    """

    keep_bits: int = DEFAULT_KEEP_BITS
    resolution: int = 1

    def __post_init__(self) -> None:
        round_mantissa(np.zeros(1, np.float32), self.keep_bits)

    def __call__(self, chrom: int, piece: Piece, marker: int) -> Encoded:
        """Encode one marker of a piece that has values.

        Args:
            chrom: the chromosome's number in the file.
            piece: the values.
            marker: which row of them.

        Raises:
            TrackError: the model gave a value that is not finite.
        """
        assert piece.values is not None
        values = np.where(piece.present, piece.values[marker], np.float32(np.nan))
        if np.isnan(values).sum() != len(values) - piece.present.sum():
            where = piece.strip.start + int(np.flatnonzero(piece.present & np.isnan(values))[0])
            raise TrackError(
                f"the model gives NaN at {piece.strip.chrom}:{where + 1:,}; its weights or the "
                "precision are at fault"
            )
        stored = average(values, self.resolution)
        round_mantissa(stored, self.keep_bits)
        start, end = piece.strip.start, piece.strip.end
        return encode(chrom, start, stored, resolution=self.resolution, end=end)
