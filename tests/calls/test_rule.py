"""Rules of peaks: thresholds by precision and by stored values, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.calls.rule import CallRule, stored
from regtrack.errors import TrackError
from regtrack.measures.thresholds import ThresholdTable
from regtrack.tracks.bigwig.rounding import round_mantissa

TABLE = ThresholdTable(
    scores=(0.05, 0.2, 0.4, 0.7), labelled=(100, 80, 60, 20), others=(300, 80, 20, 0), positives=100
)


def test_the_lowest_threshold_with_the_precision_is_taken() -> None:
    cut = CallRule(precision=0.5).cut(TABLE, 23)
    assert cut is not None and cut.of_high is not None
    assert cut.high == cut.low == pytest.approx(0.2)
    assert (cut.of_high.precision, cut.of_high.recall) == (0.5, 0.8)
    assert CallRule(fdr=0.25).cut(TABLE, 23) == CallRule(precision=0.75).cut(TABLE, 23)
    assert CallRule(precision=1).cut(TABLE, 23).high == pytest.approx(0.7)  # type: ignore[union-attr]


def test_peaks_extend_to_a_lower_precision() -> None:
    cut = CallRule(precision=0.75, extend_to=0.25).cut(TABLE, 23)
    assert cut is not None and cut.of_low is not None
    assert (cut.high, cut.low) == (pytest.approx(0.4), pytest.approx(0.05))
    assert cut.of_low.precision == 0.25
    assert CallRule(fdr=0.25, extend_to=0.75).cut(TABLE, 23) == cut


def test_a_precision_that_no_threshold_has_gives_no_cut() -> None:
    low = ThresholdTable((0.1,), (10,), (90,), 20)
    assert CallRule(precision=0.5).cut(low, 23) is None


def test_a_threshold_is_taken_as_it_is_and_looked_up_if_it_can_be() -> None:
    cut = CallRule(threshold=0.3, extend_to=0.1).cut(TABLE, 7)
    assert cut is not None and cut.of_high is not None and cut.of_low is not None
    assert (cut.high, cut.low) == (0.3, 0.1)
    assert (cut.of_high.score, cut.of_low.score) == (0.4, 0.2)
    bare = CallRule(threshold=-2.5).cut(None, 23)
    assert bare is not None and (bare.high, bare.low, bare.of_high) == (-2.5, -2.5, None)


@given(st.floats(1e-6, 0.99), st.sampled_from([3, 7, 12, 23]))
def test_stored_values_from_the_cut_on_had_the_score(score: float, bits: int) -> None:
    """No score below the threshold is stored as a value that is called, and few above are lost."""
    try:
        cut = stored(score, bits)
    except TrackError:
        assert score > 1 - 2.0 ** -(bits + 1)
        return
    near = np.float32(score) * np.linspace(0.8, 1.25, 2_001, dtype=np.float32)
    near = np.append(near, np.nextafter(np.float32(score), np.float32(0)))
    kept = near.copy()
    round_mantissa(kept, bits)
    called = kept >= np.float32(cut)
    assert (near[called] >= score * (1 - 2e-7)).all()
    assert near[~called].max() <= score * (1 + 2.0 ** (1 - bits)) * (1 + 1e-6)


def test_values_stored_with_too_few_bits_are_refused() -> None:
    with pytest.raises(TrackError, match="keep 7 bits of each score, too few to tell scores of"):
        stored(0.9995, 7)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "found none; expected one of `precision`, `fdr` and `threshold`"),
        ({"precision": 0.9, "fdr": 0.1}, "found `precision` and `fdr`"),
        ({"precision": 1.2}, "`precision` is 1.2; expected more than 0"),
        ({"precision": 0.0}, "`precision` is 0"),
        ({"fdr": 0.0}, "`fdr` is 0"),
        ({"precision": 0.8, "extend_to": 0.9}, "`extend_to` is 0.9; expected at most 0.8"),
        ({"fdr": 0.2, "extend_to": 0.1}, "`extend_to` is 0.1; expected at least 0.2"),
        ({"threshold": 2.0, "extend_to": 3.0}, "expected at most 2, the `threshold`"),
        ({"threshold": float("nan")}, "`threshold` is nan"),
        ({"threshold": 2.0, "extend_to": float("-inf")}, "`extend_to` is -inf; expected a number"),
        ({"threshold": 2.0, "extend_to": float("nan")}, "`extend_to` is nan; expected a number"),
        ({"precision": 0.8, "min_length": 0}, "`min_length` is 0 bp"),
        ({"precision": 0.8, "max_gap": -1}, "`max_gap` is -1 bp"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(TrackError) as refused:
        CallRule(**wrong)
    assert said in str(refused.value)
