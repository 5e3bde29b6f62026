"""The index of a bigBed by the names of its items, in which browsers search."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from regtrack.tracks.bigwig.index import key_tree
from regtrack.tracks.bigwig.layout import Leaves

# size of this header, number of indexes, offset of their list; 48 bytes are reserved
_EXTENSION = struct.Struct("<HHQ52x")
# type, number of columns, offset of the tree, reserved; number of the column, reserved
_INDEX = struct.Struct("<HHQ4xHH")
_PLACE = np.dtype([("offset", "<u8"), ("size", "<u8")])


# of a file without an index; readers look for an extension in any bigBed
NO_INDEX = _EXTENSION.pack(_EXTENSION.size, 0, 0)


def name_index(
    names: Sequence[frozenset[str]], leaves: Leaves, column: int, position: int
) -> bytes:
    """The extension of the header, its list of one index, and the index.

    Args:
        names: of the items in each block.
        leaves: the blocks, `LEAF` (n,), in bp and bytes.
        column: number of the column of names.
        position: offset of the extension in the file (bytes).
    """
    pairs = sorted((name.encode(), block) for block, inside in enumerate(names) for name in inside)
    keys = np.array([name for name, _ in pairs], dtype=np.bytes_)
    places = np.zeros(len(pairs), dtype=_PLACE)
    blocks = np.array([block for _, block in pairs], np.int64)
    for field in ("offset", "size"):
        places[field] = leaves[field][blocks]
    list_at = position + _EXTENSION.size
    tree_at = list_at + _INDEX.size
    return b"".join([
        _EXTENSION.pack(_EXTENSION.size, 1, list_at),
        _INDEX.pack(0, 1, tree_at, column, 0),
        key_tree(keys, places, tree_at),
    ])  # fmt: skip
