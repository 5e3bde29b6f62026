"""The picture of all markers: its colours against the files, its order, and how it is fetched."""

from __future__ import annotations

import itertools
import json
import struct
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from regtrack_app.choices import choices_of
from regtrack_app.create_app import create_app
from regtrack_app.heat import ABSENT, Heat, Heats, shown_of
from regtrack_app.row_events import after_event
from regtrack_app.state import View, default_view, parse_view
from small_tracks import write_sweep
from small_world import MARKERS, World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.overview import Overview, coarse
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 40_000, 300_000)


@pytest.fixture
def view(sources: Sources) -> View:
    return replace(default_view(choices_of(sources)), region=REGION)


def values_of(heat: Heat) -> np.ndarray:
    """What the page reads from the colours."""
    spans = (heat.highs - heat.lows)[:, None]
    found = heat.lows[:, None] + heat.codes / 252 * spans
    return np.where(heat.codes == ABSENT, np.nan, found)


def test_colours_are_the_values_of_the_tracks(sources: Sources, view: View) -> None:
    heat = Heats(sources).heat(view)
    expected = Overview(sources).values("cnn7", heat.markers, heat.grid)
    spans = (heat.highs - heat.lows)[:, None]
    clipped = np.clip(expected, heat.lows[:, None], heat.highs[:, None])
    assert np.nanmax(np.abs(values_of(heat) - clipped) / spans) <= 0.5 / 252 + 1e-6
    np.testing.assert_array_equal(heat.codes == ABSENT, np.isnan(expected))
    # few columns are beyond the first or last colour, and each row has both
    assert ((heat.codes == 0).any(axis=1) & (heat.codes == 252).any(axis=1)).all()
    assert np.nanmean(np.abs(expected - clipped) > 0) < 0.03


def test_a_difference_is_symmetric_about_its_middle_colour(sources: Sources, view: View) -> None:
    heats = Heats(sources)
    heat = heats.heat(replace(view, heat="=difference"))
    back = heats.heat(replace(view, heat="=difference", pair=("dilated", "cnn7")))
    there = heat.codes != ABSENT
    assert (heat.codes[there].astype(int) + back.codes[there] == 252).all()
    first, second = (
        Overview(sources).values(model, heat.markers, heat.grid) for model in heat.pair
    )
    spans = (heat.highs - heat.lows)[:, None]
    expected = np.clip(first - second, heat.lows[:, None], heat.highs[:, None])
    assert np.nanmax(np.abs(values_of(heat) - expected) / spans) <= 0.5 / 252 + 1e-6


def test_labels_begin_at_0(sources: Sources, view: View) -> None:
    heat = Heats(sources).heat(replace(view, heat="=labels"))
    assert (heat.lows == 0).all()
    assert (heat.codes != ABSENT).all()


def test_fold_is_on_one_scale_from_the_base_rate(sources: Sources, view: View) -> None:
    heat = Heats(sources).heat(replace(view, axis="fold"))
    np.testing.assert_allclose(heat.highs / heat.lows, 64)


def test_rows_are_ordered_by_category_similarity_or_disagreement(
    sources: Sources, view: View
) -> None:
    heats = Heats(sources)
    assert [MARKERS[name] for name in heats.heat(view).markers] == list(heats.heat(view).categories)
    for order in ("similarity", "disagreement"):
        assert set(heats.heat(replace(view, order=order)).markers) == set(MARKERS)
    heat = heats.heat(replace(view, order="disagreement"))
    apart = []
    for name in heat.markers:
        first, second = (
            Overview(sources).values(model, (name,), coarse(heat.grid))[0] for model in heat.pair
        )
        most = max(np.nanquantile(first, 0.995), np.nanquantile(second, 0.995))
        apart.append(np.nanmean(np.abs(first - second)) / most)
    assert apart[0] > apart[1]


def test_what_is_shown_by_default(sources: Sources, view: View) -> None:
    assert shown_of(view) == "cnn7"
    assert shown_of(replace(view, models=())) == "=labels"
    assert shown_of(replace(view, heat="dilated")) == "dilated"


def test_a_model_may_have_any_name(world: World, tmp_path: Path) -> None:
    names = ("labels", "difference", "models", "saliency")
    for number, name in enumerate(names):
        scores = world.scores[("cnn7", "dilated")[number % 2]]
        write_sweep(tmp_path / name, "cnn7", {"K562_CTCF": scores["K562_CTCF"]})
    with open_sources([tmp_path], labels=world.folder / "data") as sources:
        choices = choices_of(sources)
        view = replace(default_view(choices), mode="stack")
        found = [Heats(sources).heat(replace(view, heat=name)) for name in names]
        assert [heat.shown for heat in found] == list(names)
        assert not np.array_equal(found[0].codes, found[1].codes)
        assert parse_view(replace(view, heat="labels").query(), choices).view.heat == "labels"
        for name in names:
            less = after_event(view, {"row": f"K562_CTCF/{name}", "act": "remove"})
            assert set(less.models) == set(names) - {name}
            assert less.markers == view.markers


