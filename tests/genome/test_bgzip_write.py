"""Written bgzip, as others and we read it."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from Bio import bgzf

from regtrack.genome.bgzip_blocks import read_blocks, walk_blocks
from regtrack.genome.bgzip_write import BgzipWriter

RANDOM = random.Random(2).randbytes(200_000)  # which no compression makes smaller


@pytest.mark.parametrize("content", [b"", b"A", b"ACGT" * 40_000, RANDOM, RANDOM[:65_280]])
@pytest.mark.parametrize("step", [7_777, 1 << 20])
def test_every_reader_finds_what_was_written(tmp_path: Path, content: bytes, step: int) -> None:
    path = tmp_path / "a.gz"
    with path.open("wb") as file, BgzipWriter(file) as out:
        for start in range(0, len(content), step):
            out.write(content[start : start + step])
    assert gzip.decompress(path.read_bytes()) == content
    with bgzf.open(path, "rb") as other:
        assert other.read(1 << 30) == content
    blocks = walk_blocks(path)
    assert blocks.size == len(content)
    assert read_blocks(path, blocks.gzi()) is not None
