"""Whether a bigWig holds what it says: every part checked, what is wrong named with its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from regtrack.errors import TrackError
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress, Task
from regtrack.tracks.bigwig.bins import Bins, reduce_bins
from regtrack.tracks.bigwig.findings import Finding, Findings, place
from regtrack.tracks.bigwig.layout import VERSION
from regtrack.tracks.bigwig.raw import DataBlock, RawBigWig
from regtrack.tracks.bigwig.recount import TOLERANCE, ZoomCheck, cut_out
from regtrack.tracks.bigwig.source import check_file
from regtrack.tracks.bigwig.trees import Chrom, order_key

_BATCH = 1 << 17  # values that are compared with the zoom levels at a time


@dataclass(frozen=True)
class Report:
    """The result of checking a file.

    Attributes:
        path: the file.
        findings: what is wrong; nothing if the file is valid.
        chroms: how many chromosomes it names.
        covered: how many bases have a value.
        zooms: bp a record of each zoom level.
    """

    path: Path
    findings: tuple[Finding, ...]
    chroms: int = 0
    covered: int = 0
    zooms: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """A line if the file is valid, else one more for everything that is wrong."""
        if not self.valid:
            lines = [f"  {found.part}: {found.message}" for found in self.findings]
            return "\n".join([f"{self.path}: not valid", *lines])
        zooms = ", ".join(f"{reduction:,}" for reduction in self.zooms)
        return (
            f"{self.path}: valid; {self.chroms:,} chromosomes, {self.covered:,} bases with a "
            f"value, zoom levels of {zooms} bp"
        )


def validate(
    path: str | Path, assembly: Assembly | None = None, *, progress: Progress = SILENT
) -> Report:
    """Check a bigWig of any writer, with all its values and zoom levels.

    Memory holds the indexes and a batch of values, whatever the file's size.

    Args:
        path: the file.
        assembly: what its chromosomes must belong to, if given.
        progress: is told of data blocks.

    Raises:
        TrackError: there is no such file.
    """
    path = Path(path)
    check_file(path)
    findings = Findings()
    with findings.reading("header"), RawBigWig(path) as raw:
        _check_header(raw, findings)
        chroms: dict[int, Chrom] = {}
        with findings.reading("chromosomes"):
            chroms = _checked_chromosomes(raw, assembly, findings)
        data = _DataCheck(raw, chroms, findings)
        with findings.reading("index"):
            _check_index(raw)
            if chroms:
                with progress.task(f"checking {path.name}", len(raw.index), "blocks") as task:
                    data.run(task)
        zooms = tuple(level.reduction for level in raw.header.zooms)
        return Report(path, findings.all(), len(chroms), data.covered, zooms)
    return Report(path, findings.all())


def _check_header(raw: RawBigWig, findings: Findings) -> None:
    version, zooms = raw.header.version, raw.header.zooms
    if not 1 <= version <= VERSION:
        findings.add("header", f"version {version}; expected 1 to {VERSION}")
    reductions = [level.reduction for level in zooms]
    if not reductions:
        findings.add("header", "no zoom level; IGV refuses such a file")
    if reductions != sorted(set(reductions)) or 0 in reductions:
        findings.add("header", f"zoom levels of {reductions} bp; expected ever wider ones")
    if not raw.ends_with_magic():
        findings.add("header", "no magic number at the end of the file, which may be cut short")


def _checked_chromosomes(
    raw: RawBigWig, assembly: Assembly | None, findings: Findings
) -> dict[int, Chrom]:
    """The chromosomes by number."""
    names = [chrom.name for chrom in raw.chroms]
    numbers = [chrom.number for chrom in raw.chroms]
    for kind, seen in (("name", names), ("number", numbers)):
        common = Counter(seen).most_common(1)
        if common and common[0][1] > 1:
            findings.add("chromosomes", f"{kind} {common[0][0]} is there twice")
    if names != sorted(names, key=str.encode):
        findings.add("chromosomes", "names are not in bytewise order; readers search by bisection")
    sound = {chrom.name: chrom.length for chrom in raw.chroms if chrom.length > 0}
    for chrom in raw.chroms:
        if chrom.length < 1:
            findings.add("chromosomes", f"{chrom.name} has length 0")
    if assembly is not None and sound:
        _check_assembly(Assembly(tuple(sound), tuple(sound.values())), assembly, findings)
    return {chrom.number: chrom for chrom in raw.chroms}


def _check_assembly(held: Assembly, assembly: Assembly, findings: Findings) -> None:
    """See that the file's chromosomes are of an assembly, which may have more."""
    found = compare_assemblies(held, assembly)
    for mismatch in found.mismatches:
        findings.add("chromosomes", mismatch.describe("the file", "the assembly"))
    for name in found.only_ours:
        findings.add(
            "chromosomes", f"{name} is not in the assembly, which has {assembly.summary()}"
        )


