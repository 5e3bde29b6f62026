"""Parses the text of a hub as UCSC does, and checks the settings of its tracks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from regtrack.files.shown import shown
from regtrack.hub.track_db import LONG, SHORT

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_LONGEST_NAME = 128
FILE_TYPES = {"bigWig": "a bigWig", "bigBed": "a bigBed", "bigNarrowPeak": "a bigBed",
              "bigGenePred": "a bigBed"}  # fmt: skip
"""Types of tracks whose files are checked, and what these have to be."""
_HEAD = ("hub", "shortLabel", "longLabel", "email")


@dataclass(frozen=True)
class Found:
    """A stanza of a hub.

    Attributes:
        line: its first line, from 1.
        settings: in order.
    """

    line: int
    settings: dict[str, str]

    def get(self, name: str) -> str:
        """A setting; empty if it is not there."""
        return self.settings.get(name, "")

    @property
    def name(self) -> str:
        """The name of a track, cut for messages."""
        return shown(self.get("track"), 60)


def parse_stanzas(text: str) -> list[Found]:
    """The stanzas of a hub, separated by blank lines, without comments; lines may be continued."""
    found: list[Found] = []
    settings: dict[str, str] = {}
    first, held = 1, ""
    for number, raw in enumerate([*text.splitlines(), ""], 1):
        line = held + raw.strip()
        held = ""
        if line.endswith("\\"):
            held = line[:-1]
        elif not line:
            if settings:
                found.append(Found(first, settings))
            settings = {}
        elif not line.startswith("#"):
            if not settings:
                first = number
            key, _, value = line.partition(" ")
            settings[key] = value.strip()
    return found


def head_problems(head: Found) -> Iterator[str]:
    """What is wrong with the first stanza."""
    for name in _HEAD:
        if not head.get(name):
            yield f"line {head.line}: no {name}, which UCSC requires"


def track_problems(tracks: Sequence[Found]) -> Iterator[str]:
    """What is wrong with tracks, each a line that names the track."""
    names: dict[str, str] = {}
    known = {track.get("track") for track in tracks}
    for track in tracks:
        where = f'line {track.line}: track "{track.name}"'
        name = track.get("track")
        if not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
            yield f"{where}: expected a letter, then letters, digits, _ and -"
        if name.lower() in names:
            other = names[name.lower()]
            yield f'{where}: its name is that of "{other}"; names must differ, also in lower case'
        names.setdefault(name.lower(), track.name)
        parent = track.get("parent").partition(" ")[0]
        if parent and parent not in known:
            yield f'{where}: its parent "{shown(parent, 60)}" is not in the hub'
        yield from _settings(track, where)


def _settings(track: Found, where: str) -> Iterator[str]:
    for label, most in (("shortLabel", SHORT), ("longLabel", LONG)):
        text = track.get(label)
        if not text:
            yield f"{where}: no {label}, which UCSC requires"
        elif len(text) > most:
            yield f"{where}: {label} has {len(text)} characters; UCSC shows at most {most}"
    holds = any(track.get(one) for one in ("superTrack", "container", "compositeTrack", "view"))
    if not holds and not track.get("bigDataUrl"):
        yield f"{where}: no bigDataUrl"
    if track.get("bigDataUrl") and not track.get("type"):
        yield f"{where}: no type, which UCSC requires"
