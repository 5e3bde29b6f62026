"""The reference: a FASTA, plain or bgzip, read by region as codes.

A plain-gzip FASTA cannot be read by region. It is unpacked once into a cache
(`$REGTRACK_CACHE`, else `~/.cache/regtrack`), which is said through the log.
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
from regtrack.genome.sequence import Codes, encode

_log = logging.getLogger(__name__)


def cache_folder() -> Path:
    """Where regtrack keeps what it can make again."""
    if named := os.environ.get("REGTRACK_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "regtrack"


class Reference:
    """A FASTA opened for reading by region; a context manager.

    The file is opened on the first read in each process, so a `Reference` may be handed to worker
    processes.

    Attributes:
        path: the FASTA that was named.
        assembly: names and lengths of its records.

    Raises:
        FastaError: no such file, no FASTA, a record twice, or lines of uneven length.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if not self.path.is_file():
            raise FastaError(f"no FASTA at {self.path}; expected a file (plain or bgzip)")
        self._readable = _readable(self.path)
        self._fasta: pyfaidx.Fasta | None = None
        self._process = -1
        records = self._open().faidx.index
        self.assembly = Assembly(
            tuple(records), tuple(int(record.rlen) for record in records.values())
        )

    def codes(self, chrom: str, start: int, end: int) -> Codes:
        """The bases of [start, end) as codes, shape (end - start,).

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
        text = self._open().get_seq(chrom, start + 1, end)
        codes = encode(str(text))
        if len(codes) != end - start:
            raise FastaError(
                f"{self.path} gave {len(codes):,} bases for {chrom}:{start + 1:,}-{end:,}; it "
                f"changed after it was indexed: delete {self._index()} and run again"
            )
        return codes

    def digest(self) -> str:
        """SHA-256 of the file that was named, as it lies on disk."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        """Let go of the file."""
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
            self._fasta = _open_fasta(self._readable, self._index())
            self._process = os.getpid()
        return self._fasta

    def _index(self) -> Path:
        beside = Path(f"{self._readable}.fai")
        if beside.exists() or os.access(self._readable.parent, os.W_OK):
            return beside
        return _cached(self._readable, ".fai")


def _open_fasta(path: Path, index: Path) -> pyfaidx.Fasta:
    index.parent.mkdir(parents=True, exist_ok=True)
    options = {"gzi_indexname": str(index.with_suffix(".gzi"))} if _is_gzip(path) else {}
    try:
        return pyfaidx.Fasta(
            str(path), indexname=str(index), as_raw=True, read_ahead=None, **options
        )
    except (pyfaidx.FastaIndexingError, pyfaidx.IndexNotFoundError, UnicodeDecodeError) as error:
        raise FastaError(f"{path} cannot be indexed as FASTA: {_line(error)}") from error
    except ValueError as error:
        raise FastaError(
            f"{path} cannot be indexed as FASTA: {_line(error)}; every record needs a name of its "
            "own (the first word after >)"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _is_bgzip(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(18)
    # RFC 1952: flag FEXTRA; the BGZF subfield is named "BC" (SAM specification, section 4.1)
    return len(head) == 18 and bool(head[3] & 4) and head[12:14] == b"BC"


def _readable(path: Path) -> Path:
    """A file that can be read by region: the one named, or its unpacked copy in the cache."""
    with path.open("rb") as file:
        start = file.read(1)
    if not _is_gzip(path):
        if start != b">":
            raise FastaError(
                f'{path} is not a FASTA: it starts with {start!r}; expected ">" or bgzip'
            )
        return path
    if _is_bgzip(path):
        return path
    unpacked = _cached(path, ".fa")
    if not unpacked.exists():
        _log.warning(
            "%s is plain gzip, which cannot be read by region: unpacking it once into %s "
            "(or recompress it: gzip -dc %s | bgzip > %s)",
            path, unpacked, path.name, path.with_suffix(".bgz").name,
        )  # fmt: skip
        _unpack(path, unpacked)
    return unpacked


def _unpack(path: Path, unpacked: Path) -> None:
    try:
        with publish_file(unpacked, overwrite=True) as temporary, gzip.open(path) as packed:
            with temporary.open("wb") as out:
                shutil.copyfileobj(packed, out, 1 << 20)
            with temporary.open("rb") as file:
                if file.read(1) != b">":
                    raise FastaError(f'{path} unpacks to no FASTA; expected ">" first')
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise FastaError(f"{path} is damaged ({_line(error)}); fetch it again") from error


def _cached(path: Path, suffix: str) -> Path:
    """A name in the cache that changes when the file does."""
    stat = path.stat()
    key = f"{path.resolve()}\t{stat.st_size}\t{stat.st_mtime_ns}"
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return cache_folder() / "references" / f"{path.name.split('.')[0]}-{digest}{suffix}"
