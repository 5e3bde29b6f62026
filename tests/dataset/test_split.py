"""Splits: sizes, no base in two of them, and the same again under the same seed."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.split import Splits, assign_splits, block_length, check_split
from regtrack.errors import DatasetError
from regtrack.genome.assembly import Assembly

ASSEMBLY = Assembly(("chr1", "chr2", "chr3"), (1_000_000, 700_000, 90_000))
WINDOW = 1000


def windows(keep: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Chromosome and start of windows that tile the assembly, some left out."""
    chroms = np.concatenate(
        [np.full(length // WINDOW, i) for i, length in enumerate(ASSEMBLY.lengths)]
    )
    starts = np.concatenate([np.arange(length // WINDOW) * WINDOW for length in ASSEMBLY.lengths])
    kept = np.random.default_rng(1).random(len(starts)) < keep
    return chroms[kept], starts[kept]


def assigned(split: SplitSpec, keep: float = 1.0, window: int = WINDOW) -> Splits:
    return assign_splits(*windows(keep), ASSEMBLY, DatasetSpec(window, split=split))


def counts(splits: Splits) -> list[int]:
    return np.bincount(splits, minlength=3).tolist()


@pytest.mark.parametrize("fractions", [(0.8, 0.1, 0.1), (0.5, 0.25, 0.25), (1.0, 0.0, 0.0)])
def test_random_split_has_the_fractions(fractions: tuple[float, float, float]) -> None:
    splits = assigned(SplitSpec(fractions=fractions))
    assert np.allclose(counts(splits), np.array(fractions) * len(splits), atol=1)


@pytest.mark.parametrize("kind", ["random", "block"])
@pytest.mark.parametrize("count", [2, 3, 4, 5, 7, 10])
@pytest.mark.parametrize("fractions", [(0, 0.5, 0.5), (0, 0, 1), (0.5, 0, 0.5), (0, 1, 0)])
def test_a_split_that_was_not_requested_stays_empty(
    kind: str, count: int, fractions: tuple[float, float, float]
) -> None:
    block = {"block": WINDOW} if kind == "block" else {}
    spec = DatasetSpec(WINDOW, split=SplitSpec(kind, fractions=fractions, **block))
    splits = assign_splits(np.zeros(count, int), np.arange(count) * WINDOW, ASSEMBLY, spec)
    assert [bool(found) for found in counts(splits)] == [bool(asked) for asked in fractions]
    assert np.allclose(counts(splits), np.array(fractions) * count, atol=1)


@pytest.mark.parametrize("kind", ["random", "block"])
def test_the_seed_determines_the_split(kind: str) -> None:
    block = {"block": 10_000} if kind == "block" else {}
    first, again, other = (assigned(SplitSpec(kind, seed, **block)) for seed in (3, 3, 4))
    assert (first == again).all()
    assert (first != other).any()


def test_random_split_leaves_no_trace_of_position() -> None:
    chroms, starts = windows()
    valid = assigned(SplitSpec()) == 1
    assert set(chroms[valid]) == {0, 1, 2}
    assert starts[valid & (chroms == 0)].min() < 100_000
    assert starts[valid & (chroms == 0)].max() > 900_000


def test_chrom_split_goes_by_name() -> None:
    chroms, _ = windows()
    splits = assigned(SplitSpec("chrom", valid_chroms=("3",), test_chroms=("chr2",)))
    assert [set(splits[chroms == index]) for index in range(3)] == [{0}, {2}, {1}]


def test_chrom_split_may_hold_out_every_chromosome() -> None:
    split = SplitSpec("chrom", valid_chroms=("3",), test_chroms=("chr1", "2"))
    assert counts(assigned(split)) == [0, 90, 1700]


def test_chrom_split_may_hold_out_only_test() -> None:
    assert counts(assigned(SplitSpec("chrom", test_chroms=("chr2",)))) == [1090, 0, 700]


@given(
    st.integers(0, 5),
    st.sampled_from([5000, 7000, 100_000, 300_000]),
    st.sampled_from([0.3, 0.9, 1.0]),
)
def test_a_block_goes_to_one_split_as_a_whole(seed: int, block: int, keep: float) -> None:
    chroms, starts = windows(keep)
    splits = assigned(SplitSpec("block", seed, block=block), keep)
    owner: dict[tuple[int, int], int] = {}
    for chrom, start, split in zip(chroms, starts, splits, strict=True):
        assert owner.setdefault((chrom, start // block), split) == split
        # and a window lies in its block wholly
        assert (start + WINDOW - 1) // block == start // block
    # at least one block each, and no further from its share than one block
    found, sizes = counts(splits), block // WINDOW
    assert min(found) > 0
    for count, fraction in zip(found, (0.8, 0.1, 0.1), strict=True):
        assert abs(count - fraction * len(splits)) <= sizes


def test_unequal_blocks_are_shared_out_by_their_windows() -> None:
    chroms, starts = windows()
    sparse = (starts % 100_000 < 90_000) | (chroms != 0)
    splits = assign_splits(
        chroms[sparse],
        starts[sparse],
        ASSEMBLY,
        DatasetSpec(WINDOW, split=SplitSpec("block", block=10_000)),
    )
    assert np.allclose(counts(splits), np.array([0.8, 0.1, 0.1]) * sparse.sum(), atol=10)


@pytest.mark.parametrize("split", [SplitSpec(), SplitSpec("block", block=5000)])
def test_three_blocks_are_enough_for_three_splits(split: SplitSpec) -> None:
    starts = np.arange(3) * 5000
    spec = DatasetSpec(WINDOW, split=split)
    splits = assign_splits(np.zeros(3, int), starts, ASSEMBLY, spec)
    assert sorted(splits) == [0, 1, 2]


def test_a_block_is_rounded_down_to_whole_windows(caplog: pytest.LogCaptureFixture) -> None:
    split = SplitSpec("block", block=5999)
    assert block_length(DatasetSpec(WINDOW, split=split)) == 5000
    with caplog.at_level(logging.WARNING):
        rounded = assigned(split)
    assert "blocks of 5,999 bp are rounded down to 5,000 bp" in caplog.text
    assert (rounded == assigned(SplitSpec("block", block=5000))).all()


@pytest.mark.parametrize(
    ("split", "count", "message"),
    [
        (SplitSpec(), 2, "train split is empty: 2 windows .* larger fraction"),
        (SplitSpec("block", block=5000), 8, "test split is empty: 8 windows .* smaller `block`"),
        (SplitSpec("chrom", test_chroms=("chr1",)), 4, "train split is empty: .* other chrom"),
        (SplitSpec("chrom", test_chroms=("chr2",)), 4, "test split is empty: .* other chrom"),
    ],
)
def test_a_split_left_empty_is_an_error(split: SplitSpec, count: int, message: str) -> None:
    spec = DatasetSpec(WINDOW, split=split)
    with pytest.raises(DatasetError, match=message):
        assign_splits(np.zeros(count, int), np.arange(count) * WINDOW, ASSEMBLY, spec)


def test_held_out_chromosomes_must_exist_and_be_named_once() -> None:
    def check(**chroms: tuple[str, ...]) -> None:
        check_split(DatasetSpec(split=SplitSpec("chrom", **chroms)), ASSEMBLY)

    check(valid_chroms=("1",), test_chroms=("chr2",))
    with pytest.raises(DatasetError, match=r'"chr11" is to be held out.*Did you mean "chr1"'):
        check(valid_chroms=("chr11",))
    with pytest.raises(DatasetError, match='"chr2" and "2" both hold out chr2'):
        check(valid_chroms=("chr2",), test_chroms=("2",))
