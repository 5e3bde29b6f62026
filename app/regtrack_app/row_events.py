"""What happens to rows on the page, as changes of the view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from regtrack.compare.axis_limits import limits_text, read_limits
from regtrack.errors import RegtrackError
from regtrack_app.regions import region_text
from regtrack_app.row_looks import GENES, LETTERS, RowLook, changed, in_order, moved, unit_of
from regtrack_app.state import MOST_MARKS, View


def units_of(view: View) -> list[str]:
    """The units of a view from the top: markers, letters, tracks and genes, as ordered."""
    return in_order([*view.markers, LETTERS, *view.tracks, GENES], view.rows)


def after_event(view: View, event: Mapping[str, Any]) -> View:
    """The view after an event of a row: `{"row": key, "act": ..., "value": ...}`.

    Args:
        view: before.
        event: `act` is `remove`, `reset`, `height`, `colour`, `limits`, `before` (another unit),
            `up` or `down`; `isoforms` of the genes: `one` or `all`; or, of no row, `mark` for
            highlighting the region and `unmark` for highlighting none.

    Raises:
        RegtrackError: a height, colour or limits that are none.
    """
    key, act = str(event.get("row") or ""), str(event.get("act"))
    value = str(event.get("value") or "")
    if act in {"mark", "unmark"}:
        marks = dict.fromkeys([*view.marks, region_text(view.region)]) if act == "mark" else ()
        return replace(view, marks=tuple(marks)[-MOST_MARKS:])
    if act == "isoforms":
        return replace(view, genes=value)
    if act == "remove":
        return _without(view, key)
    if act in {"before", "up", "down"}:
        return _moved(view, unit_of(key), act, value)
    return replace(view, looks=changed(view.looks, _look(key, act, value)))


def _look(key: str, act: str, value: str) -> RowLook:
    """What an event changes of a row."""
    if act == "reset":
        return RowLook(key)
    if act == "height" and value.isdecimal():
        return RowLook(key, height=int(value))
    if act == "colour":
        return RowLook(key, colour=value.removeprefix("#").lower())
    if act == "limits":
        return RowLook(key, limits=limits_text(read_limits(value)))
    raise RegtrackError("nothing that can be done to a row")


def _without(view: View, key: str) -> View:
    """The view without what a row shows."""
    unit, *parts = key.split("/")
    if key.endswith("/=saliency"):
        return replace(view, saliency=False)
    if unit in view.tracks:
        return replace(view, tracks=tuple(name for name in view.tracks if name != unit))
    # the row of the labels themselves goes with its marker
    if parts == ["=models"] or (len(parts) == 2 and parts[1] == "=labels"):
        gone = parts[-1].removeprefix("=")
        return replace(view, differences=tuple(name for name in view.differences if name != gone))
    if parts and parts[0] in view.models and view.mode == "stack":
        return replace(view, models=tuple(name for name in view.models if name != parts[0]))
    return replace(view, markers=tuple(name for name in view.markers if name != unit))


def _moved(view: View, unit: str, act: str, value: str) -> View:
    units = units_of(view)
    if unit not in units:
        return view
    at = units.index(unit)
    before = {
        "before": unit_of(value),
        "up": units[max(at - 1, 0)],
        "down": units[at + 2] if at + 2 < len(units) else "",
    }[act]
    if before == unit:
        return view
    order = moved(units, unit, before)
    markers = tuple(name for name in order if name in view.markers)
    tracks = tuple(name for name in order if name in view.tracks)
    plain = [*markers, LETTERS, *tracks, GENES]
    return replace(
        view, markers=markers, tracks=tracks, rows=() if order == plain else tuple(order)
    )
