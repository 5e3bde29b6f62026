"""The lines of a FASTA as tables, a few megabytes at a time: where each begins and what it holds.

A line ends with LF, CRLF or CR. Of a line of gigabytes only the counts are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from regtrack.errors import FastaError
from regtrack.files.shown import shown

Column = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

REWRAP = "expected lines of equal length; wrap the file anew, for example with seqtk seq -l 60"
_LONG = 1 << 20  # bytes of a line from which it is no longer kept whole
_KEPT = 1 << 16  # bytes that are kept of such a line
_BLANKS = b" \t\n\v\f\r"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*-."
IS_LETTER = np.zeros(256, dtype=np.bool_)  # by byte: what may stand for a base
IS_LETTER[np.frombuffer(_LETTERS, dtype=np.uint8)] = True
_KNOWN = np.zeros(256, dtype=np.bool_)
_KNOWN[np.frombuffer(_LETTERS + _BLANKS, dtype=np.uint8)] = True
_MARK = b"\xef\xbb\xbf"  # UTF-8's byte order mark


@dataclass(frozen=True, eq=False)
class Lines:
    """Some lines of a FASTA, in its order.

    Attributes:
        number: the number of the first one, from 1.
        starts: the first byte of each, int64 (lines,).
        bases: letters on each, int64 (lines,).
        widths: bytes of each, with what ends it, int64 (lines,); one more if the file ends without.
        headers: whether it is a header, bool (lines,).
        heads: the headers; of a very long one the first 64 kB.
    """

    number: int
    starts: Column
    bases: Column
    widths: Column
    headers: Flags
    heads: tuple[bytes, ...]


def read_lines(pieces: Iterable[bytes], path: Path) -> Iterator[Lines]:
    """The lines of a FASTA.

    Args:
        pieces: its bytes in order, unpacked.
        path: the file, for messages.

    Raises:
        FastaError: other signs than letters, `*`, `-` and `.` among the bases, or blanks before or
            between them.
    """
    reader = _Reader(path)
    rest = b""
    for piece in pieces:
        block = rest + piece
        # a CR at the end may be half a CRLF
        cut = max(block.rfind(b"\n"), block.rfind(b"\r", 0, len(block) - 1)) + 1
        if cut:
            yield reader.lines(block[:cut])
        elif len(block) > _LONG:
            cut = len(block) - block.endswith(b"\r")
            reader.part(block[:cut])
        rest = block[cut:]
    if rest or reader.long.size:
        yield reader.lines(rest)


@dataclass
class _Long:
    """The beginning of a very long line: its bytes, letters and text, at most 64 kB of it."""

    size: int = 0
    bases: int = 0
    text: bytes = b""

    @property
    def is_header(self) -> bool:
        return self.text.startswith(b">")


class _Reader:
    """Takes bytes in order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._at = 0  # bytes taken
        self._number = 1  # of the next line
        self.long = _Long()

    def part(self, text: bytes) -> None:
        """Take some bytes of a very long line, in which no line ends."""
        text = self._without_mark(text)
        self.long.text += text[: max(_KEPT - len(self.long.text), 0)]
        self.long.bases += int(self._table(text).bases[0])
        self.long.size += len(text)
        self._at += len(text)

    def lines(self, block: bytes) -> Lines:
        """Take some whole lines; the last of the file need not end."""
        block = self._without_mark(block)
        found = self._table(block)
        found.bases[0] += self.long.bases
        found.widths[0] += self.long.size
        found.starts[0] -= self.long.size
        self._at += len(block)
        self._number += len(found.bases)
        self.long = _Long()
        return found

    def _without_mark(self, block: bytes) -> bytes:
        if self._at:
            return block
        self._at = len(_MARK) if block.startswith(_MARK) else 0
        return block[self._at :]

    def _table(self, block: bytes) -> Lines:
        """The lines of a block, as if the first one began there."""
        data = np.frombuffer(block, dtype=np.uint8)
        stops = _stops(data, block)
        begins = np.concatenate([np.zeros(1, dtype=np.int64), stops[:-1]])
        letters_before = np.zeros(len(data) + 1, dtype=np.int64)
        np.cumsum(data > 32, out=letters_before[1:])
        headers = np.zeros(len(begins), dtype=np.bool_)
        headers[begins < len(data)] = data[begins[begins < len(data)]] == ord(">")
        if self.long.size:
            headers[0] = self.long.is_header
        bases = letters_before[stops] - letters_before[begins]
        self._check_signs(block, stops, headers)
        # all letters first: as many of them in the first bytes of the line as in the whole
        sound = letters_before[begins + bases] - letters_before[begins] == bases
        sound[0] &= not (self.long.size > self.long.bases and bases[0])
        self._check(sound | headers, f"blanks before or between its letters; {REWRAP}")
        widths = stops - begins
        widths[-1] += not block.endswith((b"\n", b"\r"))
        heads = [block[begins[line] : stops[line]] for line in np.flatnonzero(headers).tolist()]
        if heads and headers[0] and self.long.size:
            heads[0] = self.long.text
        return Lines(self._number, self._at + begins, bases, widths, headers, tuple(heads))

    def _check_signs(self, block: bytes, stops: Column, headers: Flags) -> None:
        """Refuse other signs than letters outside of headers."""
        if not block.translate(None, _LETTERS + _BLANKS):
            return
        places = np.flatnonzero(~_KNOWN[np.frombuffer(block, dtype=np.uint8)])
        lines = np.searchsorted(stops, places, "right")
        wrong = np.flatnonzero(~headers[lines])
        if len(wrong):
            at = int(places[wrong[0]])
            # a whole letter, if it is UTF-8
            sign = shown(block[at : at + 4].decode("utf-8", "backslashreplace")[:1])
            sign = sign if sign != "\\" else shown(block[at : at + 1])
            sound = np.arange(len(stops)) != lines[wrong[0]]
            self._check(sound, f'found "{sign}" among the bases; expected letters')

    def _check(self, sound: Flags, why: str) -> None:
        if not sound.all():
            line = self._number + int(np.argmin(sound))
            raise FastaError(f"{self._path} line {line:,}: {why}")


def _stops(data: npt.NDArray[np.uint8], block: bytes) -> Column:
    """The place after each line of a block, of which the last need not end."""
    ends = data == ord("\n")
    if b"\r" in block:
        alone = data == ord("\r")
        alone[:-1] &= data[1:] != ord("\n")
        ends |= alone
    stops = np.flatnonzero(ends) + 1
    if not len(stops) or stops[-1] < len(block):
        stops = np.append(stops, len(block))
    return stops
