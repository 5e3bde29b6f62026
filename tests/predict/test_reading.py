"""Which bases are read for outputs, checked by hand and against one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

from regtrack.errors import PlanError
from regtrack.genome.sequence import reverse_complement
from regtrack.models.network import TrackModel
from regtrack.models.registry import build_model
from regtrack.predict.forward import scores_of_codes
from regtrack.predict.reading import UNBOUNDED_FLANK, ReadRule, Strip, choose_flank

SMALL: dict[str, dict[str, Any]] = {
    "cnn1": {"channels": [6]},
    "cnn3": {"channels": [6, 8, 5]},
    "id-cnn": {"channels": [5, 6, 8, 5]},
    "dilated": {"channels": [6, 8, 5]},
    "hybrid": {"channels": [6, 8, 5], "dilations": [1, 2]},
}


@pytest.mark.parametrize(
    ("start", "end", "read"),
    [
        (200, 300, (180, 320)),  # a flank on each side
        (205, 300, (180, 320)),  # from the multiple of 10 below, 200
        (209, 210, (180, 230)),
        (25, 30, (0, 50)),
        (15, 30, (0, 50)),  # the chromosome begins
        (0, 403, (0, 403)),
        (300, 390, (280, 403)),  # it ends
        (300, 380, (280, 400)),
    ],
)
def test_reads_computed_by_hand(start: int, end: int, read: tuple[int, int]) -> None:
    found = ReadRule(flank=20, stride=10).strip("chr1", start, end, length=403)
    assert found == Strip("chr1", start, end, *read)
    assert np.arange(*read)[found.crop].tolist() == list(range(start, end))


@pytest.mark.parametrize(
    ("end", "read_end"),
    # the other strand's multiples of 10, from the chromosome's end at 403: 403, 393, ... 333, 323
    [(300, 323), (303, 323), (304, 333), (313, 333), (370, 393), (374, 403), (403, 403)],
)
def test_both_strands_end_on_a_multiple_from_the_other_end(end: int, read_end: int) -> None:
    rule = ReadRule(flank=20, stride=10, both_strands=True)
    assert rule.strip("chr1", 200, end, length=403) == Strip("chr1", 200, end, 180, read_end)


def test_the_flank_is_the_networks_own_or_5_kb_for_a_bi_lstm() -> None:
    dilated = build_model("dilated", 2, channels=[4, 4, 4])
    assert ReadRule.of(dilated) == ReadRule(5_430, 10)
    assert ReadRule.of(dilated, flank=6_000, both_strands=True) == ReadRule(6_000, 10, True)
    lstm = build_model("bi-lstm", 2, channels=[4, 4], lstm_hidden=4)
    assert ReadRule.of(lstm) == ReadRule(5_000, 10)
    assert ReadRule.of(lstm, flank=0) == ReadRule(0, 10)
    with pytest.raises(PlanError, match="expected 5,430 bp or more for this model"):
        ReadRule.of(dilated, flank=5_000)
    with pytest.raises(PlanError, match="such as 10 or 20"):
        ReadRule(flank=15, stride=10)


def test_flanks() -> None:
    assert choose_flank("auto", needed=5430, stride=10) == 5430
    assert choose_flank(5440, needed=5430, stride=10) == 5440
    assert choose_flank("auto", needed=None, stride=30) == -(-UNBOUNDED_FLANK // 30) * 30
    assert choose_flank(0, needed=None, stride=10) == 0
    with pytest.raises(PlanError, match="expected 5,430 bp or more for this model"):
        choose_flank(5420, needed=5430, stride=10)
    with pytest.raises(PlanError, match="such as 5,430 or 5,440"):
        choose_flank(5431, needed=5430, stride=10)


def mean_of_strands(model: TrackModel, codes: np.ndarray) -> np.ndarray:
    """The scores (M, L) of both strands along the forward one."""
    forward = scores_of_codes(model, codes[None])[0]
    reverse = scores_of_codes(model, reverse_complement(codes)[None])[0]
    return (forward + reverse[:, ::-1]) / 2


@settings(max_examples=25, deadline=None)
@given(
    name=st.sampled_from(list(SMALL)),
    length=st.integers(1, 3_000),
    both_strands=st.booleans(),
    data=st.data(),
)
def test_outputs_are_those_of_one_pass_over_the_whole_chromosome(
    name: str, length: int, both_strands: bool, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, length - 1))
    end = data.draw(st.integers(start + 1, length))
    torch.manual_seed(0)
    model = build_model(name, 2, **SMALL[name]).eval()
    codes = np.random.default_rng(length).integers(0, 5, length, dtype=np.uint8)
    run = mean_of_strands if both_strands else lambda m, c: scores_of_codes(m, c[None])[0]
    strip = ReadRule.of(model, both_strands=both_strands).strip("c", start, end, length=length)
    found = run(model, codes[strip.read_start : strip.read_end])[:, strip.crop]
    np.testing.assert_allclose(found, run(model, codes)[:, start:end], rtol=0, atol=1e-6)


def test_a_read_that_does_not_start_on_the_stride_gives_other_outputs() -> None:
    """Shows that the property above can fail: the same outputs, read from 3 bp further left."""
    torch.manual_seed(0)
    model = build_model("cnn3", 2, **SMALL["cnn3"]).eval()
    codes = np.random.default_rng(0).integers(0, 4, 2_000, dtype=np.uint8)
    strip = ReadRule.of(model).strip("c", 1_000, 1_100, length=2_000)
    whole = scores_of_codes(model, codes[None])[0, :, 1_000:1_100]
    first = strip.read_start - 3
    off = scores_of_codes(model, codes[None, first : strip.read_end])
    assert np.abs(off[0, :, 1_000 - first : 1_100 - first] - whole).max() > 1e-4


def test_a_bi_lstm_is_close_to_one_pass() -> None:
    torch.manual_seed(0)
    model = build_model("bi-lstm", 2, channels=[6, 5], lstm_hidden=8).eval()
    codes = np.random.default_rng(0).integers(0, 4, 20_000, dtype=np.uint8)
    strip = ReadRule.of(model).strip("c", 9_003, 9_400, length=20_000)
    assert (strip.read_start, strip.read_end) == (4_000, 14_400)
    found = scores_of_codes(model, codes[None, strip.read_start : strip.read_end])
    whole = scores_of_codes(model, codes[None])
    np.testing.assert_allclose(found[0, :, strip.crop], whole[0, :, 9_003:9_400], rtol=0, atol=1e-6)
