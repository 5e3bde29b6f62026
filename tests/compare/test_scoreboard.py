"""PR AUC per marker and category, checked against scikit-learn on all bases of the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score
from small_tracks import write_sweep
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.scoreboard import Scoreboard, score_models
from regtrack.compare.sources import Sources
from regtrack.errors import DatasetError, OutOfMemoryError, TrackError


def brute(world: World, model: str, marker: str, chroms: tuple[str, ...]) -> float:
    scores = np.concatenate([_whole(world.scores[model][marker][chrom]) for chrom in chroms])
    labels = np.concatenate([_whole(world.labels[marker][chrom]) for chrom in chroms])
    present = ~np.isnan(scores)
    return float(average_precision_score(labels[present], scores[present]))


def _whole(column: np.ndarray) -> np.ndarray:
    """The values in complete windows of 10 kb."""
    return column[: len(column) // 10_000 * 10_000]


@pytest.mark.parametrize(
    ("split", "chroms"), [("test", ("chr2",)), ("train", ("chr1",)), (None, ("chr1", "chr2"))]
)
def test_exact_for_rounded_tracks(
    world: World, sources: Sources, split: str | None, chroms
) -> None:
    board = score_models(sources, "cnn7", "dilated", split)
    assert [(row.marker, row.category) for row in board.rows] == [
        ("K562_CTCF", "TF"),
        ("K562_DNase", "DNase"),
    ]
    for row in board.rows:
        assert row.first == pytest.approx(brute(world, "cnn7", row.marker, chroms), abs=1e-9)
        assert row.second == pytest.approx(brute(world, "dilated", row.marker, chroms), abs=1e-9)
        labels = np.concatenate([_whole(world.labels[row.marker][chrom]) for chrom in chroms])
        absent = np.concatenate(
            [np.isnan(_whole(world.scores["cnn7"][row.marker][chrom])) for chrom in chroms]
        )
        assert row.positives == labels[~absent].sum()
        assert row.base_rate == pytest.approx(labels[~absent].mean())


def test_a_single_model_is_compared_with_chance(sources: Sources) -> None:
    board = score_models(sources, None, "dilated", "test")
    pair = score_models(sources, "cnn7", "dilated", "test")
    assert [row.second for row in board.rows] == [row.second for row in pair.rows]
    assert [row.first for row in board.rows] == [row.base_rate for row in board.rows]
    assert all((row.second or 0) > (row.first or 1) for row in board.rows)


def test_categories_are_means_over_their_markers(sources: Sources) -> None:
    board = score_models(sources, "cnn7", "dilated", "test")
    assert [(row.category, row.markers) for row in board.categories()] == [("TF", 1), ("DNase", 1)]
    one = board.categories()[0]
    assert (one.first, one.second) == (board.rows[0].first, board.rows[0].second)
    twice = Scoreboard("a", "b", None, board.rows[:1] * 2)
    assert twice.categories()[0].markers == 2


def test_exact_scores_every_base(world: World, tmp_path: Path) -> None:
    """With scores that share a bin, of which those of labelled bases are a little higher."""
    labels = world.labels["K562_CTCF"]
    tracks = {chrom: (1 + 1e-4 * truth).astype(np.float32) for chrom, truth in labels.items()}
    write_sweep(tmp_path / "s", "cnn7", {"K562_CTCF": tracks})
    sources = open_sources([tmp_path / "s"], labels=world.folder / "data")
    binned = score_models(sources, "cnn7", "cnn7", "test").rows[0]
    exact = score_models(sources, "cnn7", "cnn7", "test", exact=True).rows[0]
    assert binned.first == pytest.approx(binned.base_rate)
    assert exact.first == pytest.approx(1)
    assert (exact.positives, exact.base_rate) == (binned.positives, binned.base_rate)


def test_exact_scores_need_memory(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regtrack.measures.exact.usable_memory", lambda: 1_000_000)
    with pytest.raises(OutOfMemoryError, match="leave out `exact`"):
        score_models(sources, "cnn7", "dilated", exact=True)


@pytest.mark.parametrize("kind", ["scores", "logits"])
def test_unrounded_and_negative_values_are_scored_closely(
    world: World, tmp_path: Path, kind: str
) -> None:
    random = np.random.default_rng(3)
    labels = world.labels["K562_CTCF"]
    tracks = {
        chrom: (random.normal(size=len(truth)) + 1.5 * truth).astype(np.float32)
        for chrom, truth in labels.items()
    }
    write_sweep(tmp_path / "s", "cnn7", {"K562_CTCF": tracks}, kind)
    sources = open_sources([tmp_path / "s"], labels=world.folder / "data")
    row = score_models(sources, "cnn7", "cnn7", "test").rows[0]
    exact = average_precision_score(_whole(labels["chr2"]), _whole(tracks["chr2"]))
    assert row.first == row.second == pytest.approx(exact, abs=5e-4)


def test_a_marker_with_few_labelled_bases_has_no_score(tmp_path: Path) -> None:
    scores = np.linspace(0, 1, 500, dtype=np.float32)
    write_sweep(tmp_path / "s", "cnn7", {"few": {"c": scores}})
    (tmp_path / "few.bed").write_text("c\t5\t14\n")
    sources = open_sources([tmp_path / "s"], labels=tmp_path / "few.bed")
    row = score_models(sources, "cnn7", "cnn7").rows[0]
    assert (row.first, row.second, row.positives) == (None, None, 9)
    assert row.base_rate == pytest.approx(9 / 500)
    assert score_models(sources, "cnn7", "cnn7").categories() == ()
    assert score_models(sources, None, "cnn7").rows == (row,)


def test_requests_that_cannot_be_scored_are_refused(
    world: World, sources: Sources, tmp_path: Path
) -> None:
    with pytest.raises(TrackError, match="no model"):
        score_models(sources, "cnn7", "cnn8")
    with pytest.raises(DatasetError, match="scores need labels"):
        score_models(world.open(labels=None), "cnn7", "dilated")
    write_sweep(tmp_path / "s", "other", {"unknown": world.scores["cnn7"]["K562_CTCF"]})
    other = open_sources([tmp_path / "s"], labels=world.folder / "data")
    with pytest.raises(DatasetError, match="no marker of other has labels"):
        score_models(other, None, "other")
    with pytest.raises(DatasetError, match="`split` is"):
        score_models(sources, "cnn7", "dilated", "dev")
