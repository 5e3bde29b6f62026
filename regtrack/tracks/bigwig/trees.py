"""Read the two trees of a bigWig: chromosomes by name, and the index of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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
    TREE_HEADER,
    TREE_MAGIC,
    Leaves,
)
from regtrack.tracks.bigwig.source import Source

Keys = npt.NDArray[np.uint64]
Indices = npt.NDArray[np.intp]

_LONGEST_NAME = 4096
_TREE = "chromosome tree"


@dataclass(frozen=True)
class Chrom:
    """A chromosome of a file: its name, number and length (bp)."""

    name: str
    number: int
    length: int


def read_chromosomes(source: Source, at: int) -> tuple[Chrom, ...]:
    """The chromosomes in the order of the tree at offset `at`.

    Raises:
        TrackError: the tree is damaged.
    """
    magic, _, width, value, count, _ = source.unpack(TREE_HEADER, at, _TREE)
    if magic != TREE_MAGIC:
        raise source.error(_TREE, at, f"magic {magic:#x}; expected {TREE_MAGIC:#x}")
    if not 1 <= width <= _LONGEST_NAME or value != CHROM_VALUE.size:
        raise source.error(_TREE, at, f"names of {width} bytes with values of {value}; expected 8")
    item = width + CHROM_VALUE.size
    chroms = []
    for node in _nodes(source, at + TREE_HEADER.size, item, width + CHILD.size, _TREE):
        for place in range(0, len(node.items) if node.leaf else 0, item):
            number, length = CHROM_VALUE.unpack_from(node.items, place + width)
            name = _name(source, node.at, node.items[place : place + width])
            chroms.append(Chrom(name, number, length))
    if len(chroms) != count:
        raise source.error(_TREE, at, f"{len(chroms):,} chromosomes; its header says {count:,}")
    return tuple(chroms)


def read_index(source: Source, at: int, what: str) -> Leaves:
    """The leaves of the index at offset `at`, in order: one `layout.LEAF` (bp) per block, (n,).

    Raises:
        TrackError: the index is damaged, or a node exceeds the span of its parent.
    """
    return _leaves(source, at, what, lambda items: np.arange(len(items)))


def search_index(source: Source, at: int, what: str, stretch: tuple[int, int, int]) -> Leaves:
    """The leaves of the blocks that may have values in a region, `layout.LEAF` (n,).

    Only the nodes above them are read, which are few however long the genome is, so the index need
    not be kept in memory.

    Args:
        source: the file.
        at: offset of the index (bytes).
        what: the index's name, for messages.
        stretch: the region: chromosome number, first base, and one past the last base (bp).

    Raises:
        TrackError: one of these nodes is damaged, or exceeds the span of its parent.
    """
    chrom, start, end = stretch
    low, high = np.uint64(chrom << 32 | start), np.uint64(chrom << 32 | end)

    def near(items: Leaves) -> Indices:
        begins = order_key(items["first_chrom"], items["start"])
        ends = order_key(items["last_chrom"], items["end"])
        return np.flatnonzero((begins < high) & (ends > low))

    return _leaves(source, at, what, near)


def _leaves(source: Source, at: int, what: str, choose: Callable[[Leaves], Indices]) -> Leaves:
    """The chosen leaves under chosen branches."""
    magic, *_ = source.unpack(INDEX_HEADER, at, what)
    if magic != INDEX_MAGIC:
        raise source.error(what, at, f"magic {magic:#x}; expected {INDEX_MAGIC:#x}")
    leaves = [np.empty(0, dtype=LEAF)]
    root = at + INDEX_HEADER.size

    def children(items: bytes) -> list[int]:
        chosen: list[int] = choose(np.frombuffer(items, dtype=BRANCH)).tolist()
        return chosen

    for node in _nodes(source, root, LEAF.itemsize, BRANCH.itemsize, what, choose=children):
        items = np.frombuffer(node.items, dtype=LEAF if node.leaf else BRANCH)
        if node.above and not _within(items, np.frombuffer(node.above, dtype=BRANCH)[0]):
            raise source.error(what, node.at, "this node exceeds the span of its parent")
        if node.leaf:
            leaves.append(items[choose(items)])
    return np.concatenate(leaves)


@dataclass(frozen=True)
class _Node:
    """A tree's node: its offset, the parent's item that points to it, and its own items."""

    at: int
    above: bytes
    leaf: bool
    items: bytes


def _nodes(
    source: Source,
    root: int,
    leaf_item: int,
    branch_item: int,
    what: str,
    *,
    choose: Callable[[bytes], list[int]] | None = None,
) -> Iterator[_Node]:
    """The nodes from left to right, parents first; items of a branch end with a child's offset.

    `choose` selects the children of a branch to visit, by number; None visits all.
    """
    pending = [(root, b"")]
    seen: set[int] = set()
    room = source.size
    while pending:
        at, above = pending.pop()
        is_leaf, _, count = source.unpack(NODE_HEADER, at, what)
        size = leaf_item if is_leaf else branch_item
        items = source.read(at + NODE_HEADER.size, count * size, what)
        room -= len(items)
        # nodes do not share bytes, so a cyclic tree soon exceeds the file's size
        if is_leaf not in (0, 1) or at in seen or room < 0:
            raise source.error(what, at, "this node cannot be part of a tree")
        seen.add(at)
        yield _Node(at, above, bool(is_leaf), items)
        if not is_leaf:
            chosen = range(count) if choose is None else choose(items)
            children = [items[number * size : (number + 1) * size] for number in chosen]
            pending += [(CHILD.unpack(child[-CHILD.size :])[0], child) for child in children[::-1]]


def _name(source: Source, at: int, key: bytes) -> str:
    try:
        return key.rstrip(b"\0").decode()
    except UnicodeDecodeError as error:
        raise source.error(_TREE, at, f"{key!r} is not a name") from error


def _within(items: Leaves, above: np.void) -> bool:
    low = order_key(items["first_chrom"], items["start"]) >= order_key(
        above["first_chrom"], above["start"]
    )
    high = order_key(items["last_chrom"], items["end"]) <= order_key(
        above["last_chrom"], above["end"]
    )
    return bool(low.all() and high.all())


def order_key(chrom: npt.NDArray[np.uint32], base: npt.NDArray[np.uint32]) -> Keys:
    """Chromosome number and base (bp), uint32 (n,) each, as one sortable number, uint64 (n,)."""
    key: Keys = np.asarray(chrom, dtype=np.uint64) << np.uint64(32) | base
    return key
