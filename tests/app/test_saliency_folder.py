"""Saliency served with the scores of the same model: shown as saliency, never as scores."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pyBigWig
import pytest
from flask.testing import FlaskClient
from regtrack_app.choices import choices_of
from regtrack_app.create_app import create_app
from regtrack_app.rows import ValueRow
from regtrack_app.state import parse_view
from regtrack_app.view_data import ViewData
from regtrack_app.words import foreign_models
from small_world import World

from regtrack.checkpoint import save_checkpoint
from regtrack.cli import main
from regtrack.compare.open_sources import open_sources
from regtrack.compare.ranking import rank_windows
from regtrack.compare.scoreboard import score_models
from regtrack.compare.sources import Sources
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from tests.sweep.toys import as_checkpoint, random_codes, small_model, write_fasta

LOCAL: dict[str, Any] = {"base_url": "http://127.0.0.1:8050", "buffered": True}
LENGTH = 60_000
REGION = Interval("chr1", 20_000, 20_400)
SIGNED, ABSOLUTE = "dilated.K562_TF.saliency", "dilated.K562_TF.absolute-saliency"
VIEW = f"?region=chr1:20,001-20,400&markers=K562_TF&models=dilated&tracks={SIGNED}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Scores and saliency of one small network, as the commands write them, and labels."""
    folder = tmp_path_factory.mktemp("served")
    codes = {"chr1": random_codes(LENGTH, n_runs=[(30_000, 31_000)])}
    write_fasta(folder / "r.fa", codes)
    checkpoint = as_checkpoint(small_model("dilated").float(), Assembly(("chr1",), (LENGTH,)))
    save_checkpoint(folder / "c.safetensors", checkpoint)
    peaks = "".join(f"chr1\t{start}\t{start + 300}\n" for start in range(500, LENGTH - 500, 4_000))
    (folder / "peaks.bed").write_text(peaks)
    words = ["c.safetensors", "--reference", str(folder / "r.fa"), "--device", "cpu"]
    command(folder, "predict-genome", *words, "--out", "tracks/scores")
    command(folder, "saliency-tracks", *words, "--out", "tracks/saliency")
    return folder


