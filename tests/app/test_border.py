"""What callbacks receive: whatever the page does not send is refused, and nothing is ever a 500."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from dash import Dash
from flask.testing import FlaskClient
from hypothesis import given, settings, strategies as st
from regtrack_app import ids
from regtrack_app.create_app import create_app
from regtrack_app.security import LARGEST_REQUEST
from small_world import World

from regtrack.compare.sources import Sources

LOCAL: dict[str, Any] = {"base_url": "http://127.0.0.1:8050", "buffered": True}
UPDATE = "/_dash-update-component"
MISSING = object()

_scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
VALUES = st.recursive(
    _scalars | st.sampled_from(["chr1:1-100", "?region=chr1:1-100", "K562_CTCF", "cnn7", 10**400,
                                "saliency|a|b|chr1:1-2", "\ud800", "chr1:1-2/3", "=1"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["region", "points", "customdata", "low", "high", "at",
                                       "tile", "shape", "query", "keys", "moved"]), inner,
                      max_size=4),
    max_leaves=6,
)  # fmt: skip


@pytest.fixture(scope="module")
def app(world: World) -> Iterator[Dash]:
    sources = world.open(genes=world.folder / "genes.gtf", reference=world.folder / "genome.fa")
    yield create_app(sources)
    sources.pool.close()


def called(app: Dash) -> dict[str, Any]:
    """The callbacks that the server answers, by their output."""
    return {name: known for name, known in app.callback_map.items() if "callback" in known}


def body_of(app: Dash, output: str, values: list[Any], cause: int) -> dict[str, Any]:
    """A request as the page sends it."""
    known = called(app)[output]
    found = known["output"]
    many = [
        {"id": each.component_id, "property": each.component_property}
        for each in (found if isinstance(found, list) else [found])
    ]
    taken = [
        {"id": part["id"], "property": part["property"]}
        | ({} if value is MISSING else {"value": value})
        for part, value in zip([*known["inputs"], *known["state"]], values, strict=True)
    ]
    inputs, state = taken[: len(known["inputs"])], taken[len(known["inputs"]) :]
    asked = inputs[cause % len(inputs)]
    return {
        "output": output, "outputs": many if isinstance(found, list) else many[0],
        "inputs": inputs, "state": state, "changedPropIds": [f"{asked['id']}.{asked['property']}"],
    }  # fmt: skip


def posted(client: FlaskClient, body: Any) -> Any:
    return client.post(UPDATE, json=body, **LOCAL)


@cache
def size_of(output: str, app: Dash) -> int:
    known = called(app)[output]
    return len(known["inputs"]) + len(known["state"])


@settings(max_examples=8)
@given(data=st.data())
def test_wrong_types_are_never_an_error_of_the_server(app: Dash, data: st.DataObject) -> None:
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = heard.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    try:
        with app.server.test_client() as client:
            for output in called(app):
                one = st.just(MISSING) | st.none() | VALUES
                size = size_of(output, app)
                values = data.draw(st.lists(one, min_size=size, max_size=size))
                cause = data.draw(st.integers(0, 30))
                answer = posted(client, body_of(app, output, values, cause))
                assert answer.status_code in {200, 204, 400}, answer.get_data(as_text=True)
                if answer.status_code == 400:
                    assert answer.get_data(as_text=True).count("\n") == 1
    finally:
        logging.getLogger().removeHandler(handler)
    assert [record for record in heard if record.exc_info] == []


def test_each_input_alone_of_another_type_is_refused(app: Dash) -> None:
    """Against the types that the page sends, written down by element and property."""
    lists = {ids.MARKERS, ids.MODELS, ids.TRACKS, ids.DIFFERENCES, ids.SALIENCY_JOB}
    objects = {ids.MOVED, ids.SCREEN, ids.LOADED, ids.SALIENCY_DONE}
    with app.server.test_client() as client:
        for output in called(app):
            size = size_of(output, app)
            empty = body_of(app, output, [None] * size, 0)
            for at, part in enumerate([*empty["inputs"], *empty["state"]]):
                number = part["property"] in {"n_clicks", "n_submit", "n_intervals"}
                wrong: list[Any] = [{"a": 1}, ["x"], "x", 5, True]
                if number:
                    wrong.remove(5)
                elif part["id"] in objects:
                    wrong.remove({"a": 1})
                elif part["id"] in lists:
                    wrong.remove(["x"])
                else:
                    wrong.remove("x")
                for value in wrong:
                    if (
                        part["id"] in lists | objects
                        and value == {"a": 1}
                        and part["id"] not in (lists)
                    ):
                        continue
                    values: list[Any] = [None] * size
                    values[at] = value
                    answer = posted(client, body_of(app, output, values, 0))
                    says = answer.get_data(as_text=True)
                    assert answer.status_code == 400, (part, value)
                    assert f"{part['id']}.{part['property']}" in says


@pytest.mark.parametrize(
    "change",
    [
        {"output": None}, {"outputs": None},
        {"outputs": []}, {"outputs": [{"id": "url", "property": "search"}]}, {"inputs": None},
        {"inputs": []}, {"inputs": [[]]}, {"inputs": [{"id": {"a": 1}, "property": "data"}]},
        {"state": [{"id": "url", "property": "search"}]}, {"changedPropIds": None},
        {"changedPropIds": ["no.such"]}, {"changedPropIds": [5]},
    ],
)  # fmt: skip
def test_another_shape_is_refused(app: Dash, change: dict[str, Any]) -> None:
    usual = body_of(app, f"{ids.MEASURES}.children", ["?region=chr1:1-100"], 0)
    with app.server.test_client() as client:
        assert posted(client, usual).status_code == 200
        assert posted(client, usual | change).status_code == 400
        missing = {name: value for name, value in usual.items() if name not in change}
        assert posted(client, missing).status_code == (200 if "state" in change else 400)


@pytest.mark.parametrize("output", ["nothing", "nothing.children", "markers.options", ""])
def test_an_unknown_callback_is_not_found(
    app: Dash, output: str, caplog: pytest.LogCaptureFixture
) -> None:
    usual = body_of(app, f"{ids.MEASURES}.children", ["?region=chr1:1-100"], 0)
    with app.server.test_client() as client:
        assert posted(client, usual | {"output": output}).status_code == 404
    assert caplog.records == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"{", 400), (b"null", 400), (b"[]", 400), (b'"x"', 400), (b"NaN", 400),
        (b"\xff\xfe{}", 400), (b"[" * 100_000, 400), (b'{"a":' * 5_000 + b"1", 400),
        (b'{"output": ' + b"9" * 5_000 + b"}", 400), (b"x" * (LARGEST_REQUEST + 1), 413),
    ],
)  # fmt: skip
def test_other_bodies_are_refused(app: Dash, body: bytes, status: int) -> None:
    with app.server.test_client() as client:
        answer = client.post(UPDATE, data=body, content_type="application/json", **LOCAL)
        assert answer.status_code == status
        plain = client.post(UPDATE, data=body, content_type="text/plain", **LOCAL)
        assert plain.status_code == (413 if status == 413 else 415)


@pytest.mark.parametrize(
    "path",
    ["nothing/x.js", "dash/nothing.js", "dash/../dash/dash.py", "dash/%00", "os/path.py",
     "dash.dcc/async-nothing.js", "plotly/package_data/nothing.js", "dash/dash-renderer/build/",
     "regtrack_app/serve.py", "dash/..%2fsetup.py", "%ff/%ff"],
)  # fmt: skip
def test_an_unknown_component_is_not_found(
    app: Dash, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with app.server.test_client() as client:
        assert client.get(f"/_dash-component-suites/{path}", **LOCAL).status_code == 404
    assert caplog.records == []


def test_a_file_that_a_component_names_and_lacks_is_not_found(
    app: Dash, caplog: pytest.LogCaptureFixture
) -> None:
    with app.server.test_client() as client:
        client.get("/", **LOCAL)  # registers the components' files
        found = {
            client.get(f"/_dash-component-suites/{name}/{path}", **LOCAL).status_code
            for name, paths in app.registered_paths.items()
            for path in {*paths, "nothing.js"}
        }
    assert found == {200, 404}
    assert caplog.records == []


QUERIES = ("", "%", "%ff", "token=%ff", "region=%00", "region=" + "9" * 5_000,
           "region=chr1:1-\ud7ff",
           "markers=" + "," * 3_000, "a=" * 500, "region=chr1:-9-%2b5", "pair=x&pair=y", "&&;=;",
           "region=chr1:1-1e9", "split=all&split=", "tracks=signal,signal&models=")  # fmt: skip


def test_no_address_is_an_error_of_the_server(app: Dash, caplog: pytest.LogCaptureFixture) -> None:
    paths = {
        str(rule).replace("<name>", "window.csv").replace("<track_id>", "signal")
        .replace("<string:package_name>/<path:fingerprinted_path>", "dash/x").replace("<path:", "")
        .replace(">", "")
        for rule in app.server.url_map.iter_rules()
    }  # fmt: skip
    with app.server.test_client() as client:
        for path in sorted(paths):
            for query in QUERIES:
                assert client.get(f"{path}?{query}", **LOCAL).status_code < 500, (path, query)
        for value in ("bytes=-", "bytes=5-1", "bytes=a-b", "lines=1-2", "bytes=1-2,4-5,0-"):
            answer = client.get("/data/signal", headers={"Range": value}, **LOCAL)
            assert answer.status_code in {200, 206, 416}
    assert [record for record in caplog.records if record.exc_info] == []


def test_json_has_no_number_that_browsers_do_not_know(sources: Sources) -> None:
    app = create_app(sources)
    output = next(name for name in called(app) if ids.GRAPH in name)
    size = size_of(output, app)
    with app.server.test_client() as client:
        answer = posted(client, body_of(app, output, [None] * size, 0))

    def refuse(name: str) -> None:
        raise AssertionError(name)

    assert json.loads(answer.get_data(), parse_constant=refuse)["response"]
