"""A FASTA opened through its index (.fai), which is made where it is missing, old or broken."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path

import pyfaidx

from regtrack.atomic import publish_file
from regtrack.errors import FastaError

_log = logging.getLogger(__name__)

_HEADER = 1 << 12  # bytes that a record's first line is looked for in
_TAIL = 1 << 16  # bytes behind the last record that are looked at


def open_fasta(path: Path, index: Path) -> pyfaidx.Fasta:
    """Open a FASTA, plain or bgzip; bgzip has an index of its own beside `index`, a .gzi.

    An index that is older than the FASTA is made anew. So is one that is broken or of another
    file, which is said through the log: it is the wrong one if its last record is not where it
    says, or does not end the file (looked for in plain files alone).

    Raises:
        FastaError: no FASTA, a record twice or without sequence, lines of uneven length, or a
            broken index in a folder that cannot be written.
    """
    index.parent.mkdir(parents=True, exist_ok=True)
    found = index.exists()
    try:
        fasta = _open(path, index)
        fits = not found or _fits(path, fasta)
    except FastaError:
        if not found:
            raise
        fits = False
    if not fits:
        fasta = _open_anew(path, index)
        _log.warning("%s was broken or of another file: it is made anew", index)
    for name, record in fasta.faidx.index.items():
        if record.rlen == 0:
            raise FastaError(f"{path}: record {name} has no sequence; take it out of the file")
    return fasta


def _open(path: Path, index: Path) -> pyfaidx.Fasta:
    """The FASTA by its index, which is made if it is not there or old."""
    packed = path.suffix.lower() in {".gz", ".bgz"}
    options = {"gzi_indexname": str(index.with_suffix(".gzi"))} if packed else {}
    try:
        return pyfaidx.Fasta(
            str(path), indexname=str(index), as_raw=True, read_ahead=None, **options
        )
    except struct.error as error:  # of bgzip's blocks
        raise FastaError(f"{path} is cut short; fetch it again") from error
    except RuntimeError as error:
        raise FastaError(
            f"{path} cannot be indexed as FASTA: lines of uneven length, or blank ones at its end"
        ) from error
    except (pyfaidx.FastaIndexingError, OSError, ValueError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        if "Duplicate key" in why:
            why += "; every record needs a name of its own (the first word after >)"
        raise FastaError(f"{path} cannot be indexed as FASTA: {why}") from error


def _open_anew(path: Path, index: Path) -> pyfaidx.Fasta:
    """The FASTA by an index that takes the place of a broken one, whole."""
    if not os.access(index.parent, os.W_OK):
        raise FastaError(f"the index {index} is broken or of another file; delete it")
    with publish_file(index, overwrite=True) as made:
        _open(path, made).close()
        made_gzi = made.with_suffix(".gzi")
        if made_gzi.exists():
            made_gzi.replace(index.with_suffix(".gzi"))
    return _open(path, index)


def _fits(path: Path, fasta: pyfaidx.Fasta) -> bool:
    """Whether the last record of the index begins and ends where that of the file does."""
    records = fasta.faidx.index
    if fasta.faidx._bgzf or not records:
        return bool(records)
    name, record = list(records.items())[-1]
    with path.open("rb") as file:
        file.seek(max(0, record.offset - _HEADER))
        before = b"\n" + file.read(min(record.offset, _HEADER))
        file.seek(record.bend)
        behind = file.read(_TAIL)
    if behind.strip():
        return False
    at = before.rfind(b"\n>")
    first_line = before[at + 2 :]
    return at < 0 or (
        first_line.split()[:1] == [name.encode()] and first_line.find(b"\n") == len(first_line) - 1
    )
