"""Scores of regions as tables, bedGraph or arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TextIO

import numpy as np
import numpy.typing as npt

from regtrack.errors import OutputError, invalid
from regtrack.genome.interval import Interval
from regtrack.predict.scores import RegionScores

Values = npt.NDArray[np.float32]
SUMMARIES = ("mean", "max")
Bins = tuple[Interval, list[int], Values]  # a region, edges (bp, n + 1), and means (M, n)


@dataclass(frozen=True)
class Binning:
    """Which values of a region are written.

    Attributes:
        resolution: length of a bin (bp), whose mean is written; a region's last one may be shorter.
        summary: one value per region instead: its `mean` or `max`.

    Raises:
        OutputError: a resolution below 1 bp, another summary, or both.
    """

    resolution: int = 1
    summary: str | None = None

    def __post_init__(self) -> None:
        if self.resolution < 1:
            raise OutputError(invalid("resolution", self.resolution, "at least 1", "bp"))
        if self.summary is None:
            return
        if self.summary not in SUMMARIES:
            raise OutputError(invalid("summary", self.summary, " or ".join(SUMMARIES)))
        if self.resolution != 1:
            raise OutputError("`summary` and `resolution` cannot be combined; give one of them")


def binned(found: Iterable[RegionScores], binning: Binning) -> Iterator[Bins]:
    """The values of each region by bin.

    Args:
        found: the scores of regions of a genome.
        binning: the bins.

    Yields:
        The region; the edges of its bins (bp, on the chromosome); and the values, float32
        (M, bins), NaN where a bin has no base other than N.
    """
    for one in found:
        region = one.interval
        assert region is not None  # as it is of a genome
        step = len(region) if binning.summary else binning.resolution
        edges = [*range(region.start, region.end, step), region.end]
        first = np.array(edges[:-1]) - region.start
        reduce = _highest if binning.summary == "max" else _means
        yield region, edges, one.values if step == 1 else reduce(one.values, first)


def _highest(values: Values, first: npt.NDArray[np.int64]) -> Values:
    """The highest value of each bin, float32 (M, n), of values (M, L); bins start at `first`."""
    highest = np.maximum.reduceat(np.where(np.isnan(values), -np.inf, values), first, axis=1)
    return np.where(np.isneginf(highest), np.nan, highest).astype(np.float32)


def _means(values: Values, first: npt.NDArray[np.int64]) -> Values:
    """The mean of each bin's bases other than N, as `_highest`."""
    known = ~np.isnan(values)
    totals = np.add.reduceat(np.where(known, values, 0), first, axis=1, dtype=np.float64)
    with np.errstate(invalid="ignore"):  # a bin of N alone
        means = totals / np.add.reduceat(known, first, axis=1, dtype=np.int64)
    return means.astype(np.float32)


def write_tsv(file: TextIO, markers: Sequence[str], bins: Iterable[Bins]) -> None:
    """A header, then one line per bin: chromosome, start, end (bp, 0-based), a value per marker.

    NA stands where there is none. Values have six significant digits.
    """
    file.write("\t".join(("chrom", "start", "end", *markers)) + "\n")
    for region, edges, values in bins:
        for at, row in enumerate(values.T.tolist()):
            cells = "\t".join("NA" if math.isnan(cell) else f"{cell:.6g}" for cell in row)
            file.write(f"{region.chrom}\t{edges[at]}\t{edges[at + 1]}\t{cells}\n")


def write_bedgraph(file: TextIO, markers: Sequence[str], bins: Iterable[Bins]) -> None:
    """One bedGraph track of a single marker, of values float32 (1, n); bins of N are absent."""
    file.write(f'track type=bedGraph name="{markers[0]}"\n')
    for region, edges, values in bins:
        for at, value in enumerate(values[0].tolist()):
            if not math.isnan(value):
                file.write(f"{region.chrom}\t{edges[at]}\t{edges[at + 1]}\t{value:.6g}\n")


def write_npz(path: Path, markers: Sequence[str], bins: Iterable[Bins]) -> None:
    """Arrays of all regions, laid end to end.

    `values` float32 (M, n), `markers` (M,), and for each of the n bins `chrom`, `start` and `end`;
    `offsets` int64 (R + 1,) is where each region begins in them.
    """
    parts, chroms, starts, ends, offsets = [], [], [], [], [0]
    for region, edges, values in bins:
        parts.append(values)
        chroms.append(np.full(len(edges) - 1, region.chrom))
        starts.append(np.array(edges[:-1], np.int64))
        ends.append(np.array(edges[1:], np.int64))
        offsets.append(offsets[-1] + len(edges) - 1)
    with path.open("wb") as file:  # a path would get another suffix
        np.savez_compressed(
            file,
            values=np.concatenate(parts, axis=1),
            markers=np.array(markers),
            chrom=np.concatenate(chroms),
            start=np.concatenate(starts),
            end=np.concatenate(ends),
            offsets=np.array(offsets, np.int64),
        )


_TEXT: dict[str, Callable[[TextIO, Sequence[str], Iterable[Bins]], None]] = {
    ".tsv": write_tsv,
    ".bedgraph": write_bedgraph,
    ".bdg": write_bedgraph,
}
FORMATS = (*_TEXT, ".npz")


def check_format(form: str, markers: Sequence[str]) -> None:
    """Refuse a format that is unknown, or cannot hold so many markers.

    Args:
        form: the end of a file's name, one of `FORMATS`.
        markers: the names of the markers.

    Raises:
        OutputError: such a format.
    """
    if form.lower() not in FORMATS:
        raise OutputError(f'found a file that ends in "{form}"; expected {", ".join(FORMATS)}')
    if _TEXT.get(form.lower()) is write_bedgraph and len(markers) != 1:
        raise OutputError(
            f"bedGraph holds one marker and {len(markers)} are asked for; choose one, or write .tsv"
        )


def arranged(form: str, regions: Sequence[Interval]) -> list[Interval]:
    """Regions in the order in which a format needs them: for bedGraph sorted, else as they are.

    Args:
        form: the end of a file's name, one of `FORMATS`.
        regions: what is scored.

    Raises:
        OutputError: bedGraph, which gives a base one value, of regions that overlap.
    """
    if _TEXT.get(form.lower()) is not write_bedgraph:
        return list(regions)
    found = sorted(regions, key=lambda one: (one.chrom.encode(), one.start, one.end))
    for one, two in pairwise(found):
        if one.chrom == two.chrom and two.start < one.end:
            raise OutputError(
                f"the regions {one} and {two} overlap, and bedGraph gives a base one value; merge "
                "the regions, or write .tsv"
            )
    return found


def write_bins(path: Path, form: str, markers: Sequence[str], bins: Iterable[Bins]) -> None:
    """Write values by bin.

    Args:
        path: of the file, which is replaced.
        form: the format, one of `FORMATS`.
        markers: the names of the rows.
        bins: as `binned` yields them, values float32 (M, bins).

    Raises:
        OutputError: see `check_format`.
    """
    check_format(form, markers)
    if form.lower() == ".npz":
        write_npz(path, markers, bins)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        _TEXT[form.lower()](file, markers, bins)
