"""Symbols of deflate (RFC 1951, section 3.2.5), and the array types of this package.

Literals are 0 to 255, followed by the end of the block and the lengths; distances are numbered
separately.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint32]
Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]

int64 = cast(Callable[[int], int], np.int64)
"""A number written in the source, as one of the kind that arrays hold. Numba compiles a function
anew for each literal that it is called with, but only once for all numbers of this kind."""

END = 256
SYMBOLS = 288  # the last two are never used, but are part of the fixed code
LENGTH_BITS = np.array([0] * 8 + [n for n in range(1, 6) for _ in range(4)] + [0])
LENGTH_BASE = 3 + np.cumsum(1 << LENGTH_BITS) - (1 << LENGTH_BITS)
LENGTH_BASE[-1] = 258
DISTANCE_BITS = np.array([0, 0, *(n for n in range(14) for _ in range(2))])
DISTANCE_BASE = 1 + np.cumsum(1 << DISTANCE_BITS) - (1 << DISTANCE_BITS)
LONGEST = 64  # words of the longest repeat: 256 bytes, of the 258 that deflate allows
FARTHEST = 8_191  # words of the farthest distance of a repeat: 32 kB less one word
LENGTH_SYMBOL = np.searchsorted(LENGTH_BASE, np.arange(4 * LONGEST + 1), side="right") - 1
DISTANCE_SYMBOL = (
    np.searchsorted(DISTANCE_BASE, np.arange(1 << 15), side="right").astype(np.uint8) - 1
)
FIXED_LENGTHS = np.array([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8)  # section 3.2.6
FIXED, DYNAMIC = 1, 2  # block types; stored blocks are 0
STORED_WORDS = 16_383  # words per stored block, whose bytes are counted in 16 bits
SLOT_BITS = 13  # bits of a hash, the index of the position where bytes were last seen
NEVER = -(1 << 20)  # position of bytes that were not seen yet: farther back than any repeat

# an unsigned index is not checked for being negative, which would take a fifth of the time
u = np.uint64
