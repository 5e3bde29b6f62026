"""The findings of a check of a file, in a list that stays short however much is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from regtrack.errors import TrackError

# findings shown per part of the file; the rest are counted
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """A problem: the part of the file that it is in, and a description with its place."""

    part: str
    message: str


class Findings:
    """Collects findings."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()

    def add(self, part: str, message: str) -> None:
        """Add a finding."""
        self._counts[part] += 1
        if self._counts[part] <= _SHOWN:
            self._found.append(Finding(part, message))

    @contextmanager
    def reading(self, part: str) -> Iterator[None]:
        """Add a finding if a part cannot be read, and continue after the block."""
        try:
            yield
        except TrackError as error:
            self.add(part, str(error))

    def of(self, word: str) -> bool:
        """Whether there is a finding in a part whose name begins with a word."""
        return any(part.split()[0] == word for part in self._counts)

    def all(self) -> tuple[Finding, ...]:
        """The first few findings of each part, and how many more there are."""
        more = [
            Finding(part, f"and {count - _SHOWN:,} more")
            for part, count in self._counts.items()
            if count > _SHOWN
        ]
        return (*self._found, *more)


def place(chrom: str, start: int, end: int) -> str:
    """An interval (bp, 0-based, half-open) as browsers write it.

    >>> place("chr1", 999, 2000)
    'chr1:1,000-2,000'
    """
    return f"{chrom}:{int(start) + 1:,}-{int(end):,}"
