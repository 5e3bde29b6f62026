"""The index of a FASTA: where the bases of each record lie, as samtools writes it (.fai)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.int64]


class Record(NamedTuple):
    """Where the bases of a record lie: on lines of equal length, but for the last.

    Attributes:
        length: bases.
        offset: the byte of the first base.
        bases: bases on a line.
        width: bytes of a line, with what ends it.
    """

    length: int
    offset: int
    bases: int
    width: int

    def place(self, base: int) -> int:
        """The byte of a base, counted from 0."""
        return self.offset + base // self.bases * self.width + base % self.bases


@dataclass(frozen=True, eq=False)
class FastaIndex:
    """The records of a FASTA, in its order.

    Attributes:
        names: the first word of each header.
        table: int64 (records, 4); the columns of a `Record`.
    """

    names: tuple[str, ...]
    table: Column

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    def record(self, name: str) -> Record:
        """The record of a name.

        Raises:
            KeyError: there is none.
        """
        return self.at(self._rows[name])

    def at(self, row: int) -> Record:
        """The record of a row."""
        return Record(*self.table[row].tolist())

    @property
    def lengths(self) -> tuple[int, ...]:
        """The length of each record (bp)."""
        return tuple(self.table[:, 0].tolist())

    @cached_property
    def ends(self) -> Column:
        """The byte after the last base of each record, int64 (records,)."""
        length, offset, bases, width = self.table.T
        found: Column = offset + (length - 1) // bases * width + (length - 1) % bases + 1
        return found

    def fai(self) -> bytes:
        """The content of the .fai."""
        rows = zip(self.names, self.table.tolist(), strict=True)
        return "".join(
            f"{name}\t{length}\t{offset}\t{bases}\t{width}\n"
            for name, (length, offset, bases, width) in rows
        ).encode()


def parse_fai(text: bytes) -> FastaIndex | None:
    """The index that a .fai holds; None if it is broken, or no such records can lie in a file."""
    text = text if text.endswith(b"\n") else text + b"\n"
    signs = np.frombuffer(text, dtype=np.uint8)
    ends = signs[(signs == ord("\t")) | (signs == ord("\n"))]
    if len(ends) % 5 or not (ends.reshape(-1, 5) == list(b"\t\t\t\t\n")).all():
        return None  # a line of other than five columns
    try:
        # all fields in one list and numbers by column, since a draft assembly has millions
        fields = text[:-1].decode().replace("\n", "\t").split("\t")
        names = tuple(fields[::5])
        columns = [list(map(int, fields[column::5])) for column in range(1, 5)]
        table = np.array(columns, dtype=np.int64).T
    except (ValueError, OverflowError):
        return None
    index = FastaIndex(names, np.ascontiguousarray(table))
    return index if _is_possible(index) else None


def _is_possible(index: FastaIndex) -> bool:
    """Whether the records have bases, follow each other and have names of their own."""
    length, offset, bases, width = index.table.T
    if not len(length) or len(set(index.names)) != len(index.names):
        return False
    if length.min() < 1 or offset.min() < 1 or bases.min() < 1 or (width < bases).any():
        return False
    if index.table.max() >= 1 << 48 or (width[length > bases] == bases[length > bases]).any():
        return False
    return bool((offset[1:] > index.ends[:-1]).all())
