"""The folder of a run: what it holds, and whether a run may start, go on or must be refused there.

checkpoint.safetensors   the best epoch's network, in regtrack's format
training.json            what was asked, and once the run is finished what came of it
metrics.csv, .png        the scores of every epoch
last.ckpt                the state after the last whole epoch, from which a run goes on
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regtrack.atomic import publish_file
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
        return self.path / "checkpoint.safetensors"

    @property
    def record(self) -> Path:
        """What was asked and what came of it."""
        return self.path / "training.json"

    @property
    def table(self) -> Path:
        """The scores of every epoch, as CSV."""
        return self.path / "metrics.csv"

    @property
    def plot(self) -> Path:
        """The scores of every epoch, drawn."""
        return self.path / "metrics.png"

    @property
    def last(self) -> Path:
        """The state after the last whole epoch."""
        return self.path / "last.ckpt"

    @property
    def finished(self) -> bool:
        """Whether it holds a run that is over.

        Raises:
            TrainingError: its record cannot be read.
        """
        return self.record.exists() and bool(self._read()["status"] == "finished")

    def start(self, request: Mapping[str, Any], *, overwrite: bool = False) -> None:
        """Make the folder ready for a run, or for one that goes on.

        Args:
            request: everything that decides the run's outcome, as JSON can hold it.
            overwrite: remove the files of an earlier run.

        Raises:
            OutputError: the folder holds a finished run, or files that no run left.
            TrainingError: it holds an unfinished run that was asked for something else.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path} is a file; name a folder for the run")
        files = (self.last, self.checkpoint, self.table, self.plot)
        strange = next((file for file in files if file.exists()), None)
        if strange is not None and not self.record.exists():
            raise OutputError(
                f"{strange} exists, but no {self.record.name} says what run it is of; move it away "
                "or name another folder"
            )
        if overwrite:
            for file in (*files, self.record):  # the record last: it says whose they are
                file.unlink(missing_ok=True)
        if self.record.exists():
            self._check_same(request)
            return
        self._write({"status": "unfinished", "request": request})

    def publish(self, history: Sequence[Epoch], base_rates: Mapping[str, float] | None) -> None:
        """Write the table, and where base rates a category are given draw the plot."""
        write_history(history, self.table)
        if base_rates is not None:
            draw_history(history, base_rates, self.plot)

    def finish(self, request: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Record that the run is over, and what came of it; it can no longer go on."""
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
                f"{self.path} holds a run of other settings: {'; '.join(differences)}. Name "
                "another folder, ask for the same, or pass `overwrite=True` to start anew"
            )
        if record["status"] == "finished":
            raise OutputError(
                f"{self.path} holds this run, finished; name another folder, or pass "
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
            f"{self.record} is not the record of a run of this regtrack: {problem}; name another "
            "folder, or pass `overwrite=True` to start anew"
        )

    def _write(self, contents: Mapping[str, Any]) -> None:
        record = {"format": FORMAT, "version": VERSION, **contents}
        with publish_file(self.record, overwrite=True) as temporary:
            temporary.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested settings with its name: `config.epochs`, 30."""
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner
