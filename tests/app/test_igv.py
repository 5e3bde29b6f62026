"""igv.js is found where a user puts it, and served from there alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from regtrack_app import npm_scripts
from regtrack_app.create_app import create_app
from regtrack_app.igv import SCRIPT

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError

LOCAL = {"base_url": "http://localhost"}


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Each place where igv.js may lie, still without it, the first choice first."""
    found = {
        "named": tmp_path / "mine" / "igv.js",
        "data": tmp_path / "share" / "regtrack" / "igv.min.js",
        "checkout": tmp_path / "npm" / "igv" / "dist" / "igv.min.js",
    }
    for path in found.values():
        path.parent.mkdir(parents=True)
    monkeypatch.delenv(SCRIPT.variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setattr(npm_scripts, "_MODULES", tmp_path / "npm")
    return found


def test_the_first_place_that_has_it_is_taken(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SCRIPT.find() is None
    for name in ("checkout", "data", "named"):
        places[name].write_text(name)
        if name == "named":
            monkeypatch.setenv(SCRIPT.variable, str(places[name]))
        assert SCRIPT.find() == places[name]


def test_without_xdg_data_home_it_is_looked_for_at_home(
    places: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".local" / "share" / "regtrack" / "igv.min.js"
    path.parent.mkdir(parents=True)
    path.write_text("")
    assert SCRIPT.find() == path


def test_a_name_without_a_file_is_refused(
    places: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    places["data"].write_text("")
    monkeypatch.setenv(SCRIPT.variable, str(places["named"]))
    with pytest.raises(RegtrackError, match=r"no file at .*igv\.js, which REGTRACK_IGV_JS names"):
        SCRIPT.find()


def test_it_is_served_from_where_it_was_found(
    places: dict[str, Path], sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert create_app(sources).server.test_client().get("/igv/igv.min.js", **LOCAL).status == (
        "404 NOT FOUND"
    )
    places["named"].write_text("window.igv = {};")
    monkeypatch.setenv(SCRIPT.variable, str(places["named"]))
    answer = create_app(sources).server.test_client().get("/igv/igv.min.js", **LOCAL)
    assert (answer.text, answer.mimetype) == ("window.igv = {};", "text/javascript")
    answer.close()
