"""Bins for a histogram of floats, spaced as floats are.

Scores crowd near 0, and logits around a marker's bias, so bins of equal width would merge the
values that matter most. The bits of a positive float, exponent first and then fraction, grow with
it when read as an integer. Truncated to a few bits of the fraction, they are the numbers of bins of
equal relative width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

_SIGNLESS = 0x7FFFFFFF
_FRACTION_BITS, _BIAS = 23, 127  # of float32


@dataclass(frozen=True, slots=True)
class FloatBins:
    """Bins on either side of 0, and one around it; values in the same bin count as equal.

    Attributes:
        fraction_bits: there are 2^fraction_bits bins per doubling.
        nearest: values closer to 0 than 2^nearest share the bin around 0; -126 or more.
        farthest: values of at least 2^farthest share the outermost bin; 128 or less.
    """

    fraction_bits: int
    nearest: int
    farthest: int

    @property
    def side(self) -> int:
        """How many bins are on either side of the bin around 0, which is also that bin's index."""
        return (self.farthest - self.nearest) << self.fraction_bits

    @property
    def shift(self) -> int:
        """By how many bits a float32, read as an integer, is truncated."""
        return _FRACTION_BITS - self.fraction_bits

    @property
    def offset(self) -> int:
        """What is then subtracted, so that the first bin beside that around 0 is 1 away from it."""
        return ((_BIAS + self.nearest) << self.fraction_bits) - 1

    @property
    def count(self) -> int:
        """The number of bins."""
        return 2 * self.side + 1

    def of_bits(self, bits: Any) -> Any:
        """The bin of each float32, given by its bits; NaN falls into an arbitrary bin.

        It uses only operators that NumPy arrays and torch tensors share, so that the rule is the
        same on a GPU.

        Args:
            bits: float32 viewed as int32, an array or tensor of any shape.

        Returns:
            Bins, int32 of the same type and shape, 0 to `count` - 1, ascending with the value.
        """
        steps = bits & _SIGNLESS
        steps >>= self.shift
        steps -= self.offset
        steps = steps.clip(0, self.side)
        steps *= (bits >> 31) | 1  # -1 below 0, else 1
        steps += self.side
        return steps

    def of_values(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        """The bin of each value: int32, for float32 values of any shape."""
        return np.asarray(self.of_bits(values.view(np.int32)), dtype=np.int32)

    @property
    def lowest(self) -> npt.NDArray[np.float64]:
        """The lowest value of each bin, ascending, float64 (count,); -inf for the first."""
        edges = self._distances
        below = np.nextafter(-edges[::-1], np.inf, dtype=np.float32)  # an edge is of the bin below
        return np.concatenate([[-np.inf], below, edges]).astype(np.float64)

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """The middle of each bin, ascending, float64 (count,), which stands for its values."""
        edges = np.append(self._distances.astype(np.float64), 2.0**self.farthest)
        right = (edges[1:] + edges[:-1]) / 2
        return np.concatenate([-right[::-1], [0.0], right])

    @property
    def _distances(self) -> npt.NDArray[np.float32]:
        """Where the bins on one side of that around 0 begin, ascending, float32 (side,)."""
        steps = np.arange(self.side, dtype=np.int32) + (
            (_BIAS + self.nearest) << self.fraction_bits
        )
        return (steps << (_FRACTION_BITS - self.fraction_bits)).view(np.float32)


def sort_keys(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint32]:
    """Integers, uint32 (L,), that sort as the values do, float32 (L,) without NaN."""
    bits = (values + np.float32(0)).view(np.uint32)  # -0 is 0
    # the bits of a negative float fall as it rises
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
