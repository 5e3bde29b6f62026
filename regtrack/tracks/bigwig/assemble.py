"""Write encoded stretches, in order, to one bigWig file.

Memory holds the index, 32 bytes per block of 16,384 values, and one block of each zoom level.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

import numpy as np

from regtrack.atomic import publish_file
from regtrack.errors import TrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.bins import Values, zoom_reductions
from regtrack.tracks.bigwig.encode import Encoded, encode_all
from regtrack.tracks.bigwig.index import block_index, chromosome_tree, join_leaves, make_leaves
from regtrack.tracks.bigwig.ladder import Ladder
from regtrack.tracks.bigwig.layout import (
    HEADER,
    ITEMS_PER_BLOCK,
    MAGIC,
    SUMMARY,
    VERSION,
    ZOOM_HEADER,
    ZOOM_RECORD,
    ZOOM_RECORDS_PER_BLOCK,
    Leaves,
)
from regtrack.tracks.bigwig.limits import check_representable
from regtrack.tracks.bigwig.rounding import MANTISSA_BITS

_SPAN = ("chrom", "start", "end")


def file_order(assembly: Assembly) -> tuple[str, ...]:
    """The chromosomes in a file's order: bytewise by name, since readers search by bisection.

    A chromosome's index here is its number in the file.

    >>> file_order(Assembly(("chr2", "chr10", "chr1"), (3, 2, 1)))
    ('chr1', 'chr10', 'chr2')
    """
    return assembly.by_bytes


@contextmanager
def create_bigwig(
    path: str | Path,
    assembly: Assembly,
    *,
    resolution: int = 1,
    overwrite: bool = False,
    one_of_many: bool = False,
) -> Iterator[BigWigFile]:
    """A bigWig to fill; the file at `path` is created only if the block succeeds.

    Args:
        path: the file.
        assembly: names and lengths of its chromosomes.
        resolution: bp per value; zoom levels are chosen to fit.
        overwrite: replace an existing file.
        one_of_many: as in `publish_file`.

    Raises:
        OutputError: the file exists and `overwrite` is off, or the disk is full.
        TrackError: as `check_representable`.
    """
    path = Path(path)
    with (
        publish_file(path, overwrite=overwrite, one_of_many=one_of_many) as partial,
        partial.open("wb") as file,
        tempfile.TemporaryFile(dir=path.parent) as spool,
    ):
        bigwig = BigWigFile(file, spool, assembly, resolution=resolution)
        yield bigwig
        bigwig.finish()


class BigWigFile:
    """A bigWig being written to an open file; `create_bigwig` makes one.

    Attributes:
        chroms: the chromosomes in the file's order, in which stretches must be written.

    Raises:
        TrackError: as `check_representable`.
    """

    def __init__(
        self, file: BinaryIO, spool: BinaryIO, assembly: Assembly, *, resolution: int = 1
    ) -> None:
        self.chroms = file_order(assembly)
        check_representable(assembly)
        self._lengths = np.array([assembly.length(chrom) for chrom in self.chroms])
        self._file = file
        self._resolution = resolution
        reductions = zoom_reductions(resolution, max(assembly.lengths))
        self._ladder = Ladder(reductions, self._lengths, spool)
        self._leaves: list[Leaves] = []
        self._largest = ZOOM_RECORDS_PER_BLOCK * ZOOM_RECORD.itemsize
        self._end = (0, 0)  # chromosome's number and base where the next stretch may begin
        self._summary_at = HEADER.size + len(reductions) * ZOOM_HEADER.size
        self._tree_at = self._summary_at + SUMMARY.size
        tree = chromosome_tree(self.chroms, self._lengths.tolist(), self._tree_at)
        self._data_at = self._tree_at + len(tree)
        # header, summary and block count are filled in at the end
        file.write(b"\0" * self._tree_at + tree + b"\0" * 8)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {chrom: number for number, chrom in enumerate(self.chroms)}

    def number(self, chrom: str) -> int:
        """The chromosome's number in the file, for `encode`.

        Raises:
            TrackError: the file has no such chromosome.
        """
        if chrom not in self._numbers:
            raise TrackError(f'no chromosome "{chrom}" in this file{nearest(chrom, self.chroms)}')
        return self._numbers[chrom]

    def write(
        self,
        chrom: str,
        start: int,
        values: Values,
        *,
        keep_bits: int = MANTISSA_BITS,
        threads: int = 1,
    ) -> None:
        """Encode and append any number of values.

        Args:
            chrom: the chromosome.
            start: position of the first value (bp), a multiple of the file's resolution.
            values: one float32 per `resolution` bp, shape (n,); NaN if absent. At the
                chromosome's end the last may cover fewer bases.
            keep_bits: bits of the mantissa to keep; default: all, which is lossless.
            threads: stretches encoded at once; the bytes do not depend on it.

        Raises:
            TrackError: as `append` and `encode_all`.
        """
        number = self.number(chrom)
        stop, length = start + len(values) * self._resolution, int(self._lengths[number])
        end = length if length < stop < length + self._resolution else stop
        for stretch in encode_all(
            number, start, values,
            resolution=self._resolution, end=end, keep_bits=keep_bits, threads=threads,
        ):  # fmt: skip
            self.append(stretch)

    def append(self, stretch: Encoded) -> None:
        """Append a stretch, which must come after all that were written before.

        Raises:
            TrackError: it begins before the end of the previous one, ends past the chromosome, or
                has another resolution than the file.
        """
        if len(stretch.blocks) == 0:
            return
        self._check(stretch)
        self._end = int(stretch.blocks["chrom"][-1]), int(stretch.blocks["end"][-1])
        self._leaves.append(make_leaves(stretch.blocks, self._file.tell()))
        self._file.writelines(stretch.data)
        self._largest = max(self._largest, stretch.largest)
        self._ladder.add(stretch.bins)

    def _check(self, stretch: Encoded) -> None:
        """Refuse stretches that cannot be appended."""
        chrom, start, end = (stretch.blocks[name].astype(np.int64) for name in _SPAN)
        last = np.concatenate([[self._end[0]], chrom[:-1]])
        base = np.concatenate([[self._end[1]], end[:-1]])
        early = (chrom < last) | (chrom == last) & (start < base)
        if early.any():
            at = int(early.argmax())
            raise TrackError(
                f"{self._place(stretch, at)} comes after {self.chroms[last[at]]}:{base[at]:,} was "
                "written; expected chromosomes bytewise by name, and stretches in order without "
                "overlap"
            )
        if (late := end > self._lengths[chrom]).any():
            at = int(late.argmax())
            raise TrackError(
                f"{self._place(stretch, at)} ends past the chromosome, "
                f"{self._lengths[chrom[at]]:,} bp long"
            )
        if stretch.resolution != self._resolution:
            raise TrackError(
                f"{self._place(stretch, 0)} has values of {stretch.resolution} bp; expected "
                f"{self._resolution} bp, the file's resolution"
            )

    def _place(self, stretch: Encoded, block: int) -> str:
        """From a block to the last one of its chromosome, as text."""
        blocks = stretch.blocks[stretch.blocks["chrom"] == stretch.blocks["chrom"][block]]
        start, end = int(stretch.blocks["start"][block]), int(blocks["end"][-1])
        return f"{self.chroms[stretch.blocks['chrom'][block]]}:{start + 1:,}-{end:,}"

    def finish(self) -> None:
        """Write indexes and zoom levels, then fill in the header."""
        leaves = join_leaves(self._leaves)
        index_at = self._file.tell()
        self._file.write(block_index(leaves, index_at, ITEMS_PER_BLOCK))
        zooms = self._ladder.write(self._file)
        self._file.write(MAGIC.to_bytes(4, "little"))
        header = HEADER.pack(
            MAGIC, VERSION, len(zooms), self._tree_at, self._data_at, index_at,
            0, 0, 0, self._summary_at, self._largest, 0,
        )  # fmt: skip
        self._file.seek(0)
        self._file.write(b"".join([header, *zooms, self._ladder.summary()]))
        self._file.seek(self._data_at)
        self._file.write(len(leaves).to_bytes(8, "little"))
