"""Assigns windows to splits: at random, by chromosome or by block."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.dataset.format import SPLITS
from regtrack.dataset.places import place_of
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.errors import DatasetError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Positions

_log = logging.getLogger(__name__)

Splits = npt.NDArray[np.uint8]
_TRAIN, _VALID, _TEST = range(len(SPLITS))


def check_split(spec: DatasetSpec, assembly: Assembly) -> None:
    """Refuse held-out chromosomes that do not exist, before any work is done.

    Args:
        spec: the requested dataset.
        assembly: the chromosomes that the dataset may use.

    Raises:
        DatasetError: a chromosome that the dataset does not use, or bases held out twice.
        RegionError: a region that is not within its chromosome.
    """
    if spec.split.kind == "given":
        raise DatasetError("a given split is that of files with a split each; choose another kind")
    held_out: dict[str, Interval] = {}
    for name in (*spec.split.valid_chroms, *spec.split.test_chroms):
        found = place_of(name, assembly)
        if found is None:
            raise DatasetError(
                f'"{name}" is to be held out, but the dataset uses only {assembly.summary()}; '
                f"name one of those{nearest(name, assembly.names)}"
            )
        for other, place in held_out.items():
            if place.chrom == found.chrom and place.start < found.end and found.start < place.end:
                raise DatasetError(
                    f'"{other}" and "{name}" both hold out {found.chrom}; name it once'
                )
        held_out[name] = found


def assign_splits(
    chroms: npt.NDArray[np.integer], starts: Positions, assembly: Assembly, spec: DatasetSpec
) -> Splits:
    """The split of each window, as an index into `SPLITS`.

    Args:
        chroms: index in the assembly of each window's chromosome (W,).
        starts: first base of each window's labels (W,), ascending within a chromosome (bp).
        assembly: the kept chromosomes.
        spec: length of a window, and how to split.

    Returns:
        uint8 (W,).

    Raises:
        DatasetError: a requested split would be empty.
    """
    if spec.split.kind == "chrom":
        splits = _by_chrom(chroms, starts, assembly, spec)
    elif spec.split.kind == "block":
        splits = _by_block(chroms, starts, spec)
    else:
        splits = _at_random(len(starts), spec.split)
    check_filled(splits, assembly, spec)
    return splits


def block_length(spec: DatasetSpec) -> int:
    """The block of a block split, rounded down to whole windows (bp)."""
    return spec.split.block // spec.labelled * spec.labelled


def share_bases(
    chroms: npt.NDArray[np.integer], starts: Positions, splits: Splits, window: int
) -> npt.NDArray[np.bool_]:
    """Which windows have a base in common with one of a split that counts more, bool (W,).

    Test counts most, then valid, then train. Windows that do not overlap share none.

    Args:
        chroms: as `assign_splits`.
        starts: first base of each window (W,), ascending within a chromosome (bp).
        splits: uint8 (W,).
        window: length of a window (bp).

    >>> starts, splits = np.array([0, 200, 400, 600]), np.array([0, 0, 1, 0], np.uint8)
    >>> share_bases(np.zeros(4, int), starts, splits, 300)
    array([False,  True, False,  True])
    """
    place = chroms.astype(np.int64) * 2**33 + starts
    lost = np.zeros(len(place), dtype=np.bool_)
    for split in (_VALID, _TEST):
        stronger = place[splits == split]
        weaker = (splits < split) if split == _VALID else (splits != split)
        below = np.searchsorted(stronger, place - window, side="right")
        lost |= weaker & (np.searchsorted(stronger, place + window, side="left") > below)
    return lost


def _at_random(count: int, split: SplitSpec) -> Splits:
    """Splits (count,): fractions rounded, with at least one window for each requested split."""
    rest = int(np.flatnonzero(split.fractions)[0])  # gets what rounding leaves over
    order = [one for one in (_VALID, _TEST, _TRAIN) if one != rest]
    sizes = [
        max(round(split.fractions[one] * count), int(split.fractions[one] > 0)) for one in order
    ]
    dealt = np.repeat([*order, rest], [*sizes, max(count - sum(sizes), 0)])[:count]
    return np.random.default_rng(split.seed).permutation(dealt.astype(np.uint8))


def _by_chrom(
    chroms: npt.NDArray[np.integer], starts: Positions, assembly: Assembly, spec: DatasetSpec
) -> Splits:
    splits = np.full(len(chroms), _TRAIN, dtype=np.uint8)
    for index, names in ((_VALID, spec.split.valid_chroms), (_TEST, spec.split.test_chroms)):
        for place in (place_of(name, assembly) for name in names):
            if place is not None:  # a chromosome without a clean window is not kept
                within = (starts >= place.start) & (starts + spec.labelled <= place.end)
                splits[within & (chroms == assembly.number_of[place.chrom])] = index
    return splits


def _by_block(chroms: npt.NDArray[np.integer], starts: Positions, spec: DatasetSpec) -> Splits:
    block = block_length(spec)
    if block != spec.split.block:
        _log.warning(
            "blocks of %s bp are rounded down to %s bp, so that they hold whole windows of %s bp",
            f"{spec.split.block:,}", f"{block:,}", f"{spec.window:,}",
        )  # fmt: skip
    places = np.stack([chroms.astype(np.int64), starts // block])
    _, owner, sizes = np.unique(places, axis=1, return_inverse=True, return_counts=True)
    return _share_out(sizes, spec.split)[owner.ravel()]


def _share_out(sizes: Sequence[int] | Positions, split: SplitSpec) -> Splits:
    """The split of each block: largest first, each to the split furthest from its fraction.

    The distance is relative: with absolute distances the small splits would get only the small
    blocks next to gaps and chromosome ends. A split without a block is the furthest of all, so
    none stays empty if there are at least as many blocks as splits.
    """
    order = np.random.default_rng(split.seed).permutation(len(sizes))
    order = order[np.argsort(-np.asarray(sizes)[order], kind="stable")]
    targets = np.array(split.fractions) * np.sum(sizes)
    asked = targets > 0
    held = np.zeros(len(SPLITS))
    splits = np.empty(len(sizes), dtype=np.uint8)
    for block in order:
        lack = np.where(asked, 1 - held / np.where(asked, targets, 1), -np.inf)
        splits[block] = np.argmax(lack)
        held[splits[block]] += sizes[block]
    return splits


def _all_held_out(split: SplitSpec, assembly: Assembly) -> bool:
    """Whether a split by chromosome leaves none to train on, as for evaluation alone."""
    named = {assembly.resolve(name) for name in (*split.valid_chroms, *split.test_chroms)}
    return named >= set(assembly.names)


def check_filled(splits: Splits, assembly: Assembly, spec: DatasetSpec) -> None:
    """Refuse splits, uint8 (W,), if one that was requested has no window.

    Raises:
        DatasetError: naming the split.
    """
    counts = np.bincount(splits, minlength=len(SPLITS))
    asked = [fraction > 0 for fraction in spec.split.fractions]
    if spec.split.kind == "chrom":
        held_out = spec.split.valid_chroms, spec.split.test_chroms
        asked = [not _all_held_out(spec.split, assembly), *map(bool, held_out)]
    for name, wanted, count in zip(SPLITS, asked, counts, strict=True):
        if wanted and count == 0:
            raise DatasetError(
                f"the {name} split is empty: {len(splits)} windows of {spec.window:,} bp are kept; "
                f"{_advice(spec.split.kind)}"
            )


def _advice(kind: str) -> str:
    return {
        "random": "give it a larger fraction, choose a smaller `window`, or use more sequence",
        "chrom": "hold out other chromosomes",
        "block": "choose a smaller `block`, or use more sequence",
    }[kind]
