"""Open a FASTA through its index (.fai), which is built if it is missing, outdated or broken."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path

import pyfaidx

from regtrack.atomic import publish_file
from regtrack.errors import FastaError

_log = logging.getLogger(__name__)

_HEADER = 1 << 12  # bytes before a record's sequence in which its header line is searched
_TAIL = 1 << 16  # bytes after the last record that are checked


def open_fasta(path: Path, index: Path) -> pyfaidx.Fasta:
    """Open a FASTA, plain or bgzip; a bgzip file also gets a block index (.gzi) next to `index`.

    An index older than the FASTA is rebuilt. So is one that is broken or belongs to another file,
    with a warning in the log. An index belongs to another file if its last record does not begin
    where it says or does not end the file; this is checked for plain files only.

    Raises:
        FastaError: not a FASTA, a duplicate record or one without sequence, lines of uneven length,
            or a broken index in a folder that is not writable.
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
        fasta = _rebuild_index(path, index)
        _log.warning("%s was broken or belonged to another file: it was rebuilt", index)
    for name, record in fasta.faidx.index.items():
        if record.rlen == 0:
            raise FastaError(f"{path}: record {name} has no sequence; remove it from the file")
    return fasta


def _open(path: Path, index: Path) -> pyfaidx.Fasta:
    """Open the FASTA by its index, which pyfaidx builds if it is missing or outdated."""
    packed = path.suffix.lower() in {".gz", ".bgz"}
    options = {"gzi_indexname": str(index.with_suffix(".gzi"))} if packed else {}
    try:
        return pyfaidx.Fasta(
            str(path), indexname=str(index), as_raw=True, read_ahead=None, **options
        )
    except struct.error as error:  # from bgzip's blocks
        raise FastaError(f"{path} is truncated; download it again") from error
    except RuntimeError as error:
        raise FastaError(
            f"{path} cannot be indexed as FASTA: lines of uneven length, or blank ones at its end"
        ) from error
    except (pyfaidx.FastaIndexingError, OSError, ValueError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        if "Duplicate key" in why:
            why += "; every record needs a unique name (the first word after >)"
        raise FastaError(f"{path} cannot be indexed as FASTA: {why}") from error


def _rebuild_index(path: Path, index: Path) -> pyfaidx.Fasta:
    """Replace a broken index by a new one in one step, and open the FASTA by it."""
    if not os.access(index.parent, os.W_OK):
        raise FastaError(f"the index {index} is broken or belongs to another file; delete it")
    with publish_file(index, overwrite=True) as rebuilt:
        _open(path, rebuilt).close()
        rebuilt_gzi = rebuilt.with_suffix(".gzi")
        if rebuilt_gzi.exists():
            rebuilt_gzi.replace(index.with_suffix(".gzi"))
    return _open(path, index)


def _fits(path: Path, fasta: pyfaidx.Fasta) -> bool:
    """Whether the last record begins and ends in the file where the index says."""
    records = fasta.faidx.index
    if fasta.faidx._bgzf or not records:
        return bool(records)
    name, record = list(records.items())[-1]
    with path.open("rb") as file:
        file.seek(max(0, record.offset - _HEADER))
        before = b"\n" + file.read(min(record.offset, _HEADER))
        file.seek(record.bend)
        after = file.read(_TAIL)
    if after.strip():
        return False
    at = before.rfind(b"\n>")
    first_line = before[at + 2 :]
    return at < 0 or (
        first_line.split()[:1] == [name.encode()] and first_line.find(b"\n") == len(first_line) - 1
    )
