"""What was fetched into a folder: `fetch.json`, and its checksums in `SHA256SUMS`."""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from regtrack.atomic import publish_file
from regtrack.errors import RecordError
from regtrack.files.records import check_seal, read_record, to_text, typed
from regtrack.files.source import sha256_of

RECORD = "fetch.json"
SUMS = "SHA256SUMS"
_FORMAT, _VERSION = "regtrack fetch", 1
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that was fetched or made.

    Attributes:
        sha256: its digest.
        bytes: its size.
        urls: where it, or what it is made of, came from.
        checked: what was compared, see `regtrack.fetch.check.check_file`.
        chroms: of a reference, those that were asked for; empty: all.
    """

    sha256: str
    bytes: int
    urls: tuple[str, ...] = ()
    checked: str = ""
    chroms: tuple[str, ...] = ()


class Ledger:
    """The record of a folder.

    Args:
        folder: the output folder; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries = _read(folder / RECORD)

    def entry(self, file: str) -> Entry | None:
        """What is recorded of a file."""
        return self._entries.get(file)

    def holds(self, file: str) -> bool:
        """Whether a file is as it was when it was recorded; all of it is read."""
        entry, path = self.entry(file), self.folder / file
        if entry is None or not path.is_file() or path.stat().st_size != entry.bytes:
            return False
        return sha256_of(path) == entry.sha256

    def add(
        self, file: str, *, urls: tuple[str, ...] = (), checked: str = "",
        chroms: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Record a file as it is now."""
        path = self.folder / file
        self._entries[file] = Entry(sha256_of(path), path.stat().st_size, urls, checked, chroms)

    def write(self) -> None:
        """Write record and checksums, of the files that are there.

        Raises:
            OutputError: they cannot be written.
        """
        there = {
            file: entry
            for file, entry in sorted(dict(self._entries).items())  # threads may still add some
            if (self.folder / file).is_file()
        }
        if not there:
            return
        record = {
            "format": _FORMAT,
            "version": _VERSION,
            "files": {file: asdict(entry) for file, entry in there.items()},
        }
        with publish_file(self.folder / RECORD, overwrite=True) as temporary:
            temporary.write_text(to_text(record))
        with publish_file(self.folder / SUMS, overwrite=True) as temporary:
            lines = (f"{entry.sha256}  {file}\n" for file, entry in there.items())
            temporary.write_text("".join(lines))


def _read(path: Path) -> dict[str, Entry]:
    if not path.exists():
        return {}
    try:
        content = read_record(path)
        check_seal(content)
        if (content.get("format"), content.get("version")) != (_FORMAT, _VERSION):
            raise RecordError(f"it is no {_FORMAT} of version {_VERSION}")
        return typed(content.get("files"), dict[str, Entry])
    except RecordError as error:
        _log.warning("%s is not used: %s; files that are there are checked anew", path, error)
        return {}
