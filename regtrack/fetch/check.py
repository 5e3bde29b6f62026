"""Whether a file is what was published: its size, its checksum, or at least its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from regtrack.errors import FetchError
from regtrack.fetch.sources import DIGESTS, Source
from regtrack.files.recognise import HEAD, recognise
from regtrack.files.source import Source as Content
from regtrack.files.text import read_lines

_LONGEST_LIST = 64 << 20  # bytes
_SIZE, _KIND = "size", "content"
# what files begin with, by the ends of their names
_KINDS = ((".2bit", "a 2bit file"), (".bw", "a bigWig"), (".bigwig", "a bigWig"))

Published = Mapping[str, str]


class WrongFileError(Exception):
    """A file is not what was published; the message says what differs."""


def read_checksums(path: Path) -> dict[str, str]:
    """A published list, as md5sum and its kin write it: checksums by the last part of a name.

    Some lists have the name first. Lines with neither are left out.

    Raises:
        FetchError: it cannot be read as text.
    """
    found: dict[str, str] = {}
    for _, line in read_lines(path, "list of checksums", FetchError, most=_LONGEST_LIST):
        words = line.split(maxsplit=1)
        if len(words) == 2:
            pairs = (words, (words[1], words[0]))
            for digits, name in pairs:
                algorithm = _algorithm(digits)
                if algorithm:
                    found[name.lstrip("*").rpartition("/")[2]] = f"{algorithm}:{digits.lower()}"
                    break
    return found


def _algorithm(text: str) -> str | None:
    if not set(text.lower()) <= set("0123456789abcdef"):
        return None
    return next((name for name, digits in DIGESTS.items() if digits == len(text)), None)


def check_file(path: Path, source: Source, published: Published, size: int | None = None) -> str:
    """Check a file by what is known of it.

    Args:
        path: the file.
        source: what it should be.
        published: checksums by name, of the list that the source names.
        size: bytes that a server said it has, if the source does not say.

    Returns:
        What was compared: `md5`, `sha1`, `sha256` of the publisher; else `content` (a gzip that is
        sound to its end, or the first bytes of a binary file); else `size`.

    Raises:
        WrongFileError: it is not that file.
    """
    expected = size if source.size is None else source.size
    held = path.stat().st_size
    if expected is not None and held != expected:
        raise WrongFileError(f"it has {held:,} bytes; expected {expected:,}")
    name = source.urls[0].partition("#")[0].rpartition("/")[2]
    checksum = source.checksum or published.get(name, "")
    if checksum:
        return _check_digest(path, checksum)
    return _check_kind(path, source.file)


def _check_digest(path: Path, checksum: str) -> str:
    algorithm, _, expected = checksum.partition(":")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, algorithm).hexdigest()
    if found != expected:
        raise WrongFileError(f"its {algorithm} is {found}; published is {expected}")
    return algorithm


def _check_kind(path: Path, name: str) -> str:
    with path.open("rb") as file:
        kind = recognise(file.read(HEAD))
    if name.lower().endswith(".gz"):
        _check_gzip(path, kind)
        return _KIND
    wanted = next((kind for end, kind in _KINDS if name.lower().endswith(end)), None)
    if (wanted and kind != wanted) or "HTML" in kind:
        raise WrongFileError(f"it is {kind}" + (f"; expected {wanted}" if wanted else ""))
    return _KIND if wanted else _SIZE


def _check_gzip(path: Path, kind: str) -> None:
    """Unpack a gzip to its end, where its own checksum is."""
    if "gzip" not in kind:
        raise WrongFileError(f"it is {kind}; expected a gzip")
    try:
        with Content(path, "gzip", FetchError) as content:
            for _ in content:
                pass
    except FetchError as error:
        raise WrongFileError(str(error).removeprefix(f"{path} ").partition(";")[0]) from error
