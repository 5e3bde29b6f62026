"""A small plot of values in a line of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

BLOCKS = " ▁▂▃▄▅▆▇█"
PLAIN = " .:-=+*#@"  # where a terminal has no blocks


def sketch(
    values: npt.NDArray[np.float32] | Sequence[float], width: int, encoding: str = "utf-8"
) -> str:
    """The highest value of each of `width` parts, from nothing at 0 to a full block at the highest.

    Args:
        values: floats (L,), NaN where there is none.
        width: characters; fewer values take one each.
        encoding: of the terminal.

    >>> sketch([0, 0.5, 1, 0.5, float("nan")], 5)
    ' ▄█▄ '
    >>> sketch([0, 0.5, 1], 3, "ascii")
    ' =@'
    """
    array = np.nan_to_num(np.asarray(values, dtype=np.float64))
    edges = np.linspace(0, len(array), min(width, len(array)) + 1).astype(int)
    highest = np.maximum.reduceat(array, edges[:-1]) if len(array) else array
    top = highest.max(initial=0)
    levels = np.rint(highest / top * (len(BLOCKS) - 1)) if top > 0 else np.zeros(len(highest))
    return "".join(_blocks(encoding)[max(0, int(level))] for level in levels)


def _blocks(encoding: str) -> str:
    try:
        BLOCKS.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return PLAIN
    return BLOCKS
