"""Wider bins by the kernel are those of NumPy's reduceat, to the bit."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from regtrack.tracks.bigwig.bins import BIN, Bins, reduce_bins
from regtrack.tracks.bigwig.merging import merge_bins, zoom_records
from regtrack.tracks.bigwig.places import Places
from regtrack.tracks.bigwig.summarise import bin_values


def by_numpy(bins: Bins, reduction: int) -> Bins:
    cell = bins["start"] // reduction
    moves = (cell[1:] != cell[:-1]) | (bins["chrom"][1:] != bins["chrom"][:-1])
    first = np.flatnonzero(np.concatenate([[True], moves]))
    merged = reduce_bins(bins, first)
    merged["start"] = cell[first] * reduction
    return merged


@pytest.mark.parametrize("step", [128, 75, 13, 5])  # 5: bins of more parts than the kernel adds
@pytest.mark.parametrize("reduction", [128, 512, 2_048])
def test_bins_are_merged_as_by_numpy(step: int, reduction: int) -> None:
    values = np.random.default_rng(step).standard_normal(20_000).astype(np.float32)
    values[3_000:9_000], values[5::77] = np.nan, np.nan
    cuts = [*range(0, len(values), step), len(values)]
    bins = np.concatenate([
        bin_values(values[low:high], Places.one(low // 12_800, low, high), 128)
        for low, high in pairwise(cuts)
    ])  # fmt: skip
    bins.flags.writeable = False
    assert merge_bins(bins, reduction).tobytes() == by_numpy(bins, reduction).tobytes()


def test_zoom_records_end_with_their_chromosome_and_hold_what_float32_can() -> None:
    bins = np.zeros(3, BIN)
    bins["chrom"], bins["start"] = [0, 0, 3], [0, 512, 4_096]
    bins["valid"], bins["min"], bins["max"] = [512, 8, 1], [-1, 0.5, 2], [1, 0.5, 2]
    bins["sum"], bins["squares"] = [-1e300, 4, 2], [1e300, 2, 4]
    records = zoom_records(bins, 512, np.array([520, 0, 0, 9_999]))
    assert records["end"].tolist() == [512, 520, 4_608]
    largest = np.finfo(np.float32).max
    assert records["sum"].tolist() == [-largest, 4, 2]
    assert records["squares"].tolist() == [largest, 2, 4]
    assert records["valid"].tolist() == [512, 8, 1]
