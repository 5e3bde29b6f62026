"""Index a FASTA in one pass over its bytes, in bounded memory, and find what cannot be read right.

A region can be read if the lines of a record are of one length, but for the last; blanks may end
them. All else is refused with its line: uneven or blank lines within a record, a name that is
missing, not UTF-8 or that of two records, records without bases, and what `read_lines` refuses.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from regtrack.errors import FastaError
from regtrack.files.shown import shown
from regtrack.genome.fasta_index import Column, FastaIndex
from regtrack.genome.fasta_lines import REWRAP, Flags, Lines, read_lines

_LONGEST = 4096  # bytes of a name


def scan_fasta(pieces: Iterable[bytes], path: Path) -> FastaIndex:
    """Index a FASTA.

    Args:
        pieces: its bytes in order, unpacked.
        path: the file, for messages.

    Raises:
        FastaError: see above.
    """
    records = _Records(path)
    for lines in read_lines(pieces, path):
        records.take(lines)
    return records.finish()


class _Records:
    """The records of the lines so far; the last one is open. Their columns: see `Record`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, int] = {}  # and the line of each
        self._tables: list[Column] = []  # of the records before the open one
        self._open = np.zeros(4, dtype=np.int64)
        self._last = 0  # line of the open record's last bases
        self._full = True  # whether that line is as long as the record's first

    def take(self, lines: Lines) -> None:
        """Take some lines into their records: the open one, and those that begin."""
        numbers = lines.number + np.arange(len(lines.bases))
        rows = np.flatnonzero(~lines.headers & (lines.bases > 0))
        of = np.cumsum(lines.headers)[rows]  # the record of each; 0 is the open one
        if len(rows) and of[0] == 0 and not self._names:
            raise self._wrong(int(numbers[rows[0]]), 'bases before the first line with ">"')
        self._take_names(lines, numbers)
        bases, widths = lines.bases[rows], lines.widths[rows]
        table = np.zeros((len(lines.heads) + 1, 4), dtype=np.int64)
        table[0] = self._open
        table[:, 0] += np.bincount(of, bases, len(table)).astype(np.int64)  # exact up to 2**53
        first = np.diff(of, prepend=0 if self._open[0] else -1) > 0
        table[of[first], 1:] = np.stack([lines.starts[rows], bases, widths], axis=1)[first]
        full = (bases == table[of, 2]) & (widths == table[of, 3])
        self._check_even(numbers[rows], first, full, bases > table[of, 2])
        self._tables.append(table[:-1])
        self._open = table[-1]
        if len(rows) and of[-1] == len(lines.heads):
            self._last, self._full = int(numbers[rows[-1]]), bool(full[-1])

    def finish(self) -> FastaIndex:
        """The index of all records."""
        if not self._names:
            raise FastaError(f'{self._path} has no line with ">"; expected a FASTA')
        # the first row is of the lines before the first header
        table = np.concatenate([*self._tables, self._open[None]])[1:]
        for name, length in zip(self._names, table[:, 0].tolist(), strict=True):
            if not length:
                raise self._wrong(
                    self._names[name], f"record {name} has no sequence; remove it from the file"
                )
        return FastaIndex(tuple(self._names), table)

    def _take_names(self, lines: Lines, numbers: Column) -> None:
        for number, head in zip(numbers[lines.headers].tolist(), lines.heads, strict=True):
            words = head[1:].split(None, 1)
            if not words:
                raise self._wrong(number, 'no name after ">"; every record needs one')
            if len(words[0]) > _LONGEST:
                raise self._wrong(number, f"the name is longer than {_LONGEST:,} bytes; shorten it")
            try:
                name = words[0].decode()
            except UnicodeDecodeError:
                raise self._wrong(
                    number, f'the name "{shown(words[0])}" is not UTF-8; rename the record'
                ) from None
            first = self._names.setdefault(name, number)
            if first != number:
                raise self._wrong(
                    number,
                    f"{shown(name)} names the record of line {first:,} too; every record needs a "
                    "unique name (the first word after >)",
                )

    def _check_even(self, numbers: Column, first: Flags, full: Flags, long: Flags) -> None:
        """Refuse bases after a line that is shorter than its record's first, or blank."""
        before = np.concatenate([[self._last], numbers])[:-1]
        full_before = np.concatenate([[self._full], full])[:-1]
        wrong = np.flatnonzero(~first & (long | ~full_before | (numbers > before + 1)))
        if not len(wrong):
            return
        at = int(wrong[0])
        if not full_before[at]:
            raise self._wrong(
                int(before[at]), f"its length is not that of the record's first line; {REWRAP}"
            )
        if numbers[at] > before[at] + 1:
            raise self._wrong(int(before[at]) + 1, f"a blank line within a record; {REWRAP}")
        raise self._wrong(int(numbers[at]), f"longer than the record's first line; {REWRAP}")

    def _wrong(self, line: int, why: str) -> FastaError:
        return FastaError(f"{self._path} line {line:,}: {why}")
