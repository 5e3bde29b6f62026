"""Which windows are kept, counted base by base."""

from __future__ import annotations

import numpy as np
from hypothesis import given, strategies as st

from regtrack.dataset.spec import DatasetSpec
from regtrack.dataset.windows import Dropped, keep_windows
from regtrack.genome.intervals import Intervals

LENGTH = 83
masks = st.lists(st.booleans(), min_size=LENGTH, max_size=LENGTH).map(np.array)
shares = st.sampled_from([0.0, 0.1, 0.3, 0.5, 1.0])


# windows that tile a chromosome, and windows of which the middle does
plain = st.builds(DatasetSpec, st.integers(1, 90), shares, shares)
cropped = st.builds(
    lambda labelled, crop, most: DatasetSpec(labelled + 2 * crop, *most, crop=crop, needs="TF"),
    st.integers(1, 30), st.integers(0, 30), st.tuples(shares, shares),
)  # fmt: skip
REASONS = ("short", "n", "excluded", "multimap", "no_peak", "other_split")


@given(masks, masks, masks, masks, plain | cropped)
def test_each_window_is_judged_by_its_own_bases(
    unknown: np.ndarray,
    excluded: np.ndarray,
    shared: np.ndarray,
    peaks: np.ndarray,
    spec: DatasetSpec,
) -> None:
    codes = np.where(unknown, 4, 2).astype(np.uint8)
    window = spec.window
    kept, counts = [], dict.fromkeys(REASONS, 0)
    for labelled in range(0, LENGTH, spec.labelled):
        start = labelled - spec.crop
        bases = slice(max(start, 0), start + window)
        if start < 0 or start + window > LENGTH:
            counts["short"] += 1
        elif unknown[bases].sum() > spec.max_n * window:
            counts["n"] += 1
        elif (unknown | excluded)[bases].sum() > spec.max_n * window:
            counts["excluded"] += 1
        elif (shared & ~unknown)[bases].sum() > spec.max_multimap * window:
            counts["multimap"] += 1
        elif spec.needs and not peaks[labelled : labelled + spec.labelled].any():
            counts["no_peak"] += 1
        else:
            kept.append(start)

    starts, dropped = keep_windows(
        codes, spec, Intervals.from_mask(excluded), Intervals.from_mask(shared),
        Intervals.from_mask(peaks) if spec.needs else None,
    )  # fmt: skip
    assert starts.tolist() == kept
    assert dropped.to_dict() == counts


def test_a_tenth_is_allowed_and_more_is_not() -> None:
    codes = np.zeros(20, dtype=np.uint8)
    codes[[3, 12, 13]] = 4
    starts, dropped = keep_windows(codes, DatasetSpec(window=10))
    assert starts.tolist() == [0]
    assert dropped == Dropped(n=1)


def test_drops_add_up() -> None:
    assert Dropped(1, 2, 3, 4) + Dropped(n=1) == Dropped(1, 3, 3, 4)
