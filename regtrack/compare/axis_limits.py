"""The bottom and top of axes: as a user types them, or round numbers around values."""

from __future__ import annotations

import math
import re

from regtrack.errors import RegtrackError
from regtrack.files.shown import shown

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_BETWEEN = r"(?:\s*(?:\.\.|[,:;–]|to|-)\s*|\s+)"
_LIMITS = re.compile(rf"\s*({_NUMBER}){_BETWEEN}({_NUMBER})\s*", re.IGNORECASE)
_FAR = 1e12
_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_LEAST = 1e-6
_DEEPEST = 1e-6  # of the top, where a logarithmic axis begins at the lowest

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
            f'"{shown(text, 60)}" are not limits of an axis; expected two numbers, the lower '
            "first, such as 0 to 0.3"
        )
    return low, high


def limits_text(limits: Limits) -> str:
    """Limits as an address has them, which `read_limits` takes.

    >>> limits_text((0.0, 0.3))
    '0:0.3'
    """
    return ":".join(f"{limit:.12g}" for limit in limits)


def within_log(limits: Limits) -> Limits:
    """Typed limits on a logarithmic axis, which is above 0.

    >>> within_log((0.0, 0.3)), within_log((-2.0, -1.0))
    ((3e-07, 0.3), (1e-06, 1.0))
    """
    low, high = limits
    high = high if high > 0 else 1.0
    return max(low, high * _DEEPEST), high


def decades(low: float, high: float) -> Limits:
    """A logarithmic axis from a round number below to one above; both positive."""
    top = nice(high)
    bottom = max(low, top * _DEEPEST)
    power = 10.0 ** math.floor(math.log10(bottom * (1 + 1e-6)))  # float32 rounding
    step = max(step for step in (1.0, 2.0, 5.0) if step * power <= bottom * (1 + 1e-6))
    return float(f"{step * power:.6g}"), top


def outward(low: float, high: float) -> Limits:
    """The nearest round numbers outside of a range, so that axes stay steady.

    >>> outward(0.0213, 0.0487), outward(0.3, 0.3)
    ((0.02, 0.05), (0.3, 1.3))
    """
    if not high - low > _LEAST * max(abs(high), 1):
        return low, low + 1.0
    power = math.floor(math.log10(high - low))
    step = 10.0**power / 2
    bottom, top = math.floor(low / step + 1e-6) * step, math.ceil(high / step - 1e-6) * step
    return round(bottom, 2 - power), round(top, 2 - power)


def nice(value: float) -> float:
    """The smallest round number not below a value, so that axes stay steady while the view moves.

    >>> nice(0.83), nice(0.0), nice(17)
    (1.0, 1.0, 20.0)
    """
    if not math.isfinite(value) or value < _LEAST:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    step = next(step for step in _STEPS if value <= step * power * (1 + 1e-6))  # float32 rounding
    return float(f"{step * power:.6g}")
