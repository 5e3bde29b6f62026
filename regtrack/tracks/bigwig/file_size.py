"""Upper bounds of the size of tracks.

Sizes per value are measured on noise (docs/bigwig.md); sizes of indexes follow from the format.
"""

from __future__ import annotations

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.bins import first_reduction, zoom_reductions
from regtrack.tracks.bigwig.layout import (
    BLOCK_HEADER,
    CHROM_VALUE,
    INDEX_HEADER,
    LEAF,
    NODE_HEADER,
    SLOTS_PER_NODE,
)

_SIGN_AND_EXPONENT = 9  # bits of a float32 besides its mantissa
_SLACK = 0.35  # bytes per value by which blocks exceeded the bits that are kept
_RECORD = 22  # bytes of a compressed zoom record: four noisy numbers and a position
_PACKED = 32  # bytes that compression adds to a block
_HEADERS = 1_024  # bytes of a bigWig's headers, an upper bound


def bytes_per_value(keep_bits: int, resolution: int) -> float:
    """Upper bound (for noise) of the bytes on disk of a value and its share of the zoom levels.

    Args:
        keep_bits: bits of the mantissa that are stored.
        resolution: bp per value.

    >>> [round(bytes_per_value(bits, 1), 1) for bits in (7, 23)]
    [2.6, 4.6]
    """
    value = (_SIGN_AND_EXPONENT + keep_bits) / 8 + _SLACK
    bins = resolution / first_reduction(resolution) * 4 / 3  # of all levels
    return value + bins * _RECORD


def pieces_size(pieces: int) -> int:
    """Upper bound of the bytes that writing a track in pieces adds to it.

    Each piece adds a block, with a header, an entry in the index and the overhead of compression,
    and two bins of the first zoom level at its edges, which add bins to the wider levels.
    """
    block = BLOCK_HEADER.itemsize + LEAF.itemsize + _PACKED
    return pieces * int(block + 2 * _RECORD * 4 / 3)


def bytes_per_file(assembly: Assembly, resolution: int) -> int:
    """Upper bound of the bytes of a track's file besides its values.

    A node of an index has 256 slots, whether used or not, and each zoom level has its own index.

    Args:
        assembly: the chromosomes in the file.
        resolution: bp per value.

    >>> bytes_per_file(Assembly(("chr1",), (250_000_000,)), 1)
    66988
    """
    levels = len(zoom_reductions(resolution, max(assembly.lengths)))
    names = len(assembly.names)
    slots = names if names <= SLOTS_PER_NODE else names + 2 * SLOTS_PER_NODE
    width = max(len(name.encode()) for name in assembly.names) + CHROM_VALUE.size
    index = INDEX_HEADER.size + NODE_HEADER.size + SLOTS_PER_NODE * LEAF.itemsize
    return (levels + 1) * index + slots * width + _HEADERS
