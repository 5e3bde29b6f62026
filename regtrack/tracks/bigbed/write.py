"""Write intervals with names and further columns to one bigBed file.

The file has the parts of a bigWig in the same order; see `regtrack.tracks.bigwig.layout`. Its
zoom levels say how many items lie over each base. (pybigtools 0.3 writes bigBeds as well, but
without an index of names, and counts every column as one of BED, which UCSC's tools go by.)
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from regtrack.atomic import publish_file
from regtrack.errors import TrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Positions
from regtrack.tracks.bigbed.depth import depth_bins
from regtrack.tracks.bigbed.form import BedForm
from regtrack.tracks.bigbed.items import ITEMS_PER_BLOCK, blocks
from regtrack.tracks.bigbed.names import NO_INDEX, name_index
from regtrack.tracks.bigwig.assemble import file_order
from regtrack.tracks.bigwig.bins import zoom_reductions
from regtrack.tracks.bigwig.index import block_index, chromosome_tree, join_leaves, make_leaves
from regtrack.tracks.bigwig.ladder import Ladder
from regtrack.tracks.bigwig.layout import (
    HEADER,
    SUMMARY,
    VERSION,
    ZOOM_HEADER,
    ZOOM_RECORD,
    ZOOM_RECORDS_PER_BLOCK,
    Leaves,
)
from regtrack.tracks.bigwig.limits import check_representable

MAGIC = 0x8789F2EB
# bp of an item, by which the first zoom level is chosen: its bins have 1,024 bp
_TYPICAL = 256


@contextmanager
def create_bigbed(
    path: str | Path, assembly: Assembly, form: BedForm, *, overwrite: bool = False
) -> Iterator[BigBedFile]:
    """A bigBed to fill; the file at `path` is created only if the block succeeds.

    Args:
        path: the file.
        assembly: names and lengths of its chromosomes, all of which it lists.
        form: its columns.
        overwrite: replace an existing file.

    Raises:
        OutputError: the file exists and `overwrite` is off, or the disk is full.
        TrackError: a chromosome that the format cannot hold.
    """
    path = Path(path)
    with (
        publish_file(path, overwrite=overwrite) as partial,
        partial.open("wb") as file,
        tempfile.TemporaryFile(dir=path.parent) as spool,
    ):
        bigbed = BigBedFile(file, spool, assembly, form)
        yield bigbed
        bigbed.finish()


class BigBedFile:
    """A bigBed being written to an open file; `create_bigbed` makes one.

    Attributes:
        chroms: the chromosomes in the file's order, in which items must be written.
        items: how many were written.

    Raises:
        TrackError: a chromosome that the format cannot hold.
    """

    def __init__(self, file: BinaryIO, spool: BinaryIO, assembly: Assembly, form: BedForm) -> None:
        check_representable(assembly)
        self.chroms = file_order(assembly)
        self._numbers = {chrom: number for number, chrom in enumerate(self.chroms)}
        self.items = 0
        self._form, self._file = form, file
        self._lengths = np.array([assembly.length(chrom) for chrom in self.chroms])
        self._reductions = zoom_reductions(_TYPICAL, max(assembly.lengths))
        self._ladder = Ladder(self._reductions, self._lengths, spool)
        self._leaves: list[Leaves] = []
        self._names: list[frozenset[str]] = []
        self._largest = ZOOM_RECORDS_PER_BLOCK * ZOOM_RECORD.itemsize
        self._next = 0  # number of the next chromosome that may be written
        described = form.auto_sql.encode() + b"\0"
        self._described_at = HEADER.size + len(self._reductions) * ZOOM_HEADER.size
        self._summary_at = self._described_at + len(described)
        self._tree_at = self._summary_at + SUMMARY.size
        tree = chromosome_tree(self.chroms, self._lengths.tolist(), self._tree_at)
        self._data_at = self._tree_at + len(tree)
        # header, summary and the number of items are filled in at the end
        file.write(b"\0" * self._described_at + described + b"\0" * SUMMARY.size)
        file.write(tree + b"\0" * 8)

    def write(
        self,
        chrom: str,
        starts: npt.ArrayLike,
        ends: npt.ArrayLike,
        *columns: Sequence[Any] | npt.NDArray[Any],
    ) -> None:
        """Append the items of a chromosome: all of them, in any order; they may overlap.

        Args:
            chrom: the chromosome.
            starts: first base of each item (bp), integers (n,).
            ends: one past its last (bp), integers (n,).
            columns: values of each column of the form, (n,): text, or numbers as it says.

        Raises:
            TrackError: a chromosome that is not in the file or comes too late, items that are
                empty or outside of it, or a value that its column cannot hold.
        """
        number = self._number(chrom)
        starts, ends = (np.asarray(side, np.int64) for side in (starts, ends))
        given = (len(starts), len(ends), *map(len, columns))
        if len(columns) != len(self._form.columns) or len(set(given)) > 1:
            raise TrackError(
                f"columns of {', '.join(map(str, given))} values; expected {self._form.fields - 1} "
                f"columns of one length: start, end, "
                f"{', '.join(column.name for column in self._form.columns)}"
            )
        self._check(chrom, starts, ends)
        order = np.lexsort((ends, starts))
        starts, ends = starts[order], ends[order]
        in_order = [_ordered(column, order) for column in columns]
        for block in blocks(self._form, number, starts, ends, in_order):
            self._leaves.append(make_leaves(block.entry, self._file.tell()))
            self._file.write(block.data)
            self._names.append(block.names)
            self._largest = max(self._largest, block.unpacked)
        if len(starts):
            self._ladder.add(depth_bins(number, starts, ends, self._reductions[0]))
        self.items += len(starts)
        self._next = number + 1

    def _number(self, chrom: str) -> int:
        if chrom not in self._numbers:
            raise TrackError(f'no chromosome "{chrom}" in this file{nearest(chrom, self.chroms)}')
        number = self._numbers[chrom]
        if number < self._next:
            raise TrackError(
                f"{chrom} comes after {self.chroms[self._next - 1]} was written; expected "
                "chromosomes bytewise by name, and all items of one at once"
            )
        return number

    def _check(self, chrom: str, starts: Positions, ends: Positions) -> None:
        length = int(self._lengths[self._numbers[chrom]])
        wrong = (starts < 0) | (ends <= starts) | (ends > length)
        if wrong.any():
            at = int(wrong.argmax())
            raise TrackError(
                f"an item from {int(starts[at]):,} to {int(ends[at]):,} of {chrom}; expected 0 <= "
                f"start < end <= {length:,}"
            )

    def finish(self) -> None:
        """Write indexes and zoom levels, then fill in the header."""
        leaves = join_leaves(self._leaves)
        index_at = self._file.tell()
        self._file.write(block_index(leaves, index_at, ITEMS_PER_BLOCK))
        zooms = self._ladder.write(self._file)
        extension_at = self._file.tell()
        self._file.write(self._extension(leaves, extension_at))
        self._file.write(MAGIC.to_bytes(4, "little"))
        header = HEADER.pack(
            MAGIC, VERSION, len(zooms), self._tree_at, self._data_at, index_at, self._form.fields,
            self._form.standard, self._described_at, self._summary_at, self._largest, extension_at,
        )  # fmt: skip
        self._file.seek(0)
        self._file.write(b"".join([header, *zooms]))
        self._file.seek(self._summary_at)
        self._file.write(self._ladder.summary())
        self._file.seek(self._data_at)
        self._file.write(self.items.to_bytes(8, "little"))

    def _extension(self, leaves: Leaves, position: int) -> bytes:
        if not self._form.by_name:
            return NO_INDEX
        column = 3 + [one.name for one in self._form.columns].index("name")
        return name_index(self._names, leaves, column, position)


def _ordered(
    column: Sequence[Any] | npt.NDArray[Any], order: npt.NDArray[np.intp]
) -> Sequence[Any] | npt.NDArray[Any]:
    """A column in another order."""
    if isinstance(column, np.ndarray):
        return column[order]
    return [column[at] for at in order.tolist()]
