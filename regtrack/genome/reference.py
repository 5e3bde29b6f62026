"""The reference: a FASTA, plain, bgzip or gzip, read by region as codes."""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path

import numpy as np

from regtrack.closing import Closing
from regtrack.errors import FastaError, RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.fasta_form import readable_fasta
from regtrack.genome.fasta_open import index_anew, open_fasta
from regtrack.genome.fasta_read import Letters, MisplacedError, read_letters
from regtrack.genome.sequence import Codes, N, count_unknown, encode
from regtrack.genome.stamp import take_stamp

_log = logging.getLogger(__name__)

_UNKNOWN = 0.01  # fraction of letters that are not DNA codes, above which a warning is logged
_PIECE = 1 << 24  # bases read at a time


class Reference(Closing):
    """A FASTA opened for reading by region; a context manager.

    Each process opens the file on its first read, so a `Reference` may be passed to worker
    processes.

    Attributes:
        path: the FASTA as given.
        assembly: names and lengths of its records.
        stamp: the file's stamp when it was opened.

    Raises:
        FastaError: no such file, not a FASTA, damaged, or not readable by region, such as lines of
            uneven length or two records of one name.
        OutputError: a plain-gzip FASTA does not fit into the cache.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        readable, bgzip = readable_fasta(self.path)
        self.stamp = take_stamp(self.path)
        self._fasta = open_fasta(readable, bgzip=bgzip)
        self._letters: Letters | None = None
        self._process = -1
        self._noted = False
        self.assembly = Assembly(self._fasta.index.names, self._fasta.index.lengths)

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
        codes = np.empty(end - start, dtype=np.uint8)
        for low in range(start, end, _PIECE):
            high = min(low + _PIECE, end)
            codes[low - start : high - start] = self._read(chrom, low, high)
        return codes

    def _read(self, chrom: str, start: int, end: int) -> Codes:
        """A piece of a chromosome."""
        try:
            letters = self._open().read(chrom, start, end)
        except MisplacedError as error:
            index_anew(self._fasta)  # raises if the FASTA itself cannot be read by region
            raise FastaError(
                f"{self.path} changed while it was in use, or its index was of another file: it "
                "was indexed anew; run again"
            ) from error
        codes = encode(letters)
        if not self._noted and np.count_nonzero(codes == N) > _UNKNOWN * len(codes):
            self._warn_of_unknown(letters, f"{chrom}:{start + 1:,}-{end:,}")
        return codes

    def _warn_of_unknown(self, text: bytes, place: str) -> None:
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
        if self._letters is not None:
            self._letters.close()
            self._letters = None

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_letters": None, "_process": -1}

    def _open(self) -> Letters:
        if self._letters is None or self._process != os.getpid():
            self._letters = read_letters(self._fasta)
            self._process = os.getpid()
        return self._letters
