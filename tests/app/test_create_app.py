"""The application as a client sees it: its page, its headers, and what it refuses."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from regtrack_app import ids, index
from regtrack_app.create_app import create_app
from regtrack_app.panels import window_columns
from regtrack_app.security import LARGEST_REQUEST
from regtrack_app.theme import THEMES
from small_tracks import write_sweep
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources

LOCAL: dict[str, Any] = {"base_url": "http://127.0.0.1:8050", "buffered": True}


@pytest.fixture
def client(sources: Sources) -> Iterator[FlaskClient]:
    with create_app(sources).server.test_client() as client:
        yield client


def test_the_page_is_served_with_its_language_and_no_foreign_source(client: FlaskClient) -> None:
    page = client.get("/", **LOCAL)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert '<html lang="en">' in text
    assert "http://" not in text
    assert "https://" not in text


@pytest.mark.parametrize("path", ["/", "/nowhere"])
def test_every_answer_says_how_long_the_work_took(client: FlaskClient, path: str) -> None:
    name, _, taken = client.get(path, **LOCAL).headers["Server-Timing"].partition(";dur=")
    assert name == "work"
    assert float(taken) >= 0


def elements(component: Any) -> Iterator[dict[str, Any]]:
    """Every element of a layout, and what each holds."""
    if isinstance(component, dict):
        if "props" in component:
            yield component
        for value in component.values():
            yield from elements(value)
    elif isinstance(component, list):
        for value in component:
            yield from elements(value)


def test_the_page_has_each_element_once_and_is_accessible(client: FlaskClient) -> None:
    found = list(elements(client.get("/_dash-layout", **LOCAL).get_json()))
    names = [element["props"].get("id") for element in found if element["props"].get("id")]
    assert len(names) == len(set(names))
    kinds = [element["type"] for element in found]
    assert kinds.count("H1") == kinds.count("Main") == 1
    live = [e for e in found if e["props"].get("aria-live") == "polite"]
    assert [element["props"]["id"] for element in live] == [ids.SUMMARY]
    for button in (element for element in found if element["type"] == "Button"):
        props = button["props"]
        assert props.get("aria-label") or isinstance(props["children"], str)


def test_every_id_is_on_the_page(client: FlaskClient) -> None:
    found = list(elements(client.get("/_dash-layout", **LOCAL).get_json()))
    there = {element["props"].get("id") for element in found}
    named = [value for name, value in vars(ids).items() if name.isupper()]
    wanted = {
        name for value in named for name in (value.values() if isinstance(value, dict) else [value])
    }
    assert wanted <= there


def test_markers_that_a_model_predicts_are_listed_first(world: World, tmp_path: Path) -> None:
    write_sweep(tmp_path / "cnn7", "cnn7", {"K562_DNase": world.scores["cnn7"]["K562_DNase"]})
    sources = open_sources([tmp_path / "cnn7"], labels=world.folder / "data")
    client = create_app(sources).server.test_client()
    found = list(elements(client.get("/_dash-layout", **LOCAL).get_json()))
    props = {element["props"].get("id"): element["props"] for element in found}
    for options in (props[ids.MARKERS]["options"], props[ids.MARKER_LIST]["data"]):
        assert [option["value"] for option in options] == ["K562_DNase", "K562_CTCF"]


def test_what_one_model_without_labels_cannot_do_is_not_offered(
    world: World, client: FlaskClient
) -> None:
    alone = create_app(open_sources([world.folder / "sweeps" / "cnn7"])).server.test_client()
    disabled = []
    for asked in (alone, client):
        found = list(elements(asked.get("/_dash-layout", **LOCAL).get_json()))
        props = {element["props"].get("id"): element["props"] for element in found}
        options = props[ids.WINDOWS_KIND]["options"]
        disabled.append([option["value"] for option in options if option["disabled"]])
    assert disabled == [["disagreement", "error", "spread"], ["spread"]]


def test_the_table_of_windows_has_the_columns_that_there_are(
    world: World, sources: Sources
) -> None:
    alone = open_sources([world.folder / "sweeps" / "cnn7"])
    titles = [column["title"] for column in window_columns(alone, ["cnn7"])]
    assert titles == ["Window", "Value", "Mean of CNN7"]
    titles = [column["title"] for column in window_columns(sources, ["dilated", "cnn7"])]
    assert titles[2:] == ["Value", "Mean of DILATED", "Mean of CNN7", "Labelled"]


def test_the_page_comes_with_its_first_view(client: FlaskClient) -> None:
    asked = {"search": "?region=chr2:101-1100&mode=stack", "theme": "dark", "height": "900"}
    answer = client.get("/_dash-layout", query_string=asked, **LOCAL).get_json()
    props = {element["props"].get("id"): element["props"] for element in elements(answer)}
    figure = props[ids.GRAPH]["figure"]
    assert figure["layout"]["xaxis"]["range"] == [100.5, 1100.5]
    assert figure["layout"]["paper_bgcolor"] == THEMES["dark"].ground
    assert props[ids.URL]["search"] == asked["search"]
    assert props[ids.LOADED]["data"]["region"] == "chr2:101-1,100"
    assert props[ids.MODE]["value"] == "stack"
    assert props[ids.BADGE]["className"] == "badge test"
    odd = {"search": "?region=nowhere&mode=x", "theme": "pink", "height": "-1"}
    answer = client.get("/_dash-layout", query_string=odd, **LOCAL).get_json()
    props = {element["props"].get("id"): element["props"] for element in elements(answer)}
    assert "nowhere" in props[ids.PROBLEMS]["children"]
    assert props[ids.MODE]["value"] == "overlay"


def test_the_document_names_only_scripts_that_the_page_needs(client: FlaskClient) -> None:
    text = client.get("/", **LOCAL).get_data(as_text=True)
    own = re.findall(r'src="(page\.js\?m=[0-9a-f]+)"', text)
    assert len(own) == 1
    assert text.index(own[0]) < text.index("dash_renderer")
    assert "/dash_table/" not in text
    assert "/assets/regtrack.js" not in text
    script = client.get(f"/{own[0]}", **LOCAL)
    assert "max-age=31536000" in script.headers["Cache-Control"]
    for path in Path(index.__file__).parent.glob("assets/*.js"):
        assert path.read_text() in script.get_data(as_text=True)


def test_one_callback_owns_the_view(client: FlaskClient) -> None:
    callbacks = client.get("/_dash-dependencies", **LOCAL).get_json()
    owners = [call for call in callbacks if f"{ids.GRAPH}.figure" in call["output"]]
    assert len(owners) == 1
    for output in (f"{ids.URL}.search", f"{ids.LOADED}.data"):
        assert output in owners[0]["output"]


def test_every_answer_has_its_headers(client: FlaskClient) -> None:
    for path in ("/", "/_dash-layout", "/nowhere", "/data/nothing", "/assets/regtrack.css"):
        headers = client.get(path, **LOCAL).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        policy = headers["Content-Security-Policy"]
        scripts = next(part for part in policy.split("; ") if part.startswith("script-src"))
        assert "unsafe" not in scripts
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


def test_large_requests_are_refused(client: FlaskClient) -> None:
    answer = client.post("/_dash-update-component", data=b"x" * (LARGEST_REQUEST + 1), **LOCAL)
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/assets/../create_app.py", "/assets/%2e%2e/create_app.py",
                                  "/assets//etc/passwd", "/assets/..%2fids.py"])  # fmt: skip
def test_no_file_beside_the_assets_is_served(client: FlaskClient, path: str) -> None:
    answer = client.get(path, **LOCAL)
    assert answer.status_code == 404 or b"<!DOCTYPE html>" in answer.data
    assert b"import" not in answer.data[:2000]


def test_the_page_loads_nothing_heavy() -> None:
    code = (
        "import regtrack_app.create_app, regtrack_app.serve, sys; "
        "heavy = ('torch', 'lightning', 'matplotlib', 'sklearn', 'scipy', 'pandas'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    root = Path(__file__).parents[2]
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert found.stdout.strip() == "[]"
