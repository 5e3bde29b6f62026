"""igv.js is found where a user puts it, and served from there alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from regtrack_app import npm_scripts
from regtrack_app.create_app import create_app
from regtrack_app.igv import SCRIPT
from small_world import World

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError

LOCAL: dict[str, Any] = {"base_url": "http://localhost"}


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


def test_labels_and_genes_come_by_stretch(world: World) -> None:
    sources = world.open(genes=world.folder / "genes.gtf")
    assert sources.gene_file is not None
    sources.gene_file.wait(20)
    client = create_app(sources).server.test_client()
    config = client.get("/igv/config.json?region=chr1:1-3000&markers=K562_CTCF", **LOCAL).get_json()
    named = {
        track["name"]: track["source"]["url"] for track in config["tracks"] if "source" in track
    }
    assert set(named) == {"K562_CTCF labels", "Genes"}

    def features(name: str, chrom: str, start: int, end: int) -> list[dict[str, Any]]:
        address = named[name].replace("$CHR", chrom).replace("$START", str(start))
        found: list[dict[str, Any]] = client.get(
            address.replace("$END", str(end)), **LOCAL
        ).get_json()
        return found

    assert [gene["name"] for gene in features("Genes", "1", 0, 3_000)] == ["NOL9"]
    assert features("Genes", "chr2", 0, 3_000) == []
    mask = np.zeros(20_000, dtype=bool)
    for stretch in features("K562_CTCF labels", "chr1", 40_000, 60_000):
        mask[stretch["start"] - 40_000 : stretch["end"] - 40_000] = True
    np.testing.assert_array_equal(mask, world.labels["K562_CTCF"]["chr1"][40_000:60_000])
    sources.pool.close()


@pytest.mark.parametrize("query", ["", "?chrom=chr9&start=1&end=2", "?chrom=chr1&start=a&end=2",
                                   "?chrom=chr1&start=9&end=2"])  # fmt: skip
def test_a_stretch_that_is_none_is_refused(sources: Sources, query: str) -> None:
    client = create_app(sources).server.test_client()
    for place in ("genes", "labels/K562_CTCF"):
        answer = client.get(f"/igv/{place}{query}", **LOCAL)
        assert (answer.status_code, answer.data.count(b"\n")) == (400, 1)
