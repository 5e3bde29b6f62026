"""A checksum against damage that takes next to no time; `source.sha256_of` is for identity."""

from __future__ import annotations

from collections.abc import Iterable

from isal import isal_zlib


def checksum_of(parts: Iterable[bytes | memoryview]) -> int:
    """The CRC-32 and the Adler-32 of parts, one after another, as one number of 64 bits.

    It takes a tenth of the time of a SHA-256.

    >>> checksum_of([b"ab", b"c"]) == checksum_of([b"abc"]) != checksum_of([b"abd"])
    True
    """
    crc, adler = 0, 1
    for part in parts:
        crc, adler = isal_zlib.crc32(part, crc), isal_zlib.adler32(part, adler)
    return crc << 32 | adler
