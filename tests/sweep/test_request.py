"""The bases that a user asks for: notes where a BED file says more or less than the reference."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from regtrack.errors import PlanError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.sweep.request import read_targets

ASSEMBLY = Assembly(("chr1", "chr4"), (100, 1_000))


@pytest.fixture
def bed(tmp_path: Path) -> Path:
    return tmp_path / "a.bed"


@pytest.mark.parametrize("content", ["", "chrUn\t0\t10\n"])
def test_a_blacklist_without_a_base_of_this_genome_is_noted(
    bed: Path, caplog: pytest.LogCaptureFixture, content: str
) -> None:
    bed.write_text(content)
    with caplog.at_level(logging.WARNING, "regtrack"):
        targets = read_targets(ASSEMBLY, exclude=bed)
    assert targets == {
        "chr1": Intervals.one(0, 100),
        "chr4": Intervals.one(0, 1_000),
    }
    assert caplog.messages[-1] == f"{bed} names no base of the reference: nothing is excluded"


@pytest.mark.parametrize("content", ["", "chrUn\t0\t10\n"])
def test_regions_without_a_base_are_refused(bed: Path, content: str) -> None:
    bed.write_text(content)
    with pytest.raises(PlanError, match="names no base of the reference, which has chr1, chr4"):
        read_targets(ASSEMBLY, regions=bed)


def test_lines_past_the_end_of_a_chromosome_are_noted(
    bed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bed.write_text("chr1\t10\t20\nchr4\t0\t999999999\nchr4\t5000\t6000\n")
    with caplog.at_level(logging.WARNING, "regtrack"):
        targets = read_targets(ASSEMBLY, regions=bed)
    assert targets == {
        "chr1": Intervals.one(10, 20),
        "chr4": Intervals.one(0, 1_000),
    }
    assert caplog.messages == [
        f"{bed}: lines cut off at their chromosome's end: 1",
        f"{bed}: lines left out, past their chromosome's end: 1",
    ]
