"""Effects of all substitutions as tracks: one bigWig per letter, whose names end in it.

`NAME.A.bw`, `NAME.C.bw`, `NAME.G.bw` and `NAME.T.bw` in one folder belong together. Browsers stack
them as letters.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from regtrack.tracks.catalog import Catalog, Track

LETTERS = "ACGT"


@dataclass(frozen=True)
class Saturation:
    """Four tracks that belong together.

    Attributes:
        name: without the letter.
        tracks: of A, C, G and T.
    """

    name: str
    tracks: tuple[Track, Track, Track, Track]


def find_saturation(catalog: Catalog) -> tuple[Saturation, ...]:
    """The complete sets among the signals of a catalog, in its order."""
    sets: dict[tuple[Path, str], dict[str, Track]] = {}
    for track in catalog.tracks:
        stem, dot, letter = track.path.stem.rpartition(".")
        if track.kind == "signal" and stem and dot and len(letter) == 1 and letter in LETTERS:
            sets.setdefault((track.path.parent, stem), {})[letter] = track
    return tuple(
        Saturation(stem, (found["A"], found["C"], found["G"], found["T"]))
        for (_, stem), found in sets.items()
        if len(found) == len(LETTERS)
    )
