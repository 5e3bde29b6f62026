"""The R-tree index of blocks and the B+ tree of chromosome names, as bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.layout import (
    BRANCH,
    CHILD,
    CHROM_VALUE,
    INDEX_HEADER,
    INDEX_MAGIC,
    LEAF,
    NODE_HEADER,
    SLOTS_PER_NODE,
    TREE_HEADER,
    TREE_MAGIC,
    Leaves,
)


def chromosome_tree(names: Sequence[str], lengths: Sequence[int], position: int) -> bytes:
    """The B+ tree from names to numbers and lengths (bp).

    Args:
        names: sorted bytewise, since readers search by bisection; a name's index is its number.
        lengths: length of each (bp).
        position: offset of the tree in the file (bytes).
    """
    keys = [name.encode() for name in names]
    width = max(map(len, keys))
    keys = [key.ljust(width, b"\0") for key in keys]
    fanout = min(SLOTS_PER_NODE, len(keys))
    node_size = NODE_HEADER.size + fanout * (width + CHROM_VALUE.size)
    counts = _nodes_per_level(len(keys), fanout)
    starts = _level_starts(position + TREE_HEADER.size, counts, node_size)
    parts = [TREE_HEADER.pack(TREE_MAGIC, fanout, width, CHROM_VALUE.size, len(keys), 0)]
    for level, below in enumerate(counts[1:], 1):
        reach = fanout ** (len(counts) - level)  # keys below one item of this level
        children = [CHILD.pack(starts[level] + node * node_size) for node in range(below)]
        items = [key + child for key, child in zip(keys[::reach], children, strict=True)]
        parts += _nodes(items, fanout, node_size, leaf=False)
    values = [CHROM_VALUE.pack(number, length) for number, length in enumerate(lengths)]
    items = [key + value for key, value in zip(keys, values, strict=True)]
    return b"".join(parts + _nodes(items, fanout, node_size, leaf=True))


def make_leaves(chrom: int, blocks: npt.NDArray[np.void], offset: int) -> Leaves:
    """The leaves of the index, `LEAF` (n,), for adjacent blocks of one chromosome.

    Args:
        chrom: the chromosome's number in the file.
        blocks: `BLOCK_ENTRY` (n,): start and end (bp) and size (bytes).
        offset: offset of the first block in the file (bytes).
    """
    leaves = np.zeros(len(blocks), dtype=LEAF)
    leaves["first_chrom"] = leaves["last_chrom"] = chrom
    leaves["start"], leaves["end"], leaves["size"] = blocks["start"], blocks["end"], blocks["size"]
    return end_to_end(leaves, offset)


def end_to_end(leaves: Leaves, offset: int) -> Leaves:
    """The same leaves, for blocks moved to follow each other from `offset` on.

    Args:
        leaves: `LEAF` (n,), whose coordinates (bp) and sizes stay.
        offset: offset of the first block in the file (bytes).
    """
    moved = leaves.copy()
    moved["offset"] = np.uint64(offset) + np.cumsum(leaves["size"]) - leaves["size"]
    return moved


def join_leaves(parts: Sequence[Leaves]) -> Leaves:
    """All leaves (bp and bytes) in one array, `LEAF` (n,); empty if there are no parts."""
    return np.concatenate([np.empty(0, dtype=LEAF), *parts])


def block_index(leaves: Leaves, position: int, items_per_block: int) -> bytes:
    """The R-tree over blocks, packed from the leaves up.

    Args:
        leaves: `LEAF` (n,) in file order, which is by chromosome and start (bp).
        position: offset of the index in the file (bytes), which is where the blocks end.
        items_per_block: items per block for the header; readers do not rely on it.
    """
    counts = _nodes_per_level(len(leaves), SLOTS_PER_NODE)
    branch_size = NODE_HEADER.size + SLOTS_PER_NODE * BRANCH.itemsize
    leaf_size = NODE_HEADER.size + SLOTS_PER_NODE * LEAF.itemsize
    starts = _level_starts(position + INDEX_HEADER.size, counts, branch_size)
    parts = _nodes([leaf.tobytes() for leaf in leaves], SLOTS_PER_NODE, leaf_size, leaf=True)
    items, size = leaves, leaf_size
    for start in reversed(starts[1:]):
        items = _parents(items, start, size)
        nodes = _nodes([item.tobytes() for item in items], SLOTS_PER_NODE, branch_size, leaf=False)
        parts, size = nodes + parts, branch_size
    first = leaves[0] if len(leaves) else np.zeros((), dtype=LEAF)
    last = leaves[-1] if len(leaves) else first
    head = INDEX_HEADER.pack(
        INDEX_MAGIC, SLOTS_PER_NODE, len(leaves), first["first_chrom"], first["start"],
        last["last_chrom"], last["end"], position, items_per_block, 0,
    )  # fmt: skip
    return b"".join([head, *parts])


def _parents(items: Leaves, start: int, node_size: int) -> Leaves:
    """One item per node of `items`, with its span and its future offset."""
    firsts = np.arange(0, len(items), SLOTS_PER_NODE)
    lasts = np.minimum(firsts + SLOTS_PER_NODE, len(items)) - 1
    parents = np.zeros(len(firsts), dtype=BRANCH)
    parents["first_chrom"] = items["first_chrom"][firsts]
    parents["start"] = items["start"][firsts]
    parents["last_chrom"] = items["last_chrom"][lasts]
    # blocks are ordered and do not overlap, so a node's last item has its highest end
    parents["end"] = items["end"][lasts]
    parents["offset"] = np.uint64(start) + np.arange(len(firsts), dtype=np.uint64) * node_size
    return parents


def _nodes(items: list[bytes], fanout: int, node_size: int, *, leaf: bool) -> list[bytes]:
    """Nodes of one level, each padded to its size; one empty node if there are no items."""
    nodes = []
    for at in range(0, max(len(items), 1), fanout):
        node = items[at : at + fanout]
        head = NODE_HEADER.pack(leaf, 0, len(node))
        nodes.append(b"".join([head, *node]).ljust(node_size, b"\0"))
    return nodes


def _nodes_per_level(items: int, fanout: int) -> list[int]:
    """Number of nodes of each level, root first."""
    counts = [max(-(-items // fanout), 1)]
    while counts[0] > 1:
        counts.insert(0, -(-counts[0] // fanout))
    return counts


def _level_starts(position: int, counts: list[int], node_size: int) -> list[int]:
    """Offset of each level's first node, root first.

    The node size of the last level does not matter, since nothing follows it.
    """
    starts = [position]
    for count in counts[:-1]:
        starts.append(starts[-1] + count * node_size)
    return starts
