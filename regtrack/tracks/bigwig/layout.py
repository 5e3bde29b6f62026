"""The structs of a bigWig file, as in UCSC's bbi files (Kent et al. 2010).

They are little-endian, as nearly all files are; `source` turns those of a big-endian file.

A file consists of: header, zoom headers, total summary, chromosome tree, data blocks, their index,
each zoom level's blocks and their index, and the magic number again. The sizes at the end of this
module are our choice; the format leaves them to the writer.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

MAGIC = 0x888FFC26
VERSION = 4
TREE_MAGIC = 0x78CA8C91
INDEX_MAGIC = 0x2468ACE0

# magic, version, zoom levels, offsets of chromosome tree, data and index, 0, 0, 0, offset of the
# summary, uncompressed bytes of the largest block (0: blocks are not compressed), 0
HEADER = struct.Struct("<IHHQQQHHQQIQ")
# reduction (bp per record), 0, offsets of data and index
ZOOM_HEADER = struct.Struct("<IIQQ")
# bases covered, min, max, sum, sum of squares
SUMMARY = struct.Struct("<Qdddd")
# magic, items per node, key bytes, value bytes, chromosomes, 0
TREE_HEADER = struct.Struct("<IIIIQQ")
# 1 for a leaf, 0, items
NODE_HEADER = struct.Struct("<BBH")
# number and length (bp) of a chromosome: the value in a leaf of the chromosome tree
CHROM_VALUE = struct.Struct("<II")
CHILD = struct.Struct("<Q")
# magic, slots per node, blocks, first chrom, first base, last chrom, last base, end of data,
# items per block, 0
INDEX_HEADER = struct.Struct("<IIQIIIIQII")

BLOCK_HEADER = np.dtype(
    [("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("step", "<u4"), ("span", "<u4"),
     ("kind", "u1"), ("zero", "u1"), ("items", "<u2")]
)  # fmt: skip
BED_GRAPH, VARIABLE_STEP, FIXED_STEP = 1, 2, 3
BED_ITEM = np.dtype([("start", "<u4"), ("end", "<u4"), ("value", "<f4")])
STEP_ITEM = np.dtype([("start", "<u4"), ("value", "<f4")])

ZOOM_RECORD = np.dtype(
    [("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("valid", "<u4"),
     ("min", "<f4"), ("max", "<f4"), ("sum", "<f4"), ("squares", "<f4")]
)  # fmt: skip

LEAF = np.dtype(
    [("first_chrom", "<u4"), ("start", "<u4"), ("last_chrom", "<u4"), ("end", "<u4"),
     ("offset", "<u8"), ("size", "<u8")]
)  # fmt: skip
BRANCH = np.dtype(LEAF.descr[:-1])

LAST_BASE = 2**32 - 1  # where coordinates end (bp)
# Bytes of the longest chromosome name that is written and read. Every name takes as many bytes as
# the longest, and the format sets no limit.
LONGEST_NAME = 4096
# Bytes of the largest data block that can be: its items are counted in 16 bits.
LARGEST_BLOCK = BLOCK_HEADER.itemsize + 0xFFFF * BED_ITEM.itemsize
# Bytes of the largest block of a zoom level that is read. The format has no limit; known writers
# have blocks of at most 2 MB.
LARGEST_ZOOM_BLOCK = 1 << 22
# Zoom levels of a file that is read: each is at least twice as wide as the one before, up to 2^32.
MOST_ZOOM_LEVELS = 64

# a block before its offset in the file is known: the bases of one chromosome that it spans, and its
# bytes
BLOCK_ENTRY = np.dtype([("chrom", "<u4"), ("start", "<u4"), ("end", "<u4"), ("size", "<u4")])

Leaves = npt.NDArray[np.void]
Keys = npt.NDArray[np.uint64]

# values per data block: larger blocks compress better and faster, smaller ones are read faster;
# 16,384 values are 64 kB uncompressed
ITEMS_PER_BLOCK = 16_384
ZOOM_RECORDS_PER_BLOCK = 1_024
SLOTS_PER_NODE = 256
MAX_ZOOM_LEVELS = 10


def order_key(chrom: npt.ArrayLike, base: npt.ArrayLike) -> Keys:
    """Chromosome number and base (bp), below 2**32 (n,), as one sortable number, uint64 (n,)."""
    key: Keys = np.asarray(chrom, np.uint64) << np.uint64(32) | np.asarray(base, np.uint64)
    return key
