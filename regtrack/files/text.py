"""The one reader of other people's text: its lines, whatever their ends, encoding and packing.

- A line ends with LF, CRLF or CR, also mixed in one file; the last one need not end.
- Blanks at both ends of lines are removed (tabs at the right end only, since to the left of them is
  an empty column); blank lines are counted and left out.
- UTF-8, with or without byte order mark, also one in front of later lines, as `cat` leaves it where
  files meet; UTF-16 with one. A file with other bytes is read as
  Latin-1 (in the form of Windows, code page 1252), with a warning. One that mixes them is an error.
- Plain or gzip, by content (see `regtrack.files.source`); files and pipes.
- NUL bytes and lines of more than 16 MiB are errors: that is no text.
"""

from __future__ import annotations

import codecs
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from regtrack.closing import Closing
from regtrack.errors import RegtrackError
from regtrack.files.recognise import UTF_16, recognise, recognise_declared
from regtrack.files.shown import shown
from regtrack.files.source import Source

LONGEST = 16 << 20  # bytes of a line
_LOOKED_AT = 1 << 16  # bytes, unpacked, by which a file is recognised
_MARKS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_log = logging.getLogger(__name__)


class Text(Closing):
    """The lines of a text file: an iterable, once, and a context manager.

    Args:
        path: the file, or a pipe.
        expected: what it should be, for messages, such as "GTF file".
        error: the exception to raise for anything wrong.
        declared: a kind of text that declares itself and is accepted too, as `recognise` puts it.

    Attributes:
        lines: lines read so far.
        blank: of these, the blank ones.

    Raises:
        RegtrackError: `error`: no such file, or one that cannot be opened.
    """

    def __init__(
        self,
        path: Path,
        expected: str,
        error: type[RegtrackError] = RegtrackError,
        declared: str | None = None,
    ) -> None:
        self.path, self._expected, self._declared = path, expected, declared
        self._source = Source(path, expected, error)
        self._first = b""
        self._latin: bool | None = None  # None while all is ASCII
        self.lines = self.blank = 0

    @property
    def sha256(self) -> str:
        """Digest of the file as it is, compressed or not; complete when all lines are read."""
        return self._source.sha256

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Numbers, from 1, and lines as UTF-8 without blanks at their ends; no blank ones.

        Raises:
            RegtrackError: `error`: not text, or a damaged gzip.
        """
        for block in self._blocks():
            lines = block.split(b"\n")
            if not block.isascii():
                lines = self._utf8(lines)
            number = self.lines
            for number, line in enumerate(lines, self.lines + 1):
                line = line.rstrip().lstrip(b" ")  # noqa: PLW2901
                if line:
                    yield number, line
                else:
                    self.blank += 1
            self.lines = number

    @property
    def kind(self) -> str:
        """What the file is by its first bytes, as `recognise` puts it; known at the first line."""
        return recognise(self._first[:_LOOKED_AT])

    def refused(self, number: int, line: bytes, why: str) -> RegtrackError:
        """The error that a line cannot be used: file, number, the line itself and the reason.

        If the file is of another kind than expected, the error says so.
        """
        return self._source.refused(
            f'line {number:,} cannot be read: "{shown(line)}"; {why}{self.note()}'
        )

    def note(self) -> str:
        """What the file is, in brackets, if that is another kind than expected."""
        kind = self.kind
        told = kind == "text" or kind.split(" ", 1)[1] in self._expected
        return "" if told else f" (this is {kind})"

    def close(self) -> None:
        """Close the file."""
        self._source.close()

    def _blocks(self) -> Iterator[bytes]:
        """Whole lines, ended by LF only; the last one without its end."""
        rest: list[bytes] = []
        held = 0
        for piece in _line_feeds(self._decoded()):
            if b"\0" in piece:
                self._refuse_nul(b"".join([*rest, piece]))
            cut = piece.rfind(b"\n")
            if cut < 0:
                rest.append(piece)
                held += len(piece)
            else:
                yield b"".join([*rest, piece[:cut]])
                rest, held = [piece[cut + 1 :]], len(piece) - cut - 1
            if held > LONGEST:
                raise self._source.refused(
                    f"line {self.lines + 1:,} is longer than {LONGEST:,} bytes; expected a "
                    f"{self._expected}"
                )
        if held:
            yield b"".join(rest)

    def _decoded(self) -> Iterator[bytes]:
        """The content without its byte order mark; UTF-16 becomes UTF-8."""
        pieces = iter(self._source)
        first = self._first = next(pieces, b"")
        coding = next((name for mark, name in _MARKS if first.startswith(mark)), None)
        kind = recognise_declared(first[:_LOOKED_AT])
        if kind not in {None, UTF_16, self._declared}:
            raise self._source.refused(f"is {kind}; expected a {self._expected}")
        if coding is None:
            yield first.removeprefix(codecs.BOM_UTF8)
            yield from pieces
            return
        decoder = codecs.getincrementaldecoder(coding)()
        try:
            self._first = decoder.decode(first[2:]).encode()
            yield self._first
            for piece in pieces:
                yield decoder.decode(piece).encode()
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            raise self._source.refused(
                f"line {self.lines + 1:,} or after: damaged UTF-16 ({error}); save it as UTF-8"
            ) from error

    def _utf8(self, lines: list[bytes]) -> list[bytes]:
        """The lines as UTF-8, if they are all that or all Latin-1."""
        for at, line in enumerate(lines):
            if line.isascii():
                continue
            number = self.lines + at + 1
            line = lines[at] = _without_marks(line)  # noqa: PLW2901
            try:
                line.decode()
                latin = False
            except UnicodeDecodeError:
                latin = True
                lines[at] = self._from_latin(number, line)
            if self._latin is None and latin:
                _log.warning(
                    "%s line %s is not UTF-8: the file is read as Latin-1, so this line as \"%s\"",
                    self.path, f"{number:,}", shown(lines[at]),
                )  # fmt: skip
            if self._latin not in {None, latin}:
                raise self.refused(
                    number, line, "the file mixes UTF-8 and another encoding; save it as UTF-8"
                )
            self._latin = latin
        return lines

    def _from_latin(self, number: int, line: bytes) -> bytes:
        try:
            return line.decode("cp1252").encode()
        except UnicodeDecodeError:
            raise self.refused(
                number, line, "its bytes are neither UTF-8 nor Latin-1; save the file as UTF-8"
            ) from None

    def _refuse_nul(self, start: bytes) -> NoReturn:
        number = self.lines + 1 + start[: start.index(b"\0")].count(b"\n")
        raise self._source.refused(
            f"line {number:,} has a NUL byte: this is no text; expected a {self._expected}"
        )


def _without_marks(line: bytes) -> bytes:
    while line.startswith(codecs.BOM_UTF8):
        line = line.removeprefix(codecs.BOM_UTF8)
    return line


def _line_feeds(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces with LF for each CRLF and each CR."""
    held = b""
    for piece in pieces:
        if held or b"\r" in piece:
            piece = held + piece  # noqa: PLW2901
            held = b"\r" if piece.endswith(b"\r") else b""  # its LF may be in the next piece
            piece = piece.removesuffix(held).replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # noqa: PLW2901
        yield piece
    if held:
        yield b"\n"


def read_lines(
    path: Path,
    expected: str,
    error: type[RegtrackError] = RegtrackError,
    *,
    most: int = LONGEST,
) -> list[tuple[int, str]]:
    """The lines of a small text with their numbers, as `Text` gives them.

    Args:
        path: the file, or a pipe.
        expected: what it should be, for messages.
        error: the exception to raise.
        most: bytes that the lines may have together.

    Raises:
        RegtrackError: `error`: see `Text`; or more bytes.
    """
    found = []
    with Text(path, expected, error) as text:
        for number, line in text:
            most -= len(line)
            if most < 0:
                raise text.refused(number, line, f"no {expected} is so large")
            found.append((number, line.decode()))
    return found
