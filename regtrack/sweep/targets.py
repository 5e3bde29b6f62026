"""The bases to predict, of all chromosomes in one value.

The chromosomes stand on a line, in output order and one base apart, so that arithmetic on all of
them is arithmetic on one set of intervals, however many chromosomes there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals, Mask, Positions

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Line:
    """Chromosomes, or their windows, one after another and one position apart.

    Attributes:
        lengths: of each, int64 (n,).
    """

    lengths: Numbers

    @cached_property
    def begins(self) -> Numbers:
        """The position of each one's first base or window, int64 (n,).

        >>> Line(np.array([5, 3, 9])).begins
        array([ 0,  6, 10])
        """
        return np.cumsum(self.lengths + 1) - self.lengths - 1

    def owners(self, positions: Positions) -> Numbers:
        """To which each position belongs, int64 (k,)."""
        return np.searchsorted(self.begins, positions, side="right") - 1


@dataclass(frozen=True, eq=False)
class Targets(Mapping[str, Intervals]):
    """The requested bases; as a mapping, those of each chromosome.

    Attributes:
        chroms: the chromosomes with at least one of them, in output order: by their names' bytes.
        line: the chromosomes (bp).
        intervals: the requested bases, on the line.
    """

    chroms: tuple[str, ...]
    line: Line
    intervals: Intervals

    @classmethod
    def of(cls, assembly: Assembly, by_chrom: Mapping[str, Intervals]) -> Targets:
        """The same bases, given by chromosome."""
        if isinstance(by_chrom, Targets):
            return by_chrom
        return choose_targets(assembly, by_chrom, regions=by_chrom)

    @cached_property
    def number(self) -> dict[str, int]:
        """Each chromosome's index."""
        return {chrom: number for number, chrom in enumerate(self.chroms)}

    def __getitem__(self, chrom: str) -> Intervals:
        number = self.number[chrom]
        begin, length = int(self.line.begins[number]), int(self.line.lengths[number])
        return self.intervals.clip(begin, begin + length).shift(-begin)

    def __iter__(self) -> Iterator[str]:
        return iter(self.chroms)

    def __len__(self) -> int:
        return len(self.chroms)

    def mask(self, places: Sequence[tuple[str, int, int]], step: int) -> Mask:
        """Which bases of some places are requested, one place after another, bool (bp,).

        Args:
            places: chromosome, start and end (bp) of each.
            step: each place is filled up to a multiple of so many bp with bases that are not.
        """
        edges = edges_of(places, step)
        begins = np.array([self.line.begins[self.number[chrom]] for chrom, _, _ in places])
        lows, highs = (begins + [place[side] for place in places] for side in (1, 2))
        starts, ends = self.intervals.starts, self.intervals.ends
        # sorted, so the intervals of each place are found by bisection
        first = np.searchsorted(ends, lows, side="right").tolist()
        last = np.searchsorted(starts, highs, side="left").tolist()
        mask = np.zeros(edges[-1], dtype=np.bool_)
        for at, low, high, one, stop in zip(
            edges.tolist(), lows.tolist(), highs.tolist(), first, last, strict=False
        ):
            for start, end in zip(starts[one:stop].tolist(), ends[one:stop].tolist(), strict=True):
                mask[at + max(start, low) - low : at + min(end, high) - low] = True
        return mask


def edges_of(places: Iterable[tuple[str, int, int]], step: int) -> Numbers:
    """Where each place begins if they stand one after another, and where the last ends, (n + 1,).

    Args:
        places: chromosome, start and end (bp) of each.
        step: each takes up a multiple of so many bp.
    """
    sizes = [-(-(end - start) // step) * step for _, start, end in places]
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])


def choose_targets(
    assembly: Assembly,
    chroms: Iterable[str],
    *,
    regions: Mapping[str, Intervals] | None = None,
    exclude: Mapping[str, Intervals] | None = None,
) -> Targets:
    """The bases to emit: those of the chromosomes or regions, without the excluded ones.

    Args:
        assembly: the reference's chromosomes.
        chroms: the chromosomes to predict.
        regions: bases to predict, by chromosome; None: all.
        exclude: bases to exclude, by chromosome; None: none.

    Returns:
        The remaining bases; chromosomes that have none are left out.
    """
    names = tuple(sorted(set(chroms), key=str.encode))
    line = Line(np.array([assembly.length(name) for name in names], dtype=np.int64))
    whole = Intervals(line.begins, line.begins + line.lengths)
    wanted = whole if regions is None else _on_line(names, line, regions)
    if exclude:
        end = int(line.begins[-1] + line.lengths[-1]) if names else 0
        unwanted = Intervals.union([_on_line(names, line, exclude), wanted.complement(end)])
        wanted = unwanted.complement(end)
    return _without_empty(names, line, wanted)


def _on_line(names: tuple[str, ...], line: Line, by_chrom: Mapping[str, Intervals]) -> Intervals:
    number = {name: number for number, name in enumerate(names)}
    here = [name for name in by_chrom if name in number]
    return Intervals.union(by_chrom[name].shift(int(line.begins[number[name]])) for name in here)


def _without_empty(names: tuple[str, ...], line: Line, wanted: Intervals) -> Targets:
    owners = line.owners(wanted.starts)
    held = np.zeros(len(names), dtype=np.bool_)
    held[owners] = True
    if held.all():
        return Targets(names, line, wanted)
    kept = Line(line.lengths[held])
    moved = (kept.begins - line.begins[held])[np.cumsum(held)[owners] - 1]
    chroms = tuple(name for name, has in zip(names, held.tolist(), strict=True) if has)
    return Targets(chroms, kept, Intervals(wanted.starts + moved, wanted.ends + moved))
