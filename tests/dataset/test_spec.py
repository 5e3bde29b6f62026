"""Specs refuse what cannot be built, and survive JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.errors import DatasetError
from regtrack.files.records import typed
from regtrack.genome.assembly import Assembly


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "blok"}, '`split` is "blok"; expected random, chrom, block'),
        ({"seed": -1}, "`seed` is -1; expected 0 or more"),
        ({"fractions": (0.5, 0.5)}, '`fractions` is "0.5,0.5"; expected three'),
        ({"fractions": (0.8, 0.1, 0.2)}, "adding up to 1"),
        ({"fractions": (1.2, -0.1, -0.1)}, "each from 0 to 1"),
        ({"fractions": (float("nan"), 0.5, 0.5)}, "each from 0 to 1"),
        ({"kind": "chrom"}, "holds out chromosomes"),
        (
            {"kind": "chrom", "valid_chroms": ("chr1",), "test_chroms": ("chr2", "chr1")},
            "chromosome chr1 is in valid and in test",
        ),
        ({"kind": "block", "block": 0}, "`block` is 0 bp; expected at least 1"),
        ({"block": 500_000}, "a random split does not use it; .* the split block"),
        ({"valid_chroms": ("chr1",)}, "`valid_chroms` is set, but a random split"),
        (
            {"kind": "chrom", "valid_chroms": ("chr1",), "fractions": (0.6, 0.2, 0.2)},
            "`fractions` is set, but a chrom split does not use it; .* random or block",
        ),
    ],
)
def test_an_invalid_split_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        SplitSpec(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 0}, "`window` is 0 bp; expected at least 1"),
        ({"max_n": 1.5}, "`max_n` is 1.5; expected a fraction"),
        ({"max_multimap": -0.1}, "`max_multimap` is -0.1"),
        (
            {"window": 2000, "split": SplitSpec("block", block=1999)},
            "`block` is 1,999 bp; expected at least one window, 2,000 bp",
        ),
    ],
)
def test_an_invalid_dataset_spec_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        DatasetSpec(**settings)


@pytest.mark.parametrize(
    "spec",
    [
        DatasetSpec(),
        DatasetSpec(1000, 0.2, 0.3, SplitSpec("block", 7, (0.5, 0.5, 0.0), block=5000), ("chr1",)),
        DatasetSpec(split=SplitSpec("chrom", valid_chroms=("chr7",), test_chroms=("chr8", "chr9"))),
    ],
)
def test_round_trip_through_json(spec: DatasetSpec) -> None:
    assert typed(json.loads(json.dumps(spec.to_dict())), DatasetSpec) == spec


def test_the_default_is_that_of_the_paper() -> None:
    spec = DatasetSpec()
    assert (spec.window, spec.max_n, spec.max_multimap) == (25_000, 0.1, 0.1)
    assert (spec.split.kind, spec.split.fractions) == ("random", (0.8, 0.1, 0.1))


def test_a_string_is_one_name() -> None:
    split = SplitSpec("chrom", valid_chroms="chr2", test_chroms="chr3")
    spec = DatasetSpec(split=split, chroms="chr1")
    assert (spec.chroms, split.valid_chroms, split.test_chroms) == (("chr1",), ("chr2",), ("chr3",))
    assert typed(json.loads(json.dumps(spec.to_dict())), DatasetSpec) == spec


def test_lists_of_chromosomes_are_split_where_their_names_are_known() -> None:
    assembly = Assembly(("chr1", "HLA,1", "chr2", "chr3"), (9,) * 4)
    split = SplitSpec("chrom", valid_chroms=("HLA,1",), test_chroms=("2,chr3",))
    spec = DatasetSpec(5, split=split, chroms=("chr1,HLA,1", "2, chr3")).on(assembly)
    assert spec.chroms == ("chr1", "HLA,1", "2", "chr3")
    assert (spec.split.valid_chroms, spec.split.test_chroms) == (("HLA,1",), ("2", "chr3"))
    with pytest.raises(DatasetError, match="chromosome chr3 is in valid and in test"):
        SplitSpec("chrom", valid_chroms=("chr1,chr3",), test_chroms=("2,chr3",)).on(assembly)
