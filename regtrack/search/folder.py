"""The folder of a search: its files, and which process works on which trial.

search.json              what is searched
checkpoint.safetensors   the best trial's network
trials.csv, report.json  all trials; the result (`SearchResult.to_dict`)
importance.png, parallel.png, parallel.html
trials/0007/             the training run of a trial
journal.log              the study, unless it is in a database

Any number of processes share the folder. Each trial is locked by the process that trains it; one
whose lock is free was interrupted, and is continued by the next process that looks for work.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.atomic import publish_file
from regtrack.checkpoint_header import CHECKPOINT_FILE
from regtrack.destination import check_name
from regtrack.disk_errors import disk_errors
from regtrack.errors import OutputError, RecordError, SearchError
from regtrack.files.records import check_seal, read_record, to_text, typed
from regtrack.lock import Lock
from regtrack.search.study import differences
from regtrack.training.run import RunFolder

FORMAT = "regtrack search"
VERSION = 1
RECORD = "search.json"
LOCK = "lock"
_POLL = 0.05  # seconds


@dataclass(frozen=True)
class _Record:
    format: str
    version: int
    place: str
    request: dict[str, Any]


@dataclass(frozen=True)
class SearchFolder:
    """The files of a search.

    Attributes:
        path: the folder.
    """

    path: Path

    @property
    def record(self) -> Path:
        """What is searched."""
        return self.path / RECORD

    @property
    def journal(self) -> Path:
        """The study."""
        return self.path / "journal.log"

    @property
    def checkpoint(self) -> Path:
        """The best trial's network."""
        return self.path / CHECKPOINT_FILE

    @property
    def table(self) -> Path:
        """All trials, as CSV."""
        return self.path / "trials.csv"

    @property
    def report(self) -> Path:
        """The result, as JSON."""
        return self.path / "report.json"

    def trial(self, number: int) -> RunFolder:
        """The training run of a trial."""
        return RunFolder(self.path / "trials" / f"{number:04d}")

    def check(self, request: Mapping[str, Any] | None = None) -> None:
        """Refuse a folder that holds something else.

        Args:
            request: what is searched; None: anything.

        Raises:
            OutputError: it is a file, or holds other files.
            SearchError: it holds a search for something else, or its record is damaged.
        """
        path = self.path
        with disk_errors(path):
            if path.exists() and not path.is_dir():
                raise OutputError(f"{path} is a file; name a folder for the search")
            if not self.record.exists() and path.is_dir():
                # another process may be creating the search just now
                names = {one.name for one in path.iterdir()} - {LOCK, RECORD}
                if not all(name.startswith(f".{RECORD}.") for name in names):
                    raise OutputError(
                        f"{path} holds other files, and no {RECORD}; name another folder"
                    )
            if request is not None and self.record.exists():
                self._place(request)

    def start(self, request: Mapping[str, Any]) -> str:
        """Create the folder, or join the search in it.

        Returns:
            What distinguishes this folder from others of the same study.

        Raises:
            OutputError: it holds other files, or cannot be written.
            SearchError: it holds a search for something else, or its record is damaged.
        """
        self.check()
        check_name(self.record)
        with disk_errors(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        with self.alone():
            if not self.record.exists():
                content = {"format": FORMAT, "version": VERSION, "place": uuid.uuid4().hex}
                with publish_file(self.record) as temporary:
                    temporary.write_text(to_text({**content, "request": request}))
            return self._place(request)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes from choosing trials and writing results meanwhile."""
        with disk_errors(self.path):
            while True:
                try:
                    lock = Lock(self.path / LOCK, self.path, exclusive=True)
                    break
                except OutputError:
                    time.sleep(_POLL)
        with lock:
            yield

    def claim(self, number: int, *, new: bool) -> Lock | None:
        """Lock a trial for this process; only within `alone`.

        Args:
            number: of the trial.
            new: whether it is this process's own already.

        Returns:
            None if another process trains it, or if that cannot be known.
        """
        folder = self.trial(number).path
        with disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True)
            try:
                lock = Lock(folder / LOCK, folder, exclusive=True)
            except OutputError:
                return None
        if new or lock.works:
            return lock
        lock.close()
        return None

    def _place(self, request: Mapping[str, Any]) -> str:
        try:
            content = read_record(self.record)
            record = typed(content, _Record)
            if (record.format, record.version) != (FORMAT, VERSION):
                raise RecordError(f"it is {record.format}, version {record.version}")
            check_seal(content)
        except RecordError as error:
            raise SearchError(
                f"{self.record} is not the record of a search that this regtrack can read: "
                f"{error}; name another folder"
            ) from error
        if different := differences(record.request, request):
            raise SearchError(
                f"{self.path} holds a search for something else: {'; '.join(different)}. Name "
                "another folder, or request the same"
            )
        return record.place
