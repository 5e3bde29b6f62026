"""All markers along a region, against the values that the files were made of."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from small_world import GAP, MARKERS, World

from regtrack.compare.overview import (
    GivenUpError,
    Overview,
    beside,
    by_similarity,
    coarse,
    grid_of,
)
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.tracks.summaries import Grid

NAMES = tuple(MARKERS)


@given(st.integers(0, 10**8), st.integers(20, 10**8), st.integers(1, 1_500))
def test_a_grid_covers_its_region(start: int, span: int, most: int) -> None:
    grid = grid_of(Interval("chr1", start, start + span), most)
    assert grid.start <= start
    assert start + span <= grid.start + grid.step * grid.columns < start + span + grid.step
    assert grid.columns <= most + 1


@pytest.mark.parametrize("grid", [Grid("chr1", 51_200, 512, 70), Grid("chr2", 120_000, 1_000, 11)])
def test_columns_are_the_maxima_of_the_tracks(sources: Sources, world: World, grid: Grid) -> None:
    found = Overview(sources).values("dilated", NAMES, grid, highest=True)
    assert found.shape == (2, grid.columns)
    for marker, row in zip(NAMES, found, strict=True):
        truth = world.scores["dilated"][marker][grid.chrom]
        for column, value in enumerate(row.tolist()):
            low = grid.start + column * grid.step
            bases = truth[low : low + grid.step]
            highest = bases[~np.isnan(bases)].max(initial=-1)
            # zoom records at the edges of a column belong to both neighbours
            assert (np.isnan(value) and highest == -1) or value >= highest * (1 - 1e-6)
    gap = (GAP.start - grid.start) // grid.step
    assert grid.chrom != "chr1" or np.isnan(found[:, gap + 2 : gap + 20]).all()


def test_columns_of_whole_records_are_the_means_of_the_tracks(
    sources: Sources, world: World
) -> None:
    grid = Grid("chr1", 99_840, 512, 300)
    found = Overview(sources).values("cnn7", NAMES, grid)
    for marker, row in zip(NAMES, found, strict=True):
        truth = world.scores["cnn7"][marker]["chr1"][grid.start : grid.start + 300 * 512]
        np.testing.assert_allclose(row, truth.reshape(300, 512).mean(axis=1), rtol=1e-5)


def test_columns_of_labels_are_their_labelled_fraction(sources: Sources, world: World) -> None:
    grid = Grid("chr1", 99_840, 256, 300)
    found = Overview(sources).values(None, NAMES, grid)
    for marker, row in zip(NAMES, found, strict=True):
        truth = world.labels[marker]["chr1"][grid.start : grid.start + 300 * 256]
        np.testing.assert_allclose(row, truth.reshape(300, 256).mean(axis=1), atol=1e-6)


def test_what_was_read_is_kept_for_the_next_view(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []
    summaries = Sources.summaries

    def counted(self: Sources, *places: Any, wider: bool) -> object:
        asked.append(places)
        return summaries(self, *places, wider=wider)

    monkeypatch.setattr(Sources, "summaries", counted)
    overview = Overview(sources)
    first = overview.values("cnn7", NAMES, Grid("chr1", 0, 128, 1_000))
    read = len(asked)
    again = overview.values("cnn7", NAMES, Grid("chr1", 12_800, 128, 900))
    assert len(asked) == read
    np.testing.assert_array_equal(first[:, 100:], again)


def test_a_first_picture_is_true_and_of_the_same_stretch(sources: Sources, world: World) -> None:
    grid = grid_of(Interval("chr1", 1_000, 309_000), 1_000)
    first = coarse(grid)
    assert (grid.step, first.step) == (512, 2_048)
    assert first.start <= grid.start < grid.end <= first.end < grid.end + first.step
    overview = Overview(sources)
    for highest, of_bases in ((False, np.nanmean), (True, np.nanmax)):
        found = overview.values("cnn7", NAMES, first, highest=highest, soon=True)
        for marker, row in zip(NAMES, found, strict=True):
            truth = world.scores["cnn7"][marker]["chr1"][: 100 * 2_048].reshape(100, 2_048)
            there = ~np.isnan(truth).all(axis=1)
            expected = of_bases(truth[there].astype(np.float64), axis=1)
            np.testing.assert_allclose(row[:100][there], expected, rtol=1e-5)
            assert np.isnan(row[:100][~there]).all()


def test_views_are_put_together_of_runs_that_were_read(
    sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    overview = Overview(sources)
    left, right = Grid("chr1", 12_800, 128, 200), Grid("chr1", 51_200, 128, 200)
    for grid in (left, right):
        overview.values("cnn7", NAMES, grid, soon=True)
    between = Grid("chr1", 19_200, 128, 400)
    expected = Overview(sources).values("cnn7", NAMES, between)
    assert overview.knows(["cnn7"], NAMES, left)
    assert not overview.knows(["cnn7"], NAMES, between)
    assert overview.first(["cnn7"], NAMES, between) == coarse(between) != between
    np.testing.assert_array_equal(overview.values("cnn7", NAMES, between, soon=True), expected)
    assert overview.knows(["cnn7"], NAMES, between)
    monkeypatch.delattr(Sources, "summaries")
    np.testing.assert_array_equal(overview.values("cnn7", NAMES, between), expected)


def test_a_file_that_cannot_be_read_is_a_row_without_values(
    sources: Sources, tmp_path: Path
) -> None:
    catalog = sources.catalog
    gone = catalog.find("cnn7", NAMES[0])
    tracks = tuple(
        replace(track, path=tmp_path / "gone.bw") if track is gone else track
        for track in catalog.tracks
    )
    broken = replace(sources, catalog=replace(catalog, tracks=tracks))
    found = Overview(broken).values("cnn7", NAMES, Grid("chr1", 0, 512, 100))
    assert np.isnan(found[0]).all()
    assert np.isfinite(found[1]).all()


def test_markers_are_those_of_the_model_or_of_the_labels(sources: Sources) -> None:
    overview = Overview(sources)
    assert set(overview.markers("cnn7")) == set(overview.markers(None)) == set(NAMES)


def test_alike_rows_become_neighbours() -> None:
    random = np.random.default_rng(1)
    kinds = random.normal(size=(3, 200))
    groups = np.array([0, 1, 2] * 8)
    values = (kinds[groups] + 0.1 * random.normal(size=(24, 200))).astype(np.float32)
    ordered = groups[by_similarity(values)]
    assert np.count_nonzero(np.diff(ordered)) == 2


def test_rows_without_values_have_a_place_too() -> None:
    values = np.full((5, 10), np.nan, dtype=np.float32)
    assert sorted(by_similarity(values).tolist()) == [0, 1, 2, 3, 4]


def test_what_is_beside_a_view_is_read_ahead(sources: Sources) -> None:
    overview = Overview(sources)
    grid = Grid("chr1", 51_200, 256, 100)
    near = beside(grid, 310_000)
    assert [(one.start, one.step) for one in near] == [
        (76_800, 256), (25_600, 256), (57_600, 128), (38_400, 512)
    ]  # fmt: skip
    assert beside(Grid("chr1", 0, 128, 2_422), 310_000) == []
    overview.values("cnn7", NAMES, grid)
    overview.read_ahead(["cnn7"], ["dilated"], NAMES, grid)
    reading = next(thread for thread in threading.enumerate() if thread.name == "ahead")
    reading.join(30)
    read: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Overview, "_read", lambda *_, **__: read.append("again"))
        found = [overview.values("cnn7", NAMES, one) for one in near]
    assert read == []
    assert overview.knows(["cnn7"], NAMES, near[0])
    assert not overview.knows(["cnn7", "dilated"], NAMES, near[0])
    for one, values in zip(near, found, strict=True):
        np.testing.assert_array_equal(values, Overview(sources).values("cnn7", NAMES, one))


@pytest.mark.parametrize("highest", [False, True])
def test_first_pictures_of_any_view_need_not_be_read(
    sources: Sources, monkeypatch: pytest.MonkeyPatch, highest: bool
) -> None:
    overview, both = Overview(sources), ["cnn7", "dilated"]
    shown = Grid("chr1", 0, 128, 200)
    overview.values("cnn7", NAMES, shown, highest=highest)
    overview.read_ahead(["cnn7"], ["dilated"], NAMES, shown, highest=highest)
    reading = next(thread for thread in threading.enumerate() if thread.name == "ahead")
    reading.join(30)
    monkeypatch.delattr(Sources, "summaries")
    for grid in (Grid("chr1", 250_880, 128, 40), Grid("chr1", 102_400, 256, 500)):
        wide = overview.first(both, NAMES, grid, highest=highest)
        assert wide.start <= grid.start < grid.end <= wide.end < grid.end + wide.step
        for model in both:
            assert not overview.knows([model], NAMES, grid, highest=highest)
            found = overview.values(model, NAMES, wide, highest=highest, soon=True)
            monkeypatch.undo()
            exact = Overview(sources).values(model, NAMES, wide, highest=highest)
            monkeypatch.delattr(Sources, "summaries")
            np.testing.assert_allclose(found, exact, rtol=0.004)
            assert np.isfinite(found).any()


def test_what_is_no_longer_wanted_is_not_kept(sources: Sources) -> None:
    overview = Overview(sources)
    grid = Grid("chr1", 0, 256, 100)
    with pytest.raises(GivenUpError):
        overview.values("cnn7", NAMES, grid, still=lambda: False)
    again = overview.values("cnn7", NAMES, grid)
    np.testing.assert_array_equal(again, Overview(sources).values("cnn7", NAMES, grid))
    assert np.isfinite(again).any()