def command(folder: Path, *words: str) -> None:
    """Run the command line in a folder."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.chdir(folder)
        patch.setattr("sys.argv", ["regtrack", "--quiet", *words])
        main()
    assert not ended.value.code


@pytest.fixture
def sources(folder: Path) -> Iterator[Sources]:
    opened = open_sources([folder / "tracks"], labels=folder / "peaks.bed")
    yield opened
    opened.close()


@pytest.fixture
def client(sources: Sources) -> Iterator[FlaskClient]:
    with create_app(sources).server.test_client() as client:
        yield client


def values_of(folder: Path, file: str) -> np.ndarray:
    with pyBigWig.open(str(folder / "tracks" / file)) as opened:
        return np.array(opened.values("chr1", 0, LENGTH), dtype=np.float32)


def test_the_catalog_tells_them_apart(sources: Sources, folder: Path) -> None:
    catalog = sources.catalog
    assert [(model.id, model.label) for model in catalog.models] == [("dilated", "DILATED")]
    assert [sweep.folder.name for sweep in catalog.other_sweeps] == ["saliency"]
    kinds = {track.id: (track.kind, track.label) for track in catalog.tracks if "_TF" in track.id}
    assert kinds == {
        "dilated.K562_TF": ("scores", "DILATED K562_TF"),
        SIGNED: ("saliency", "DILATED K562_TF saliency"),
        ABSOLUTE: ("absolute saliency", "DILATED K562_TF absolute saliency"),
    }
    for marker in ("K562_TF", "K562_histone", "K562_DNase"):
        found = catalog.find("dilated", marker)
        assert found is not None
        assert found.path == folder / "tracks" / "scores" / f"dilated.{marker}.bw"
    assert catalog.absolute(catalog.track(SIGNED)) == catalog.track(ABSOLUTE)
    assert catalog.absolute(catalog.track(ABSOLUTE)) is None
    # it is drawn as the model that it explains
    assert catalog.track(SIGNED).style == catalog.models[0].style
    # and names the reference where no scores do
    alone = open_sources([folder / "tracks" / "saliency"])
    assert (alone.catalog.models, alone.reference) == ((), folder / "r.fa")
    assert [track.kind for track in alone.catalog.others[:2]] == ["saliency", "absolute saliency"]
    alone.close()


def test_it_is_neither_ranked_nor_scored(sources: Sources, folder: Path) -> None:
    alone = open_sources([folder / "tracks" / "scores"], labels=folder / "peaks.bed")
    for opened in (alone, sources):
        board = score_models(opened, None, "dilated")
        assert [row.marker for row in board.rows] == ["K562_TF", "K562_histone", "K562_DNase"]
        assert board == score_models(alone, None, "dilated")
        ranked = rank_windows(opened, "score", "K562_TF", "dilated")
        truth = values_of(folder, "scores/dilated.K562_TF.bw")
        assert ranked.value[0] == np.nanmax(truth)
    alone.close()


def test_the_page_draws_it_about_zero_and_says_what_it_is(sources: Sources, folder: Path) -> None:
    choices = choices_of(sources)
    assert choices.tracks[:2] == (SIGNED, ABSOLUTE)
    for region in (REGION, Interval("chr1", 0, LENGTH)):
        view = parse_view(f"region={region}&markers=K562_TF&tracks={SIGNED},{ABSOLUTE}", choices)
        assert view.problems == ()
        rows = {row.key: row for row in ViewData(sources).scene(view.view).rows}
        scores, signed, absolute = (rows[key] for key in ("K562_TF", SIGNED, ABSOLUTE))
        for row in (scores, signed, absolute):
            assert isinstance(row, ValueRow)
        assert [curve.name for curve in scores.curves] == ["DILATED"]
        assert (signed.kind, signed.note) == ("saliency", "saliency")
        assert (absolute.kind, absolute.note) == ("values", "absolute saliency")
        # means would cancel: of each bin it is the value farthest from 0
        (drawn,), (size,) = signed.curves, absolute.curves
        np.testing.assert_array_equal(np.abs(drawn.mean), size.high)
        assert np.nanmin(drawn.mean) < 0 < np.nanmax(drawn.mean)
        if region == REGION:
            truth = values_of(folder, "saliency/dilated.K562_TF.saliency.bw")
            end = drawn.start + len(drawn.mean)
            np.testing.assert_array_equal(drawn.mean, truth[drawn.start : end])


def test_browsers_draw_it_as_letters_with_its_absolute_value_beside(client: FlaskClient) -> None:
    text = client.get(f"/export/session.xml{VIEW}", **LOCAL).get_data(as_text=True)
    tracks = list(ElementTree.fromstring(text).iter("Track"))
    assert [track.attrib["id"].rpartition("/")[2] for track in tracks] == [
        "dilated.K562_TF", SIGNED, ABSOLUTE,
    ]  # fmt: skip
    assert [track.attrib["renderer"] for track in tracks] == ["BAR_CHART", "DYNSEQ", "BAR_CHART"]
    assert len({track.attrib["autoscaleGroup"] for track in tracks}) == 3
    every = client.get(f"/igv/config.json{VIEW}", **LOCAL).get_json()["tracks"]
    config = [track for track in every if track.get("format") == "bigwig"]
    assert [track["url"] for track in config] == [
        f"/data/{name}" for name in ("dilated.K562_TF", SIGNED, ABSOLUTE)
    ]
    assert [track.get("graphType") for track in config] == [None, "dynseq", None]
    assert [track["name"] for track in config][1:] == [
        "DILATED K562_TF saliency", "DILATED K562_TF absolute saliency",
    ]  # fmt: skip
    for track in config:
        assert client.get(track["url"], **LOCAL).status_code == 200


def test_values_are_exported_under_their_names(client: FlaskClient, folder: Path) -> None:
    csv = client.get(f"/export/window.csv{VIEW}", **LOCAL).get_data(as_text=True)
    lines = csv.splitlines()
    assert lines[0] == f"chrom,start,end,dilated.K562_TF,{SIGNED},label.K562_TF"
    truth = values_of(folder, "saliency/dilated.K562_TF.saliency.bw")
    for line in lines[1:]:
        cells = line.split(",")
        expected = truth[int(cells[1]) : int(cells[2])]
        np.testing.assert_array_equal(expected, np.float32(cells[4]))
    bed = client.get(f"/export/window.bed{VIEW}", **LOCAL).get_data(as_text=True)
    assert re.findall(r'bedGraph name="(.*?)"', bed) == [
        "DILATED K562_TF", "DILATED K562_TF saliency",
    ]  # fmt: skip


def test_a_folder_of_an_earlier_version_is_known_for_saliency(folder: Path, tmp_path: Path) -> None:
    for name in ("scores", "saliency"):
        copy = tmp_path / name
        copy.mkdir()
        for path in (folder / "tracks" / name).glob("*.bw"):
            (copy / path.name).symlink_to(path)
        record = json.loads((folder / "tracks" / name / "sweep.json").read_text())
        for track in record["tracks"]:
            del track["values"]
        del record["digest"]
        (copy / "sweep.json").write_text(json.dumps(record | {"format": 2}))
    old, new = (open_sources([path]).catalog for path in (tmp_path, folder / "tracks"))
    assert [(t.id, t.kind, t.label) for t in old.tracks] == [
        (t.id, t.kind, t.label) for t in new.tracks
    ]


def test_the_badge_covers_saliency_on_screen(sources: Sources, world: World) -> None:
    catalog = sources.catalog
    (saliency,) = catalog.other_sweeps
    record = saliency.record
    made = replace(record, checkpoint=replace(record.checkpoint, dataset="other"))
    catalog = replace(catalog, other_sweeps=(replace(saliency, record=made),))
    dataset = world.open().dataset
    told = replace(sources, catalog=catalog, dataset=dataset)
    view = replace(parse_view(VIEW, choices_of(sources)).view, models=())
    assert view.tracks == (SIGNED,)
    assert foreign_models(view, told) == [saliency.label]
    assert foreign_models(replace(view, tracks=()), told) == []
