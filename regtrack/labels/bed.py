"""The rows of a BED or peak file, as columns of numbers; what they mean is told in `peaks`."""

from __future__ import annotations

import logging
import re
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

import numpy as np

from regtrack.closing import Closing
from regtrack.errors import PeakFileError
from regtrack.files.rows import BEDGRAPH, BEDPE, UNSURE
from regtrack.files.text import Text
from regtrack.genome.assembly import MOST_NAMES
from regtrack.genome.intervals import Positions

_DIGITS = 18  # fit in 64 bits, and exceed the length of any chromosome
_LARGEST = 10**_DIGITS
_AT_ONCE = 1 << 21  # rows, of 24 bytes
_COMMENT = ord("#")
_HEADERS = (b"track", b"browser")
_HEADER = "this is a header; remove it, or put # in front"
_FIRST_COLUMNS = {b"chr", b"chrom", b"chromosome", b"seqname", b"seqnames"}
_QUOTED = "its columns are in quotes; remove them"
_QUOTES = {b'"', b"'"}
_OTHER = {b",": "commas", b";": "semicolons"}
_OTHER_KINDS = {
    BEDGRAPH: "whose column 4 is a value along a chromosome and not a name",
    BEDPE: "whose columns 4 to 6 are a second interval",
}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class BedRows:
    """Some rows of a BED or peak file, in its order.

    Attributes:
        names: the chromosome names of the file so far, in the order of their first appearance.
        owners: number of each row's name, int64 (n,).
        starts, ends: in bp, int64 (n,).
        skipped: lines among them that are no rows: blank ones, comments, and lines for genome
            browsers.
    """

    names: tuple[str, ...]
    owners: Positions
    starts: Positions
    ends: Positions
    skipped: int


class BedFile(Closing):
    """Chromosome, start and end of each row of a BED or peak file: an iterable, once.

    Columns are separated by tabs, or by blanks where tabs do not give three.

    Raises:
        PeakFileError: no such file, not text, or a line that is not a row.
    """

    def __init__(self, path: Path) -> None:
        self._text = Text(path, "peak or BED file", PeakFileError)
        self._numbers: dict[bytes, int] = {}
        self._comments = 0

    @property
    def sha256(self) -> str:
        """Digest of the file on disk; complete when all rows are read."""
        return self._text.sha256

    def __iter__(self) -> Iterator[BedRows]:
        """The rows, so many at a time that memory does not grow with the file.

        Raises:
            PeakFileError: see `BedFile`.
        """
        lines = iter(self._text)
        skipped = 0
        while line := next(lines, None):
            owners, starts, ends = self._take(chain([line], islice(lines, _AT_ONCE - 1)))
            before, skipped = skipped, self._text.blank + self._comments
            yield BedRows(
                names=tuple(name.decode() for name in self._numbers),
                owners=np.frombuffer(owners, dtype=np.int64),
                starts=np.frombuffer(starts, dtype=np.int64),
                ends=np.frombuffer(ends, dtype=np.int64),
                skipped=skipped - before,
            )
        nothing = np.empty(0, np.int64)  # blank lines alone are left
        yield BedRows((), nothing, nothing, nothing, self._text.blank + self._comments - skipped)

    def close(self) -> None:
        """Close the file."""
        self._text.close()

    def _take(
        self, lines: Iterable[tuple[int, bytes]]
    ) -> tuple[array[int], array[int], array[int]]:
        """The columns of some lines, whose number is bounded."""
        numbers, text = self._numbers, self._text
        # arrays of machine integers: a million peaks must not make a million Python objects
        owners, starts, ends = array("q"), array("q"), array("q")
        for number, line in lines:
            if line[0] == _COMMENT:
                self._comments += 1
                continue
            fields = line.split(b"\t", 3)
            # isdigit, since int() also accepts a sign, blanks and underscores
            if len(fields) < 3 or not (fields[1].isdigit() and fields[2].isdigit()):
                fields = _columns(line)
                if not fields and line.split(None, 1)[0] in _HEADERS:
                    self._comments += 1
                    continue
            try:
                name, start, end = fields[0], int(fields[1]), int(fields[2])
            except (IndexError, ValueError):
                problem = _problem(line) if numbers or not _is_header(line) else _HEADER
                raise text.refused(number, line, problem) from None
            owner = numbers.get(name)
            if owner is None:
                name = name.strip()
                if name[:1] in _QUOTES and name.endswith(name[:1]):
                    raise text.refused(number, line, _QUOTED)
                owner = self._add(name)
            if not start <= end < _LARGEST or not name:
                raise text.refused(number, line, _problem(line))
            owners.append(owner)
            starts.append(start)
            ends.append(end)
        return owners, starts, ends

    def _add(self, name: bytes) -> int:
        """The number of a chromosome's name, which may be new."""
        if not self._numbers:
            _check_kind(self._text)
        if len(self._numbers) == MOST_NAMES:
            raise PeakFileError(
                f"{self._text.path} names more than {MOST_NAMES:,} chromosomes; no assembly has "
                "as many"
            )
        return self._numbers.setdefault(name, len(self._numbers))


def _check_kind(text: Text) -> None:
    """Refuse intervals of other formats, which would be read as peaks."""
    kind = text.kind
    if kind in _OTHER_KINDS:
        raise PeakFileError(
            f"{text.path} is {kind}, {_OTHER_KINDS[kind]}; expected peaks or BED. If each interval "
            "of its first three columns is meant, keep these: cut -f 1-3"
        )
    if kind == UNSURE:
        _log.warning(
            "%s may be a bedGraph, since column 4 is a number in each line: its intervals are "
            "taken, whatever their values", text.path,
        )  # fmt: skip


def _columns(line: bytes) -> list[bytes]:
    """The first columns of an unusual line; none if it is not a row.

    With tabs and blanks mixed, that is a row which has whole numbers in its second and third
    column; a name may hold blanks if tabs are the separator.
    """
    for fields in ([field.strip() for field in line.split(b"\t", 3)], line.split(None, 3)):
        if len(fields) >= 3 and fields[1].isdigit() and fields[2].isdigit():
            return fields
    return []


def _is_header(line: bytes) -> bool:
    """Whether the first row of a file names columns."""
    return re.split(rb"[\s,;]", line)[0].strip(b'"').lower() in _FIRST_COLUMNS


def _problem(line: bytes) -> str:
    fields = _columns(line)
    if not fields:
        return _no_columns(line)
    if not fields[0]:
        return "expected the name of a chromosome"
    if max(len(fields[1]), len(fields[2])) > _DIGITS:
        return "no chromosome is this long"
    return "it ends before it starts; expected start <= end"


def _no_columns(line: bytes) -> str:
    bare = line.replace(b'"', b"")
    if _columns(bare):
        return _QUOTED
    for mark, name in _OTHER.items():
        if all(field.isdigit() for field in bare.split(mark)[1:3] or [b""]):
            return f"its columns are separated by {name}; expected tabs"
    if len(line.split(None, 3)) < 3:
        return "expected at least 3 columns: chromosome, start, end"
    return "expected start and end as whole numbers of 0 or more"
