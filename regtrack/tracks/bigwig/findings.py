"""What a check of a file finds: a list that stays short however much is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from regtrack.errors import TrackError

# of one part of the file; the rest is counted
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which part of the file, and what and where."""

    part: str
    message: str


class Findings:
    """Collects what is wrong."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, part: str, message: str) -> None:
        """Note something."""
        self._counts[part] += 1
        if self._counts[part] <= _SHOWN:
            self._found.append(Finding(part, message))

    @contextmanager
    def reading(self, part: str) -> Iterator[None]:
        """Note a part that cannot be read, and go on behind the block."""
        try:
            yield
        except TrackError as error:
            self.add(part, str(error))

    def of(self, word: str) -> bool:
        """Whether anything is wrong with a part whose name begins with a word."""
        return any(part.split()[0] == word for part in self._counts)

    def all(self) -> tuple[Finding, ...]:
        """The first few of each part, and how many more there are."""
        more = [
            Finding(part, f"and {count - _SHOWN:,} more")
            for part, count in self._counts.items()
            if count > _SHOWN
        ]
        return (*self._found, *more)


def place(chrom: str, start: int, end: int) -> str:
    """A stretch of a chromosome as browsers write it.

    >>> place("chr1", 999, 2000)
    'chr1:1,000-2,000'
    """
    return f"{chrom}:{int(start) + 1:,}-{int(end):,}"
