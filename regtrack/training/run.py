"""The folder of a run: its files, and whether a run may start, resume or must be refused there.

checkpoint.safetensors   the best epoch's network, in regtrack's format
training.json            what was requested, and the result of a finished run
metrics.csv, .png        the scores of every epoch
last.ckpt                the state after the last complete epoch, from which a run resumes
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.atomic import publish_file
from regtrack.checkpoint_header import CHECKPOINT_FILE, RUN_FILE
from regtrack.errors import OutputError, TrainingError
from regtrack.training.history import Epoch, write_history
from regtrack.training.plot import draw_history

FORMAT = "regtrack training run"
VERSION = 1


@dataclass(frozen=True)
class RunFolder:
    """The files of a run."""

    path: Path

    @property
    def checkpoint(self) -> Path:
        """The best epoch's network."""
        return self.path / CHECKPOINT_FILE

    @property
    def record(self) -> Path:
        """What was requested, and the result."""
        return self.path / RUN_FILE

    @property
    def table(self) -> Path:
        """The scores of every epoch, as CSV."""
        return self.path / "metrics.csv"

    @property
    def plot(self) -> Path:
        """The scores of every epoch, as a plot."""
        return self.path / "metrics.png"

    @property
    def last(self) -> Path:
        """The state after the last complete epoch."""
        return self.path / "last.ckpt"

    @property
    def finished(self) -> bool:
        """Whether the folder holds a finished run.

        Raises:
            TrainingError: its record cannot be read.
        """
        return self.record.exists() and bool(self._read()["status"] == "finished")

    def start(self, request: Mapping[str, Any], *, overwrite: bool = False) -> None:
        """Prepare the folder for a new run, or for one that resumes.

        Args:
            request: everything that determines the run's outcome, JSON-serialisable.
            overwrite: remove the files of an earlier run.

        Raises:
            OutputError: the folder holds a finished run, or files that do not belong to a run.
            TrainingError: it holds an unfinished run with other settings.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path} is a file; name a folder for the run")
        files = (self.last, self.checkpoint, self.table, self.plot)
        strange = next((file for file in files if file.exists()), None)
        if strange is not None and not self.record.exists():
            raise OutputError(
                f"{strange} exists without a {self.record.name} that says which run it belongs to; "
                "move it away or name another folder"
            )
        if overwrite:
            for file in (*files, self.record):  # the record last: it identifies the others
                file.unlink(missing_ok=True)
        if self.record.exists():
            self._check_same(request)
            return
        self._write({"status": "unfinished", "request": request})

    def publish(self, history: Sequence[Epoch], base_rates: Mapping[str, float] | None) -> None:
        """Write the table, and draw the plot if base rates per category are given."""
        write_history(history, self.table)
        if base_rates is not None:
            draw_history(history, base_rates, self.plot)

    def finish(self, request: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Record that the run is finished, with its result; it can no longer be resumed."""
        self._write({"status": "finished", "request": request, "result": result})
        self.last.unlink(missing_ok=True)

    def _check_same(self, request: Mapping[str, Any]) -> None:
        record = self._read()
        wanted = dict(_flat(json.loads(json.dumps(request))))
        found = dict(_flat(record["request"]))
        differences = [
            f"{name} {found.get(name, 'not set')} there and {wanted.get(name, 'not set')} now"
            for name in dict.fromkeys([*found, *wanted])
            if found.get(name) != wanted.get(name)
        ]
        if differences:
            raise TrainingError(
                f"{self.path} holds a run with other settings: {'; '.join(differences)}. Name "
                "another folder, request the same settings, or pass `overwrite=True` to start over"
            )
        if record["status"] == "finished":
            raise OutputError(
                f"{self.path} already holds this finished run; name another folder, or pass "
                "`overwrite=True` to train again"
            )

    def _read(self) -> dict[str, Any]:
        try:
            record = json.loads(self.record.read_text(encoding="utf-8"))
            if record["format"] == FORMAT and record["version"] == VERSION:
                return {"request": record["request"], "status": record["status"]}
            problem = f'it is "{record["format"]}", version {record["version"]}'
        except (ValueError, KeyError, TypeError) as error:
            problem = f"it is damaged ({error})"
        raise TrainingError(
            f"{self.record} is not a training record that this regtrack can read: {problem}; name "
            "another folder, or pass `overwrite=True` to start over"
        )

    def _write(self, contents: Mapping[str, Any]) -> None:
        record = {"format": FORMAT, "version": VERSION, **contents}
        with publish_file(self.record, overwrite=True) as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested settings with its dotted name: `config.epochs`, 30."""
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner
