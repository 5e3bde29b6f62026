"""Check the data blocks of a bigWig one by one, and its zoom levels and summary against them."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from functools import partial

import numpy as np

from regtrack.errors import TrackError
from regtrack.progress import Task
from regtrack.tracks.bigwig.bins import NO_BINS, Bins, reduce_bins
from regtrack.tracks.bigwig.findings import Findings, place
from regtrack.tracks.bigwig.raw import DataBlock, RawBigWig
from regtrack.tracks.bigwig.readings import Totals, to_totals
from regtrack.tracks.bigwig.recount import TOLERANCE, ZoomCheck, cut_out
from regtrack.tracks.bigwig.sampling import Samples, sample_block
from regtrack.tracks.bigwig.trees import Chrom

_BATCH = 1 << 17  # values that are compared with the zoom levels at a time
_SAMPLES = 64  # samples per file
_NEIGHBOURS = 8  # items of the longer samples


class DataCheck:
    """Checks all data blocks in order, and zoom levels and total summary against them.

    Attributes:
        covered: number of bases with a value.
        whole: whether no block is damaged so far; otherwise there is nothing to compare with.
        samples: values for another reader to compare.
    """

    def __init__(self, raw: RawBigWig, chroms: Mapping[int, Chrom], findings: Findings) -> None:
        self.covered = 0
        self._raw = raw
        self._chroms = chroms
        self._findings = findings
        self.whole = True
        self._zooms = ZoomCheck(raw, findings)
        self._reached = (0, 0)  # chromosome and base where the last block ends
        self._batch: list[DataBlock] = []
        self._waiting = 0  # values in the batch
        self.samples = Samples(_SAMPLES)
        self._totals: dict[str, Bins] = {}

    def run(self, task: Task) -> None:
        """Check everything."""
        for leaf in self._raw.index:
            task.advance()
            try:
                block = self._raw.block(leaf)
                self._check_block(block, leaf)
            except TrackError as error:
                self._findings.add("data", str(error))
                self.whole = False
            else:
                self._take(block)
        self._end_chromosome()
        if self.whole:
            self._zooms.finish()
            with self._findings.reading("summary"):
                self._check_summary()
        else:
            self._findings.add("data", "zoom levels and summary were not compared with these data")

    def largest_chroms(self, count: int) -> dict[str, Totals]:
        """Totals of the chromosomes with the most bases, by name."""
        names = heapq.nlargest(
            count, self._totals, key=lambda name: int(self._totals[name]["valid"][0])
        )
        return {name: to_totals(self._totals[name]) for name in names}

    def _take(self, block: DataBlock) -> None:
        if len(block.starts) == 0:
            return  # libBigWig writes such blocks; lost values show in zoom levels and summary
        self.covered += int((block.ends - block.starts).sum())
        if block.chrom != self._reached[0]:
            self._end_chromosome()
        self._reached = (block.chrom, int(block.ends[-1]))
        if self.whole:
            self._offer(block)
            self._batch.append(block)
            self._waiting += len(block.starts)
            if self._waiting >= _BATCH:
                self._compare()

    def _offer(self, block: DataBlock) -> None:
        """Sample one item of some blocks, and several neighbours, with their gaps, of others."""
        name = self._chroms[block.chrom].name
        for items in (1, _NEIGHBOURS):
            self.samples.offer(partial(sample_block, name, block, items))

    def _compare(self) -> None:
        """Compare the batch with the zoom levels."""
        if not (self.whole and self._batch):
            return
        starts, ends, values = (
            np.concatenate([getattr(block, name) for block in self._batch])
            for name in ("starts", "ends", "values")
        )
        chrom, end = self._chroms[self._reached[0]], self._reached[1]
        pieces = cut_out(starts, ends, values, self._zooms.cuts(chrom, end))
        self._zooms.add(chrom, pieces, end)
        before = self._totals.get(chrom.name, NO_BINS)
        joined = np.concatenate([before, pieces])
        self._totals[chrom.name] = reduce_bins(joined, np.zeros(1, dtype=np.intp))
        self._batch, self._waiting = [], 0

    def _end_chromosome(self) -> None:
        self._compare()
        if self.whole and self._reached[1]:
            self._zooms.end_chromosome(self._chroms[self._reached[0]])

    def _check_block(self, block: DataBlock, leaf: np.void) -> None:
        chrom, at = self._chroms.get(block.chrom), int(leaf["offset"])
        if chrom is None:
            message = f"chromosome number {block.chrom}, which has no name"
            raise self._raw.source.error("data block", at, message)
        if not leaf["first_chrom"] <= block.chrom <= leaf["last_chrom"]:
            message = f"is on {chrom.name}, where the index has no block"
            raise self._raw.source.error("data block", at, message)
        reached = self._reached[1] if self._reached[0] == block.chrom else 0
        low, high = max(block.start, int(leaf["start"])), min(block.end, int(leaf["end"]))
        before = np.concatenate([[reached], block.ends[:-1]])
        for wrong, message in (
            (block.ends <= block.starts, "has no bases"),
            (block.starts < before, "begins before the previous one ends"),
            (block.ends > chrom.length, f"ends past the chromosome, {chrom.length:,} bp long"),
            (~np.isfinite(block.values), "is not finite"),
            ((block.starts < low) | (block.ends > high), "is outside the block's span"),
        ):
            if wrong.any():
                index = int(np.argmax(wrong))
                where = place(chrom.name, block.starts[index], block.ends[index])
                found = f"value {block.values[index]} of {where} {message}"
                raise self._raw.source.error("data block", at, found)

    def _check_summary(self) -> None:
        if not (self._raw.header.summary_at and self.covered):
            return  # files of format version 1 have no summary, nor do files without values
        totals = np.concatenate(list(self._totals.values()))
        squares = float(totals["squares"].sum())
        for name, expected, slack in (
            ("covered", self.covered, 0.0),
            ("least", float(totals["min"].min()), 0.0),
            ("greatest", float(totals["max"].max()), 0.0),
            ("total", totals["sum"].sum(), TOLERANCE * (self.covered * squares) ** 0.5),
            ("squares", squares, TOLERANCE * squares),
        ):
            stated = getattr(self._raw.summary, name)
            if not abs(stated - expected) <= slack:
                message = f"{_WORDS[name]} {stated:.9g}; the data have {expected:.9g}"
                self._findings.add("summary", message)


_WORDS = {
    "covered": "bases covered",
    "least": "minimum",
    "greatest": "maximum",
    "total": "sum",
    "squares": "sum of squares",
}
