"""FASTA files of tests: written as their names say, and read in the simplest way."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from Bio import bgzf


def write(path: Path, text: str | bytes) -> Path:
    """Write a FASTA: gzip if its name ends in .gz, bgzip if in .bgz, else plain."""
    content = text.encode() if isinstance(text, str) else text
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(content))
    elif path.suffix == ".bgz":
        with bgzf.BgzfWriter(str(path)) as out:
            out.write(content)
    else:
        path.write_bytes(content)
    return path


def letters_of(text: bytes) -> dict[str, str]:
    """The letters of each record, upper case, with N for all but A, C, G and T."""
    records: dict[str, str] = {}
    name = ""
    for line in re.split(
        r"\r\n|\n|\r", text.decode(errors="surrogateescape").removeprefix("\ufeff")
    ):
        if line.startswith(">"):
            name = line[1:].split()[0]
            records[name] = ""
        else:
            records[name] = records.get(name, "") + re.sub(r"\s", "", line)
    return {name: re.sub("[^ACGT]", "N", bases.upper()) for name, bases in records.items() if name}
