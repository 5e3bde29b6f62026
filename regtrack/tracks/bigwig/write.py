"""Write a bigWig through pyBigWig, which must be guarded.

pyBigWig writes NaN, infinities and values past a chromosome's end without complaint, and reading
such a file then crashes. It crashes where it cannot create a file, and goes round forever where it
cannot write on. Letting go of a half-written file makes it finish that file, which takes minutes.
"""

from __future__ import annotations

import ctypes
import math
import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pyBigWig

from regtrack.atomic import publish_file
from regtrack.errors import OutputError, TrackError
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.header import read_header

_LONGEST = 2**32 - 1  # coordinates are 32 bits wide
_SPARE = 1 << 20  # bytes: headers, index and buffers
_BYTES_A_VALUE = 5  # noise hardly compresses: 4.0 a value, and the index
_ZOOM_BYTES_A_VALUE = 2  # 1.2 for noise


class BigWigWriter:
    """One bigWig, written in order and published whole; a context manager.

    The file appears at `path` when the block ends well, and not at all when it does not.

    Args:
        path: the file to make.
        assembly: all chromosomes, with or without values; they stand in the file sorted bytewise
            by name, as its format demands.
        overwrite: replace a file that exists.

    Attributes:
        bases: values written so far.
        low, high, total: their minimum, maximum and sum.

    Raises:
        OutputError: the file exists, its folder cannot be written, or the disk is full.
        TrackError: a chromosome that no bigWig can hold; on leaving, a file without any value,
            which browsers refuse.
    """

    def __init__(self, path: Path, assembly: Assembly, *, overwrite: bool = False) -> None:
        self.path = path
        self._overwrite = overwrite
        self._lengths = dict(
            sorted(
                zip(assembly.names, assembly.lengths, strict=True),
                key=lambda item: item[0].encode(),
            )
        )
        longest = max(self._lengths, key=self._lengths.__getitem__)
        if self._lengths[longest] > _LONGEST:
            raise TrackError(
                f"{longest} is {self._lengths[longest]:,} bp long; a bigWig holds {_LONGEST:,}"
            )
        self._rank = {name: rank for rank, name in enumerate(self._lengths)}
        self._next = (0, 0)
        self.bases = 0
        self.low, self.high, self.total = math.inf, -math.inf, 0.0

    @property
    def mean(self) -> float:
        """The mean of the values written so far."""
        return self.total / self.bases

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            temporary = stack.enter_context(publish_file(self.path, overwrite=self._overwrite))
            temporary.touch()  # where this fails there is an error to catch
            self._folder = temporary.parent
            self._check_room(0)
            self._handle: Any = pyBigWig.open(str(temporary), "w")
            self._handle.addHeader(list(self._lengths.items()))
            self._temporary = temporary
            stack.push(self._end)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def close(self) -> None:
        """Finish the file, which then stands at `path`; writing is over."""
        self._stack.close()

    def write(self, chrom: str, start: int, values: npt.NDArray[np.floating[Any]]) -> None:
        """Write one value a base from `start` on; what was written before must lie before it.

        Args:
            chrom: one of the assembly's chromosomes.
            start: the first base (bp, from 0).
            values: shape (L,), finite as float32.

        Raises:
            TrackError: values that the file may not hold, past the chromosome's end or out of
                order.
            OutputError: the disk is full.
        """
        if len(values) == 0:
            return
        end = start + len(values)
        self._check_place(chrom, start, end)
        with np.errstate(over="ignore"):
            values = np.ascontiguousarray(values, dtype=np.float32)
        low, high = float(values.min()), float(values.max())
        if not (math.isfinite(low) and math.isfinite(high)):
            first = start + int(np.flatnonzero(~np.isfinite(values))[0])
            raise TrackError(f"{self.path}: {values[first - start]} at {chrom}:{first + 1:,}")
        self._check_room(_BYTES_A_VALUE * len(values))
        self._handle.addEntries(chrom, start, values=values, span=1, step=1)
        self._next = (self._rank[chrom], end)
        self.bases += len(values)
        self.low, self.high = min(self.low, low), max(self.high, high)
        self.total += float(values.sum(dtype=np.float64))

    def _check_place(self, chrom: str, start: int, end: int) -> None:
        if chrom not in self._rank:
            raise TrackError(f'{self.path}: its assembly has no chromosome "{chrom}"')
        where = f"{self.path}: values for {chrom} [{start:,}, {end:,})"
        if not 0 <= start < end <= self._lengths[chrom]:
            raise TrackError(f"{where} reach past the chromosome, {self._lengths[chrom]:,} bp")
        if (self._rank[chrom], start) < self._next:
            last = list(self._rank)[self._next[0]]
            raise TrackError(f"{where} come after values up to {last} {self._next[1]:,}")

    def _check_room(self, needed: int) -> None:
        free = shutil.disk_usage(self._folder).free
        if free < needed + _SPARE:
            raise OutputError(
                f"cannot write {self.path}: the disk is full ({free:,} bytes free); free some "
                "space or choose another output"
            )

    def _end(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self._abandon()
            return
        try:
            self._check_complete()
        except BaseException:
            self._abandon()
            raise
        self._handle.close()
        if read_header(self._temporary).zoom_levels < 1:
            raise TrackError(f"{self.path} was not finished; write it again")

    def _check_complete(self) -> None:
        if self.bases == 0:
            raise TrackError(f"{self.path} would hold no value; browsers refuse such a file")
        self._check_room(_ZOOM_BYTES_A_VALUE * self.bases)

    def _abandon(self) -> None:
        # One reference too many, so that pyBigWig never gets to finish a file that nobody wants;
        # its descriptor stays open until the process ends, its bytes are given back here.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._handle))
        os.truncate(self._temporary, 0)
