"""What the page's callbacks receive, checked once at the border: shapes and types of every value.

Behind it, a callback may rely on the types in its signature. What the values name (regions,
markers, models) is checked where it is used, with a message on the page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import Dash
from dash.exceptions import DependencyException
from flask import Flask, Response, abort, request

from regtrack.errors import RecordError
from regtrack.files.records import parse_json, typed
from regtrack_app import ids

_UPDATE = "/_dash-update-component"
_COMPONENTS = "/_dash-component-suites/"
_LONGEST = 1_000  # letters of the name of what is shown

Number = int | float
Texts = list[str]


@dataclass(frozen=True)
class _Property:
    id: str
    property: str
    value: Any = None


@dataclass(frozen=True)
class _Body:
    """The body of a callback's request; other members than these are not read."""

    output: str
    outputs: _Property | list[_Property]
    inputs: list[_Property]
    changedPropIds: Texts  # noqa: N815 (Dash's name)
    state: list[_Property] = field(default_factory=list)


@dataclass(frozen=True)
class _Move:
    low: Number | None  # null: plotly.js had no number
    high: Number | None
    at: Number | None = None


@dataclass(frozen=True)
class _Screen:
    theme: str = "light"
    height: Number | None = None


@dataclass(frozen=True)
class _Loaded:
    shape: str = ""
    tile: str = ""
    contents: str = ""
    query: str = ""
    region: str = ""
    moved: Number | None = None

    def __post_init__(self) -> None:
        if len(self.tile) > _LONGEST:
            raise RecordError(f"expected at most {_LONGEST:,} letters")


@dataclass(frozen=True)
class _Ranked:
    region: str


@dataclass(frozen=True)
class _Picked:
    marker: str
    at: Number | None = None
    more: bool = False


@dataclass(frozen=True)
class _RowEvent:
    row: str
    act: str
    value: str | None = None
    at: Number | None = None


@dataclass(frozen=True)
class _Done:
    at: Number = 0
    keys: Texts = field(default_factory=list)


_BY_PROPERTY: Mapping[str, Any] = {
    "n_clicks": Number, "n_submit": Number, "n_intervals": Number, "search": str, "value": str,
    "data": str,
}  # fmt: skip
# elements whose property has another type than that of most
_BY_ELEMENT: Mapping[str, Any] = {
    **dict.fromkeys((ids.MARKERS, ids.MODELS, ids.TRACKS, ids.DIFFERENCES), Texts),
    ids.MOVED: _Move,
    ids.SCREEN: _Screen,
    ids.CHOSEN_WINDOW: _Ranked,
    ids.PICKED: _Picked,
    ids.ROW_EVENT: _RowEvent,
    ids.LOADED: _Loaded,
    ids.SALIENCY_JOB: Texts,
    ids.SALIENCY_DONE: _Done,
}
Names = tuple[tuple[str, str], ...]


class _Callback:
    """The properties that one callback takes and sets, and the types of those it takes."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        output = known["output"]
        outputs = output if isinstance(output, list) else [output]
        self.outputs: Names = tuple((str(o.component_id), o.component_property) for o in outputs)
        self.inputs, self.state = _names(known["inputs"]), _names(known["state"])
        self.types = [_type_of(element, name) | None for element, name in self.inputs + self.state]

    def problem(self, body: _Body) -> str | None:
        """What is wrong with a request of this callback, in one line; None if nothing is."""
        outputs = body.outputs if isinstance(body.outputs, list) else [body.outputs]
        parts = (("outputs", outputs, self.outputs), ("inputs", body.inputs, self.inputs),
                 ("state", body.state, self.state))  # fmt: skip
        for what, found, expected in parts:
            if tuple((part.id, part.property) for part in found) != expected:
                return f"{what}: expected the {len(expected)} properties that the page declares"
        taken = {f"{element}.{name}" for element, name in self.inputs + self.state}
        if not taken.issuperset(body.changedPropIds):
            return "changedPropIds: expected properties among inputs and state"
        for part, expected_type in zip([*body.inputs, *body.state], self.types, strict=True):
            try:
                typed(part.value, expected_type)
            except RecordError as error:
                return f"{part.id}.{part.property}: {error}"
        return None


def guard(app: Dash) -> None:
    """Refuse what the page does not send: 400 for malformed callbacks, 404 for unknown ones.

    A file of a component that Dash knows of, such as a source map, may be missing all the same.

    Args:
        app: with all its callbacks.
    """
    server: Flask = app.server
    callbacks = {
        name: _Callback(known) for name, known in app.callback_map.items() if "callback" in known
    }

    @server.before_request
    def check() -> Response | None:
        """Check the body of a callback."""
        if request.path != _UPDATE or request.method != "POST":
            return None
        if not request.is_json:
            abort(415)
        return _refusal(request.get_data(), callbacks)

    @server.errorhandler(DependencyException)
    @server.errorhandler(FileNotFoundError)
    def unknown(error: Exception) -> Response:
        """There is no such file of a component."""
        if not request.path.startswith(_COMPONENTS):
            raise error
        return Response("no such component\n", 404, mimetype="text/plain")


def _refusal(data: bytes, callbacks: Mapping[str, _Callback]) -> Response | None:
    """The response to a callback's request that the page does not send; None for one it does."""
    try:
        content = parse_json(data)
        json.dumps(content, ensure_ascii=False).encode()  # fails on halves of a character
        body = typed(content, _Body)
    except UnicodeEncodeError:
        return _text("it has half a character", 400)
    except RecordError as error:
        return _text(str(error), 400)
    callback = callbacks.get(body.output)
    if callback is None:
        return _text("output: no such callback", 404)
    says = callback.problem(body)
    return None if says is None else _text(says, 400)


def _text(says: str, status: int) -> Response:
    return Response(f"not a request of this page: {says}\n", status, mimetype="text/plain")


def _names(parts: Sequence[Mapping[str, Any]]) -> Names:
    return tuple((str(part["id"]), str(part["property"])) for part in parts)


def _type_of(element: str, name: str) -> Any:
    """The type of a property; every one that a callback takes must have one."""
    return (
        _BY_ELEMENT.get(element, _BY_PROPERTY[name])
        if name in {"value", "data"}
        else (_BY_PROPERTY[name])
    )
