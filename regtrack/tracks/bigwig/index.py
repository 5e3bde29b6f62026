"""The R-tree index of blocks and the B+ tree of chromosome names, as bytes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from regtrack.tracks.bigwig.layout import (
    BRANCH,
    CHILD,
    INDEX_HEADER,
    INDEX_MAGIC,
    LAST_BASE,
    LEAF,
    NODE_HEADER,
    SLOTS_PER_NODE,
    TREE_HEADER,
    TREE_MAGIC,
    Leaves,
    order_key,
)


def chromosome_tree(names: Sequence[str], lengths: Sequence[int], position: int) -> bytes:
    """The B+ tree from names to numbers and lengths (bp).

    Args:
        names: sorted bytewise, since readers search by bisection; a name's index is its number.
        lengths: length of each (bp).
        position: offset of the tree in the file (bytes).
    """
    keys = np.array([name.encode() for name in names])  # padded with zero bytes
    values = np.zeros(len(keys), dtype=[("number", "<u4"), ("length", "<u4")])
    values["number"], values["length"] = np.arange(len(keys)), lengths
    return key_tree(keys, values, position)


def key_tree(keys: npt.NDArray[np.bytes_], values: npt.NDArray[np.void], position: int) -> bytes:
    """A B+ tree from keys to values, packed from the leaves up.

    Args:
        keys: sorted bytewise, `bytes_` (n,).
        values: of the keys, records of any dtype, (n,).
        position: offset of the tree in the file (bytes).
    """
    width = max(keys.itemsize, 1)
    fanout = max(min(SLOTS_PER_NODE, len(keys)), 1)
    leaves = np.zeros(len(keys), dtype=[("key", f"S{width}"), ("value", values.dtype)])
    leaves["key"], leaves["value"] = keys, values
    leaf_size = NODE_HEADER.size + fanout * leaves.itemsize
    branch_size = NODE_HEADER.size + fanout * (width + CHILD.size)
    counts = _nodes_per_level(len(keys), fanout)
    starts = _level_starts(position + TREE_HEADER.size, counts, branch_size)
    parts = [TREE_HEADER.pack(TREE_MAGIC, fanout, width, values.itemsize, len(keys), 0)]
    for level, below in enumerate(counts[1:], 1):
        reach = fanout ** (len(counts) - level)  # keys below one item of this level
        size = leaf_size if level == len(counts) - 1 else branch_size
        branches = np.zeros(below, dtype=[("key", f"S{width}"), ("child", "<u8")])
        branches["key"] = keys[::reach]
        branches["child"] = starts[level] + np.arange(below) * size
        parts.append(_nodes(branches, fanout, branch_size, leaf=False))
    return b"".join([*parts, _nodes(leaves, fanout, leaf_size, leaf=True)])


def make_leaves(blocks: npt.NDArray[np.void], offset: int) -> Leaves:
    """The leaves of the index, `LEAF` (n,), for adjacent blocks, each of one chromosome.

    Args:
        blocks: `BLOCK_ENTRY` (n,): chromosome's number, start and end (bp) and size (bytes).
        offset: offset of the first block in the file (bytes).
    """
    leaves = np.zeros(len(blocks), dtype=LEAF)
    leaves["first_chrom"] = leaves["last_chrom"] = blocks["chrom"]
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
        leaves: `LEAF` (n,) in file order, which is by chromosome and start (bp); those of a bigBed
            may overlap.
        position: offset of the index in the file (bytes), which is where the blocks end.
        items_per_block: items per block for the header; readers do not rely on it.
    """
    counts = _nodes_per_level(len(leaves), SLOTS_PER_NODE)
    branch_size = NODE_HEADER.size + SLOTS_PER_NODE * BRANCH.itemsize
    leaf_size = NODE_HEADER.size + SLOTS_PER_NODE * LEAF.itemsize
    starts = _level_starts(position + INDEX_HEADER.size, counts, branch_size)
    parts = [_nodes(leaves, SLOTS_PER_NODE, leaf_size, leaf=True)]
    items, size = leaves, leaf_size
    for start in reversed(starts[1:]):
        items = _parents(items, start, size)
        parts.insert(0, _nodes(items, SLOTS_PER_NODE, branch_size, leaf=False))
        size = branch_size
    first = leaves[0] if len(leaves) else np.zeros((), dtype=LEAF)
    last = int(_ends(leaves).max(initial=0))
    head = INDEX_HEADER.pack(
        INDEX_MAGIC, SLOTS_PER_NODE, len(leaves), first["first_chrom"], first["start"],
        last >> 32, last & LAST_BASE, position, items_per_block, 0,
    )  # fmt: skip
    return b"".join([head, *parts])


def _parents(items: Leaves, start: int, node_size: int) -> Leaves:
    """One item per node of `items`, with its span and its future offset."""
    firsts = np.arange(0, len(items), SLOTS_PER_NODE)
    parents = np.zeros(len(firsts), dtype=BRANCH)
    parents["first_chrom"] = items["first_chrom"][firsts]
    parents["start"] = items["start"][firsts]
    lasts = np.maximum.reduceat(_ends(items), firsts)
    parents["last_chrom"], parents["end"] = lasts >> np.uint64(32), lasts & np.uint64(LAST_BASE)
    parents["offset"] = np.uint64(start) + np.arange(len(firsts), dtype=np.uint64) * node_size
    return parents


def _ends(items: Leaves) -> npt.NDArray[np.uint64]:
    """Where items end, as sortable numbers, uint64 (n,)."""
    return order_key(items["last_chrom"], items["end"])


def _nodes(items: npt.NDArray[np.void], fanout: int, node_size: int, *, leaf: bool) -> bytes:
    """Nodes of one level, each padded to its size; one empty node if there are no items."""
    nodes = np.zeros((max(-(-len(items) // fanout), 1), node_size), dtype=np.uint8)
    counts = np.full(len(nodes), fanout)
    counts[-1] = len(items) - (len(nodes) - 1) * fanout
    nodes[:, 0] = leaf
    nodes[:, 2:4] = counts.astype("<u2")[:, None].view(np.uint8)
    slots = np.zeros((len(nodes), fanout * items.itemsize), dtype=np.uint8)
    slots.reshape(-1)[: items.nbytes] = np.frombuffer(items.tobytes(), dtype=np.uint8)
    nodes[:, NODE_HEADER.size : NODE_HEADER.size + slots.shape[1]] = slots
    return nodes.tobytes()


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
