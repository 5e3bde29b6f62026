"""Check zoom levels against the data: every record is recomputed from the values it summarises.

The data come in order, in batches; each level holds the records that overlap the current batch.
Records of other writers need not be on a grid, so a batch is cut at every edge of any level's
records, and the pieces, a hundredth as many as the values, are added up for every level. Positions
are those of a `Line` of all chromosomes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import methodcaller

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.bins import LARGEST, Bins, Values, reduce_bins
from regtrack.tracks.bigwig.findings import Findings, told_apart
from regtrack.tracks.bigwig.header import ZoomLevel
from regtrack.tracks.bigwig.layout import ZOOM_RECORD, order_key
from regtrack.tracks.bigwig.line import Line
from regtrack.tracks.bigwig.raw import Positions, RawBigWig, Records

# relative error of sums by other writers, which add them up in float32
TOLERANCE = 1e-4

# what lies between two cuts, on a line
PIECE = np.dtype(
    [("start", "<i8"), ("valid", "<i8"), ("min", "<f4"), ("max", "<f4"),
     ("sum", "<f8"), ("squares", "<f8")]
)  # fmt: skip
# a zoom record, on a line
_RECORD = np.dtype([("start", "<i8"), ("end", "<i8"), *ZOOM_RECORD.descr[3:]])

_LEAST = float(np.finfo(np.float32).tiny)  # smaller sums are not exact in a float32
_AT_ONCE = 1 << 18  # records of a level in memory; more are compared in turn
_READ_AT_ONCE = 1 << 12  # records that are unpacked before they are looked at
_NO_RECORDS = np.empty(0, dtype=_RECORD)
_WORDS = {
    "valid": "bases covered",
    "min": "minimum",
    "max": "maximum",
    "sum": "sum",
    "squares": "sum of squares",
}


@dataclass(frozen=True)
class Items:
    """Intervals with values, in order without overlap.

    Attributes:
        starts: first position of each, int64 (n,).
        ends: one past the last position of each, int64 (n,).
        values: float32 (n,).
    """

    starts: Positions
    ends: Positions
    values: Values

    def __len__(self) -> int:
        return len(self.starts)

    def where(self, wanted: npt.NDArray[np.bool_]) -> Items:
        """Some of the intervals; `wanted` is bool (n,)."""
        return Items(self.starts[wanted], self.ends[wanted], self.values[wanted])

    def split(self, at: int) -> tuple[Items, Items]:
        """What lies before a position, and the rest; an interval that holds it becomes two."""
        first, last = int(np.searchsorted(self.ends, at, side="right")), len(self)
        stop = int(np.searchsorted(self.starts, at))
        left = Items(self.starts[:stop], np.minimum(self.ends[:stop], at), self.values[:stop])
        right = slice(first, last)
        return left, Items(np.maximum(self.starts[right], at), self.ends[right], self.values[right])

    def cut(self, cuts: Positions) -> Bins:
        """Summarise what lies between cuts.

        Args:
            cuts: where to cut, int64 (m,), in order.

        Returns:
            One `PIECE` for each span between two cuts that has a value, from its first value on.
        """
        starts, ends, values = self.starts, self.ends, self.values
        holder = np.searchsorted(starts, cuts, side="right") - 1
        inside = (holder >= 0) & (starts[holder] < cuts) & (cuts < ends[holder])
        if inside.any():  # an interval that is cut becomes two with the same value
            at, where = holder[inside], cuts[inside]
            values = np.insert(values, at + 1, values[at])
            starts, ends = np.insert(starts, at + 1, where), np.insert(ends, at, where)
        wide, lengths = values.astype(np.float64), ends - starts
        pieces = np.empty(len(starts), dtype=PIECE)
        pieces["start"], pieces["valid"] = starts, lengths
        pieces["min"] = pieces["max"] = values
        pieces["sum"] = wide * lengths
        pieces["squares"] = wide * wide * lengths
        first = np.unique(np.concatenate([[0], np.searchsorted(starts, cuts)]))
        return reduce_bins(pieces, first[first < len(starts)])


class ZoomCheck:
    """Compares all zoom levels of a file with its data while these are read.

    A level with a wrong record is not compared any further.
    """

    def __init__(self, raw: RawBigWig, line: Line, findings: Findings) -> None:
        self._findings = findings
        self._line = line
        self._levels = [_Level(raw, level, line, findings) for level in raw.header.zooms]

    def add(self, items: Items) -> Iterator[Bins]:
        """Compare data that follow those before; there is at least one item.

        Yields:
            The data as `PIECE` (n,), counts in bp, none of which crosses an edge of a record or a
            chromosome.
        """
        while len(items):
            limit = int(items.ends[-1])
            self._each(methodcaller("take_up", limit))
            limit = min([limit, *(level.limit for level in self._levels)])
            now, items = items.split(limit)
            if len(now):
                pieces = now.cut(self._cuts(now))
                self._each(methodcaller("add", pieces))
                yield pieces
            self._each(methodcaller("settle", limit))

    def finish(self) -> None:
        """Compare the remaining records, and check that none is left after the data."""
        self._each(methodcaller("settle", self._line.end))
        self._each(methodcaller("finish"))

    def _cuts(self, items: Items) -> Positions:
        """Edges of the records that are held, and starts of chromosomes, int64 (n,) in order."""
        ends = np.array([items.starts[0], items.ends[-1]])
        first, last = np.searchsorted(self._line.starts, ends)
        edges = (level.edges() for level in self._levels)
        return np.unique(np.concatenate([self._line.starts[first:last], *edges]))

    def _each(self, step: Callable[[_Level], None]) -> None:
        for level in list(self._levels):
            try:
                step(level)
            except TrackError as error:
                self._findings.add(level.part, str(error))
                self._levels.remove(level)


class _Level:
    """One zoom level. Methods raise a `TrackError` if there is no point in comparing further.

    Attributes:
        part: the part of the file, for findings.
        limit: where the records that were taken up end; up to here data can be compared.
    """

    def __init__(self, raw: RawBigWig, level: ZoomLevel, line: Line, findings: Findings) -> None:
        self.part = f"zoom {level.reduction}"
        self.limit = 0
        self._raw = raw
        self._level = level
        self._line = line
        self._findings = findings
        self._stream = _stream(raw, level, line)
        self._ahead = _NO_RECORDS  # read already, but after the data so far
        self._held = _NO_RECORDS  # records that overlap the data so far
        self._counted = np.empty(0, dtype=PIECE)  # the same records, computed from the data
        self._count = 0
        self._reached = 0  # where the last record ends

    def edges(self) -> Positions:
        """Edges of the records that are held."""
        return np.concatenate([self._held["start"], self._held["end"]])

    def take_up(self, before: int) -> None:
        """Hold the records that start before a position, or as many as fit into memory."""
        taken, room = [self._held], _AT_ONCE - len(self._held)
        self.limit = before
        while room > 0:
            if len(self._ahead) == 0:
                self._ahead = self._checked(next(self._stream, _NO_RECORDS))
            count = min(int(np.searchsorted(self._ahead["start"], before)), room)
            taken.append(self._ahead[:count])
            self._ahead, room = self._ahead[count:], room - count
            if len(self._ahead) or count == 0:
                break
        if len(self._ahead):
            self.limit = min(before, int(self._ahead["start"][0]))
        elif room <= 0:
            self.limit = min(before, self._reached)
        self._held = np.concatenate(taken)
        new = self._held[len(self._counted) :]
        counted = np.zeros(len(new), dtype=PIECE)
        counted["start"], counted["min"], counted["max"] = new["start"], np.inf, -np.inf
        self._counted = np.concatenate([self._counted, counted])

    def add(self, pieces: Bins) -> None:
        """Add pieces of the data, none of which crosses a record's edge."""
        record = np.searchsorted(self._held["start"], pieces["start"], side="right") - 1
        inside = record >= 0
        inside[inside] = pieces["start"][inside] < self._held["end"][record[inside]]
        if not inside.all():
            at = int(pieces["start"][np.argmin(inside)])
            raise TrackError(f"no record for the value at {self._line.place(at, at + 1)}")
        first = np.unique(record, return_index=True)[1]
        sums, into, counted = reduce_bins(pieces, first), record[first], self._counted
        for name in ("valid", "sum", "squares"):
            counted[name][into] += sums[name]
        counted["min"][into] = np.minimum(counted["min"][into], sums["min"])
        counted["max"][into] = np.maximum(counted["max"][into], sums["max"])

    def settle(self, before: int) -> None:
        """Compare the records that end at or before a position, and drop them."""
        done = int(np.searchsorted(self._held["end"], before, side="right"))
        records, counted = self._held[:done], self._counted[:done]
        self._held, self._counted = self._held[done:], self._counted[done:]
        for index, name in _differences(records, counted):
            where = self._line.place(int(records["start"][index]), int(records["end"][index]))
            stated, found = told_apart(records[name][index].item(), counted[name][index].item())
            message = f"{where} has {_WORDS[name]} {stated}; the data have {found}"
            self._findings.doubt(self.part, message)

    def finish(self) -> None:
        """Check that no records are left."""
        left = len(self._ahead) + sum(len(self._checked(records)) for records in self._stream)
        if left:
            raise TrackError(f"{left:,} records after the last value, or out of order")
        stated = self._raw.record_count(self._level)
        if stated not in (self._count, len(self._raw.zoom_index(self._level))):
            message = f"{self._count:,} records; the level's header says {stated:,}"
            self._findings.note(self.part, message)  # every value has its record all the same

    def _checked(self, records: Records) -> Records:
        """The records, unless they are invalid or cannot follow those before."""
        before = np.concatenate([[self._reached], records["end"][:-1]])[: len(records)]
        numbers = np.array([records[name] for name in ("min", "max", "sum", "squares")])
        for wrong, message in (
            (records["end"] <= records["start"], "has no bases"),
            (records["valid"] == 0, "covers no value"),
            (~np.isfinite(numbers).all(axis=0), "holds a number that is not finite"),
            (records["start"] < before, "begins before the previous one ends"),
        ):
            if wrong.any():
                bad = records[wrong][0]
                where = self._line.place(int(bad["start"]), int(bad["end"]))
                raise TrackError(f"record {where} {message}")
        if len(records):
            self._reached = int(records["end"][-1])
        self._count += len(records)
        return records


