"""A trained network of others, explained on real sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import regtrack
from regtrack.genome.interval import Interval
from tests.sweep.spliceai import load_spliceai, splice_sites

ACCEPTOR = 1_013_983  # of the second exon of ISG15, 0-based


@pytest.mark.real
def test_the_bases_that_make_an_acceptor_are_its_ag(real_data: Path, splice_weights: Path) -> None:
    network = splice_sites(load_spliceai(splice_weights))
    place = Interval("chr1", ACCEPTOR - 30, ACCEPTOR + 10)
    found = regtrack.saliency_of_region(
        network, real_data / "chr1_hg38_10M.fa.gz", place, "acceptor.plus", method="ism"
    )
    at = ACCEPTOR - place.start
    assert np.flatnonzero(found.outputs).tolist() == [at]
    letters = "".join("ACGTN"[code] for code in found.codes)
    assert letters[at - 2 : at] == "AG"
    loss = -found.values.min(axis=1)
    assert set(np.argsort(loss)[-2:].tolist()) == {at - 2, at - 1}
