"""The folder of a run: its files, and whether a run may start, resume or must be refused there.

checkpoint.safetensors   the best epoch's network, in regtrack's format
training.json            what was requested, and the result of a finished run
metrics.csv, .png        the scores of every epoch
last.ckpt                the state after the last complete epoch, from which a run resumes

A run that replaces another one is made next to it, in `run.partial` for `run`, and takes its place
when it is finished.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from regtrack.atomic import (
    hold,
    publish_file,
    remove,
    replace_folder,
)
from regtrack.checkpoint_header import CHECKPOINT_FILE, RUN_FILE
from regtrack.destination import check_folder_free, real_place
from regtrack.disk_errors import disk_errors
from regtrack.errors import OutputError, RecordError, TrainingError
from regtrack.files.records import check_seal, read_record, to_text, typed
from regtrack.files.shown import shown
from regtrack.partial_names import work_folder
from regtrack.training.history import Epoch, write_history
from regtrack.training.plot import draw_history
from regtrack.training.state import read_history

FORMAT = "regtrack training run"
VERSION = 2


@dataclass(frozen=True)
class _RunRecord:
    format: str
    version: int
    status: Literal["finished", "unfinished"]
    request: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RunFolder:
    """The files of a run.

    Attributes:
        path: the folder.
        run: what identifies the run, for `last.ckpt`.
    """

    path: Path
    run: str = ""

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
        return self.record.exists() and self._read().status == "finished"

    @property
    def result(self) -> dict[str, Any]:
        """The recorded result of a finished run (`TrainingResult.to_dict`); empty of another one.

        Raises:
            TrainingError: its record cannot be read.
        """
        return self._read().result if self.finished else {}

    @property
    def _files(self) -> tuple[Path, ...]:
        """The files of a run; the record last, since it identifies the others."""
        return self.last, self.checkpoint, self.table, self.plot, self.record

    def check(self) -> None:
        """Refuse a folder whose files belong to no run.

        Raises:
            OutputError: it is a file, or holds files of a run without the record.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path} is a file; name a folder for the run")
        strange = next((file for file in self._files if file.exists()), None)
        if strange is not None and not self.record.exists():
            raise OutputError(
                f"{strange} exists without a {self.record.name} that says which run it belongs to; "
                "move it away or name another folder"
            )

    def start(self, request: Mapping[str, Any], *, overwrite: bool = False) -> None:
        """Prepare the folder for a new run, or for one that resumes.

        Args:
            request: everything that determines the run's outcome, JSON-serialisable.
            overwrite: remove the files of an earlier run that cannot be resumed.

        Raises:
            OutputError: the folder holds a finished run, or files that do not belong to a run.
            TrainingError: it holds an unfinished run with other settings.
        """
        self.check()
        for file in self._files:
            with hold(file):  # collects what a killed process left
                pass
        if overwrite and not self.resumable(request):
            self._clear()
        if not self.record.exists():
            self._write({"status": "unfinished", "request": request})
        elif not overwrite:
            self._check_same(request)

    def history(self) -> list[Epoch]:
        """The complete epochs of this run, if it was interrupted.

        Raises:
            TrainingError: the state is damaged, or of another run.
        """
        return read_history(self.last, self.run) if self.last.exists() else []

    def resumable(self, request: Mapping[str, Any]) -> bool:
        """Whether the folder holds a run with the same settings that is not in its place yet."""
        try:
            record = self._read()
            self.history()
        except (OSError, TrainingError):
            return False
        done = record.status == "finished" and not self.last.exists()
        return not done and not _differences(record.request, request)

    def take_place(self, final: RunFolder) -> None:
        """Put a finished run in the place of an older one, whose other files it takes over.

        Raises:
            OutputError: it cannot be written there.
        """
        old = RunFolder(replace_folder(self.path, final.path))
        old.give_to(final)
        final.last.unlink(missing_ok=True)

    def give_to(self, final: RunFolder) -> None:
        """Remove this run's own files, and give everything else in its folder to another run."""
        with disk_errors(final.path):
            for file in self._files:
                file.unlink(missing_ok=True)
            for other in self.path.iterdir() if self.path.is_dir() else ():
                if not (final.path / other.name).exists():
                    other.rename(final.path / other.name)
        remove(self.path)

    def _clear(self) -> None:
        with disk_errors(self.path):
            for file in self._files:
                file.unlink(missing_ok=True)

    def publish(self, history: Sequence[Epoch], base_rates: Mapping[str, float] | None) -> None:
        """Write the table, and draw the plot if base rates per category are given."""
        write_history(history, self.table)
        if base_rates is not None:
            draw_history(history, base_rates, self.plot)

    def finish(self, request: Mapping[str, Any], result: Mapping[str, Any]) -> None:
        """Record that the run is finished, with its result."""
        self._write({"status": "finished", "request": request, "result": result})

    def _check_same(self, request: Mapping[str, Any]) -> None:
        record = self._read()
        if differences := _differences(record.request, request):
            raise TrainingError(
                f"{self.path} holds a run with other settings: {'; '.join(differences)}. Name "
                "another folder, request the same settings, or pass `overwrite=True` to start over"
            )
        if record.status == "finished":
            raise OutputError(
                f"{self.path} already holds this finished run; name another folder, or pass "
                "`overwrite=True` to train again"
            )

    def _read(self) -> _RunRecord:
        try:
            content = read_record(self.record)
            record = typed(content, _RunRecord)
            if (record.format, record.version) not in {(FORMAT, 1), (FORMAT, VERSION)}:
                raise RecordError(f'it is "{shown(record.format)}", version {record.version}')
            check_seal(content, required=record.version == VERSION)
        except RecordError as error:
            raise TrainingError(
                f"{self.record} is not a training record that this regtrack can read: {error}; "
                "name another folder, or pass `overwrite=True` to start over"
            ) from error
        return record

    def _write(self, contents: Mapping[str, Any]) -> None:
        record = {"format": FORMAT, "version": VERSION, **contents}
        with publish_file(self.record, overwrite=True) as temporary:
            temporary.write_text(to_text(record, indent=2), encoding="utf-8")


