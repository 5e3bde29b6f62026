"""A download that is not complete yet: its bytes, and what they are the beginning of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from regtrack.atomic import remove
from regtrack.disk_errors import disk_errors
from regtrack.errors import RecordError
from regtrack.files.records import check_seal, read_record, to_text, typed

_MOST = 1 << 16  # bytes of a record


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of which file a server sent.

    Attributes:
        url: that was asked for.
        etag: of the answer, if any.
        modified: its Last-Modified, if any.
        size: bytes of the whole file, if told.
    """

    url: str
    etag: str = ""
    modified: str = ""
    size: int | None = None

    @property
    def condition(self) -> str:
        """The If-Range that asks for the rest of this very version; empty if none can.

        A weak ETag may stay while bytes change (RFC 9110, section 13.1.5).
        """
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def agrees(self, other: Version) -> bool:
        """Whether both may be the same version, as far as servers say."""
        pairs = (
            (self.etag, other.etag),
            (self.modified, other.modified),
            (self.size, other.size),
        )
        return all(one == two for one, two in pairs if one and two)


class Partial:
    """The bytes of a download so far.

    Args:
        path: where they are, next to a record of the version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        """Bytes that are there."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def version(self) -> Version | None:
        """Whose bytes they are; None if that is unknown, so that they cannot be used."""
        try:
            content = read_record(self._record, most=_MOST)
            check_seal(content)
            return typed(content, Version)
        except RecordError:
            return None

    def begin(self, version: Version) -> None:
        """Start anew.

        Raises:
            OutputError: it cannot be written.
        """
        with disk_errors(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_bytes(b"")
            self._record.write_text(to_text(asdict(version)))

    def remove(self) -> None:
        """Remove bytes and record."""
        remove(self.path)
        remove(self._record)
