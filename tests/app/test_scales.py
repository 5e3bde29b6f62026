"""Axes: shared, a row's own, or as typed, over what is on screen alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from regtrack_app.look import Look
from regtrack_app.rows import Curve, LetterRow, Row, ValueRow
from regtrack_app.scales import ranges

from regtrack.compare.axis_limits import nice, outward
from regtrack.genome.interval import Interval

REGION = Interval("chr1", 100, 200)


def curve(values: list[float], high: list[float] | None = None) -> Curve:
    peaks = None if high is None else np.array(high, dtype=np.float32)
    return Curve("m", None, 0, 100, np.array(values, dtype=np.float32), peaks)


def row(group: str, values: list[float], kind: str = "values", marker: str = "") -> ValueRow:
    name = marker or group
    return ValueRow(name, name, "", (curve(values),), name, group, kind)


def test_rows_of_a_marker_share_the_range_that_one_of_them_needs() -> None:
    rows: list[Row] = [
        row("TF", [9, 0.3, 9], marker="a"),
        row("TF", [0, 0.7, 0], marker="a"),
        row("TF", [0, 0.05, 0], marker="b"),
    ]
    assert ranges(rows, REGION, Look()) == [(0, 0.8), (0, 0.8), (0, 0.05)]


def test_rows_of_a_category_may_share_one() -> None:
    rows: list[Row] = [
        row("TF", [9, 0.3, 9], marker="a"),
        row("TF", [0, 0.7, 0], marker="b"),
        row("DNase", [0, 0.05, 0]),
    ]
    assert ranges(rows, REGION, Look(scale="category")) == [(0, 0.8), (0, 0.8), (0, 0.05)]


def test_a_row_may_have_its_own() -> None:
    rows: list[Row] = [row("TF", [9, 0.3, 9], marker="a"), row("TF", [0, 0.7, 0], marker="b")]
    assert ranges(rows, REGION, Look(scale="own")) == [(0, 0.3), (0, 0.8)]


def test_typed_limits_are_those_of_scores_and_not_of_signals() -> None:
    rows: list[Row] = [
        row("TF", [0, 0.3, 0]),
        row("models", [0, -0.2, 0], "difference"),
        row("other x", [0, 17, 0]),
    ]
    look = Look(scale="limits")
    assert ranges(rows, REGION, look) == [(0, 1), (-0.2, 0.2), (0, 20)]
    typed = Look(scale="limits", limits=(0.01, 0.25))
    assert ranges(rows, REGION, typed)[0] == (0.01, 0.25)


def test_an_axis_may_begin_at_the_lowest_value() -> None:
    rows: list[Row] = [row("TF", [9, 0.0213, 9])]
    rows += [row("TF", [0, 0.0487, 0])]
    assert ranges(rows, REGION, Look(floor="lowest")) == [(0.02, 0.05)] * 2


def test_values_below_0_are_seen_though_axes_begin_at_0() -> None:
    ((low, high),) = ranges([row("TF", [0, -0.4, 0], marker="a")], REGION, Look())
    assert low <= -0.4 < high


def test_a_logarithmic_axis_holds_what_is_positive() -> None:
    zeros = [curve([0, value, 0]) for value in (0.0, 0.013, 0.3)]
    rows: list[Row] = [ValueRow("a", "a", "", tuple(zeros), "a", "TF")]
    assert ranges(rows, REGION, Look(log=True)) == [(0.01, 0.3)]
    typed = Look(log=True, scale="limits", limits=(0.0, 1.0))
    assert ranges(rows, REGION, typed) == [(1e-6, 1.0)]


def test_the_maximum_counts_where_it_is_drawn() -> None:
    peak = ValueRow("a", "a", "", (curve([0, 0.1, 0], [0, 0.55, 0]),), "a", "TF")
    assert ranges([peak], REGION, Look(statistic="both")) == [(0, 0.6)]
    assert ranges([peak], REGION, Look(statistic="max")) == [(0, 0.6)]
    assert ranges([peak], REGION, Look()) == [(0, 0.1)]


def test_a_difference_is_symmetric() -> None:
    assert ranges([row("models", [9, -0.3, 9], "difference")], REGION, Look()) == [(-0.3, 0.3)]


def test_rows_without_values_have_a_range_too() -> None:
    nothing = ValueRow("a", "a", "", (), "a", "TF", problem="gone")
    rows: list[Row] = [nothing, row("TF", [0, np.nan, 0]), LetterRow(0, "ACGT")]
    assert ranges(rows, REGION, Look()) == [(0, 1), (0, 1), (0, 1)]


@given(st.floats(-1e3, 1e3), st.floats(1e-2, 1e6))
def test_outward_encloses(low: float, span: float) -> None:
    bottom, top = outward(low, low + span)
    slack = 1e-5 * max(abs(low), abs(low + span))
    assert bottom <= low + slack
    assert top >= low + span - slack
    assert top - bottom <= 2 * span + 2 * slack


@given(st.floats(1e-5, 1e9))
def test_nice_is_just_above(value: float) -> None:
    assert value * (1 - 1e-6) <= nice(value) <= value * 1.51


def test_nice_of_nothing_is_1() -> None:
    assert nice(0) == nice(float("nan")) == nice(float("inf")) == nice(-3) == 1
