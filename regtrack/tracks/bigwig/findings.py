"""The findings of a check of a file, in a list that stays short however much is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from regtrack.errors import TrackError
from regtrack.files.shown import shown

# findings shown per part of the file; the rest are counted
_SHOWN = 5


@dataclass(frozen=True)
class Finding:
    """A problem or a note: the part of the file that it is about, and a description."""

    part: str
    message: str


class Findings:
    """Collects findings, and notes: what users should know although nothing is wrong."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._notes: list[Finding] = []
        self._noted: Counter[str] = Counter()
        self._doubts: list[Finding] = []
        self._doubted: Counter[str] = Counter()

    def note(self, part: str, message: str) -> None:
        """Add a note."""
        self._noted[part] += 1
        if self._noted[part] <= _SHOWN:
            self._notes.append(Finding(part, message))

    def doubt(self, part: str, message: str) -> None:
        """Add what is a note or a finding, as will be known later."""
        self._doubted[part] += 1
        if self._doubted[part] <= _SHOWN:
            self._doubts.append(Finding(part, message))

    def settle_doubts(self, *, harmless: bool) -> None:
        """Make notes of the doubts if they are harmless, otherwise findings."""
        for found in self._doubts:
            (self.note if harmless else self.add)(found.part, found.message)
        counts = self._noted if harmless else self._counts
        for part, count in self._doubted.items():
            counts[part] += max(count - _SHOWN, 0)
        self._doubts, self._doubted = [], Counter()

    @property
    def notes(self) -> tuple[Finding, ...]:
        """The first few notes on each part, and how many more there are."""
        return (*self._notes, *_more(self._noted))

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

    def noted(self, word: str) -> bool:
        """Whether there is a note on a part whose name begins with a word."""
        return any(part.split()[0] == word for part in self._noted)

    def all(self) -> tuple[Finding, ...]:
        """The first few findings of each part, and how many more there are."""
        return (*self._found, *_more(self._counts))


def _more(counts: Counter[str]) -> Iterator[Finding]:
    for part, count in counts.items():
        if count > _SHOWN:
            yield Finding(part, f"and {count - _SHOWN:,} more")


def place(chrom: str, start: int, end: int) -> str:
    """An interval (bp, 0-based, half-open) as browsers write it.

    >>> place("chr1", 999, 2000)
    'chr1:1,000-2,000'
    """
    return f"{shown(chrom)}:{int(start) + 1:,}-{int(end):,}"


def told_apart(found: float, expected: float) -> tuple[str, str]:
    """Two numbers as text, which differs if they do: with as many digits as that takes.

    >>> told_apart(0.5, 0.25), told_apart(1000, 1001)
    (('0.5', '0.25'), ('1,000', '1,001'))
    >>> told_apart(1.0, 1.0 + 2**-52)
    ('1.0', '1.0000000000000002')
    """
    texts = _text(found), _text(expected)
    if texts[0] == texts[1] and found != expected:
        return repr(float(found)), repr(float(expected))
    return texts


def _text(number: float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:.9g}"
