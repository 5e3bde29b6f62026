"""Axes: shared by a group, fixed, or a row's own, over what is on screen alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from regtrack_app.rows import Curve, LetterRow, Row, ValueRow
from regtrack_app.scales import nice, ranges

from regtrack.genome.interval import Interval

REGION = Interval("chr1", 100, 200)


def curve(values: list[float], high: list[float] | None = None) -> Curve:
    peaks = None if high is None else np.array(high, dtype=np.float32)
    return Curve("m", None, 0, 100, np.array(values, dtype=np.float32), peaks)


def row(group: str, values: list[float], kind: str = "values") -> ValueRow:
    return ValueRow(group, group, "", (curve(values),), group, kind)


def test_rows_of_a_group_share_the_range_that_one_of_them_needs() -> None:
    rows: list[Row] = [row("TF", [9, 0.3, 9]), row("TF", [0, 0.7, 0]), row("DNase", [0, 0.05, 0])]
    assert ranges(rows, REGION, "shared") == [(0, 0.8), (0, 0.8), (0, 0.05)]


def test_a_row_may_have_its_own() -> None:
    rows: list[Row] = [row("TF", [9, 0.3, 9]), row("TF", [0, 0.7, 0])]
    assert ranges(rows, REGION, "own") == [(0, 0.3), (0, 0.8)]


def test_fixed_is_0_to_1_for_scores_and_not_for_signals() -> None:
    rows: list[Row] = [
        row("TF", [0, 0.3, 0]),
        row("models", [0, -0.2, 0], "difference"),
        row("other x", [0, 17, 0]),
    ]
    assert ranges(rows, REGION, "fixed") == [(0, 1), (-1, 1), (0, 20)]


def test_the_maximum_counts_where_it_is_drawn() -> None:
    peak = ValueRow("a", "a", "", (curve([0, 0.1, 0], [0, 0.55, 0]),), "TF")
    assert ranges([peak], REGION, "shared") == [(0, 0.6)]


def test_a_difference_is_symmetric() -> None:
    assert ranges([row("models", [9, -0.3, 9], "difference")], REGION, "shared") == [(-0.3, 0.3)]


def test_rows_without_values_have_a_range_too() -> None:
    nothing = ValueRow("a", "a", "", (), "TF", problem="gone")
    rows: list[Row] = [nothing, row("TF", [0, np.nan, 0]), LetterRow(0, "ACGT")]
    assert ranges(rows, REGION, "shared") == [(0, 1), (0, 1), (0, 1)]


@given(st.floats(1e-5, 1e9))
def test_nice_is_just_above(value: float) -> None:
    assert value * (1 - 1e-6) <= nice(value) <= value * 1.51


def test_nice_of_nothing_is_1() -> None:
    assert nice(0) == nice(float("nan")) == nice(float("inf")) == nice(-3) == 1
