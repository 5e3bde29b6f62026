"""Encode arrays of values as stretches that can be written to a bigWig.

Encoding a stretch depends only on that stretch, so stretches can be encoded anywhere and in any
order; `regtrack.tracks.bigwig.assemble` joins them. The loops are compiled (`regtrack.kernel`) and
release the interpreter lock, for a whole stretch if its values have no gaps: threads scale with
cores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import numpy as np
import numpy.typing as npt

from regtrack.errors import TrackError, invalid
from regtrack.machine.threads import Threads
from regtrack.tracks.bigwig.bins import NO_BINS, Bins, Values, first_reduction, join_records
from regtrack.tracks.bigwig.blocks import Blocks, make_blocks
from regtrack.tracks.bigwig.layout import BLOCK_ENTRY, ITEMS_PER_BLOCK
from regtrack.tracks.bigwig.places import Numbers, Places
from regtrack.tracks.bigwig.rounding import MANTISSA_BITS, round_mantissa
from regtrack.tracks.bigwig.storing import store_rows
from regtrack.tracks.bigwig.summarise import bins_by_stretch

# values that `encode_all` encodes at a time: whole blocks and whole bins
STRETCH = 32 * ITEMS_PER_BLOCK


@dataclass(frozen=True)
class Encoded:
    """Stretches of one or more chromosomes, in the order of the file, ready to be written.

    Attributes:
        resolution: bp per value.
        data: compressed blocks, one after another, in any number of parts: joining them would cost
            another copy while holding the interpreter lock.
        blocks: one `BLOCK_ENTRY` per block: chromosome's number, start and end (bp), and compressed
            size (bytes).
        bins: bins of the first zoom level; those at the edges may be incomplete.
        largest: uncompressed size of the largest block (bytes).
    """

    resolution: int
    data: tuple[bytes | memoryview, ...]
    blocks: npt.NDArray[np.void]
    bins: Bins
    largest: int

    @classmethod
    def nothing(cls, resolution: int) -> Encoded:
        """No stretch."""
        return cls(resolution, (), np.empty(0, dtype=BLOCK_ENTRY), NO_BINS, 0)

    @property
    def size(self) -> int:
        """Size of all blocks (bytes)."""
        return sum(map(len, self.data))


def encode(
    chrom: int, start: int, values: Values, *, resolution: int = 1, end: int | None = None
) -> Encoded:
    """Encode a stretch of values.

    The summaries of a file do not depend on how it was divided into stretches: to the last bit if
    the cuts are at multiples of 128 values, else to float64 rounding.

    Args:
        chrom: the chromosome's number in the file: its index in `assemble.file_order`.
        start: position of the first value (bp), a multiple of `resolution`.
        values: one float32 per `resolution` bp, shape (n,); absent if NaN or masked.
        resolution: bp per value.
        end: one past the last base (bp), if the last value covers fewer bases.

    Raises:
        TrackError: values that are not one-dimensional or include infinity, a start that is not a
            multiple of the resolution, an end outside the last value, or coordinates that a bigWig
            cannot hold.
    """
    values = _row(values)
    if len(values) == 0:
        _check_place(chrom, start, start, resolution)
        return Encoded.nothing(resolution)
    stop = start + len(values) * resolution
    limit = stop if end is None else end
    if not stop - resolution < limit <= stop:
        raise TrackError(
            f"{len(values):,} values of {resolution} bp from base {start:,} end at {stop:,}, or up "
            f"to {resolution - 1} bp before; found the end {limit:,}"
        )
    return encode_places(Places.one(chrom, start, limit, resolution), values)


def encode_places(places: Places, values: Values) -> Encoded:
    """Encode several stretches of values at once, which costs little more than their values do.

    Args:
        places: the stretches, at least one, in the order of the file; none is empty.
        values: those of all stretches, one after another, float32 (n,); absent if NaN.

    Raises:
        TrackError: as `encode`.
    """
    return encode_rows(places, values[None])[0]


def encode_rows(places: Places, rows: Values) -> list[Encoded]:
    """Encode the same stretches of several files at once, each as `encode_places` would.

    Args:
        places: as in `encode_places`.
        rows: the values of one file in each row, float32 (files, n).

    Raises:
        TrackError: as `encode`.
    """
    for chrom, start, end in (
        (places.chrom[at], places.start[at], places.end[at])
        for at in {0, int(places.end.argmax()), int((places.start % places.resolution).argmax())}
    ):
        _check_place(int(chrom), int(start), int(end), places.resolution)
    # writeable, since kernels would be compiled again for read-only arrays
    values = np.require(rows, np.float32, ["C", "A", "W", "E"]).reshape(-1)
    every = places.repeated(len(rows)) if len(rows) > 1 else places
    with np.errstate(invalid="ignore"):  # from infinities, which are refused next
        bins, bin_edges = bins_by_stretch(values, every, first_reduction(places.resolution))
    if np.isinf(bins["min"]).any() or np.isinf(bins["max"]).any():
        at = int(np.flatnonzero(np.isinf(values))[0])
        owner = int(np.searchsorted(every.edges, at, side="right")) - 1
        where = int(every.start[owner]) + (at - int(every.edges[owner])) * places.resolution
        raise TrackError(
            f"infinite value at base {where + 1:,}; expected finite values, and NaN where a value "
            "is absent"
        )
    firsts = np.arange(len(rows) + 1) * len(places.start)  # the first stretch of each row
    return _by_row(make_blocks(every, values), bins, firsts, bin_edges[firsts], places.resolution)


def _by_row(
    blocks: Blocks, bins: Bins, firsts: Numbers, bin_edges: Numbers, resolution: int
) -> list[Encoded]:
    """Blocks and bins of several rows as one value for each."""
    edges = np.searchsorted(blocks.stretch, firsts).tolist()
    ends = np.concatenate(
        [np.zeros(1, np.int64), np.cumsum(blocks.entries["size"], dtype=np.int64)]
    )
    bytes_at, bins_at = ends[edges].tolist(), bin_edges.tolist()
    data = blocks.data.data
    return [
        Encoded(
            resolution=resolution,
            data=(data[bytes_at[row] : bytes_at[row + 1]],) if low < high else (),
            blocks=blocks.entries[low:high],
            bins=bins[bins_at[row] : bins_at[row + 1]],
            largest=int(blocks.unpacked[low:high].max(initial=0)),
        )
        for row, (low, high) in enumerate(pairwise(edges))
    ]


def prepare() -> None:
    """Load or compile the kernels: ten seconds the first time, half a second later on."""
    values = np.zeros(ITEMS_PER_BLOCK, dtype=np.float32)
    for _ in encode_all(0, 0, values, keep_bits=1):
        pass
    for resolution in (1, 2):
        store_rows(values[None], np.ones(len(values), np.bool_), resolution=resolution)


def join(stretches: Sequence[Encoded]) -> Encoded:
    """Join one or more values of one resolution, in order."""
    if len(stretches) == 1:
        return stretches[0]
    return Encoded(
        resolution=stretches[0].resolution,
        data=tuple(chain.from_iterable(stretch.data for stretch in stretches)),
        blocks=join_records([stretch.blocks for stretch in stretches]),
        bins=join_records([stretch.bins for stretch in stretches]),
        largest=max(stretch.largest for stretch in stretches),
    )


def encode_all(
    chrom: int,
    start: int,
    values: Values,
    *,
    resolution: int = 1,
    end: int | None = None,
    keep_bits: int = MANTISSA_BITS,
    threads: int = 1,
) -> Iterator[Encoded]:
    """Encode any number of values, in stretches of half a million, in order.

    Args:
        chrom: as in `encode`.
        start: as in `encode` (bp).
        values: as in `encode`, float32 (n,); a memory map is accepted too.
        resolution: as in `encode`.
        end: as in `encode`.
        keep_bits: bits of the mantissa to keep, as in `round_mantissa`; `values` do not change.
        threads: stretches encoded at once; the result does not depend on it.

    Yields:
        Stretches for `BigWigFile.append`, only a few of which are in memory at once.

    Raises:
        TrackError: as in `encode` and `round_mantissa`, or a number of threads below 1.
    """
    if threads < 1:
        raise TrackError(invalid("threads", threads, "at least 1"))
    values = _row(values)
    lead = STRETCH - (start // resolution) % STRETCH
    cuts = [0, *range(lead, len(values), STRETCH), len(values)]

    def part(number: int) -> Encoded:
        left, right = cuts[number], cuts[number + 1]
        limit = end if right == len(values) else None
        at = start + left * resolution
        stored = values[left:right]
        if keep_bits != MANTISSA_BITS:
            stored = np.array(stored, dtype=np.float32)
            round_mantissa(stored, keep_bits)
        return encode(chrom, at, stored, resolution=resolution, end=limit)

    with Threads(threads) as pool:
        yield from pool.ahead(part, range(len(cuts) - 1), 2 * threads)


def _row(values: Values) -> Values:
    if isinstance(values, np.ma.MaskedArray):
        values = values.filled(np.nan)
    row = np.asanyarray(values)  # a memory map stays one
    if row.ndim != 1:
        raise TrackError(f"values of shape {row.shape}; expected one dimension")
    return row


def _check_place(chrom: int, start: int, end: int, resolution: int) -> None:
    """Refuse coordinates that a bigWig cannot hold."""
    if start % resolution:
        raise TrackError(
            f"values of {resolution} bp begin at base {start:,} (counted from 0); "
            f"expected a multiple of {resolution}"
        )
    if chrom < 0 or start < 0 or end >= 2**32:
        raise TrackError(
            f"a bigWig cannot hold bases {start:,} to {end:,} of chromosome number {chrom}; "
            f"expected bases from 0 to {2**32 - 1:,}, and a number of at least 0"
        )
