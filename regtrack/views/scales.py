"""The axes of panels: what they share, and round numbers around what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from regtrack.compare.axis_limits import Limits, decades, nice, outward, within_log
from regtrack.figures.region.values import Panel
from regtrack.views.request import ViewRequest

_Family = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Draft:
    """A panel before it has limits.

    Attributes:
        panel: the panel.
        marker: what its rows share a scale by.
        group: the same if scales are shared more widely: a category.
        kind: `values` from 0 up, `difference` around 0, `saliency` per base, or `other`, in units
            of its own.
        limits: its limits, if they were typed.
    """

    panel: Panel
    marker: str
    group: str
    kind: str = "values"
    limits: Limits | None = None


def scaled(drafts: Sequence[Draft], request: ViewRequest) -> list[Panel]:
    """The panels with limits; numbers are written where they differ from those above."""
    needed = [_needed(draft.panel) for draft in drafts]
    shared: dict[_Family, Limits] = {}
    for draft, own in zip(drafts, needed, strict=True):
        if own is not None:
            family = _family(draft, request)
            low, high = shared.get(family, own)
            shared[family] = min(low, own[0]), max(high, own[1])
    panels: list[Panel] = []
    told: tuple[str, str, Limits] | None = None
    for draft in drafts:
        limits = _axis(draft, shared.get(_family(draft, request)), request)
        says = draft.marker, draft.kind, limits
        panels.append(replace(draft.panel, limits=limits, numbers=says != told))
        told = says if draft.panel.lines else None
    return panels


def _family(draft: Draft, request: ViewRequest) -> _Family:
    """What the panels with one range have in common."""
    panel = draft.panel
    if draft.kind == "saliency":
        return draft.kind, draft.group
    if request.scale == "own" or draft.kind == "other":
        return draft.kind, panel.key
    if request.scale == "category":
        return draft.kind, draft.group
    return draft.kind, draft.group if draft.kind == "difference" else "", draft.marker


def _axis(draft: Draft, needed: Limits | None, request: ViewRequest) -> Limits:
    """The axis of a panel whose family needs a range; None: it has no value here."""
    around_0 = draft.kind in ("difference", "saliency")
    log = request.axis == "log" and not around_0
    typed = draft.limits or (request.limits if draft.kind == "values" else None)
    if typed is not None:
        return within_log(typed) if log else typed
    if around_0:
        top = nice(max(map(abs, needed)) if needed else 0.0)
        low = min(needed[0], 0.0) if needed else -top
        return (-top, top) if draft.kind == "difference" or low < 0 else (0.0, top)
    low, high = needed or (0.0, 1.0)
    if log:
        return decades(max(low, 1e-9), max(high, 1e-9)) if needed else (0.1, 1.0)
    if request.floor == "zero" and low >= 0:
        return 0.0, nice(high)
    return outward(low, high)


def _needed(panel: Panel) -> Limits | None:
    """The lowest and highest value that is drawn; None without any."""
    lows, highs = [], []
    for line in panel.lines:
        for values in line.values:
            size = values[np.isfinite(values) & ((values > 0) | (not panel.log))]
            if len(size):
                lows.append(float(size.min()))
                highs.append(float(size.max()))
    return (min(lows), max(highs)) if lows else None
