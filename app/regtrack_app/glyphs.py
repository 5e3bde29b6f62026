"""The outlines of the letters of a logo, each in a square from 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Outline = npt.NDArray[np.float64]
_POINTS = 10  # of an arc


def _arc(first: float, last: float, width: float, height: float) -> list[tuple[float, float]]:
    """Points of an ellipse about the middle, from one angle to another (degrees)."""
    angles = np.radians(np.linspace(first, last, _POINTS))
    x, y = 0.5 + width * np.cos(angles), 0.5 + height * np.sin(angles)
    return list(zip(x.tolist(), y.tolist(), strict=True))


# a hole is entered from the outline and followed the other way round
_A = [(0, 0), (0.4, 1), (0.6, 1), (1, 0), (0.8, 0), (0.71, 0.24), (0.36, 0.39), (0.64, 0.39),
      (0.5, 0.8), (0.36, 0.39), (0.71, 0.24), (0.29, 0.24), (0.2, 0)]  # fmt: skip
_C = [*_arc(40, 320, 0.5, 0.5), *_arc(318, 42, 0.29, 0.34)]
_G = [*_arc(40, 330, 0.5, 0.5), (1, 0.52), (0.52, 0.52), (0.52, 0.36), (0.78, 0.36),
      *_arc(315, 42, 0.29, 0.34)]  # fmt: skip
_T = [(0.4, 0), (0.4, 0.84), (0, 0.84), (0, 1), (1, 1), (1, 0.84), (0.6, 0.84), (0.6, 0)]


def _fitted(points: list[tuple[float, float]]) -> Outline:
    """A closed polygon that reaches all sides of its square."""
    outline = np.array([*points, points[0]], dtype=np.float64)
    low, high = outline.min(axis=0), outline.max(axis=0)
    fitted: Outline = (outline - low) / (high - low)
    return fitted


OUTLINES: Mapping[str, Outline] = {
    letter: _fitted(points) for letter, points in (("A", _A), ("C", _C), ("G", _G), ("T", _T))
}
"""A closed polygon of each base, float64 (points, 2): x from the left, y from below."""
