"""FASTA files of every kind, by their names."""

from __future__ import annotations

import gzip
from pathlib import Path

from Bio import bgzf


def write(path: Path, text: str) -> Path:
    """A FASTA: gzip where it is named .gz, bgzip where .bgz, else plain."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".bgz":
        with bgzf.BgzfWriter(str(path)) as out:
            out.write(text)
    else:
        path.write_text(text)
    return path
