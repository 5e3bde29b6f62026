"""The reference: a FASTA, plain or bgzip, read by region as codes.

A plain-gzip FASTA cannot be read by region. It is decompressed once into a cache
(`$REGTRACK_CACHE`, else `~/.cache/regtrack`), with a warning in the log.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import shutil
import zlib
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyfaidx

from regtrack.atomic import publish_file
from regtrack.errors import FastaError, RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.fasta_index import open_fasta
from regtrack.genome.sequence import Codes, N, count_unknown, encode
from regtrack.genome.stamp import take_stamp

_log = logging.getLogger(__name__)

_UNKNOWN = 0.01  # fraction of letters that are not DNA codes, above which a warning is logged
_DAMAGED = (EOFError, gzip.BadGzipFile, zlib.error)  # what gzip raises for damaged files
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def cache_folder() -> Path:
    """The folder for files that regtrack can rebuild."""
    if named := os.environ.get("REGTRACK_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "regtrack"


class Reference:
    """A FASTA opened for reading by region; a context manager.

    Each process opens the file on its first read, so a `Reference` may be passed to worker
    processes.

    Attributes:
        path: the FASTA as given.
        assembly: names and lengths of its records.
        stamp: the file's stamp when it was opened.

    Raises:
        FastaError: no such file, not a FASTA, a duplicate record or one without sequence, or lines
            of uneven length.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FastaError(f"no FASTA at {self.path}; expected a file (plain or bgzip)")
        self.stamp = take_stamp(self.path)
        self._readable = _readable(self.path)
        self._fasta: pyfaidx.Fasta | None = None
        self._process = -1
        self._noted = False
        records = self._open().faidx.index
        self.assembly = Assembly(
            tuple(records), tuple(int(record.rlen) for record in records.values())
        )

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """The bases of [start, end) as codes, uint8 (end - start,).

        Letters that are not DNA codes, such as the U of RNA, are read as N. If they are more than
        1 % of the bases, a warning is logged, once.

        Raises:
            RegionError: the interval is not within the chromosome.
            FastaError: the file ends before the interval does.
        """
        length = self.assembly.length(chrom)
        if not 0 <= start <= end <= length:
            raise RegionError(
                f"[{start:,}, {end:,}) is not within {chrom} of {self.path}, {length:,} bp long"
            )
        if start == end:
            return np.empty(0, dtype=np.uint8)
        text = str(self._open().get_seq(chrom, start + 1, end))
        codes = encode(text)
        if len(codes) != end - start:
            raise FastaError(
                f"{self.path} gave {len(codes):,} bases for {chrom}:{start + 1:,}-{end:,}; it "
                f"changed after it was indexed: delete {self._index()} and run again"
            )
        if not self._noted and np.count_nonzero(codes == N) > _UNKNOWN * len(codes):
            self._warn_of_unknown(text, f"{chrom}:{start + 1:,}-{end:,}")
        return codes

    def _warn_of_unknown(self, text: str, place: str) -> None:
        count = count_unknown(text)
        if count > _UNKNOWN * len(text):
            self._noted = True
            _log.warning(
                "%s: %s of the %s letters at %s are not DNA codes and are read as N; for RNA, "
                "write T instead of U", self.path, f"{count:,}", f"{len(text):,}", place,
            )  # fmt: skip

    def digest(self) -> str:
        """SHA-256 of the file as given, compressed or not."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def check_unchanged(self) -> None:
        """Refuse to go on if the file on disk is no longer the one that was opened.

        Raises:
            FastaError: it was written, replaced or removed since.
        """
        try:
            now = take_stamp(self.path)
        except OSError as error:
            raise FastaError(
                f"{self.path} cannot be read any more ({error.strerror}); it was there when it was "
                "opened: restore it and run again"
            ) from error
        if now != self.stamp:
            raise FastaError(
                f"{self.path} was written or replaced while it was read; run again when it no "
                "longer changes"
            )

    def close(self) -> None:
        """Close the file."""
        if self._fasta is not None:
            self._fasta.close()
            self._fasta = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_fasta": None, "_process": -1}

    def _open(self) -> pyfaidx.Fasta:
        if self._fasta is None or self._process != os.getpid():
            self._fasta = open_fasta(self._readable, self._index())
            self._process = os.getpid()
        return self._fasta

    def _index(self) -> Path:
        beside = Path(f"{self._readable}.fai")
        if beside.exists() or os.access(self._readable.parent, os.W_OK):
            return beside
        return _cached(self._readable, ".fai")


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _is_bgzip(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(18)
    # RFC 1952: flag FEXTRA; the BGZF subfield is named "BC" (SAM specification, section 4.1)
    return len(head) == 18 and bool(head[3] & 4) and head[12:14] == b"BC"


def _readable(path: Path) -> Path:
    """A file that can be read by region: the given one, or its decompressed copy in the cache."""
    packed = _is_gzip(path)
    _check_start(path, packed=packed)
    if packed and not _is_bgzip(path):
        return _unpacked(path)
    if packed != (path.suffix.lower() in {".gz", ".bgz"}):  # pyfaidx goes by the name
        state, name = ("", f"{path.name}.gz") if packed else ("not ", path.stem)
        raise FastaError(f"{path} is {state}compressed, unlike its name; rename it {name}")
    return path


def _check_start(path: Path, *, packed: bool) -> None:
    try:
        with gzip.open(path) if packed else path.open("rb") as file:
            start = file.read(3)
    except _DAMAGED as error:
        raise _damaged(path, error) from error
    if start.startswith(_BYTE_ORDER_MARKS):
        raise FastaError(
            f"{path} begins with a byte order mark, which some editors write; save it as plain "
            "text without one"
        )
    if not start.startswith(b">"):
        raise FastaError(
            f'{path} is not a FASTA: it starts with {start[:1]!r}; expected ">", also after '
            "decompression"
        )


def _unpacked(path: Path) -> Path:
    unpacked = _cached(path, ".fa")
    if not unpacked.exists():
        _log.warning(
            "%s is plain gzip, which cannot be read by region: decompressing it once into %s "
            "(or recompress it: gzip -dc %s | bgzip > %s)",
            path, unpacked, path.name, path.with_suffix(".bgz").name,
        )  # fmt: skip
        _unpack(path, unpacked)
    return unpacked


def _unpack(path: Path, unpacked: Path) -> None:
    try:
        with (
            publish_file(unpacked, overwrite=True, wait=True) as temporary,
            gzip.open(path) as packed,
            temporary.open("wb") as out,
        ):
            shutil.copyfileobj(packed, out, 1 << 20)
    except _DAMAGED as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> FastaError:
    return FastaError(f"{path} is damaged ({error}); download it again")


def _cached(path: Path, suffix: str) -> Path:
    """A path in the cache, which changes when the file does."""
    stat = path.stat()
    key = f"{path.resolve()}\t{stat.st_size}\t{stat.st_mtime_ns}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return cache_folder() / "references" / f"{path.name.split('.')[0]}-{digest}{suffix}"