def find_place(
    out: Path,
    request: Mapping[str, Any],
    inputs: Iterable[Path],
    *,
    run: str,
    overwrite: bool = False,
) -> tuple[RunFolder, RunFolder]:
    """Where a run is made, and where it is when it is finished.

    Both are `out`, unless an older run there is replaced. An unfinished run with the same settings
    resumes there, also with `overwrite`.

    Args:
        out: the folder for the run.
        request: everything that determines its outcome.
        inputs: what is read, which no run may replace.
        run: what identifies the run.
        overwrite: replace a run in `out`.

    Raises:
        OutputError: the older run cannot be replaced.
    """
    final = RunFolder(real_place(out), run)
    final.check()
    if not overwrite or not final.record.exists():
        return final, final
    if final.resumable(request):
        if final.finished:  # killed when it had just taken its place: the older run is still there
            RunFolder(work_folder(final.path)).give_to(final)
        return final, final
    place = check_folder_free(out, mark=RUN_FILE, inputs=inputs, overwrite=True, keeps=True)
    return RunFolder(work_folder(place), run), RunFolder(place, run)


def identity(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request without the path of its first weights, which are the same wherever they lie."""
    start = {name: value for name, value in request.get("start", {}).items() if name != "path"}
    return {**request, **({"start": start} if start else {})}


def _differences(found: Mapping[str, Any], request: Mapping[str, Any]) -> list[str]:
    """What differs between a record's request and another one, as text."""
    there, now = (
        dict(_flat(identity(found))),
        dict(_flat(json.loads(json.dumps(identity(request))))),
    )
    return [
        f"{name} {there.get(name, 'not set')} there and {now.get(name, 'not set')} now"
        for name in dict.fromkeys([*there, *now])
        if there.get(name) != now.get(name)
    ]


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of nested settings with its dotted name: `config.epochs`, 30."""
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _flat(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", inner
