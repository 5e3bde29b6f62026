"""Write FASTA files, plain, gzip or bgzip, as their names say."""

from __future__ import annotations

import gzip
from pathlib import Path

from Bio import bgzf


def write(path: Path, text: str) -> Path:
    """Write a FASTA: gzip if its name ends in .gz, bgzip if in .bgz, else plain."""
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    elif path.suffix == ".bgz":
        with bgzf.BgzfWriter(str(path)) as out:
            out.write(text)
    else:
        path.write_text(text)
    return path
