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
    """The letters of each record, upper case, with N for all but A, C, G and T.

    Blanks are those of C, as samtools has them: a separator such as \\x1c is part of a name.
    """
    records: dict[bytes, bytes] = {}
    name = b""
    for line in re.split(rb"\r\n|\n|\r", text.removeprefix(b"\xef\xbb\xbf")):
        if line.startswith(b">"):
            name = line[1:].split()[0]
            records[name] = b""
        else:
            records[name] = records.get(name, b"") + re.sub(rb"\s", b"", line)
    return {
        name.decode(errors="surrogateescape"): "".join(
            letter if letter in "ACGT" else "N"
            for letter in bases.decode(errors="surrogateescape").upper()
        )
        for name, bases in records.items()
        if name
    }
