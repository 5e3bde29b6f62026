"""A region, a chromosome or a gene is found, however it is typed."""

from __future__ import annotations

import pytest
from regtrack_app.choices import Choices
from regtrack_app.places import clipped, find_place

from regtrack.errors import RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval

GENES = {"ISG15": Interval("chr1", 5_000, 6_000), "EDGE": Interval("chr1", 0, 900)}
CHOICES = Choices(Assembly(("chr1", "chr2"), (100_000, 1_000)), (), (), (), GENES.__getitem__)


def test_a_gene_is_shown_with_what_is_around_it() -> None:
    assert find_place(" ISG15 ", CHOICES) == Interval("chr1", 4_500, 6_500)
    assert find_place("EDGE", CHOICES).start == 0
    assert find_place("chr2", CHOICES) == Interval("chr2", 0, 1_000)
    assert find_place("1:101-200", CHOICES) == Interval("chr1", 100, 200)


def test_without_genes_a_name_is_refused_with_the_reason() -> None:
    choices = Choices(CHOICES.assembly, (), ())
    with pytest.raises(RegionError, match="no genes were given"):
        find_place("ISG15", choices)


def test_a_single_base_is_shown_with_its_neighbours() -> None:
    assert find_place("chr1:50", CHOICES) == Interval("chr1", 40, 60)


NOW = Interval("chr1", 40_000, 50_000)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1.5k", Interval("chr1", 0, 10_000)),
        ("30k", Interval("chr1", 24_999, 34_999)),
        ("chr2:500", Interval("chr2", 0, 1_000)),
        ("100..200", Interval("chr1", 99, 200)),
        ("chr1:100+50", Interval("chr1", 99, 149)),
        ("chr2\t100\t200", Interval("chr2", 100, 200)),
    ],
)
def test_what_is_typed_is_read_from_where_one_is(typed: str, expected: Interval) -> None:
    assert find_place(typed, CHOICES, NOW) == expected
    assert clipped(typed, CHOICES, NOW) == ()


def test_a_range_past_the_end_is_clipped_on_the_chromosome_on_screen() -> None:
    assert find_place("99k-101k", CHOICES, NOW) == Interval("chr1", 98_999, 100_000)
    assert clipped("99k-101k", CHOICES, NOW) != ()
