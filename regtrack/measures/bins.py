"""Bins for a histogram of floats, spaced as floats are.

Scores crowd near 0, and logits around a marker's bias, so bins of equal width would lump together
what matters most. The bits of a positive float, read as a whole number, rise with it: exponent
first, then fraction. Cut to a few bits of fraction they number bins of equal relative width.
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
    """Bins on either side of 0, and one around it; values of one bin count as equal.

    Attributes:
        fraction_bits: 2^fraction_bits bins to each doubling.
        nearest: values nearer to 0 than 2^nearest share the bin around 0; -126 or more.
        farthest: values from 2^farthest on share the outermost bin; 128 or less.
    """

    fraction_bits: int
    nearest: int
    farthest: int

    @property
    def side(self) -> int:
        """Bins on either side of the one around 0, whose number this is."""
        return (self.farthest - self.nearest) << self.fraction_bits

    @property
    def count(self) -> int:
        """Bins in all."""
        return 2 * self.side + 1

    def of_bits(self, bits: Any) -> Any:
        """The bin of each float32, by its bits; any bin for NaN.

        The operators used are those that NumPy's arrays and torch's tensors share, so that the
        rule is the same on a GPU.

        Args:
            bits: float32 viewed as int32, an array or tensor of any shape.

        Returns:
            int32 of the same kind and shape, 0 to `count` - 1, ascending with the value.
        """
        steps = bits & _SIGNLESS
        steps >>= _FRACTION_BITS - self.fraction_bits
        steps -= ((_BIAS + self.nearest) << self.fraction_bits) - 1
        steps = steps.clip(0, self.side)
        steps *= (bits >> 31) | 1  # -1 below 0, else 1
        steps += self.side
        return steps

    def of_values(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
        """The bin of each value, int32, of the same shape."""
        return np.asarray(self.of_bits(values.view(np.int32)), dtype=np.int32)


def rising(values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint32]:
    """A whole number for each float32 (L,), none of them NaN, in the same order as the values."""
    bits = (values + np.float32(0)).view(np.uint32)  # -0 is 0
    # the bits of a negative float fall as it rises
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))
