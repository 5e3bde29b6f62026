"""The bottom and top of an axis as a user types them."""

from __future__ import annotations

import math
import re

from regtrack.errors import RegtrackError
from regtrack_app.places import quotable

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_BETWEEN = r"(?:\s*(?:\.\.|[,:;–]|to|-)\s*|\s+)"
_LIMITS = re.compile(rf"\s*({_NUMBER}){_BETWEEN}({_NUMBER})\s*", re.IGNORECASE)
_FAR = 1e12

Limits = tuple[float, float]


def read_limits(text: str) -> Limits:
    """Two numbers, the lower first.

    >>> read_limits("0 to 0.3"), read_limits("-1..2.5"), read_limits("1e-3:1")
    ((0.0, 0.3), (-1.0, 2.5), (0.001, 1.0))

    Raises:
        RegtrackError: anything else.
    """
    found = _LIMITS.fullmatch(text)
    low, high = map(float, found.groups()) if found else (math.nan, math.nan)
    if not (-_FAR <= low < high <= _FAR):
        raise RegtrackError(
            f'"{quotable(text)}" are not limits of an axis; expected two numbers, the lower first, '
            "such as 0 to 0.3"
        )
    return low, high


def limits_text(limits: Limits) -> str:
    """Limits as an address has them, which `read_limits` takes.

    >>> limits_text((0.0, 0.3))
    '0:0.3'
    """
    return ":".join(f"{limit:.12g}" for limit in limits)
