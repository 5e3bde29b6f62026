"""Base rates and medians, against what the files were made of."""

from __future__ import annotations

import numpy as np
import pytest
from small_world import LENGTHS, MARKERS, World

from regtrack.compare.base_rates import BaseRates
from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources


def test_the_base_rate_is_that_of_all_windows(sources: Sources, world: World) -> None:
    assert sources.dataset is not None
    for marker in MARKERS:
        labelled = bases = 0
        for window in sources.dataset.windows:
            chrom = sources.dataset.assembly.names[window["chrom"]]
            start = int(window["start"])
            truth = world.labels[marker][chrom][start : start + sources.dataset.window]
            labelled, bases = labelled + int(truth.sum()), bases + len(truth)
        assert BaseRates(sources).rate(marker) == pytest.approx(labelled / bases)


def test_peak_files_have_a_base_rate_over_the_assembly(world: World) -> None:
    with open_sources([world.folder / "sweeps"], labels=world.folder / "markers.tsv") as sources:
        rate = BaseRates(sources).rate("K562_CTCF")
    truth = world.labels["K562_CTCF"]
    assert rate == pytest.approx(sum(map(np.sum, truth.values())) / sum(LENGTHS.values()))


def test_without_labels_there_is_none(world: World) -> None:
    with open_sources([world.folder / "sweeps"]) as sources:
        assert BaseRates(sources).rate("K562_CTCF") is None


def test_a_median_is_near_that_of_the_values(sources: Sources) -> None:
    (signal,) = sources.catalog.others
    everything = np.concatenate([np.arange(length) for length in LENGTHS.values()])
    assert BaseRates(sources).median(signal.id) == pytest.approx(np.median(everything), rel=0.02)
