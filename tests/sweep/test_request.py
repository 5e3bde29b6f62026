"""The request for a sweep, and the bases that it selects on a reference."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from regtrack.errors import DeviceError, PlanError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest, read_targets

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
        targets = read_targets(ASSEMBLY, Selection(exclude=bed))
    assert targets == {
        "chr1": Intervals.one(0, 100),
        "chr4": Intervals.one(0, 1_000),
    }
    assert caplog.messages[-1] == f"{bed} has no base on the reference; nothing is excluded"


@pytest.mark.parametrize("content", ["", "chrUn\t0\t10\n"])
def test_regions_without_a_base_are_refused(bed: Path, content: str) -> None:
    bed.write_text(content)
    with pytest.raises(PlanError, match="has no base on the reference, which has chr1, chr4"):
        read_targets(ASSEMBLY, Selection(regions=bed))


def test_lines_past_the_end_of_a_chromosome_are_noted(
    bed: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bed.write_text("chr1\t10\t20\nchr4\t0\t999999999\nchr4\t5000\t6000\n")
    with caplog.at_level(logging.WARNING, "regtrack"):
        targets = read_targets(ASSEMBLY, Selection(regions=bed))
    assert targets == {
        "chr1": Intervals.one(10, 20),
        "chr4": Intervals.one(0, 1_000),
    }
    assert caplog.messages == [
        f"{bed}: 2 of 3 lines used; 1 dropped, starting past the end of its chromosome; 1 clipped, "
        "ending past its chromosome",
    ]


def test_a_single_region_selects_its_bases() -> None:
    targets = read_targets(ASSEMBLY, Selection(region="chr4:101-200"))
    assert targets == {"chr4": Intervals.one(100, 200)}


def test_strings_are_accepted_as_paths_and_as_single_names() -> None:
    selection = Selection(markers="*CTCF", chroms=["chr1", "chr2"], exclude="x.bed")  # type: ignore[arg-type]
    assert selection == Selection(("*CTCF",), ("chr1", "chr2"), exclude=Path("x.bed"))
    request = SweepRequest("c", "r.fa", "out", selection)  # type: ignore[arg-type]
    assert request == SweepRequest(Path("c"), Path("r.fa"), Path("out"), selection)
    assert request.inputs == (Path("c"), Path("r.fa"), Path("x.bed"))
    assert hash(request) is not None  # a worker keeps what it opened by its request


def test_a_moved_request_differs_only_in_paths() -> None:
    request = SweepRequest(
        Path("c"), Path("r.fa"), Path("out"), Selection(chroms="chr1", exclude=Path("x.bed"))
    )
    moved = request.at(Path("/there").joinpath)
    assert moved == SweepRequest(
        Path("/there/c"), Path("/there/r.fa"), Path("/there/out"),
        Selection(chroms="chr1", exclude=Path("/there/x.bed")),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Selection(chroms="chr1", region="chr1"),
            "`chroms` and `region` cannot be combined",
        ),
        (
            lambda: Selection(region="chr1", regions=Path("a")),
            "`region` and `regions` cannot be combined",
        ),
        (lambda: Compute(window=0), "`window` is 0 bp; expected at least 1"),
        (lambda: Compute(window=2**32), "expected at most 4,294,967,295"),
        (lambda: Compute(flank="wide"), '`flank` is "wide"; expected 0 to 4,294,967,295 bp, or'),
        (lambda: Compute(flank=-10), "`flank` is -10"),
        *(
            (lambda bad=bad: Compute(batch_size=bad), f"`batch_size` is {shown}; expected 1 to 1,0")
            for bad, shown in [
                ("0", '"0"'),
                (-1, "-1"),
                ("2.5", '"2.5"'),
                (2.5, "2.5"),
                ("", '""'),
                ("many", '"many"'),
                ("nan", '"nan"'),
            ]
        ),
        (lambda: Compute(compiling="yes"), '`compiling` is "yes"; expected auto, on, off'),
        (lambda: Storage(resolution=-1), "`resolution` is -1 bp"),
    ],
)
def test_invalid_values_are_refused_when_the_request_is_built(
    make: Callable[[], object], message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        make()


def test_numbers_may_be_texts() -> None:
    assert Compute(flank="5440", batch_size="3") == Compute(flank=5440, batch_size=3)
    assert Compute(flank="auto", batch_size="auto") == Compute()


def test_a_precision_that_is_unknown() -> None:
    with pytest.raises(DeviceError, match='`precision` is "fp8"; expected fp32 or bf16'):
        Compute(precision="fp8")


@pytest.mark.parametrize("bits", [0, 24])
def test_bits_that_no_value_has(bits: int) -> None:
    with pytest.raises(TrackError, match=f"`keep_bits` is {bits}; expected 1 to 23"):
        Storage(keep_bits=bits)
