"""Keeps bigWigs open between requests: a bounded number, shared by threads, never stale."""

from __future__ import annotations

import errno
import resource
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from regtrack.errors import TrackError
from regtrack.tracks.bigwig.raw import RawBigWig

_Stamp = tuple[int, int, int]
_MOST_OPEN = 4_096  # so that those of several models with the paper's 919 markers stay open


@dataclass(eq=False)
class _Reader:
    """An open file, its stamp when it was opened, and the number of current users."""

    raw: RawBigWig
    stamp: _Stamp
    users: int = 0
    dropped: bool = False


class ReaderPool:
    """Lends open bigWigs; thread-safe.

    One reader serves any number of threads at once, since reading moves no file position. A reader
    holds the header and chromosomes, and nothing that grows with the genome. A file that was
    replaced is reopened; current users of the old one may finish.

    Args:
        open_files: number of files to keep open; default: 4,096, or a quarter of what the system
            allows this process, if that is less. More are open only while more are lent at once.
    """

    def __init__(self, open_files: int | None = None) -> None:
        self._open_files = _share_of_open_files() if open_files is None else open_files
        self._readers: OrderedDict[Path, _Reader] = OrderedDict()
        self._lock = threading.Lock()

    @contextmanager
    def borrow(self, path: Path) -> Iterator[RawBigWig]:
        """A reader of the file, which must not be closed or kept beyond the block.

        Raises:
            TrackError: the file does not exist (any more), or is not a bigWig.
        """
        with self._lock:
            reader = self._lend(path)
        try:
            yield reader.raw
        finally:
            with self._lock:
                self._take_back(reader)

    @contextmanager
    def borrow_all(self, paths: Sequence[Path | None]) -> Iterator[list[RawBigWig | None]]:
        """Readers of several files, as by `borrow`; None: no file, or one that cannot be read."""
        readers = []
        try:
            for path in paths:
                reader = None
                if path is not None:
                    with suppress(TrackError), self._lock:
                        reader = self._lend(path)
                readers.append(reader)
            yield [None if reader is None else reader.raw for reader in readers]
        finally:
            with self._lock:
                for reader in readers:
                    if reader is not None:
                        self._take_back(reader)

    def close(self) -> None:
        """Close every file that is not lent; the others are closed when they are returned."""
        with self._lock:
            for path in list(self._readers):
                self._drop(path)

    def __len__(self) -> int:
        return len(self._readers)

    def __del__(self) -> None:
        self.close()

    def _lend(self, path: Path) -> _Reader:
        stamp = file_stamp(path)
        reader = self._readers.get(path)
        if reader is None or reader.stamp != stamp:
            self._drop(path)
            self._shrink(self._open_files - 1)  # first, so that there is room for one more
            reader = self._readers[path] = _Reader(self._open(path), stamp)
        self._readers.move_to_end(path)
        reader.users += 1
        return reader

    def _open(self, path: Path) -> RawBigWig:
        """Open a file; if too many are open in this process, close those that are idle first."""
        try:
            return RawBigWig(path)
        except TrackError as error:
            if getattr(error.__cause__, "errno", None) not in (errno.EMFILE, errno.ENFILE):
                raise
            self._shrink(0)
            return RawBigWig(path)

    def _take_back(self, reader: _Reader) -> None:
        reader.users -= 1
        if reader.dropped and not reader.users:
            reader.raw.close()
        self._shrink(self._open_files)

    def _shrink(self, most: int) -> None:
        """Close idle files, the least recently used first, until at most so many are open."""
        excess = len(self._readers) - most
        if excess <= 0:
            return
        idle = [path for path, reader in self._readers.items() if not reader.users]
        for path in idle[:excess]:
            self._drop(path)

    def _drop(self, path: Path) -> None:
        reader = self._readers.pop(path, None)
        if reader is not None:
            reader.dropped = True
            if not reader.users:
                reader.raw.close()


def _share_of_open_files() -> int:
    """How many files the pool may keep open: the rest is for connections and everything else."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed == resource.RLIM_INFINITY:
        return _MOST_OPEN
    return max(1, min(_MOST_OPEN, allowed // 4))


def file_stamp(path: Path) -> _Stamp:
    """What changes when a file is replaced or written: inode, size and time of change (ns).

    Raises:
        TrackError: the file does not exist.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise TrackError(
            f"{path} can no longer be read ({error.strerror}); restore it, or leave it out"
        ) from error
    return stat.st_ino, stat.st_size, stat.st_mtime_ns