def _stream(raw: RawBigWig, level: ZoomLevel, line: Line) -> Iterator[Records]:
    """A level's records on the line, some blocks at a time, checked against the index."""
    leaves = raw.zoom_index(level)
    blocks: list[Records] = []
    first, waiting = 0, 0
    for at, size in zip(leaves["offset"].tolist(), leaves["size"].tolist(), strict=True):
        blocks.append(raw.records_at(at, size))
        waiting += len(blocks[-1])
        if waiting >= _READ_AT_ONCE:
            yield _on_line(raw, line, blocks, leaves[first : first + len(blocks)])
            first, waiting, blocks = first + len(blocks), 0, []
    if blocks:
        yield _on_line(raw, line, blocks, leaves[first:])


def _on_line(
    raw: RawBigWig, line: Line, blocks: list[Records], leaves: npt.NDArray[np.void]
) -> Records:
    """Records of blocks as positions on the line, if they belong there."""
    records = np.concatenate(blocks)
    leaf = np.repeat(leaves, [len(block) for block in blocks])
    chrom = line.find(records["chrom"])
    starts, ends = (order_key(records["chrom"], records[name]) for name in ("start", "end"))
    outside = (starts < order_key(leaf["first_chrom"], leaf["start"])) | (
        ends > order_key(leaf["last_chrom"], leaf["end"])
    )
    for wrong, message in (
        (outside, "holds records outside its span in the index"),
        (chrom < 0, "holds records on a chromosome that has no name"),
        (records["end"] > line.lengths[chrom], "holds records that end past the chromosome"),
    ):
        if wrong.any():
            at = int(leaf["offset"][np.argmax(wrong)])
            raise raw.source.error("zoom block", at, message)
    found = np.empty(len(records), dtype=_RECORD)
    for name in _RECORD.names or ():
        found[name] = records[name]
    found["start"] += line.starts[chrom]
    found["end"] += line.starts[chrom]
    return found


def _differences(records: Records, counted: Bins) -> Iterator[tuple[int, str]]:
    """For each number, the first record that differs from the data."""
    squares = counted["squares"]
    slack = {
        # the scale is an upper bound of the sum (Cauchy-Schwarz inequality)
        "sum": np.sqrt(counted["valid"] * squares) * TOLERANCE + _LEAST,
        "squares": squares * TOLERANCE + _LEAST,
    }
    for name in _WORDS:
        expected = np.clip(counted[name].astype(np.float64), -LARGEST, LARGEST)
        differs = np.abs(records[name] - expected) > slack.get(name, 0.0)
        if differs.any():
            yield int(np.argmax(differs)), name
