"""One bgzip FASTA of a 2bit, or of a FASTA per chromosome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import py2bit

from regtrack.disk_errors import disk_errors
from regtrack.errors import FastaError, FetchError, nearest
from regtrack.files.recognise import recognise_file
from regtrack.files.shown import listed
from regtrack.files.source import Source
from regtrack.genome.bgzip_write import BgzipWriter
from regtrack.genome.fasta_open import open_fasta
from regtrack.progress import Progress

_LINE = 50  # bases, as in UCSC's FASTA files
_PIECE = 160_000 * _LINE  # bases that are unpacked at once


def make_reference(
    parts: Sequence[Path], chroms: Sequence[str], out: Path, progress: Progress
) -> None:
    """Write a bgzip FASTA with its `.fai` and `.gzi`, letters in the case of the source.

    Args:
        parts: a 2bit file, or FASTA files, in order.
        chroms: those to keep of a 2bit file, and expected of FASTA files; empty: all.
        out: the file to write.
        progress: shows the bytes of the FASTA, unpacked.

    Raises:
        FetchError: a 2bit file lacks a chromosome.
        FastaError: a part is damaged, or FASTA files hold other chromosomes.
        OutputError: it cannot be written.
    """
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
    pieces = _of_2bit if recognise_file(parts[0]).endswith("2bit file") else _of_fasta
    with (
        progress.task(f"Writing {out.name}", None, "B") as task,
        disk_errors(out),
        out.open("wb") as file,
        BgzipWriter(file) as packed,
    ):
        for text in pieces(parts, chroms):
            packed.write(text)
            task.advance(len(text))
    found = open_fasta(out, bgzip=True).index.names
    if chroms and sorted(found) != sorted(chroms):
        raise FastaError(
            f"the files hold {listed(found)}; expected {listed(list(chroms))}; correct their rows "
            "in the table of sources (only a 2bit file can be read in part)"
        )


def _of_2bit(parts: Sequence[Path], chroms: Sequence[str]) -> Iterator[bytes]:
    """The FASTA of a 2bit file, its soft-masked bases in lower case."""
    (path,) = parts
    try:
        twobit = py2bit.open(str(path), True)
        try:
            lengths = twobit.chroms()
            for name in _kept(path, list(lengths), chroms):
                yield f">{name}\n".encode()
                for start in range(0, lengths[name], _PIECE):
                    end = min(start + _PIECE, lengths[name])
                    yield _lines(twobit.sequence(name, start, end).encode())
        finally:
            twobit.close()
    except RuntimeError as error:
        raise FastaError(f"{path} is damaged ({error}); fetch it again") from error


def _kept(path: Path, names: Sequence[str], chroms: Sequence[str]) -> list[str]:
    """The chromosomes to keep, in the order of the file."""
    missing = [name for name in chroms if name not in names]
    if missing:
        raise FetchError(
            f"{path.name} has no {listed(missing)}; expected some of its {len(names):,}, such as "
            f"{listed(names)}{nearest(missing[0], names)}"
        )
    return [name for name in names if not chroms or name in chroms]


def _lines(bases: bytes) -> bytes:
    """Bases in lines; only the last one may be shorter."""
    whole = len(bases) - len(bases) % _LINE
    rows = np.frombuffer(bases, np.uint8, whole).reshape(-1, _LINE)
    ends = np.full((len(rows), 1), ord("\n"), np.uint8)
    rest = bases[whole:]
    return np.hstack([rows, ends]).tobytes() + (rest + b"\n" if rest else b"")


def _of_fasta(parts: Sequence[Path], _chroms: Sequence[str]) -> Iterator[bytes]:
    """FASTA files, one after the other."""
    for path in parts:
        last = b"\n"
        with Source(path, "FASTA", FastaError) as source:
            for piece in source:
                yield piece
                last = piece
        if not last.endswith(b"\n"):
            yield b"\n"
