"""Bases as codes: uint8 with A C G T N = 0 1 2 3 4.

Lower-case (soft-masked) a c g t are read as bases; every other letter, including the IUPAC
ambiguity codes, is N.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.uint8]

LETTERS = "ACGTN"
N = 4
_COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
_DECODE = np.frombuffer(LETTERS.encode(), dtype=np.uint8)


def _encode_table() -> Codes:
    table = np.full(256, N, dtype=np.uint8)
    for code, letter in enumerate("ACGT"):
        table[ord(letter)] = code
        table[ord(letter.lower())] = code
    return table


_ENCODE = _encode_table()
_UNKNOWN = np.ones(256, dtype=np.bool_)
_UNKNOWN[np.frombuffer(b"ACGTNRYKMSWBDHVacgtnrykmswbdhv", dtype=np.uint8)] = False


def encode(sequence: str | bytes) -> Codes:
    """Letters to codes, uint8 (L,).

    >>> encode("acgTRN").tolist()
    [0, 1, 2, 3, 4, 4]
    """
    return _ENCODE[_letters(sequence)]


def _letters(sequence: str | bytes) -> npt.NDArray[np.uint8]:
    raw = sequence.encode("ascii", "replace") if isinstance(sequence, str) else sequence
    return np.frombuffer(raw, dtype=np.uint8)


def count_unknown(sequence: str | bytes) -> int:
    """How many letters are neither bases nor IUPAC ambiguity codes of DNA.

    >>> count_unknown("acgTRN"), count_unknown("ACGU-")
    (0, 2)
    """
    return int(np.count_nonzero(_UNKNOWN[_letters(sequence)]))


def decode(codes: Codes) -> str:
    """Codes, uint8 (L,), to upper-case letters.

    >>> decode(encode("acgtn"))
    'ACGTN'
    """
    return _DECODE[codes].tobytes().decode("ascii")


def reverse_complement(codes: Codes) -> Codes:
    """The reverse complement of codes, uint8 (L,) or (B, L), along the last axis.

    >>> decode(reverse_complement(encode("AACGN")))
    'NCGTT'
    """
    return _COMPLEMENT[codes[..., ::-1]]
