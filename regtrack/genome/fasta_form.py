"""What a reference is, by its content, and a file of the same sequence that is read by region.

A plain-gzip FASTA cannot be read by region. It is unpacked once into the cache, with a warning in
the log.
"""

from __future__ import annotations

import logging
import zlib
from pathlib import Path

from regtrack.atomic import hold, publish_file
from regtrack.errors import FastaError
from regtrack.files.recognise import HEAD, is_bgzip, recognise, recognise_binary
from regtrack.files.shown import shown
from regtrack.files.source import Source
from regtrack.genome.cache import cached
from regtrack.machine.disk import check_disk

_log = logging.getLogger(__name__)

_GZIP = b"\x1f\x8b"
_MARK = b"\xef\xbb\xbf"  # UTF-8's byte order mark
_PACKED = {".gz", ".bgz", ".bz2", ".zip"}  # suffixes by which pyfaidx takes a file for packed
_ROOM = 1 << 30  # bytes that stay free on the disk of the cache
_LOOK = 64  # pieces of the unpacked file, after which the disk is looked at again
_ADVICE = "set REGTRACK_CACHE to a folder on another disk, or recompress the FASTA with bgzip"


def check_fasta(path: Path) -> None:
    """Check that a file begins like a FASTA, without reading the rest.

    Raises:
        FastaError: no such file, or not a FASTA.
    """
    _check_start(path, _head(path))


def readable_fasta(path: Path) -> tuple[Path, bool]:
    """A file that can be read by region, the given one or its unpacked copy; whether it is bgzip.

    Raises:
        FastaError: no such file, not a FASTA, or damaged.
        OutputError: the unpacked copy does not fit into the cache.
    """
    head = _head(path)
    _check_start(path, head)
    if is_bgzip(head):
        return path, True
    if head.startswith(_GZIP):
        return _unpacked(path), False
    if path.suffix.lower() in _PACKED:
        raise FastaError(f"{path} is not compressed, unlike its name; rename it {path.stem}")
    return path, False


def _head(path: Path) -> bytes:
    """The first bytes of a file."""
    if path.is_dir():
        raise FastaError(f"{path} is a folder; expected a FASTA, plain or bgzip")
    if path.exists() and not path.is_file():
        raise FastaError(
            f"{path} is a pipe or a device, which cannot be read by region; save the FASTA to a "
            "file"
        )
    if not path.is_file():
        raise FastaError(f"no FASTA at {path}; expected a file (plain or bgzip)")
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError as error:
        raise FastaError(f"{path} cannot be read ({error.strerror}); expected a FASTA") from error


def _check_start(path: Path, head: bytes) -> None:
    """Refuse a file that does not begin as a FASTA does, packed or not."""
    start = head
    if head.startswith(_GZIP):
        try:
            start = zlib.decompressobj(31).decompress(head, HEAD)
        except zlib.error as error:
            raise FastaError(f"{path} is damaged ({error}); download it again") from error
    kind = recognise(head)
    utf16 = kind.startswith("UTF-16")  # without a mark, it begins with > as well
    if start.removeprefix(_MARK).lstrip().startswith(b">") and not utf16:
        return
    advice = f'whose first line begins with ">", not "{shown(start[:20])}"'
    if "2bit" in kind:
        advice = (
            f"which twoBitToFa makes of it: twoBitToFa {path.name} new.fa "
            "(regtrack fetch downloads UCSC's hg19 and hg38 as FASTA)"
        )
    elif "UTF-16" in kind or "UTF-32" in kind:
        coding = kind[:6]
        advice = f"in ASCII or UTF-8: iconv -f {coding} -t UTF-8 {path.name} > new.fa"
    elif recognise_binary(head) or not start.strip():
        advice = 'text whose first line begins with ">"'
    raise FastaError(f"{path} is {kind}, not a FASTA; expected a FASTA, {advice}")


def _unpacked(path: Path) -> Path:
    unpacked = cached(path, ".fa")
    if not unpacked.exists():
        _log.warning(
            "%s is plain gzip, which cannot be read by region: unpacking it once into %s (or "
            "recompress it: gzip -dc %s | bgzip > %s)",
            path, unpacked, path.name, path.with_suffix(".bgz").name,
        )  # fmt: skip
        check_disk(unpacked, 3 * path.stat().st_size + _ROOM, advice=_ADVICE)
        with hold(unpacked.with_suffix(""), wait=True):  # others wait for the one that unpacks
            if not unpacked.exists():
                _unpack(path, unpacked)
    return unpacked


def _unpack(path: Path, unpacked: Path) -> None:
    with (
        Source(path, "FASTA", FastaError) as source,
        publish_file(unpacked, overwrite=True, wait=True) as temporary,
        temporary.open("wb") as out,
    ):
        for number, piece in enumerate(source, 1):
            if number % _LOOK == 0:
                check_disk(unpacked, _ROOM, advice=_ADVICE)
            out.write(piece)
        if cached(path, ".fa") != unpacked:
            raise FastaError(f"{path} was written while it was unpacked; run again")
