"""Whether an index is of a FASTA: looked up in the file itself, whatever the dates say."""

from __future__ import annotations

import re

import numpy as np

from regtrack.genome.fasta_bytes import FastaBytes
from regtrack.genome.fasta_index import FastaIndex, Record

_RECORDS = 20_000  # records that are looked up; of more, so many evenly spaced ones
_LINES = 200  # lines that are looked up in all records together, besides first and last ones
_WHOLE = 4096  # bytes of a line up to which all of it is looked at
_HEADER = 1 << 20  # most bytes between two records
# what lies between two records: the end of a line, blank lines, a header
_BETWEEN = re.compile(
    rb"(?P<mark>\xef\xbb\xbf)?(?P<end>\s*[\r\n])?>[^\S\r\n]*+(?P<name>\S++)[^\r\n]*+[\r\n]\s*+"
)


def fits(index: FastaIndex, data: FastaBytes) -> bool:
    """Whether records begin and end in the file where the index says, and lines as long as it says.

    Looked up are each record's header and its first, last and some other lines, and that nothing
    follows the last one. Of more than 20,000 records only so many are, evenly spaced. Lines
    between those looked up are checked when they are read.
    """
    count = len(index.names)
    if index.ends[-1] > data.size or not _is_blank(data, int(index.ends[-1])):
        return False
    rows = np.unique(np.linspace(0, count - 1, min(count, _RECORDS)).astype(int)).tolist()
    lines = 2 + _LINES // len(rows)
    return all(
        _has_header(index, row, data) and _has_lines(index.at(row), lines, data) for row in rows
    )


def _is_blank(data: FastaBytes, start: int) -> bool:
    while some := data.read(start, 1 << 20):
        if some.strip():
            return False
        start += len(some)
    return True


def _has_header(index: FastaIndex, row: int, data: FastaBytes) -> bool:
    """Whether a record's header, and nothing else, lies between it and the one before."""
    start = int(index.ends[row - 1]) if row else 0
    size = int(index.table[row, 1]) - start
    found = _BETWEEN.fullmatch(data.read(start, size)) if size <= _HEADER else None
    return (
        found is not None
        and found["name"] == index.names[row].encode()
        and (found["mark"] is None if row else True)
        and (found["end"] is not None or row == 0)
    )


def _has_lines(record: Record, count: int, data: FastaBytes) -> bool:
    """Whether sampled lines of a record, its first and last ones too, are of its length."""
    last = (record.length - 1) // record.bases
    sampled = np.unique(np.linspace(0, last, count).astype(np.int64)).tolist()
    return all(_is_line(record, line, last, data) for line in sampled)


def _is_line(record: Record, line: int, last: int, data: FastaBytes) -> bool:
    """Whether there are letters alone where a line should be, and its end where it should end."""
    start = record.offset + line * record.width
    bases = record.length - last * record.bases if line == last else record.bases
    end = start + bases
    letters = (
        data.read(start, bases)
        if bases <= _WHOLE
        else data.read(start, _WHOLE // 2) + data.read(end - _WHOLE // 2, _WHOLE // 2)
    )
    if len(letters) != min(bases, _WHOLE) or min(letters) <= ord(" ") or b">" in letters:
        return False
    if line == last:
        return True  # what follows it was looked up with the next header
    after = data.read(end, record.width - record.bases)
    return not after.strip() and after.endswith((b"\n", b"\r"))
