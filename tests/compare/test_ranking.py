"""The ranking of windows, checked against the arrays one window at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from regtrack_app.jobs import Cancelled, Job
from small_world import World

from regtrack.compare.ranking import rank_windows
from regtrack.compare.sources import Sources
from regtrack.errors import DatasetError, RegtrackError, TrackError

MARKER = "K562_CTCF"


def brute(world: World, kind: str, split: str | None) -> dict[tuple[str, int], float]:
    """The value of each window that has one."""
    found = {}
    for chrom, name in (("chr1", "train"), ("chr2", "test")):
        if split not in (None, name):
            continue
        one, two = (world.scores[model][MARKER][chrom] for model in ("cnn7", "dilated"))
        truth = world.labels[MARKER][chrom]
        wanted = {"disagreement": abs(one - two), "error": abs(one - truth), "score": one}[kind]
        for start in range(0, len(truth) - 9_999, 10_000):
            window = wanted[start : start + 10_000]
            window = window[~np.isnan(window)]
            if len(window):
                value = window.max() if kind == "score" else window.astype(np.float64).mean()
                found[chrom, start] = float(value)
    return found


@pytest.mark.parametrize("kind", ["disagreement", "error", "score"])
@pytest.mark.parametrize("split", [None, "train", "test"])
def test_values_and_order(world: World, sources: Sources, kind: str, split: str | None) -> None:
    table = rank_windows(sources, kind, MARKER, "cnn7", "dilated", split=split)
    rows = table.rows()
    found = {(row["chrom"], row["start"]): row["value"] for row in rows}
    assert found == pytest.approx(brute(world, kind, split), rel=1e-5)
    assert len(rows) == len(found)
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert [row["rank"] for row in rows] == list(range(len(rows)))


def test_the_other_columns(world: World, sources: Sources) -> None:
    for row in rank_windows(sources, "error", MARKER, "cnn7", "dilated").rows():
        here = slice(row["start"], row["end"])
        assert row["split"] == ("train" if row["chrom"] == "chr1" else "test")
        assert row["labelled"] == pytest.approx(world.labels[MARKER][row["chrom"]][here].mean())
        for column, model in (("mean_a", "cnn7"), ("mean_b", "dilated")):
            mean = np.nanmean(world.scores[model][MARKER][row["chrom"]][here].astype(np.float64))
            assert row[column] == pytest.approx(mean, rel=1e-5)


def test_windows_are_tiles_without_a_dataset_and_missing_numbers_are_none(
    world: World,
) -> None:
    sources = world.open(labels=None)
    table = rank_windows(sources, "score", MARKER, "cnn7")
    rows = table.rows()
    # 13 + 6 tiles of 25 kb, the last of each chromosome shorter; none lies entirely in the gap
    assert len(table) == 19
    assert {row["end"] - row["start"] for row in rows} == {25_000, 10_000, 5_013}
    assert all(row["mean_b"] is row["labelled"] is row["split"] is None for row in rows)
    assert math.isclose(
        rows[0]["value"], max(map(np.nanmax, world.scores["cnn7"][MARKER].values()))
    )
    assert table.rows(3, 5) == rows[3:5]


def test_no_track_is_read_the_second_time(
    world: World, sources: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = rank_windows(sources, "disagreement", "K562_DNase", "cnn7", "dilated").rows()

    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr("regtrack.compare.sources.values_of_places", refuse)
    assert rank_windows(sources, "disagreement", "K562_DNase", "cnn7", "dilated").rows() == first
    rank_windows(sources, "error", "K562_DNase", "cnn7", "dilated", split="test")
    with pytest.raises(AssertionError, match="read again"):
        rank_windows(sources, "disagreement", "K562_DNase", "dilated", "cnn7")


def test_progress_and_cancel(sources: Sources) -> None:
    job = Job("a")
    rank_windows(sources, "score", "K562_DNase", "dilated", progress=job)
    assert job.progress == 1.0
    job.cancel()
    with pytest.raises(Cancelled):
        rank_windows(sources, "score", MARKER, "dilated", progress=job)


def test_invalid_rankings_are_refused(world: World, sources: Sources) -> None:
    plain = world.open(labels=None)
    for given, arguments, error, message in [
        (sources, ("best", MARKER, "cnn7"), RegtrackError, 'no ranking is called "best"'),
        (sources, ("disagreement", MARKER, "cnn7"), RegtrackError, "choose a second one"),
        (sources, ("score", "K562_CTC", "cnn7"), TrackError, 'Did you mean "K562_CTCF"'),
        (sources, ("score", MARKER, "../x"), TrackError, "no model has the id"),
        (plain, ("error", MARKER, "cnn7"), DatasetError, "open labels that have it"),
    ]:
        with pytest.raises(error, match=message):
            rank_windows(given, *arguments)
    with pytest.raises(DatasetError, match=r'`split` is "tset"; .*"test"'):
        rank_windows(sources, "score", MARKER, "cnn7", split="tset")
    with pytest.raises(DatasetError, match="open a dataset as labels"):
        rank_windows(plain, "score", MARKER, "cnn7", split="test")
