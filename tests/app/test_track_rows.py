"""Labels in the bins of a curve."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st
from regtrack_app.rows import Curve
from regtrack_app.track_rows import labelled_share

from regtrack.genome.intervals import Intervals

stretches = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 40)), max_size=8)


@given(stretches, st.integers(1, 7), st.integers(0, 20))
def test_labelled_share_is_the_mean_of_the_labels(
    found: list[tuple[int, int]], step: int, start: int
) -> None:
    labels = np.zeros(400, dtype=bool)
    for low, length in found:
        labels[low : low + length] = True
    curve = Curve("m", None, start, step, np.zeros(40, dtype=np.float32))
    share = labelled_share(Intervals.from_mask(labels), curve)
    bins = labels[start : start + 40 * step].reshape(40, step)
    np.testing.assert_allclose(share, bins.mean(axis=1), atol=1e-6)
