"""Comparison of two readers, and the messages about differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from regtrack.tracks.bigwig.bins import BIN, NO_BINS
from regtrack.tracks.bigwig.readings import (
    NOTHING,
    Expected,
    Reading,
    Sample,
    Totals,
    disagreements,
    to_totals,
)

TEN = Totals(10, -0.5, 2.0, 4.0)
EXPECTED = Expected({"chr1": 100, "chr2": 50}, 10, {"chr1": TEN}, [Sample("chr1", 3, 13, TEN)])
SAME = Reading({"chr2": 50, "chr1": 100}, 10, {"chr1": TEN}, [TEN])


def test_equal_readings_agree() -> None:
    assert list(disagreements(EXPECTED, SAME)) == []
    # within the rounding of a float32 sum
    nearly = replace(TEN, total=4.0001)
    assert list(disagreements(EXPECTED, replace(SAME, chroms={"chr1": nearly}))) == []


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (replace(SAME, lengths={"chr1": 100}), "finds for chr2 no such chromosome; expected 50 bp"),
        (replace(SAME, lengths={"chr1": 99, "chr2": 50}), "finds for chr1 99 bp; expected 100 bp"),
        (replace(SAME, bases=9), "finds 9 bases covered; expected 10"),
        (
            replace(SAME, chroms={"chr1": replace(TEN, bases=9, high=2.5)}),
            "finds for chr1, in zoom levels, 9 bases with a value; expected 10 and maximum 2.5; "
            "expected 2",
        ),
        (
            replace(SAME, stretches=[replace(TEN, low=-0.25)]),
            "finds for chr1:4-13 minimum -0.25; expected -0.5",
        ),
        (
            replace(SAME, stretches=[replace(TEN, total=4.01)]),
            "finds for chr1:4-13 sum 4.01; expected 4",
        ),
        (
            replace(SAME, stretches=[NOTHING]),
            "finds for chr1:4-13 0 bases with a value; expected 10",
        ),
    ],
)
def test_every_difference_is_reported(found: Reading, message: str) -> None:
    assert list(disagreements(EXPECTED, found)) == [message]


def test_nan_differs_from_a_number() -> None:
    found = replace(SAME, stretches=[replace(TEN, low=float("nan"))])
    assert len(list(disagreements(EXPECTED, found))) == 1


def test_only_expected_contents_are_compared() -> None:
    assert list(disagreements(Expected(), Reading({"chrX": 1}, 7, {}, []))) == []


def test_totals_add_up() -> None:
    assert NOTHING + TEN == TEN + NOTHING == TEN
    assert TEN + Totals(5, -1.0, 0.5, -2.0) == Totals(15, -1.0, 2.0, 2.0)
    assert NOTHING + NOTHING == NOTHING == to_totals(NO_BINS)
    bins = np.array([(0, 0, 3, 0.5, 1.0, 2.0, 1.5), (0, 128, 4, -1.0, 0.25, -2.5, 3.0)], dtype=BIN)
    assert to_totals(bins) == Totals(7, -1.0, 1.0, -0.5)


def test_sums_that_zoom_records_cannot_hold_are_not_compared() -> None:
    held, beyond = Totals(4, 0.0, 8e37, 3e38), Totals(400, 0.0, 8e37, 5e38)
    assert list(held.differences(Totals(4, 0.0, 8e37, 2e38)))
    assert not list(beyond.differences(Totals(400, 0.0, 8e37, 3.4e38)))
    assert list(beyond.differences(Totals(400, 0.0, 7e37, 3.4e38)))
