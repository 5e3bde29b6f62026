"""A small bigWig writer for files as other tools write them, and as nobody should.

It follows the format's description (Kent et al. 2010) and shares no code with regtrack's encoder.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

CHROMS = (("chr1", 5_000), ("chr2", 300))

# kind, chromosome number, and the items as (start, end, value)
Item = tuple[int, int, float]
Section = tuple[int, int, Sequence[Item]]
SECTIONS: tuple[Section, ...] = (
    (1, 0, ((0, 10, 1.0), (12, 400, 2.5))),  # bedGraph
    (3, 0, tuple((at, at + 5, at / 8) for at in range(1_000, 1_100, 10))),  # fixedStep, with gaps
    (2, 0, ((2_000, 2_020, -1.0), (2_100, 2_120, 0.0), (2_120, 2_140, 7.0))),  # variableStep
    (1, 0, ((4_999, 5_000, 3.0),)),
    (2, 1, ((299, 300, 0.25),)),
)


@dataclass
class Odd:
    """A bigWig and how it is written.

    Attributes:
        sections: the data, a block each, in the order of the index.
        chroms: names and lengths (bp).
        order: `<` or `>`: the byte order.
        packed: whether blocks are compressed.
        count: bytes of the number of blocks: 4 or 8.
        version: the version of the format.
        zoom: bp per record of the only zoom level; 0: no level.
        summary: `right`, `zero` or `none`.
        extension: whether the header has an extension.
        fanout: items per node of both trees.
        shuffled: whether the blocks lie in reverse order in the file.
        apart: bytes of padding between blocks.
        tail: what follows the last block: the magic number, or other bytes.
        stated: the block size in the header; None: the right one.
        bombs: unpacked content of data blocks, by number, in place of the sections'.
        zoom_blocks: unpacked content of zoom blocks, in place of the right one.
        zoom_spans: their spans in the index; default: all of the data.
    """

    sections: Sequence[Section] = SECTIONS
    chroms: Sequence[tuple[str, int]] = CHROMS
    order: str = "<"
    packed: bool = True
    count: int = 8
    version: int = 4
    zoom: int = 100
    summary: str = "right"
    extension: bool = False
    fanout: int = 256
    shuffled: bool = False
    apart: int = 0
    tail: bytes | None = None
    stated: int | None = None
    bombs: Mapping[int, bytes] = field(default_factory=dict)
    zoom_blocks: Sequence[bytes] = ()
    zoom_spans: Sequence[tuple[int, ...]] = ()
    _out: bytearray = field(default_factory=bytearray)

    def write(self, path: Path) -> Path:
        """Write the file."""
        blocks = [self._block(*section) for section in self.sections]
        for number, content in self.bombs.items():
            blocks[number] = self._pack(content)
        spans = [(c, items[0][0], c, items[-1][1]) for _, c, items in self.sections]
        records = [] if self.zoom_blocks else self._records()
        self._out = bytearray(64 + 24 * bool(self.zoom))
        summary_at = 0
        if self.summary != "none":
            summary_at = self._put(
                "Qdddd", *(self._summary() if self.summary == "right" else 5 * [0])
            )
        extension_at = self._put("HH60x", 64, 0) if self.extension else 0
        tree_at = self._chrom_tree()
        data_at = self._put("Q" if self.count == 8 else "I", len(blocks))
        leaves = self._data(blocks, spans)
        index_at = self._index(leaves)
        if self.zoom:
            blocks = self.zoom_blocks or [
                b"".join(self._pack_one("IIIIffff", *record) for record in records)
            ]
            zoom_at = self._put("I", sum(map(len, blocks)) // 32)
            last, length = len(self.chroms) - 1, self.chroms[-1][1]
            zoom_spans = self.zoom_spans or [(0, 0, last, length)] * len(blocks)
            zoom_index = self._index(self._data([self._pack(b) for b in blocks], zoom_spans))
            struct.pack_into(self.order + "IIQQ", self._out, 64, self.zoom, 0, zoom_at, zoom_index)
        tail = self._pack_one("I", 0x888FFC26) if self.tail is None else self.tail
        largest = max(24 + 12 * len(items) for _, _, items in self.sections)
        largest = max(largest, 32 * len(records)) if self.packed else 0
        struct.pack_into(
            self.order + "IHHQQQHHQQIQ", self._out, 0, 0x888FFC26, self.version, bool(self.zoom),
            tree_at, data_at, index_at, 0, 0, 0, summary_at,
            largest if self.stated is None else self.stated, extension_at,
        )  # fmt: skip
        path.write_bytes(bytes(self._out) + tail)
        return path

    def values(self) -> dict[str, npt.NDArray[np.float32]]:
        """What the file says, one value per base."""
        track = [np.full(length, np.nan, dtype=np.float32) for _, length in self.chroms]
        for _, chrom, items in self.sections:
            for start, end, value in items:
                track[chrom][start:end] = value
        return {name: values for (name, _), values in zip(self.chroms, track, strict=True)}

    def _pack_one(self, form: str, *numbers: float) -> bytes:
        return struct.pack(self.order + form, *numbers)

    def _put(self, form: str, *numbers: float) -> int:
        return self._append(self._pack_one(form, *numbers))

    def _append(self, data: bytes) -> int:
        at = len(self._out)
        self._out += data
        return at

    def _pack(self, data: bytes) -> bytes:
        return zlib.compress(data) if self.packed else data

    def _block(self, kind: int, chrom: int, items: Sequence[Item]) -> bytes:
        start, end = items[0][0], items[-1][1]
        span = 0 if kind == 1 else items[0][1] - start
        step = items[1][0] - start if kind == 3 and len(items) > 1 else 0
        head = self._pack_one("IIIIIBBH", chrom, start, end, step, span, kind, 0, len(items))
        body = b"".join(
            self._pack_one("IIf", *item) if kind == 1
            else self._pack_one("If", item[0], item[2]) if kind == 2
            else self._pack_one("f", item[2])
            for item in items
        )  # fmt: skip
        return self._pack(head + body)

    def _records(self) -> list[tuple[float, ...]]:
        """Zoom records on a grid, from the values by base."""
        found: list[tuple[float, ...]] = []
        track = self.values()
        for number, (name, length) in enumerate(self.chroms):
            values = track[name].astype(np.float64)
            for start in range(0, length, self.zoom or length):
                end = min(start + (self.zoom or length), length)
                part = values[start:end]
                part = part[~np.isnan(part)]
                if len(part):
                    numbers = len(part), part.min(), part.max(), part.sum(), (part**2).sum()
                    found.append((number, start, end, *numbers))
        return found

    def _summary(self) -> tuple[float, ...]:
        values = np.concatenate(list(self.values().values())).astype(np.float64)
        values = values[~np.isnan(values)]
        return len(values), values.min(), values.max(), values.sum(), (values**2).sum()

    def _chrom_tree(self) -> int:
        width = max(len(name.encode()) for name, _ in self.chroms)
        keys = [name.encode().ljust(width, b"\0") for name, _ in self.chroms]
        items = [
            key + self._pack_one("II", number, length)
            for number, (key, (_, length)) in enumerate(zip(keys, self.chroms, strict=True))
        ]
        at = self._put("IIIIQQ", 0x78CA8C91, self.fanout, width, 8, len(items), 0)
        self._tree(items, keys)
        return at

    def _data(self, blocks: Sequence[bytes], spans: Sequence[tuple[int, ...]]) -> list[bytes]:
        """Write blocks; returns their entries in the index."""
        places = {}
        order = range(len(blocks))
        for number in reversed(order) if self.shuffled else order:
            places[number] = self._append(blocks[number])
            self._append(b"\xee" * self.apart)
        return [
            self._pack_one("IIIIQQ", *spans[number], places[number], len(blocks[number]))
            for number in order
        ]

    def _index(self, leaves: Sequence[bytes]) -> int:
        first, last = leaves[0], leaves[-1]
        at = self._append(
            self._pack_one("IIQ", 0x2468ACE0, self.fanout, len(leaves))
            + first[:8] + last[8:16] + self._pack_one("QII", len(self._out), 1, 0)
        )  # fmt: skip
        self._tree(leaves, None)
        return at

    def _tree(self, items: Sequence[bytes], keys: Sequence[bytes] | None) -> None:
        """Write the nodes of a tree, root first: the B+ tree if there are keys, or the R-tree."""
        levels = [list(items)]
        while len(levels[0]) > self.fanout:
            groups = [
                levels[0][at : at + self.fanout] for at in range(0, len(levels[0]), self.fanout)
            ]
            levels.insert(0, [self._parent(group, keys) for group in groups])
        at = len(self._out)
        for depth, level in enumerate(levels):
            nodes = [level[i : i + self.fanout] for i in range(0, len(level), self.fanout)]
            leaf = depth == len(levels) - 1
            at += sum(4 + len(b"".join(node)) + 8 * len(node) * (not leaf) for node in nodes)
            child = at
            for number, node in enumerate(nodes):
                self._append(self._pack_one("BBH", leaf, 0, len(node)))
                for item_number, item in enumerate(node):
                    if leaf:
                        self._append(item)
                        continue
                    below = levels[depth + 1]
                    first = (number * self.fanout + item_number) * self.fanout
                    size = len(b"".join(below[first : first + self.fanout]))
                    last = depth + 1 == len(levels) - 1
                    self._append(item + self._pack_one("Q", child))
                    child += 4 + size + 8 * len(below[first : first + self.fanout]) * (not last)

    def _parent(self, group: Sequence[bytes], keys: Sequence[bytes] | None) -> bytes:
        """A branch's item, without its child's offset."""
        return group[0][: len(keys[0])] if keys else group[0][:8] + group[-1][8:16]
