"""Check the data blocks of a bigWig, and its zoom levels and summary against them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from regtrack.errors import TrackError
from regtrack.progress import Task
from regtrack.tracks.bigwig.batch import Batch, Mask
from regtrack.tracks.bigwig.bins import Bins, Values, reduce_bins
from regtrack.tracks.bigwig.findings import Findings, told_apart
from regtrack.tracks.bigwig.layout import Leaves
from regtrack.tracks.bigwig.line import Line
from regtrack.tracks.bigwig.raw import DataBlock, RawBigWig
from regtrack.tracks.bigwig.readings import Totals
from regtrack.tracks.bigwig.recount import PIECE, TOLERANCE, Items, ZoomCheck
from regtrack.tracks.bigwig.sampling import Samples, sample_block

_BATCH = 1 << 17  # values that are checked at a time
_BLOCKS = 1 << 12  # blocks that are checked at a time, if they have fewer values
_SAMPLES = 64  # samples per file
_NEIGHBOURS = 8  # items of the longer samples


class DataCheck:
    """Checks all data blocks in order, and zoom levels and total summary against them.

    Attributes:
        covered: number of bases with a value.
        whole: whether no block is damaged so far; otherwise there is nothing to compare with.
        samples: values for another reader to compare.
    """

    def __init__(self, raw: RawBigWig, line: Line, findings: Findings) -> None:
        self.covered = 0
        self.whole = True
        self.samples = Samples(_SAMPLES)
        self._raw = raw
        self._line = line
        self._findings = findings
        self._zooms = ZoomCheck(raw, line, findings)
        self._reached = 0  # where the last value ends, on the line
        self._absent = 0  # values that are not finite
        self._first_absent = ""
        self._hidden = HiddenMaximum()
        # by chromosome, in the order of the line
        self._totals = np.zeros(len(line.chroms), dtype=PIECE)
        self._totals["min"], self._totals["max"] = np.inf, -np.inf

    def run(self, leaves: Leaves, task: Task) -> None:
        """Check everything.

        Args:
            leaves: the index, `layout.LEAF` (n,), in order of chromosome and start (bp).
            task: advances by the blocks.
        """
        for batch in self._batches(leaves, task):
            items = self._checked(batch)
            self.covered += int((items.ends - items.starts).sum())
            if self.whole:
                for pieces in self._zooms.add(items):
                    self._count(pieces)
        if self._absent:
            message = (
                f"{self._absent:,} values are not finite, the first of them {self._first_absent}"
            )
            self._findings.add("data", f"{message}; here they count as absent")
        if self.whole:
            self._zooms.finish()
            agrees = False
            with self._findings.reading("summary"):
                agrees = self._check_summary()
            # if the sum of all values is what it was when the file was written, these are right
            self._findings.settle_doubts(harmless=agrees and not self._absent)
        else:
            self._findings.settle_doubts(harmless=False)
            self._findings.add("data", "zoom levels and summary were not compared with these data")

    def largest_chroms(self, count: int) -> dict[str, Totals]:
        """Totals of the chromosomes with the most bases, by name."""
        totals = self._totals
        order = np.argsort(-totals["valid"], kind="stable")[:count]
        return {
            self._line.chroms[index].name: Totals(
                bases=int(totals["valid"][index]),
                low=float(totals["min"][index]),
                high=float(totals["max"][index]),
                total=float(totals["sum"][index]),
            )
            for index in order[totals["valid"][order] > 0].tolist()
        }

    def _batches(self, leaves: Leaves, task: Task) -> Iterator[Batch]:
        """The blocks that can be unpacked and have values."""
        blocks: list[DataBlock] = []
        kept: list[int] = []
        waiting = 0
        entries = zip(leaves["offset"].tolist(), leaves["size"].tolist(), strict=True)
        for number, (at, size) in enumerate(entries):
            task.advance()
            try:
                block = self._raw.block_at(at, size)
            except TrackError as error:
                self._findings.add("data", str(error))
                self.whole = False
                continue
            if len(block.starts) == 0:
                continue  # libBigWig writes such; lost values show in zoom levels and summary
            blocks.append(block)
            kept.append(number)
            waiting += len(block.starts)
            if waiting >= _BATCH or len(blocks) >= _BLOCKS:
                yield Batch(blocks, leaves[kept], self._line)
                blocks, kept, waiting = [], [], 0
        if blocks:
            yield Batch(blocks, leaves[kept], self._line)

    def _checked(self, batch: Batch) -> Items:
        """The values of the blocks that are valid, as items on the line."""
        faults = batch.faults()
        good = np.ones(len(batch.blocks), dtype=np.bool_)
        good[list(faults)] = False
        items, edges = batch.items, batch.edges
        for number in np.flatnonzero(good).tolist():
            first, last = edges[number], edges[number + 1] - 1
            if items.starts[first] < self._reached:
                faults[number] = batch.fault(first, "begins before the previous one ends")
                good[number] = False
            else:
                self._reached = int(items.ends[last])
        for number in sorted(faults):
            at = int(batch.leaves["offset"][number])
            self._findings.add(
                "data", str(self._raw.source.error("data block", at, faults[number]))
            )
            self.whole = False
        finite = np.isfinite(items.values)
        kept = good[batch.owner]
        if not (finite | ~kept).all():
            self._set_aside(batch, kept & ~finite)
        for number in np.flatnonzero(good).tolist() if self.whole else ():
            self._offer(batch, number)
        kept &= finite
        if not kept.all():
            items = items.where(kept)
        self._hidden.add(items.values)
        return items

    def _set_aside(self, batch: Batch, absent: Mask) -> None:
        """Count values that are not finite."""
        if not self._absent:
            self._first_absent = batch.fault(int(np.argmax(absent)), "").strip()
        self._absent += int(absent.sum())

    def _offer(self, batch: Batch, number: int) -> None:
        """Sample one item of some blocks, and several neighbours, with their gaps, of others."""
        block, name = batch.blocks[number], batch.name(number)
        for items in (1, _NEIGHBOURS):
            self.samples.offer(partial(sample_block, name, block, items))

    def _count(self, pieces: Bins) -> None:
        """Add pieces to the totals of their chromosomes."""
        holder = self._line.holders(pieces["start"])
        first = np.flatnonzero(np.diff(holder, prepend=-1))
        sums, into, totals = reduce_bins(pieces, first), holder[first], self._totals
        for name in ("valid", "sum", "squares"):
            totals[name][into] += sums[name]
        totals["min"][into] = np.minimum(totals["min"][into], sums["min"])
        totals["max"][into] = np.maximum(totals["max"][into], sums["max"])

    def _check_summary(self) -> bool:
        """Whether there is a summary and it agrees with the data."""
        if not (self._raw.header.summary_at and self.covered):
            return False  # files of format 1 have no summary, nor do files without values
        totals, summary = self._totals, self._raw.summary
        if summary.empty:
            self._findings.note("summary", "all zero, although the file has values")
            return False
        squares = float(totals["squares"].sum())
        for name, expected, slack in (
            ("covered", self.covered, 0.0),
            ("least", float(totals["min"].min()), 0.0),
            ("greatest", float(totals["max"].max()), 0.0),
            ("total", float(totals["sum"].sum()), TOLERANCE * (self.covered * squares) ** 0.5),
            ("squares", squares, TOLERANCE * squares),
        ):
            stated = getattr(summary, name)
            if name == "greatest" and stated == self._hidden.value != expected:
                message = f"maximum {stated:.9g}, as libBigWig writes it; the data have "
                self._findings.note("summary", f"{message}{expected:.9g}")
            elif not abs(stated - expected) <= slack:
                found = told_apart(stated, expected)
                message = f"{_WORDS[name]} {found[0]}; the data have {found[1]}"
                self._findings.add("summary", message)
        return not self._findings.of("summary")


class HiddenMaximum:
    """The maximum in summaries by libBigWig, and so by pyBigWig and deepTools.

    A value that is a new minimum is not compared with the maximum (`updateStats` in its bwWrite.c),
    so the first of falling values is lost.

    Attributes:
        value: the maximum.
    """

    def __init__(self) -> None:
        self.value = float(np.finfo(np.float64).tiny)
        self._least = np.inf

    def add(self, values: Values) -> None:
        """Add values, float32 (n,), that follow those before."""
        if len(values):
            least = np.minimum.accumulate(np.concatenate([[self._least], values]))
            seen = values[values >= least[:-1]]
            self.value = max(self.value, float(seen.max(initial=-np.inf)))
            self._least = float(least[-1])


_WORDS = {
    "covered": "bases covered",
    "least": "minimum",
    "greatest": "maximum",
    "total": "sum",
    "squares": "sum of squares",
}