def _check_index(raw: RawBigWig) -> None:
    leaves = raw.index
    at = raw.header.index_at
    order = order_key(leaves["first_chrom"], leaves["start"])
    if (order[1:] < order[:-1]).any():
        raise raw.source.error("data index", at, "blocks are not in order of chromosome and start")
    if raw.block_count != len(leaves):
        message = f"{len(leaves):,} blocks; the head of the data says {raw.block_count:,}"
        raise raw.source.error("data index", at, message)


class _DataCheck:
    """All data blocks in order, and what they say of zoom levels and total summary.

    Attributes:
        covered: bases with a value.
    """

    def __init__(self, raw: RawBigWig, chroms: Mapping[int, Chrom], findings: Findings) -> None:
        self.covered = 0
        self._raw = raw
        self._chroms = chroms
        self._findings = findings
        self._whole = True  # so far; else there is nothing to compare with
        self._zooms = ZoomCheck(raw, findings)
        self._reached = (0, 0)  # chromosome and base where the last block ends
        self._batch: list[DataBlock] = []
        self._waiting = 0  # values in the batch
        self._totals: list[Bins] = []

    def run(self, task: Task) -> None:
        """Check everything."""
        for leaf in self._raw.index:
            task.advance()
            try:
                block = self._raw.block(leaf)
                self._check_block(block, leaf)
            except TrackError as error:
                self._findings.add("data", str(error))
                self._whole = False
            else:
                self._take(block)
        self._end_chromosome()
        if self._whole:
            self._zooms.finish()
            with self._findings.reading("summary"):
                self._check_summary()
        else:
            self._findings.add("data", "zoom levels and summary were not compared with these data")

    def _take(self, block: DataBlock) -> None:
        if len(block.starts) == 0:
            return  # libBigWig writes such blocks; one that lost its values shows in what follows
        self.covered += int((block.ends - block.starts).sum())
        if block.chrom != self._reached[0]:
            self._end_chromosome()
        self._reached = (block.chrom, int(block.ends[-1]))
        if self._whole:
            self._batch.append(block)
            self._waiting += len(block.starts)
            if self._waiting >= _BATCH:
                self._compare()

    def _compare(self) -> None:
        """Hand the batch to the zoom levels."""
        if not (self._whole and self._batch):
            return
        starts, ends, values = (
            np.concatenate([getattr(block, name) for block in self._batch])
            for name in ("starts", "ends", "values")
        )
        chrom, end = self._chroms[self._reached[0]], self._reached[1]
        pieces = cut_out(starts, ends, values, self._zooms.cuts(chrom, end))
        self._zooms.add(chrom, pieces, end)
        self._totals.append(reduce_bins(pieces, np.zeros(1, dtype=np.intp)))
        self._batch, self._waiting = [], 0

    def _end_chromosome(self) -> None:
        self._compare()
        if self._whole and self._reached[1]:
            self._zooms.end_chromosome(self._chroms[self._reached[0]])

    def _check_block(self, block: DataBlock, leaf: np.void) -> None:
        chrom, at = self._chroms.get(block.chrom), int(leaf["offset"])
        if chrom is None:
            message = f"chromosome number {block.chrom}, which has no name"
            raise self._raw.source.error("data block", at, message)
        if not leaf["first_chrom"] <= block.chrom <= leaf["last_chrom"]:
            message = f"is on {chrom.name}, but not by the index"
            raise self._raw.source.error("data block", at, message)
        reached = self._reached[1] if self._reached[0] == block.chrom else 0
        low, high = max(block.start, int(leaf["start"])), min(block.end, int(leaf["end"]))
        before = np.concatenate([[reached], block.ends[:-1]])
        for wrong, message in (
            (block.ends <= block.starts, "has no bases"),
            (block.starts < before, "begins before the one in front of it ends"),
            (block.ends > chrom.length, f"ends past the chromosome, {chrom.length:,} bp long"),
            (~np.isfinite(block.values), "is not finite"),
            ((block.starts < low) | (block.ends > high), "is outside what the index says"),
        ):
            if wrong.any():
                index = int(np.argmax(wrong))
                where = place(chrom.name, block.starts[index], block.ends[index])
                found = f"value {block.values[index]} of {where} {message}"
                raise self._raw.source.error("data block", at, found)

    def _check_summary(self) -> None:
        if not (self._raw.header.summary_at and self.covered):
            return  # the format's first version has none; of no values there is none
        totals = np.concatenate(self._totals)
        squares = float(totals["squares"].sum())
        for name, wanted, slack in (
            ("covered", self.covered, 0.0),
            ("least", float(totals["min"].min()), 0.0),
            ("greatest", float(totals["max"].max()), 0.0),
            ("total", totals["sum"].sum(), TOLERANCE * (self.covered * squares) ** 0.5),
            ("squares", squares, TOLERANCE * squares),
        ):
            stated = getattr(self._raw.summary, name)
            if not abs(stated - wanted) <= slack:
                message = f"{_WORDS[name]} {stated:.9g}; the data have {wanted:.9g}"
                self._findings.add("summary", message)


_WORDS = {
    "covered": "bases covered",
    "least": "minimum",
    "greatest": "maximum",
    "total": "sum",
    "squares": "sum of squares",
}
