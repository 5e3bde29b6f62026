"""The one callback that owns the view: every event becomes a `View`, and the view a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from regtrack.errors import RegionError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack_app import ids
from regtrack_app.beside import regions_of, spans_beside
from regtrack_app.choices import Choices
from regtrack_app.figures import draw, region_of_axis, structure
from regtrack_app.heat import shown_of
from regtrack_app.look import look_of
from regtrack_app.places import clipped, find_place, split_places
from regtrack_app.regions import between, region_text
from regtrack_app.row_events import after_event
from regtrack_app.screen import screen_of
from regtrack_app.state import MOST_BESIDE, Parsed, View, compared, parse_view
from regtrack_app.tiles import read_tile
from regtrack_app.view_data import Scene, ViewData
from regtrack_app.words import (
    badge_class,
    badge_text,
    foreign_models,
    next_step,
    notes,
    pair_text,
    summary,
)

# the controls next to the tracks, and the field of a view that each one sets
_CONTROLS = {
    ids.MARKERS: "markers",
    ids.MODELS: "models",
    ids.TRACKS: "tracks",
    ids.MODE: "mode",
    ids.DIFFERENCES: "differences",
    ids.SCALE: "scale",
    ids.LIMITS: "limits",
    ids.FLOOR: "floor",
    ids.AXIS: "axis",
    ids.DRAW: "draw",
    ids.PANEL: "panel",
    ids.WINDOWS_KIND: "rank",
    ids.WINDOWS_SPLIT: "split",
    ids.HEAT: "heat",
    ids.ORDER: "order",
}
OUTPUTS = {
    "figure": (ids.GRAPH, "figure"),
    "style": (ids.GRAPH, "style"),
    "query": (ids.URL, "search"),
    "loaded": (ids.LOADED, "data"),
    "badge": (ids.BADGE, "children"),
    "badge_class": (ids.BADGE, "className"),
    "summary": (ids.SUMMARY, "children"),
    "notes": (ids.NOTES, "children"),
    "problems": (ids.PROBLEMS, "children"),
    "next": (ids.NEXT, "children"),
    "pair": (ids.PAIR_SAYS, "children"),
}
"""The elements and properties that the parts of an answer set."""
_FAR = 1e12
_CLOSE = 50_000  # bp about a place that was clicked in a much wider view
# characters: selecting all markers, of which the first are shown, exceeds a normal address
_LONGEST_CHOICE = 100_000
_LISTS = {"markers", "models", "tracks", "differences"}


@dataclass(frozen=True)
class Page:
    """The state of the page in a request.

    Attributes:
        query: the address.
        cause: id of the element that caused the request; empty for the first one.
        values: of the elements, by id.
        answered: number of the last move that was answered; None: there was none.
    """

    query: str
    cause: str
    values: Mapping[str, Any]
    answered: float | None = None


def register(app: Dash, data: ViewData, choices: Choices) -> None:
    """Connect the page to its address, its controls and the figure."""

    @app.callback(
        output={name: Output(*place) for name, place in OUTPUTS.items()}
        | {"controls": {name: Output(name, "value") for name in (*_CONTROLS, *_PAIR)}},
        inputs={
            "url": Input(ids.URL, "search"),
            "events": {
                ids.MOVED: Input(ids.MOVED, "data"),
                ids.REGION: Input(ids.REGION, "n_submit"),
                ids.GO: Input(ids.GO, "n_clicks"),
                ids.SCREEN: Input(ids.SCREEN, "data"),
                ids.CHOSEN_WINDOW: Input(ids.CHOSEN_WINDOW, "data"),
                ids.PICKED: Input(ids.PICKED, "data"),
                ids.ROW_EVENT: Input(ids.ROW_EVENT, "data"),
                ids.SALIENCY_DONE: Input(ids.SALIENCY_DONE, "data"),
            },
            "controls": {name: Input(name, "value") for name in (*_CONTROLS, *_PAIR)},
            "typed": State(ids.REGION, "value"),
            "loaded": State(ids.LOADED, "data"),
        },
        prevent_initial_call=True,  # the page comes with its first view: see `first_view`
    )
    def show(
        url: str | None, events: dict[str, Any], controls: dict[str, Any], typed: str | None,
        loaded: dict[str, Any] | None,
    ) -> dict[str, Any]:  # fmt: skip
        """Answer any event with the changes on the page."""
        cause = str(ctx.triggered_id or "") if loaded else ""
        loaded = loaded or {}
        values = events | controls | {"typed": typed or ""}
        page = Page(url or "", cause, values, loaded.get("moved"))
        parsed = follow(page, choices)
        scene = data.scene(parsed.view, screen_of(page.values[ids.SCREEN]).height)
        return answer(page, parsed, scene, loaded, data)


_PAIR = (ids.PAIR_A, ids.PAIR_B)


def follow(page: Page, choices: Choices) -> Parsed:
    """The view after an event; if the event cannot be applied, the view stays."""
    parsed = parse_view(page.query, choices)
    if page.cause in {"", ids.URL}:
        return parsed
    query = _with_controls(parsed.view, page.values).query()
    chosen = parse_view(query, choices, _LONGEST_CHOICE)
    view = chosen.view
    try:
        view = _after_move(view, page, choices)
        happened = _happened(view, page, choices)
        typed = str(page.values["typed"]) if page.cause in {ids.REGION, ids.GO} else ""
        cuts = (clipped(part, choices, view.region) for part in split_places(typed))
        return Parsed(happened, (*chosen.problems, *chain.from_iterable(cuts)))
    except RegtrackError as error:
        return Parsed(view, (*chosen.problems, str(error)))


def _with_controls(view: View, values: Mapping[str, Any]) -> View:
    """The view as set by the controls, unchecked."""
    fields: dict[str, Any] = {}
    for name, field in _CONTROLS.items():
        value = values.get(name)
        if field in _LISTS:
            fields[field] = tuple(str(part) for part in value or ())
        elif value or field == "limits":
            fields[field] = str(value or "")
    named = tuple(str(values[name]) for name in _PAIR if values.get(name))
    # the two that are compared without a choice stay the default, whichever models are drawn
    pair = view.pair if named == compared(view) else named
    found = replace(view, **fields, pair=pair)
    # what is shown without a choice stays the default, whichever models are drawn
    return replace(found, heat="") if found.heat == shown_of(replace(view, heat="")) else found


def _after_move(view: View, page: Page, choices: Choices) -> View:
    """The view after the last move, unless that was answered.

    What happens before its answer comes makes the browser drop that answer.
    """
    moved = page.values.get(ids.MOVED)
    number = _move_number(moved)
    if page.cause != ids.MOVED and number in {None, page.answered}:
        return view
    shown = region_of_axis(*axis_range(moved))
    chrom = view.region.chrom
    return replace(view, region=between(chrom, *shown, choices.assembly.length(chrom)))


def _happened(view: View, page: Page, choices: Choices) -> View:
    if page.cause == ids.SALIENCY_DONE:
        return replace(view, saliency=True)
    if page.cause in {ids.REGION, ids.GO}:
        return _typed(view, str(page.values["typed"]), choices)
    if page.cause == ids.ROW_EVENT:
        return _checked(after_event(view, page.values[ids.ROW_EVENT] or {}), choices)
    if page.cause == ids.PICKED:
        return _picked(view, page.values[ids.PICKED] or {}, choices)
    return replace(view, region=_place(view.region, page, choices))


def _typed(view: View, text: str, choices: Choices) -> View:
    """The region of the region box, or several side by side."""
    first, *others = split_places(text) or [text]
    if len(others) > MOST_BESIDE:
        raise RegionError(
            f"{len(others) + 1} regions are too many side by side; give at most {MOST_BESIDE + 1}"
        )
    beside = dict.fromkeys(region_text(find_place(one, choices, view.region)) for one in others)
    region = find_place(first, choices, view.region)
    return replace(view, region=region, beside=tuple(beside))


def _checked(view: View, choices: Choices) -> View:
    """A view made of what the page sent, as its address gives it back.

    Raises:
        RegtrackError: its address could not be applied.
    """
    parsed = parse_view(view.query(), choices, _LONGEST_CHOICE)
    if parsed.problems:
        raise RegtrackError(" ".join(parsed.problems))
    return parsed.view


def _picked(view: View, picked: Mapping[str, Any], choices: Choices) -> View:
    """The tracks of a marker that was clicked among all, where it was clicked."""
    marker, at = picked.get("marker"), picked.get("at")
    if marker not in choices.markers:
        return view
    others = [name for name in view.markers if name != marker] if picked.get("more") else []
    region = view.region
    if isinstance(at, int | float) and len(region) > 2 * _CLOSE:
        length = choices.assembly.length(region.chrom)
        region = between(region.chrom, at - _CLOSE / 2, at + _CLOSE / 2, length)
    return replace(view, markers=(*others, marker), region=region)


def _place(region: Interval, page: Page, choices: Choices) -> Interval:
    """The region requested by the table."""
    values = page.values
    if page.cause == ids.CHOSEN_WINDOW and values[ids.CHOSEN_WINDOW]:
        return find_place(str(values[ids.CHOSEN_WINDOW].get("region")), choices)
    return region


def axis_range(moved: Any) -> tuple[float, float]:
    """The x range that the browser moved to: `{"low": ..., "high": ...}`.

    Raises:
        RegionError: not a pair of numbers.
    """
    try:
        low, high = float(moved["low"]), float(moved["high"])
        # no chromosome is that long; this also keeps out infinity and NaN
        if not (abs(low) < _FAR and abs(high) < _FAR):
            raise ValueError
    except (TypeError, KeyError, ValueError):
        raise RegionError("the figure moved to something that is not a pair of positions") from None
    return low, high


def answer(
    page: Page, parsed: Parsed, scene: Scene, loaded: Mapping[str, str], data: ViewData
) -> dict[str, Any]:
    """The changes on the page; a whole figure only if its rows differ."""
    view = parsed.view
    length = data.sources.assembly.length(view.region.chrom)
    look = look_of(view, screen_of(page.values.get(ids.SCREEN)).theme, exact=scene.exact)
    screen = screen_of(page.values.get(ids.SCREEN)).height
    shared = spans_beside(view, scene, data, look, screen)
    drawing = draw(scene.rows, view.region, length, look, shared)
    shape = structure(scene.rows, look) + ("|beside" if view.beside else "")
    same = loaded.get("shape") == shape
    known = read_tile(loaded.get("tile", ""))
    contents = contents_of(view, data)
    same_data = (
        same
        and known is not None
        and known.serves(view.region, length)
        and loaded.get("contents") == contents
    )
    foreign = foreign_models(view, data.sources)
    query = view.query()
    first = page.cause in {"", ids.URL}
    return {
        "figure": drawing.patch(same_data=same_data) if same else drawing.figure(),
        "style": no_update if same else {"height": f"{drawing.layout['height']}px"},
        "query": no_update if first or query == page.query else query,
        "loaded": {
            "region": ", ".join(map(str, regions_of(view, data.sources.assembly))),
            "shape": shape,
            "tile": known.text() if same_data and known else scene.tile.text(),
            "contents": contents,
            "asked": page.query,
            "query": query,
            "moved": _move_number(page.values.get(ids.MOVED)),
        },
        "badge": badge_text(scene.splits, foreign),
        "badge_class": badge_class(scene.splits, foreign),
        "summary": summary(view, scene, data.sources),
        "notes": notes(scene, look.statistic),
        "problems": " ".join(parsed.problems),
        "next": next_step(view, data.sources),
        "pair": pair_text(view, data.sources),
        "controls": _control_values(view) if first or parsed.problems else _unless_same(page, view),
    }


def _move_number(moved: Any) -> float | None:
    """The number of the move that is answered, counted by the browser."""
    number = moved.get("at") if isinstance(moved, dict) else None
    return number if isinstance(number, float | int) else None


def contents_of(view: View, data: ViewData) -> str:
    """What the wide traces of a figure depend on, besides its rows and tile."""
    genes = view.genes if data.sources.genes is not None else ""
    return f"{view.region.chrom}|{genes}"


def _control_values(view: View) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, field in _CONTROLS.items():
        value = shown_of(view) if field == "heat" else getattr(view, field)
        values[name] = list(value) if field in _LISTS else value
    first, second = (*compared(view), None, None)[:2]
    return values | {ids.PAIR_A: first, ids.PAIR_B: second}


def _unless_same(page: Page, view: View) -> dict[str, Any]:
    wanted = _control_values(view)
    return {
        name: no_update if _alike(page.values.get(name), value) else value
        for name, value in wanted.items()
    }


def _alike(shown: Any, wanted: Any) -> bool:
    if isinstance(wanted, Sequence) and not isinstance(wanted, str):
        return list(shown or ()) == list(wanted)
    return bool(shown == wanted)
