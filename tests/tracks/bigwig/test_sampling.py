"""Samples are few, and from the whole of a file."""

from __future__ import annotations

import numpy as np
import pytest

from regtrack.tracks.bigwig.raw import DataBlock
from regtrack.tracks.bigwig.readings import NOTHING, Sample, Totals
from regtrack.tracks.bigwig.sampling import Samples, sample_block


@pytest.mark.parametrize("offered", [0, 1, 7, 8, 9, 100, 1_000])
def test_samples_are_few_and_evenly_spread(offered: int) -> None:
    samples = Samples(8)
    for number in range(offered):
        samples.offer(lambda number=number: Sample("c", number, number + 1, NOTHING))
    places = [sample.start for sample in samples.taken]
    assert min(offered, 4) <= len(places) <= 8
    if offered > 1:
        steps = set(np.diff(places).tolist())
        assert len(steps) == 1
        assert places[0] == 0
        assert places[-1] + steps.pop() >= offered


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (1, Sample("c", 10, 12, Totals(2, 2.0, 2.0, 4.0))),
        (2, Sample("c", 10, 25, Totals(7, 2.0, 3.0, 19.0))),
        (9, Sample("c", 0, 31, Totals(9, 1.0, 4.0, 24.0))),
    ],
)
def test_a_sample_is_from_the_middle_of_a_block(items: int, expected: Sample) -> None:
    block = DataBlock(
        0, 0, 31,
        starts=np.array([0, 10, 20, 30]),
        ends=np.array([1, 12, 25, 31]),
        values=np.array([1, 2, 3, 4], dtype=np.float32),
    )  # fmt: skip
    assert sample_block("c", block, items) == expected
