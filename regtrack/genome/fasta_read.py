"""Read the bases of a region of a FASTA, and make sure that they lie where its index says."""

from __future__ import annotations

import os
import threading
from typing import Protocol

import numpy as np
import pyfaidx

from regtrack.genome.fasta_index import Record
from regtrack.genome.fasta_lines import IS_LETTER
from regtrack.genome.fasta_open import IndexedFasta

_BLANK = ord(" ")  # and below: what ends a line


class MisplacedError(Exception):
    """Line ends lie elsewhere than the index says, or there are no letters where it has bases."""


class Letters(Protocol):
    """The letters of an open FASTA."""

    def read(self, chrom: str, start: int, end: int) -> bytes:
        """The letters of [start, end), as they are in the file.

        Raises:
            MisplacedError: the index is not of this file.
            FastaError: the file is damaged.
        """

    def close(self) -> None:
        """Close the file."""


def read_letters(fasta: IndexedFasta) -> Letters:
    """Open a FASTA for reading by region."""
    return _Plain(fasta) if fasta.blocks is None else _Bgzip(fasta)


class _Plain:
    """Reads a plain file with pyfaidx, by records that were looked up in the file."""

    def __init__(self, fasta: IndexedFasta) -> None:
        self._index = fasta.index
        self._lock = threading.Lock()
        # given each record when it is read: by itself pyfaidx trusts any index that is newer
        self._faidx = pyfaidx.Faidx(str(fasta.path), indexname=os.devnull, build_index=False)

    def read(self, chrom: str, start: int, end: int) -> bytes:
        """See `Letters`."""
        record = self._index.record(chrom)
        after = record.place(record.length - 1) + 1
        with self._lock:
            self._faidx.index = {chrom: pyfaidx.IndexRecord(*record, bend=after, prev_bend=0)}
            try:
                text, inside = self._faidx.from_file(chrom, start + 1, end, internals=True)
            except UnicodeDecodeError as error:
                raise MisplacedError from error
        return _unwrap(text.encode(), inside["bstart"] - record.offset, record, end - start)

    def close(self) -> None:
        """See `Letters`."""
        self._faidx.close()


class _Bgzip:
    """Reads a bgzip file."""

    def __init__(self, fasta: IndexedFasta) -> None:
        self._index = fasta.index
        self._data = fasta.open()

    def read(self, chrom: str, start: int, end: int) -> bytes:
        """See `Letters`."""
        record = self._index.record(chrom)
        first, after = record.place(start), record.place(end - 1) + 1
        raw = self._data.read(first, after - first)
        return _unwrap(raw, first - record.offset, record, end - start)

    def close(self) -> None:
        """See `Letters`."""
        self._data.close()


def _unwrap(raw: bytes, place: int, record: Record, count: int) -> bytes:
    """The letters of some lines, without what ends the lines.

    Args:
        raw: bytes of a record.
        place: the first of them, counted from the record's first base.
        record: how long its lines are.
        count: letters expected.

    Raises:
        MisplacedError: there are others or other signs than letters, or lines end elsewhere.
    """
    data = np.frombuffer(raw, dtype=np.uint8)
    bases, width = record.bases, record.width
    column = place % width
    head = data[: width - column if column else 0]  # the rest of a line
    whole = len(data[len(head) :]) // width * width
    lines = data[len(head) : len(head) + whole].reshape(-1, width)
    tail = data[len(head) + whole :]
    letters = (head[: max(bases - column, 0)], lines[:, :bases].ravel(), tail[:bases])
    ends = (head[max(bases - column, 0) :], lines[:, bases:].ravel(), tail[bases:])
    found = np.concatenate(letters)
    blank = np.concatenate(ends) <= _BLANK
    if len(found) != count or not IS_LETTER[found].all() or not blank.all():
        raise MisplacedError
    return found.tobytes()
