"""Whether the input files of a command are still those that it read."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from regtrack.errors import ChangedError
from regtrack.genome.stamp import Stamp, take_stamp


@dataclass(frozen=True)
class Inputs:
    """What input files were like at one moment.

    Attributes:
        stamps: of each file.
    """

    stamps: dict[Path, Stamp]

    @classmethod
    def at(cls, paths: Iterable[str | Path | None]) -> Self:
        """The files among `paths`, as they are now; folders, pipes and missing files are left out.

        Take it before they are read.
        """
        files = dict.fromkeys(Path(path) for path in paths if path is not None)
        found = {path: _stamp(path) for path in files}
        return cls({path: stamp for path, stamp in found.items() if stamp is not None})

    def check_unchanged(self) -> None:
        """Refuse to publish what was made from files that have changed since.

        Raises:
            ChangedError: a file was written, replaced or removed.
        """
        for path, before in self.stamps.items():
            if _stamp(path) != before:
                raise ChangedError(
                    f"{path} was written or replaced while it was in use, so nothing is published; "
                    "run again when it no longer changes"
                )


def _stamp(path: Path) -> Stamp | None:
    """The stamp of a file; None: it is a folder or a pipe, or cannot be read."""
    try:
        return take_stamp(path) if stat.S_ISREG(path.stat().st_mode) else None
    except OSError:
        return None
