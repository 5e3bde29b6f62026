"""Files that lie in an archive: a tar, read from its beginning to its end."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from regtrack.disk_errors import disk_errors

T = TypeVar("T")


class ArchiveError(Exception):
    """An archive that cannot be read to its end; the message says why."""


def extract(archive: Path, wanted: Mapping[str, T], folder: Path) -> Iterator[tuple[T, Path]]:
    """Extract members by the last part of their path; dots in it do not count.

    Nothing is written but `folder/member`, which the next member replaces.

    Args:
        archive: the tar, packed or not.
        wanted: what belongs to each name.
        folder: where to extract to; it exists.

    Yields:
        What belongs to a name, and the file.

    Raises:
        ArchiveError: the archive is damaged.
        OutputError: a member cannot be written.
    """
    left = {_bare(name): thing for name, thing in wanted.items()}
    place = folder / "member"
    try:
        with tarfile.open(archive, "r|*") as tar:
            for member in tar:
                thing = left.pop(_bare(member.name.rpartition("/")[2]), None)
                content = tar.extractfile(member) if thing is not None and member.isfile() else None
                if thing is None or content is None:
                    continue
                with disk_errors(place), place.open("wb") as file:
                    shutil.copyfileobj(content, file)
                yield thing, place
                if not left:
                    return
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ArchiveError(f"it is damaged ({error})") from error


def _bare(name: str) -> str:
    return name.replace(".", "").lower()
