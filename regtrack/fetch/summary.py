"""What a fetch will do, and what it did."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that a fetch needs.

    Attributes:
        file: its path in the output folder.
        size: bytes; None if no server said.
        url: the first place to ask.
        there: whether it is there already, and as it was recorded.
    """

    file: str
    size: int | None
    url: str
    there: bool


@dataclass(frozen=True, slots=True)
class FetchPlan:
    """What a fetch will do.

    Attributes:
        out: the output folder.
        files: that it needs.
        citations: what to cite.
        silent: why no server answered; empty if one did.
    """

    out: Path
    files: tuple[PlannedFile, ...]
    citations: tuple[str, ...]
    silent: str

    @property
    def missing(self) -> tuple[PlannedFile, ...]:
        """The files to download."""
        return tuple(one for one in self.files if not one.there)

    @property
    def bytes(self) -> int:
        """Bytes to download, of the files whose size is known."""
        return sum(one.size or 0 for one in self.missing)

    @property
    def unknown(self) -> int:
        """Files to download whose size is unknown."""
        return sum(one.size is None for one in self.missing)

    def to_dict(self) -> dict[str, Any]:
        """The plan for JSON."""
        return {
            "out": str(self.out),
            "bytes": self.bytes,
            "unknown_sizes": self.unknown,
            "files": [asdict(one) for one in self.files],
            "citations": list(self.citations),
        }


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that did not come, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True)
class FetchSummary:
    """What a fetch did.

    Attributes:
        out: the output folder.
        fetched: files that came or were made.
        kept: files that were there already.
        failed: files that did not come.
        bytes: of the fetched files.
        checked: how many files were checked by what, see `regtrack.fetch.check.check_file`.
        seconds: that it took.
        citations: what to cite.
        references: FASTA files among what is there now.
        markers: the markers table; empty if no peak files were asked for.
    """

    out: Path
    fetched: tuple[str, ...]
    kept: tuple[str, ...]
    failed: tuple[Failure, ...]
    bytes: int
    checked: dict[str, int]
    seconds: float
    citations: tuple[str, ...]
    references: tuple[str, ...] = ()
    markers: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The summary for JSON."""
        return {**asdict(self), "out": str(self.out)}
