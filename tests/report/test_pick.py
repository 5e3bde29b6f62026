"""Scores and windows of a report against scikit-learn on the arrays that the files were made of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score
from small_world import MARKERS, World

from regtrack.compare.sources import Sources
from regtrack.compare.track_scores import RECALLS
from regtrack.errors import RegtrackError
from regtrack.progress import SILENT
from regtrack.report.pick import best, most_different, worst
from regtrack.report.scores import Scores, read_scores, usual_split


@pytest.fixture(scope="module")
def scores(world: World) -> Iterator[Scores]:
    with world.open() as sources:
        yield read_scores(sources, (), "test", SILENT)


def arrays(world: World, scores: Scores, model: str, marker: str) -> list[tuple[np.ndarray, ...]]:
    """Labels and scores of the bases with a value, by window."""
    found = []
    windows = scores.windows
    for chrom, start, end in zip(windows.chroms, windows.starts, windows.ends, strict=True):
        name = windows.names[chrom]
        values = world.scores[model][marker][name][start:end]
        there = np.isfinite(values)
        found.append((world.labels[marker][name][start:end][there], values[there]))
    return found


def test_areas_and_curves_are_those_of_scikit_learn(world: World, scores: Scores) -> None:
    assert len(scores.windows) == 13
    for model in ("cnn7", "dilated"):
        for marker in MARKERS:
            labels, values = map(
                np.concatenate, zip(*arrays(world, scores, model, marker), strict=True)
            )
            found = scores.of(marker, model)
            assert found is not None
            assert found.average_precision == pytest.approx(average_precision_score(labels, values))
            assert found.roc_auc == pytest.approx(roc_auc_score(labels, values))
            assert found.base_rate == pytest.approx(labels.mean())
            precision, recall, _ = precision_recall_curve(labels, values)
            # recall descends there: the last that reaches each of ours
            at = [int(np.flatnonzero(recall >= wanted - 1e-12)[-1]) for wanted in RECALLS[1:]]
            np.testing.assert_allclose(found.precision[1:], precision[at])


def test_windows_are_ranked_by_how_far_above_chance_they_are(world: World, scores: Scores) -> None:
    above = {}
    for marker in MARKERS:
        rows = []
        for model in ("cnn7", "dilated"):
            row = []
            for labels, values in arrays(world, scores, model, marker):
                if labels.sum() < 100:
                    row.append(np.nan)
                    continue
                rate = labels.mean()
                row.append((average_precision_score(labels, values) - rate) / (1 - rate))
            rows.append(row)
        above[marker] = np.array(rows)
    names, starts = list(MARKERS), scores.windows.starts
    means = np.array([above[name].mean(0) for name in names])
    apart = np.array([np.ptp(above[name], axis=0) for name in names])
    for picked, table, sign in (
        (best(scores, 1), means, 1), (worst(scores, 1), -means, -1),
        (most_different(scores, 1), apart, 1),
    ):  # fmt: skip
        marker, window = np.unravel_index(np.nanargmax(table), table.shape)
        (pick,) = picked
        assert (pick.marker, pick.region.start) == (names[marker], starts[window])
        assert pick.value == pytest.approx(sign * np.nanmax(table))


def test_no_window_is_shown_twice_and_markers_take_turns(scores: Scores) -> None:
    for pick in (best, worst, most_different):
        found = pick(scores, 6)
        assert len({one.region for one in found}) == 6
        assert [one.marker for one in found].count("K562_CTCF") in {2, 3, 4}
        values = [one.value for one in found]
        assert values == sorted(values, reverse=pick is not worst)


class Counted:
    """The bases that progress shows."""

    def __init__(self) -> None:
        self.total = self.done = 0.0

    @contextmanager
    def task(self, _description: str, total: float, _unit: str) -> Iterator[Counted]:
        self.total, self.done = total, 0.0
        yield self

    def advance(self, amount: float = 1) -> None:
        self.done += amount


def test_progress_ends_at_the_total_also_if_all_scores_are_cached(sources: Sources) -> None:
    seen = Counted()
    for _ in range(2):
        read_scores(sources, (), "test", seen)
        assert seen.done == seen.total > 0


def test_a_report_needs_labels_models_and_markers(world: World, sources: Sources) -> None:
    assert usual_split(sources) == "test"
    with pytest.raises(RegtrackError, match="no marker matches"):
        read_scores(sources, ("REST",), "test", SILENT)
    with pytest.raises(RegtrackError, match="split"):
        read_scores(sources, (), "tests", SILENT)
    with world.open(labels=None) as without:
        assert usual_split(without) is None
        with pytest.raises(RegtrackError, match="needs `labels`"):
            read_scores(without, (), None, SILENT)
