"""The small plotly.js is served if it is installed and of the installed plotly's version."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs_version
from regtrack_app.create_app import create_app
from regtrack_app.plotly_bundle import PATH, SCRIPT, address_of, find_bundle

from regtrack.compare.sources import Sources

LOCAL = {"base_url": "http://localhost"}
LOCK = Path(__file__).parents[2] / "app" / "npm" / "package-lock.json"


def write_bundle(path: Path, version: str) -> bytes:
    path.write_text(f"/**\n* plotly.js (basic - minified) v{version}\n*/\n")
    return path.read_bytes()


@pytest.mark.parametrize("version", [get_plotlyjs_version(), f"{get_plotlyjs_version()}0", "1.2.3"])
def test_only_the_version_of_the_installed_plotly_is_taken(
    sources: Sources, version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "small.js"
    small = write_bundle(path, version)
    monkeypatch.setenv(SCRIPT.variable, str(path))
    same = version == get_plotlyjs_version()
    assert (find_bundle() == path) == same
    with create_app(sources).server.test_client() as client:
        page = client.get("/", **LOCAL).get_data(as_text=True)
        found = re.search(rf'<link rel="preload" as="script" href="({PATH}[^"]+)">', page)
        assert found is not None
        answer = client.get(f"/{found[1]}", **LOCAL)
        assert (answer.data == small, answer.status_code) == (same, 200)
        # browsers keep it, since its address is another one if it changes
        assert "immutable" in answer.headers["Cache-Control"]
        assert found[1] == address_of(find_bundle())
        again = client.get(f"/{PATH}", headers={"If-None-Match": answer.headers["ETag"]}, **LOCAL)
        assert again.status_code == 304
        for each in (answer, again):
            each.close()


def test_the_locked_bundle_has_the_version_of_plotly() -> None:
    packages = json.loads(LOCK.read_text())["packages"]
    locked = packages["node_modules/plotly.js-basic-dist-min"]["version"]
    assert locked == get_plotlyjs_version()
