"""The stanzas of a UCSC track hub: names, labels and nesting that the Genome Browser accepts.

Source: "Hub Track Database Definition" of the UCSC Genome Browser. Names of tracks are
[A-Za-z][A-Za-z0-9_-]*, unique in a hub; a short label has at most 17 characters and a long one 76,
both in ASCII.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

SHORT, LONG = 17, 76  # characters of labels
_NAME = 100  # characters of a track's name
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


def plain(text: str) -> str:
    """A text in ASCII on one line, letters without their accents.

    >>> plain("Zellen  für β-Test ")
    'Zellen fur ?-Test'
    """
    flat = unicodedata.normalize("NFKD", text)
    kept = "".join(one for one in flat if not unicodedata.combining(one))
    return _one_line(kept).encode("ascii", "replace").decode("ascii")


def _one_line(text: str) -> str:
    """A text without line ends and other control characters, and with single blanks."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def cut(text: str, most: int) -> str:
    """A plain text of at most `most` characters; of a longer one the beginning and the end.

    Names of markers often differ only at their ends.

    >>> cut("GM12878_H3K27ac_treated", 17)
    'GM12878_..treated'
    """
    text = plain(text) or "-"
    if len(text) <= most:
        return text
    tail = (most - 2) // 2
    return f"{text[: most - 2 - tail].rstrip()}..{text[-tail:].lstrip()}"


class TrackNames:
    """Names of tracks, unique in a hub."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, text: str) -> str:
        """A name made of a text, with a number if an earlier one is the same.

        >>> names = TrackNames()
        >>> [names.free(text) for text in ("1/a", "1 a", "ü")]
        ['t1_a', 't1_a_2', 'u']
        """
        name = _UNSAFE.sub("_", plain(text)).strip("_")[:_NAME] or "track"
        name = name if name[0].isalpha() else f"t{name}"
        number, found = 2, name
        while found.lower() in self._taken:
            found, number = f"{name}_{number}", number + 1
        self._taken.add(found.lower())
        return found


@dataclass(frozen=True)
class Stanza:
    """One track of a hub, with those below it.

    Attributes:
        settings: what follows `track`, in order; the first is its name.
        below: the tracks that have it as their parent.
    """

    settings: dict[str, str]
    below: Sequence[Stanza] = field(default_factory=tuple)

    def lines(self, parent: str = "", depth: int = 0) -> Iterator[str]:
        """The lines of the stanza and of those below, each followed by an empty one."""
        indent = "    " * depth
        for at, (key, value) in enumerate(self.settings.items()):
            yield f"{indent}{_setting(key, value)}"
            if at == 0 and parent:
                yield f"{indent}parent {parent}"
        yield ""
        for one in self.below:
            yield from one.lines(self.settings["track"], depth + 1)


def hub_text(head: dict[str, str], genome: dict[str, str], tracks: Iterable[Stanza]) -> str:
    """A hub in one file (`useOneFile on`).

    Args:
        head: the settings of the hub.
        genome: those of its genome.
        tracks: of the genome, from top to bottom.
    """
    lines = [
        *(_setting(key, value) for key, value in head.items()), "",
        *(_setting(key, value) for key, value in genome.items()), "",
        *(line for one in tracks for line in one.lines()),
    ]  # fmt: skip
    return "\n".join(lines).rstrip("\n") + "\n"


def _setting(key: str, value: str) -> str:
    r"""The line of a setting, whose value can neither begin another line nor continue on one.

    >>> _setting("email", "a@b.edu\ntrack x\\")
    'email a@b.edu track x'
    """
    line = _one_line(value).rstrip("\\ ")
    return f"{key} {line or '-'}"


def file_address(path: str) -> str:
    """A relative path as a `bigDataUrl`: characters that an address cannot hold are escaped.

    >>> file_address("a b/c#1.bw")
    'a%20b/c%231.bw'
    """
    return quote(path, safe="/._-+~")


def rgb(colour: str) -> str:
    """A colour `#rrggbb` as UCSC writes it.

    >>> rgb("#0072b2")
    '0,114,178'
    """
    return ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
