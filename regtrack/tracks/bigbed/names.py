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
    keys = np.array([name.encode() for inside in names for name in inside], dtype=np.bytes_)
    order = np.argsort(keys, kind="stable")  # of equal names, the first block first
    keys = keys[order]
    blocks = np.repeat(np.arange(len(names)), [len(inside) for inside in names])[order]
    places = np.zeros(len(keys), dtype=_PLACE)
    for field in ("offset", "size"):
        places[field] = leaves[field][blocks]
    list_at = position + _EXTENSION.size
    tree_at = list_at + _INDEX.size
    return b"".join([
        _EXTENSION.pack(_EXTENSION.size, 1, list_at),
        _INDEX.pack(0, 1, tree_at, column, 0),
        key_tree(keys, places, tree_at),
    ])  # fmt: skip
