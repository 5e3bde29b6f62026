"""Where a page opens: against the labels and values that the files were made of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from regtrack_app.choices import choices_of
from regtrack_app.opening import opening
from small_tracks import write_bigwig, write_sweep
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval


def test_it_is_the_test_window_labelled_nearest_to_a_half(sources: Sources, world: World) -> None:
    labels = world.labels["K562_DNase"]["chr2"][:130_000].reshape(-1, 10_000).mean(axis=1)
    values = world.scores["cnn7"]["K562_DNase"]["chr2"][:130_000].reshape(-1, 10_000)
    usable = (labels > 0) & ~np.isnan(values).all(axis=1)
    best = int(np.argmin(np.where(usable, np.abs(labels - 0.5), np.inf)))
    found = opening(sources, "K562_DNase")
    assert found == Interval("chr2", 10_000 * best, 10_000 * (best + 1))
    first = choices_of(sources).opening
    assert first is not None
    assert first("K562_DNase") == found


def test_a_window_without_values_is_passed_over(world: World, tmp_path: Path) -> None:
    usual = opening(world.open(), "K562_CTCF")
    scores = {name: array.copy() for name, array in world.scores["cnn7"]["K562_CTCF"].items()}
    scores[usual.chrom][usual.start : usual.end] = np.nan
    write_sweep(tmp_path / "cnn7", "cnn7", {"K562_CTCF": scores})
    sources = open_sources([tmp_path / "cnn7"], labels=world.folder / "data")
    other = opening(sources, "K562_CTCF")
    assert other.chrom == usual.chrom == "chr2"
    assert other != usual
    assert world.labels["K562_CTCF"]["chr2"][other.start : other.end].any()


def test_without_a_split_it_is_any_labelled_window(world: World) -> None:
    sources = open_sources([world.folder / "sweeps"], labels=world.folder / "markers.tsv")
    found = opening(sources, "K562_CTCF")
    assert (found.chrom, len(found)) == ("chr1", 25_000)
    assert world.labels["K562_CTCF"]["chr1"][found.start : found.end].any()


def test_without_labels_it_is_where_the_track_is_highest(tmp_path: Path) -> None:
    values = {
        "chr1": np.full(90_000, np.nan, dtype=np.float32),
        "chr2": np.zeros(400_000, dtype=np.float32),
    }
    values["chr2"][271_828] = 5
    write_bigwig(tmp_path / "signal.bw", values)
    found = opening(open_sources([tmp_path / "signal.bw"]), None)
    assert found.chrom == "chr2"
    assert len(found) == 25_000
    assert abs((found.start + found.end) // 2 - 271_828) < 1_000


def test_without_a_value_or_its_file_it_is_mid_chromosome(tmp_path: Path) -> None:
    path = tmp_path / "signal.bw"
    write_bigwig(path, {"chr1": np.full(1_000_000, np.nan, dtype=np.float32)})
    sources = open_sources([path])
    middle = Interval("chr1", 375_000, 625_000)
    assert opening(sources, None) == middle
    path.unlink()
    assert opening(sources, None) == middle


def test_it_is_where_the_tracks_lie_if_they_cover_little(world: World, tmp_path: Path) -> None:
    part = slice(190_000, 215_000)  # of chr1, which is not held out
    scores = world.scores["cnn7"]["K562_CTCF"]
    few = {name: np.full_like(array, np.nan) for name, array in scores.items()}
    few["chr1"][part] = scores["chr1"][part]
    write_sweep(tmp_path / "cnn7", "cnn7", {"K562_CTCF": few})
    with open_sources([tmp_path / "cnn7"], labels=world.folder / "data") as sources:
        found = opening(sources, "K562_CTCF")
        assert (found.chrom, found.start) in {("chr1", 190_000), ("chr1", 200_000)}
    # of two models, where both have values
    write_sweep(tmp_path / "dilated", "dilated", {"K562_CTCF": scores})
    with open_sources([tmp_path], labels=world.folder / "data") as sources:
        assert opening(sources, "K562_CTCF") == found


def test_a_track_of_a_late_chromosome_is_found(tmp_path: Path) -> None:
    values = {f"chr{at}": np.full(2_000, np.nan, dtype=np.float32) for at in range(1, 40)}
    values["chr39"] = np.arange(2_000, dtype=np.float32)
    write_bigwig(tmp_path / "late.bw", values)
    with open_sources([tmp_path / "late.bw"]) as sources:
        assert np.flatnonzero(sources.chroms_with_values("late")).tolist() == [38]
        assert opening(sources, None) == Interval("chr39", 0, 2_000)
