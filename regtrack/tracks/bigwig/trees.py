"""Read the two trees of a bigWig: chromosomes by name, and the index of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

from regtrack.files.shown import shown
from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.layout import (
    BRANCH,
    CHILD,
    CHROM_VALUE,
    INDEX_HEADER,
    INDEX_MAGIC,
    LEAF,
    LONGEST_NAME,
    NODE_HEADER,
    TREE_HEADER,
    TREE_MAGIC,
    Keys,
    Leaves,
    order_key,
)
from regtrack.tracks.bigwig.source import Source

Indices = npt.NDArray[np.intp]

_TREE = "chromosome tree"


@dataclass(frozen=True, slots=True)
class Chrom:
    """A chromosome of a file: its name, number and length (bp)."""

    name: str
    number: int
    length: int


@dataclass(frozen=True, eq=False)
class ChromTree:
    """The chromosome tree of a file.

    Attributes:
        chroms: the chromosomes, in the order of the tree.
    """

    chroms: tuple[Chrom, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Chrom]:
        """The chromosomes by name."""
        return {chrom.name: chrom for chrom in self.chroms}

    @cached_property
    def assembly(self) -> Assembly:
        """Names and lengths of the chromosomes.

        Raises:
            AssemblyError: there are none, or one is listed twice or has length 0.
        """
        names = tuple(chrom.name for chrom in self.chroms)
        return Assembly(names, tuple(chrom.length for chrom in self.chroms))


def read_chromosomes(source: Source, at: int) -> tuple[ChromTree, int]:
    """The chromosome tree at offset `at`, and how many of its nodes have chromosomes.

    Readers look at every name of such a node, and find the node by bisection.

    Raises:
        TrackError: the tree is damaged.
    """
    magic, _, width, value, count, _ = source.unpack(TREE_HEADER, at, _TREE)
    if magic != TREE_MAGIC:
        raise source.error(_TREE, at, f"magic {magic:#x}; expected {TREE_MAGIC:#x}")
    if not 1 <= width <= LONGEST_NAME or value != CHROM_VALUE.size:
        raise source.error(_TREE, at, f"names of {width} bytes with values of {value}; expected 8")
    item = width + CHROM_VALUE.size
    nodes = _nodes(source, at + TREE_HEADER.size, item, width + CHILD.size, _TREE)
    leaves = [node.items for node in nodes if node.leaf]
    found = sum(map(len, leaves)) // item
    if found != count:
        raise source.error(_TREE, at, f"{found:,} chromosomes; its header says {count:,}")
    try:
        return _chrom_tree(b"".join(leaves), width, source.big_endian), len(leaves)
    except UnicodeDecodeError as error:
        message = f"the name {shown(error.object)} is not UTF-8"
        raise source.error(_TREE, at, message) from error


@lru_cache(maxsize=4)
def _chrom_tree(items: bytes, width: int, big_endian: bool) -> ChromTree:
    """The chromosomes in the leaves of a tree; files of one sweep share them in memory."""
    row = np.dtype([("name", f"S{width}"), ("number", "<u4"), ("length", "<u4")])
    rows = np.frombuffer(items, row.newbyteorder(">" if big_endian else "<"))
    names = map(bytes.decode, rows["name"].tolist())
    return ChromTree(tuple(map(Chrom, names, rows["number"].tolist(), rows["length"].tolist())))


def read_index(source: Source, at: int, what: str) -> Leaves:
    """The leaves of the index at offset `at`, in order: one `layout.LEAF` (bp) per block, (n,).

    Raises:
        TrackError: the index is damaged, or a node exceeds the span of its parent.
    """
    return _leaves(source, at, what, lambda begins, _: np.arange(len(begins)))


def search_index(source: Source, at: int, what: str, lows: Keys, highs: Keys) -> Leaves:
    """The leaves of the blocks that may have values in some regions, `layout.LEAF` (n,).

    Only the nodes above them are read, which are few however long the genome is, so the index need
    not be kept in memory.

    Args:
        source: the file.
        at: offset of the index (bytes).
        what: the index's name, for messages.
        lows: the `order_key` of the first base of each region, uint64 (regions,), in any order.
        highs: that of the base after its last, uint64 (regions,).

    Raises:
        TrackError: one of these nodes is damaged, or exceeds the span of its parent.
    """
    lows, highs = np.sort(lows), np.sort(highs)

    def near(begins: Keys, ends: Keys) -> Indices:
        if len(lows) == 1:
            return np.flatnonzero((ends > lows[0]) & (begins < highs[0]))
        # regions that begin before an item's end, without those that end before it begins
        begun, ended = np.searchsorted(lows, ends), np.searchsorted(highs, begins, side="right")
        return np.flatnonzero(begun > ended)

    return _leaves(source, at, what, near)


def _leaves(source: Source, at: int, what: str, choose: Callable[[Keys, Keys], Indices]) -> Leaves:
    """The chosen leaves under chosen branches, by the keys of where items begin and end."""
    magic, *_ = source.unpack(INDEX_HEADER, at, what)
    if magic != INDEX_MAGIC:
        raise source.error(what, at, f"magic {magic:#x}; expected {INDEX_MAGIC:#x}")
    leaves = []
    root = at + INDEX_HEADER.size

    def children(items: bytes) -> list[int]:
        chosen: list[int] = choose(*_span(source.table(items, BRANCH))).tolist()
        return chosen

    for node in _nodes(source, root, LEAF.itemsize, BRANCH.itemsize, what, choose=children):
        items = source.table(node.items, LEAF if node.leaf else BRANCH)
        if not node.above and not node.leaf:
            continue
        begins, ends = _span(items)
        if node.above:
            low, high = _span(source.table(node.above, BRANCH))
            if (begins < low).any() or (ends > high).any():
                raise source.error(what, node.at, "this node exceeds the span of its parent")
        if node.leaf:
            leaves.append(items[choose(begins, ends)])
    # joining one would take longer than all else
    found = leaves[0] if len(leaves) == 1 else np.concatenate([np.empty(0, dtype=LEAF), *leaves])
    _check_apart(source, at, what, found)
    return found


def _span(items: Leaves) -> tuple[Keys, Keys]:
    """Where items begin and end, as keys, uint64 (n,) each."""
    begins = order_key(items["first_chrom"], items["start"])
    return begins, order_key(items["last_chrom"], items["end"])


def _check_apart(source: Source, at: int, what: str, leaves: Leaves) -> None:
    """Refuse blocks that share bytes, of which a small file could have any number."""
    if len(leaves) < 2:
        return
    order = np.argsort(leaves["offset"], kind="stable")
    offsets, sizes = leaves["offset"][order], leaves["size"][order]
    shared = sizes[:-1] > offsets[1:] - offsets[:-1]
    if shared.any():
        first = int(offsets[np.argmax(shared)])
        message = f"{int(shared.sum()):,} blocks share bytes with another, the first at {first:,}"
        raise source.error(what, at, message)


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
            address = source.form(CHILD)
            pending += [
                (address.unpack(child[-CHILD.size :])[0], child) for child in children[::-1]
            ]