def test_what_cannot_be_shown_is_said(world: World) -> None:
    with open_sources([world.folder / "sweeps" / "cnn7"]) as sources:
        view = default_view(choices_of(sources))
        with pytest.raises(RegtrackError, match="there are no labels"):
            Heats(sources).heat(replace(view, heat="=labels"))
        with pytest.raises(RegtrackError, match="between two models"):
            Heats(sources).heat(replace(view, heat="=difference"))


def read(data: bytes) -> tuple[dict[str, Any], np.ndarray]:
    (length,) = struct.unpack_from("<I", data)
    head = json.loads(data[4 : 4 + length])
    rows = len(head["markers"])
    head["lows"], head["highs"] = np.frombuffer(data, "<f4", 2 * rows, 4 + length).reshape(2, rows)
    codes = np.frombuffer(data, np.uint8, offset=4 + length + 8 * rows)
    return head, codes.reshape(rows, head["columns"])


def test_the_page_fetches_picture_and_scores(sources: Sources, view: View) -> None:
    with create_app(sources).server.test_client() as client:
        head, codes = read(client.get(f"/heat/picture{view.query()}").data)
        heat = Heats(sources).heat(view)
        assert tuple(head["markers"]) == heat.markers
        np.testing.assert_array_equal(codes, heat.codes)
        np.testing.assert_array_equal(head["lows"], heat.lows.astype(np.float32))
        np.testing.assert_array_equal(head["highs"], heat.highs.astype(np.float32))
        assert head["labels"] == ["CNN7"]
        found = client.get(f"/heat/scores{view.query()}&start=yes").json
        while found["state"] in {"waiting", "running"}:
            time.sleep(0.05)
            found = client.get(f"/heat/scores{view.query()}").json
        assert set(found["scores"]) == set(MARKERS)
        assert all(0 < score <= 1 for score in found["scores"].values())


def test_a_first_picture_is_coarser_unless_the_sharp_one_is_there(
    sources: Sources, view: View
) -> None:
    view = replace(view, region=Interval("chr1", 1_000, 309_000))
    for shown, order in itertools.product(("cnn7", "=difference"), ("category", "disagreement")):
        heats, wanted = Heats(sources), replace(view, heat=shown, order=order)
        first = heats.heat(wanted, first=True)
        sharp = heats.heat(wanted)
        again = heats.heat(wanted, first=True)
        assert [one.sharp for one in (first, sharp, again)] == [False, True, True]
        assert (first.grid.step, sharp.grid.step) == (2_048, 512)
        assert first.markers == sharp.markers
        np.testing.assert_array_equal(again.codes, sharp.codes)
        if shown == "cnn7":
            expected = Overview(sources).values("cnn7", first.markers, first.grid)
            np.testing.assert_array_equal(first.codes == ABSENT, np.isnan(expected))
            spans = (first.highs - first.lows)[:, None]
            clipped = np.clip(expected, first.lows[:, None], first.highs[:, None])
            assert np.nanmax(np.abs(values_of(first) - clipped) / spans) <= 0.5 / 252 + 1e-6


def test_a_request_that_another_one_supersedes_is_given_up(
    sources: Sources, view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_app(sources).server.test_client() as client:
        path = f"/heat/picture{view.query()}&page=one&turn="
        read, later = Sources.summaries, []

        def moved_on(self: Sources, *places: Any, **how: Any) -> object:
            if not later and threading.current_thread().name != "ahead":
                later.append(0)
                later.append(create_app_client.get(f"{path}2").status_code)
            return read(self, *places, **how)

        create_app_client = client.application.test_client()
        monkeypatch.setattr(Sources, "summaries", moved_on)
        monkeypatch.setattr("regtrack.compare.overview._AT_ONCE", 1)
        monkeypatch.setattr("regtrack.compare.overview.cores", lambda: 1)
        assert client.get(f"{path}1").status_code == 204
        assert later == [0, 200]
        assert client.get(f"{path}1").status_code == 200  # what is known costs nothing


def test_a_picture_that_there_is_none_of_is_refused_in_words(world: World) -> None:
    with (
        open_sources([world.folder / "sweeps" / "cnn7"]) as sources,
        create_app(sources).server.test_client() as client,
    ):
        answer = client.get("/heat/picture?heat=%3Dlabels")
        assert answer.status_code == 400
        assert "there are no labels" in answer.get_data(as_text=True)
        assert client.get("/heat/scores?heat=cnn7").status_code == 404
