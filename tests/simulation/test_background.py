"""The background has the composition that it claims."""

from __future__ import annotations

import numpy as np
import pytest

from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import N, decode
from regtrack.simulation.background import draw_background, draw_soft_mask, put_gaps

LENGTH = 400_003


@pytest.fixture(scope="module")
def text() -> str:
    return decode(draw_background(LENGTH, np.random.default_rng(0)))


def test_length_and_letters(text: str) -> None:
    assert len(text) == LENGTH
    assert set(text) == set("ACGT")


def test_gc_content_is_that_of_the_human_genome_and_drifts(text: str) -> None:
    content = [
        sum(map(text[start : start + 20_000].count, "GC")) / 20_000
        for start in range(0, 400_000, 20_000)
    ]
    assert np.mean(content) == pytest.approx(0.41, abs=0.04)
    # with one composition throughout, 20 kb would stray by 0.0035
    assert np.std(content) > 0.01


def test_cpg_is_rare_and_tpg_is_frequent(text: str) -> None:
    def ratio(pair: str) -> float:
        return text.count(pair) * len(text) / (text.count(pair[0]) * text.count(pair[1]))

    assert ratio("CG") < 0.35
    assert ratio("TG") > 1.1
    assert ratio("CA") > 1.1


def test_both_strands_are_alike(text: str) -> None:
    for one, other in (("A", "T"), ("C", "G"), ("AC", "GT"), ("GA", "TC"), ("TG", "CA")):
        assert text.count(one) == pytest.approx(text.count(other), rel=0.05)


def test_gaps_lie_at_the_ends_and_inside() -> None:
    codes = draw_background(10_000, np.random.default_rng(1))
    put_gaps(codes, ends=0.01, middle=0.02)
    gaps = Intervals.from_mask(codes == N)
    assert (gaps.ends - gaps.starts).tolist() == [100, 200, 100]
    assert (gaps.starts[0], gaps.ends[-1]) == (0, 10_000)


def test_no_gap_unless_requested() -> None:
    codes = draw_background(10_000, np.random.default_rng(1))
    put_gaps(codes, ends=0, middle=0)
    assert not (codes == N).any()


def test_soft_mask_comes_in_stretches() -> None:
    mask = draw_soft_mask(LENGTH, np.random.default_rng(2))
    found = Intervals.from_mask(mask)
    assert mask.mean() == pytest.approx(0.4, abs=0.05)
    assert np.median(found.ends - found.starts) > 100
