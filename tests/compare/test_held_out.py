"""A dataset for evaluation alone next to tracks: all windows are in the test split."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from regtrack_app.opening import opening
from small_world import MARKERS, World

from regtrack.compare.ranking import rank_windows
from regtrack.compare.scoreboard import score_models
from regtrack.compare.sources import Sources
from regtrack.compare.windows import windows_of
from regtrack.errors import DatasetError

MARKER = next(iter(MARKERS))


@pytest.fixture
def held_out(world: World) -> Iterator[Sources]:
    found = world.open(labels=world.folder / "held-out")
    yield found
    found.pool.close()


def test_windows_are_ranked_and_scored(held_out: Sources) -> None:
    everything = windows_of(held_out)
    assert len(everything.chosen("test")) == len(everything) == 31 + 13
    rows = rank_windows(held_out, "error", MARKER, "cnn7", split="test")
    assert {row["split"] for row in rows.rows()} == {"test"}
    board = score_models(held_out, "cnn7", "dilated", split="test")
    assert {row.marker for row in board.rows} == set(MARKERS)


def test_the_page_opens_at_a_labelled_window(held_out: Sources, world: World) -> None:
    place = opening(held_out, MARKER)
    assert world.labels[MARKER][place.chrom][place.start : place.end].any()


@pytest.mark.parametrize("split", ["train", "valid"])
def test_another_split_is_refused_in_one_line(held_out: Sources, split: str) -> None:
    with pytest.raises(DatasetError, match=f"in the {split} split"):
        score_models(held_out, "cnn7", "dilated", split=split)
