"""Tracks to write and read back: random ones for hypothesis, and their true contents."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from regtrack.genome.assembly import Assembly
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.encode import encode
from regtrack.tracks.bigwig.raw import RawBigWig

NAMES = ("chr1", "chr2", "chr10", "chrX", "1", "scaffold_0007", "chr1_alt", "HLA-A*01:01")


@dataclass(frozen=True)
class Case:
    """An assembly, values per chromosome, and the indices at which to cut them into stretches."""

    assembly: Assembly
    values: dict[str, npt.NDArray[np.float32]]
    resolution: int = 1
    cuts: dict[str, Sequence[int]] = field(default_factory=dict)

    def by_base(self, chrom: str) -> npt.NDArray[np.float32]:
        """One value per base, as readers return them."""
        return np.repeat(self.values[chrom], self.resolution)[: self.assembly.length(chrom)]

    def write(self, path: Path, *, overwrite: bool = False) -> None:
        """Write stretch by stretch."""
        with create_bigwig(
            path, self.assembly, resolution=self.resolution, overwrite=overwrite
        ) as file:
            for number, chrom in enumerate(file.chroms):
                values, length = self.values[chrom], self.assembly.length(chrom)
                edges = [0, *self.cuts.get(chrom, ()), len(values)]
                for left, right in pairwise(edges):
                    start, stop = left * self.resolution, min(right * self.resolution, length)
                    part = values[left:right]
                    file.append(encode(number, start, part, resolution=self.resolution, end=stop))


@contextmanager
def written(case: Case) -> Iterator[Path]:
    """The case as a file, which is removed at the end of the block."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "case.bw"
        case.write(path)
        yield path


def pieces(rng: np.random.Generator, count: int) -> npt.NDArray[np.float32]:
    """Values in pieces: absent, probabilities, runs of equal values, any finite float32."""
    values = np.full(count, np.nan, dtype=np.float32)
    at = 0
    while at < count:
        size = min(int(rng.integers(1, [2, 20, 400, 9000][rng.integers(4)] + 1)), count - at)
        part = values[at : at + size]
        kind = rng.integers(5)
        if kind == 0:
            part[:] = rng.random(size)
        elif kind == 1:
            part[:] = np.round(rng.random(), 2)
        elif kind == 2:
            part[:] = np.repeat(rng.normal(size=-(-size // 7)), 7)[:size]
        elif kind == 3:
            part[:] = np.where(rng.random(size) < 0.5, rng.random(size), np.nan)
        at += size
    bits = rng.integers(0, 2**32, size=count, dtype=np.uint32).view(np.float32)
    wild = np.isfinite(bits) & (rng.random(count) < rng.choice([0, 0, 0.01]))
    return np.where(wild, bits, values)


@st.composite
def cases(draw: st.DrawFn, longest: int = 40_000) -> Case:
    """Random gaps, lengths, chromosome counts and orders, resolutions and cuts."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4, unique=True))
    lengths = [draw(st.integers(1, draw(st.sampled_from([3, 700, longest])))) for _ in names]
    resolution = draw(st.sampled_from([1, 1, 3, 10, 25, 200]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = {
        name: pieces(rng, -(-length // resolution))
        for name, length in zip(names, lengths, strict=True)
    }
    cuts = {}
    for name in names:
        count = draw(st.integers(0, 4))
        cuts[name] = sorted(rng.integers(0, len(values[name]) + 1, size=count).tolist())
    return Case(Assembly(tuple(names), tuple(lengths)), values, resolution, cuts)


def own_track(path: Path) -> dict[str, npt.NDArray[np.float32]]:
    """The file as read by our own reader, one value per base."""
    with RawBigWig(path) as raw:
        track = {c.number: np.full(c.length, np.nan, dtype=np.float32) for c in raw.chroms}
        for leaf in raw.index:
            block = raw.block(leaf)
            lengths = block.ends - block.starts
            bases = np.repeat(block.ends - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
            track[block.chrom][bases] = np.repeat(block.values, lengths)
        return {c.name: track[c.number] for c in raw.chroms}


def zoom_levels(path: Path) -> dict[int, npt.NDArray[Any]]:
    """All zoom records by level."""
    with RawBigWig(path) as raw:
        return {
            level.reduction: np.concatenate(
                [raw.records(leaf) for leaf in raw.zoom_index(level)] or [np.empty(0)]
            )
            for level in raw.header.zooms
        }
