"""The bytes of a file that others wrote, unpacked if it is a gzip, with limits.

A file is read once, from its beginning to its end, and its digest is taken on the way. So pipes
work as inputs: `<(zcat peaks.bed.gz)`. Whether it is a gzip is told by its content.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import logging
import os
import re
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from isal import igzip, isal_zlib
from typing_extensions import Buffer

from regtrack.closing import Closing
from regtrack.errors import RegtrackError
from regtrack.files.recognise import HEAD

PIECE = 1 << 20
# A gzip of text seldom unpacks to more than 30 times its size; repeated or blank lines reach 1,000.
MOST_RATIO, FREE = 100, 16 << 20
# what is told, since reading it may take minutes
_UNUSUAL, _LARGE = 40, 1 << 30
_AHEAD = 1 << 15  # bytes of a gzip read at once; fewer, and its ratio is known sooner
# the exception of the inflater; the package's stub declares it as an instance
_ISAL: type[Exception] = isal_zlib.error  # type: ignore[assignment]
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error, _ISAL)
_REGION = re.compile(r"[^/\s]+:[\d,.]+[kKmM]?(?:-[\d,.]+[kKmM]?)?")

_log = logging.getLogger(__name__)
_digests: dict[str, str] = {}  # of the pipes that were read


def sha256_of(path: Path) -> str:
    """SHA-256 of a file as it is; of a pipe that was read, of what it gave."""
    known = _digests.get(str(path))
    if known and not path.is_file():
        return known
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Source(Closing):
    """The content of a file, plain or gzip (several members, bgzip), in pieces.

    Args:
        path: the file, or a pipe.
        expected: what it should be, for messages, such as "GTF file".
        error: the exception to raise.

    Attributes:
        head: its first bytes, as they are in the file.
    """

    def __init__(self, path: Path, expected: str, error: type[RegtrackError]) -> None:
        self.path, self._expected, self._error = path, expected, error
        self._tap = _Tap(_opened(path, expected, error))
        self.head = self._tap.head
        if not self.head and self._tap.pipe:
            raise self.refused(
                "is a pipe that gives nothing: it was read before, or its command failed; save its "
                "output to a file"
            )

    @property
    def sha256(self) -> str:
        """Digest of the file as it is, compressed or not; complete when all pieces are read."""
        return self._tap.digest.hexdigest()

    def __iter__(self) -> Iterator[bytes]:
        """The unpacked content in pieces of at most 1 MiB.

        Raises:
            RegtrackError: a damaged gzip, bytes after its end, or one that unpacks to more than
                16 MiB and more than 100 times its size.
        """
        try:
            yield from self._unpacked() if self.head.startswith(b"\x1f\x8b") else self._plain()
        except OSError as problem:
            if isinstance(problem, gzip.BadGzipFile):
                raise self._damaged(problem) from problem
            raise self.refused(f"cannot be read ({problem.strerror or problem})") from problem
        except _DAMAGED as problem:
            raise self._damaged(problem) from problem
        if self._tap.pipe:
            _digests[str(self.path)] = self.sha256

    def _plain(self) -> Iterator[bytes]:
        while piece := self._tap.read(PIECE):
            yield piece

    def _unpacked(self) -> Iterator[bytes]:
        total, told = 0, False
        self._tap.most = _AHEAD
        with igzip.IGzipFile(fileobj=self._tap, mode="rb") as file:  # type: ignore[no-untyped-call]
            while piece := file.read(PIECE):
                total += len(piece)
                if total > FREE and total > MOST_RATIO * self._tap.size:
                    raise self.refused(
                        f"unpacks to more than {MOST_RATIO} times its size, as no {self._expected} "
                        "does; unpack it yourself if it is sound"
                    )
                if not told and total > _LARGE and total > _UNUSUAL * self._tap.size:
                    told = True
                    _log.warning(
                        "%s unpacks to more than %s times its size, %s MB so far; reading goes on",
                        self.path, _UNUSUAL, f"{total / 1e6:,.0f}",
                    )  # fmt: skip
                yield piece

    def _damaged(self, problem: Exception) -> RegtrackError:
        return self.refused(f"is a damaged gzip ({problem}); download it again")

    def refused(self, why: str) -> RegtrackError:
        """The error that this file cannot be used."""
        return self._error(f"{self.path} {why}")

    def close(self) -> None:
        """Close the file."""
        self._tap.close()


def _opened(path: Path, expected: str, error: type[RegtrackError]) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except (FileNotFoundError, NotADirectoryError):
        if _REGION.fullmatch(str(path)):
            what = "which looks like a region, not a path; check the option"
            raise error(f"no {expected} at {path}, {what}") from None
        raise error(f"no {expected} at {path}; check the path") from None
    except IsADirectoryError:
        raise error(f"{path} is a folder; expected a {expected}") from None
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise error(f"{path} cannot be opened ({why}); expected a {expected}") from problem


class _Tap(io.RawIOBase):
    """A file read forwards, which counts and digests its bytes, and has shown the first ones."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.most = PIECE  # bytes of one read
        self.digest = hashlib.sha256()
        self.pipe = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
        self.head = b""
        while len(self.head) < HEAD and (more := file.read(HEAD - len(self.head))):
            self.head += more  # a pipe gives what it has
        self._rest = self.head

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)[: self.most]
        if self._rest:
            count = min(len(view), len(self._rest))
            view[:count] = self._rest[:count]
            self._rest = self._rest[count:]
        else:
            count = self._file.readinto(view)  # type: ignore[attr-defined]
        self.size += count
        self.digest.update(view[:count])
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
