"""Check zoom levels against the data: every record is recomputed from the values it summarises.

The data come in order, in batches; each level holds the records that overlap the current batch.
Records of other writers need not be on a grid, so a batch is cut at every edge of any level's
records, and the pieces, a hundredth as many as the values, are added up for every level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.bins import BIN, LARGEST, NO_BINS, Bins, Values, reduce_bins
from regtrack.tracks.bigwig.findings import Findings, place
from regtrack.tracks.bigwig.layout import ZOOM_RECORD
from regtrack.tracks.bigwig.raw import Positions, RawBigWig, Records, ZoomLevel
from regtrack.tracks.bigwig.trees import Chrom, order_key

# relative error of sums by other writers, which add them up in float32
TOLERANCE = 1e-4

_LEAST = float(np.finfo(np.float32).tiny)  # smaller sums are not exact in a float32
_NO_RECORDS = np.empty(0, dtype=ZOOM_RECORD)
_FAR = 2**32  # after every base, and every chromosome's number
_WORDS = {
    "valid": "bases covered",
    "min": "minimum",
    "max": "maximum",
    "sum": "sum",
    "squares": "sum of squares",
}


def cut_out(starts: Positions, ends: Positions, values: Values, cuts: Positions) -> Bins:
    """Summarise intervals between cuts.

    Args:
        starts: first base of each interval (bp), int64 (n,), in order without overlap; n > 0.
        ends: one past the last base of each (bp), int64 (n,).
        values: value of each, float32 (n,).
        cuts: where to cut (bp), int64 (m,), in order.

    Returns:
        One `BIN` for each span between two cuts that has a value, from its first value on.
    """
    holder = np.searchsorted(starts, cuts, side="right") - 1
    inside = (holder >= 0) & (starts[holder] < cuts) & (cuts < ends[holder])
    if inside.any():  # an interval that is cut becomes two with the same value
        at, where = holder[inside], cuts[inside]
        values = np.insert(values, at + 1, values[at])
        starts, ends = np.insert(starts, at + 1, where), np.insert(ends, at, where)
    wide, lengths = values.astype(np.float64), ends - starts
    pieces = np.empty(len(starts), dtype=BIN)
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

    def __init__(self, raw: RawBigWig, findings: Findings) -> None:
        self._findings = findings
        self._levels = [_Level(raw, level, findings) for level in raw.header.zooms]

    def cuts(self, chrom: Chrom, before: int) -> Positions:
        """Edges (bp) of the records that start before a base, int64 (n,) in order."""
        self._each(lambda level: level.take_up(chrom, before))
        edges = [level.edges() for level in self._levels]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *edges]))

    def add(self, chrom: Chrom, pieces: Bins, end: int) -> None:
        """Add data that were cut at `cuts`, `BIN` (n,); none before `end` (bp) will follow."""
        self._each(lambda level: level.add(chrom, pieces))
        self._each(lambda level: level.settle(chrom, end))

    def end_chromosome(self, chrom: Chrom) -> None:
        """Compare the remaining records of a chromosome."""
        self._each(lambda level: level.take_up(chrom, _FAR))
        self._each(lambda level: level.settle(chrom, _FAR))

    def finish(self) -> None:
        """Check that no records are left at the end of the data."""
        self._each(lambda level: level.finish())

    def _each(self, step: Callable[[_Level], None]) -> None:
        for level in list(self._levels):
            try:
                step(level)
            except TrackError as error:
                self._findings.add(level.part, str(error))
                self._levels.remove(level)


class _Level:
    """One zoom level. Methods raise a `TrackError` if there is no point in comparing further."""

    def __init__(self, raw: RawBigWig, level: ZoomLevel, findings: Findings) -> None:
        self.part = f"zoom {level.reduction}"
        self._raw = raw
        self._level = level
        self._findings = findings
        self._stream = _stream(raw, level)
        self._ahead = _NO_RECORDS  # read already, but after the data so far
        self._held = _NO_RECORDS  # records that overlap the data so far
        self._counted = NO_BINS  # the same records, computed from the data
        self._count = 0
        self._reached = (0, 0)  # chromosome and base where the last record ends

    def edges(self) -> Positions:
        """Edges (bp) of the records that are held."""
        return np.concatenate([self._held["start"], self._held["end"]]).astype(np.int64)

    def take_up(self, chrom: Chrom, before: int) -> None:
        """Hold the records that start before a base."""
        new = self._take(chrom.number, before)
        self._check(new, chrom)
        counted = np.zeros(len(new), dtype=BIN)
        counted["start"], counted["min"], counted["max"] = new["start"], np.inf, -np.inf
        self._count += len(new)
        if len(new):
            self._reached = (chrom.number, int(new["end"][-1]))
        self._held = np.concatenate([self._held, new])
        self._counted = np.concatenate([self._counted, counted])

    def add(self, chrom: Chrom, pieces: Bins) -> None:
        """Add pieces of the data, none of which crosses a record's edge."""
        record = np.searchsorted(self._held["start"], pieces["start"], side="right") - 1
        inside = record >= 0
        inside[inside] = pieces["start"][inside] < self._held["end"][record[inside]]
        if not inside.all():
            at = int(pieces["start"][np.argmin(inside)])
            raise TrackError(f"no record for the value at {place(chrom.name, at, at + 1)}")
        first = np.unique(record, return_index=True)[1]
        sums, into, counted = reduce_bins(pieces, first), record[first], self._counted
        for name in ("valid", "sum", "squares"):
            counted[name][into] += sums[name]
        counted["min"][into] = np.minimum(counted["min"][into], sums["min"])
        counted["max"][into] = np.maximum(counted["max"][into], sums["max"])

    def settle(self, chrom: Chrom, before: int) -> None:
        """Compare the records that end at or before a base, and drop them."""
        done = self._held["end"] <= before
        records, counted = self._held[done], self._counted[done]
        self._held, self._counted = self._held[~done], self._counted[~done]
        for index, name in _differences(records, counted):
            where = place(chrom.name, records["start"][index], records["end"][index])
            self._findings.add(
                self.part,
                f"{where} has {_WORDS[name]} {records[name][index]:.9g}; the data have "
                f"{counted[name][index]:.9g}",
            )

    def finish(self) -> None:
        """Check that no records are left."""
        left = len(self._take(_FAR, _FAR))
        if left:
            raise TrackError(f"{left:,} records after the last value, or out of order")
        stated = self._raw.record_count(self._level)
        if stated not in (self._count, len(self._raw.zoom_index(self._level))):
            raise TrackError(f"{self._count:,} records; the level's header says {stated:,}")

    def _take(self, chrom: int, before: int) -> Records:
        """The next records on earlier chromosomes, or on this one and starting before a base."""
        taken = [_NO_RECORDS]
        while True:
            if len(self._ahead) == 0:
                self._ahead = next(self._stream, _NO_RECORDS)
            here = (self._ahead["chrom"] == chrom) & (self._ahead["start"] < before)
            ready = here | (self._ahead["chrom"] < chrom)
            count = len(ready) if ready.all() else int(np.argmin(ready))
            taken.append(self._ahead[:count])
            self._ahead = self._ahead[count:]
            if count == 0 or len(self._ahead):
                return np.concatenate(taken)

    def _check(self, records: Records, chrom: Chrom) -> None:
        """Refuse new records that are invalid, or cannot follow those before."""
        reached = self._reached[1] if self._reached[0] == chrom.number else 0
        before = np.concatenate([np.array([reached], dtype=np.uint32), records["end"]])[:-1]
        numbers = np.array([records[name] for name in ("min", "max", "sum", "squares")])
        for wrong, message in (
            (records["chrom"] != chrom.number, "is out of order, or where there are no values"),
            (records["end"] <= records["start"], "has no bases"),
            (records["end"] > chrom.length, f"ends past the chromosome, {chrom.length:,} bp long"),
            (~np.isfinite(numbers).all(axis=0), "holds a number that is not finite"),
            (records["start"] < before, "begins before the previous one ends"),
        ):
            if wrong.any():
                bad = records[wrong][0]
                raise TrackError(f"record {place(chrom.name, bad['start'], bad['end'])} {message}")


def _stream(raw: RawBigWig, level: ZoomLevel) -> Iterator[Records]:
    """A level's records block by block, checked against the spans in the index."""
    for leaf in raw.zoom_index(level):
        records = raw.records(leaf)
        starts = order_key(records["chrom"], records["start"])
        ends = order_key(records["chrom"], records["end"])
        low = order_key(leaf["first_chrom"], leaf["start"])
        high = order_key(leaf["last_chrom"], leaf["end"])
        if (starts < low).any() or (ends > high).any():
            message = "holds records outside its span in the index"
            raise raw.source.error("zoom block", int(leaf["offset"]), message)
        yield records


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
