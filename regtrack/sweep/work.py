"""The folder of a sweep at work: its plan, and the shards made so far.

It lies beside the output, `tracks.partial` for `tracks`, until the tracks stand whole. Whoever
begins the sweep writes the plan; all others, also on other machines, compare theirs with it.
"""

from __future__ import annotations

import glob
import json
import platform
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from regtrack.atomic import (
    PARTIAL,
    beside,
    check_folder_free,
    check_name,
    disk_errors,
    real_place,
    work_folder,
)
from regtrack.errors import ClusterError, OutputError, PlanError, RegtrackError
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.lock import change_lock, take_lock
from regtrack.sweep.record import agrees, differences, digest
from regtrack.sweep.shard import Shard, is_whole
from regtrack.tracks.kind import Kind

SWEEP_FILE = "sweep.json"
_LOCK = "lock"
_SHOWN = 8  # differences that are named
_BROKEN = ["its plan is broken"]


@dataclass(frozen=True)
class Track:
    """A file of the sweep.

    Attributes:
        file: its name.
        marker, category: what it is about.
        values: what its numbers are.
    """

    file: str
    marker: str
    category: str
    values: Kind


@dataclass(frozen=True)
class Work:
    """A sweep as its folder holds it: all that is needed to join its shards.

    Attributes:
        out: the folder that will hold the tracks.
        record: what decides their bytes.
        assembly: the reference's chromosomes.
        chunks: the parts, each of which becomes a shard.
        tracks: the files, a marker each.
    """

    out: Path
    record: Mapping[str, Any]
    assembly: Assembly
    chunks: tuple[Chunk, ...]
    tracks: tuple[Track, ...]

    @cached_property
    def digest(self) -> str:
        """What the sweep's shards are known by."""
        return digest(self.record)

    @property
    def folder(self) -> Path:
        """Where the work is done."""
        return work_folder(self.out)

    @property
    def joined(self) -> Path:
        """Where the tracks are made, before they take their place."""
        return self.folder / "tracks"

    def shard(self, chunk: Chunk) -> Path:
        """The file of a chunk's shard."""
        return self.folder / "shards" / f"{chunk.number:06d}.shard"

    def unmade(self, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        """The chunks that have no shard, at a glance; none once the tracks are joined.

        Shards of another plan, which are thrown away before the work, do not count.
        """
        if self._changed():
            return tuple(chunks)
        if self.joined_record() is not None:
            return ()
        return tuple(chunk for chunk in chunks if not self.shard(chunk).exists())

    def missing(self, chunks: Sequence[Chunk], progress: Progress = SILENT) -> tuple[Chunk, ...]:
        """The chunks whose shard is missing or broken; none once the tracks are joined."""
        if self.joined_record() is not None:
            return ()
        found = []
        with progress.task("Checking shards", len(chunks), "shards") as task:
            for chunk in chunks:
                if not is_whole(self.shard(chunk), self.digest, chunk):
                    found.append(chunk)
                task.advance()
        return tuple(found)

    def joined_record(self) -> dict[str, Any] | None:
        """What sweep.json says, if the tracks were joined and not yet moved; it is written last."""
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.joined / SWEEP_FILE).read_text())
            return found
        return None

    def open_shard(self, chunk: Chunk) -> Shard:
        """The shard of a chunk.

        Raises:
            OutputError: it is not there, broken, or of another plan.
        """
        return Shard(self.shard(chunk), self.digest, chunk)

    @contextmanager
    def held(self, *, alone: bool, overwrite: bool = False) -> Iterator[None]:
        """Begin the sweep, or go on with one of the same plan, and keep others out meanwhile.

        Args:
            alone: nobody else may be at work there; else others may that do not ask for it either.
            overwrite: throw away what was begun with another plan.

        Raises:
            PlanError: another plan was begun there and `overwrite` is off.
            OutputError: another process is at work there, the folder cannot be written, or it is
                no sweep's.
        """
        with disk_errors(self.folder):
            while (lock := self._locked(alone=alone, overwrite=overwrite)) is None:
                pass
        with lock:
            try:
                yield
            except BaseException:
                self._let_go(lock)
                raise

    def _let_go(self, lock: BinaryIO) -> None:
        """Take the folder away where nobody has made a shard, and nobody else is about to."""
        with suppress(OutputError, OSError):
            if not self._begun() and change_lock(lock, alone=True) and not self._begun():
                self.remove()

    def _begun(self) -> bool:
        return self.joined.exists() or any(self.folder.glob("shards/*.shard"))

    def _locked(self, *, alone: bool, overwrite: bool) -> BinaryIO | None:
        """The lock of the folder; None where it has to be begun anew."""
        self._begin()
        if not (self.folder / SWEEP_FILE).exists():
            raise OutputError(
                f"{self.folder} is needed for the work and is something else; move it away"
            )
        (self.folder / "shards").mkdir(exist_ok=True)
        lock = take_lock(self.folder / _LOCK, alone=alone)
        if lock is None:
            return None
        try:
            if not self.replaces(overwrite=overwrite):
                return lock
            change_lock(lock, alone=True)
            self.remove()
        except BaseException:
            lock.close()
            raise
        lock.close()
        return None

    def replaces(self, *, overwrite: bool) -> bool:
        """Whether another plan was begun in the folder.

        Raises:
            PlanError: it was, and `overwrite` is off.
        """
        if not (self.folder / SWEEP_FILE).exists():
            return False
        changed = self._changed()
        if changed and not overwrite:
            raise PlanError(_refusal(self.folder, changed))
        return bool(changed)

    def check(self) -> None:
        """Refuse to work for a sweep that is not the one in the folder.

        Raises:
            ClusterError: the folder is not there.
            PlanError: it holds another plan.
        """
        if not self.folder.is_dir():
            raise ClusterError(
                f"{platform.node()} does not see {self.folder}; all workers need the output's "
                "folder under the same path, on storage that they share"
            )
        if changed := self._changed():
            raise PlanError(f"{platform.node()}: {_refusal(self.folder, changed)}")

    def check_out(self, *, overwrite: bool = False) -> None:
        """Refuse an output that is there and must not be replaced.

        Raises:
            OutputError: as `regtrack.atomic.check_folder_free`.
        """
        check_folder_free(self.out, mark=SWEEP_FILE, inputs=self._inputs, overwrite=overwrite)

    def check_names(self) -> None:
        """Refuse tracks whose files cannot be written.

        Raises:
            OutputError: a name is too long for the file system.
        """
        for track in self.tracks:
            check_name(self.out / track.file, f'leave out the marker "{track.marker}"')

    def remove(self) -> None:
        """Take the folder away, and what a kill left of making it or of replacing the output.

        It is renamed first: a kill leaves all of it under its name, or nothing.
        """
        with suppress(OSError):
            self.folder.rename(beside(self.folder))
        for name in (self.folder.name, self.out.name):
            pattern = f".{glob.escape(name)}.{'[0-9a-f]' * 8}{PARTIAL}"
            for folder in self.folder.parent.glob(pattern):
                shutil.rmtree(folder, ignore_errors=True)

    def _begin(self) -> None:
        """Make the folder with the plan in it, unless it is there."""
        if self.folder.exists():
            return
        made = beside(self.folder)
        try:
            (made / "shards").mkdir(parents=True)
            (made / SWEEP_FILE).write_text(json.dumps(self._to_dict(), indent=1) + "\n")
            made.rename(self.folder)  # fails where another process was quicker
        except OSError:
            if not self.folder.exists():
                raise
        finally:
            shutil.rmtree(made, ignore_errors=True)

    @property
    def _inputs(self) -> Iterator[str]:
        for name in ("checkpoint", "reference", "regions", "exclude"):
            if path := (self.record.get(name) or {}).get("path"):
                yield path

    def _changed(self) -> list[str]:
        begun = _read(self.out)
        return differences(begun.record, self.record) if begun else _BROKEN

    def _to_dict(self) -> dict[str, Any]:
        return {
            "record": self.record,
            "assembly": {"names": self.assembly.names, "lengths": self.assembly.lengths},
            "chunks": [list(astuple(chunk)) for chunk in self.chunks],
            "tracks": [asdict(track) for track in self.tracks],
        }


def shards_size(out: Path) -> int:
    """Bytes of the shards that lie in an output's work folder."""
    return sum(path.stat().st_size for path in work_folder(out).glob("shards/*.shard"))


def load_work(folder: Path) -> Work:
    """The sweep at work in a folder, named by its output or by itself.

    Raises:
        PlanError: no sweep is at work there, or its plan is broken.
    """
    folder = real_place(folder)
    out = folder.with_name(folder.name.removesuffix(PARTIAL))
    found = _read(out)
    if found is None:
        raise PlanError(
            f"no sweep is at work in {work_folder(out)}, or its plan is broken; expected the "
            "output that shares of a sweep were made for"
        )
    return found


def begun_choices(out: Path, like: Mapping[str, Any]) -> tuple[int, bool] | None:
    """What was left to choose when a sweep was begun whose record says what `like` says.

    Returns:
        The batch size, and whether the network is compiled; None where no such sweep was begun.
    """
    found = _read(out)
    if found is None or not agrees(found.record, like):
        return None
    return int(found.record["plan"]["batch_size"]), "compiled" in found.record


def _read(out: Path) -> Work | None:
    """The sweep at work for an output; None where none is, or its plan is broken."""
    try:
        found = json.loads((work_folder(out) / SWEEP_FILE).read_text())
        assembly = found["assembly"]
        return Work(
            out=out,
            record=dict(found["record"]),
            assembly=Assembly(tuple(assembly["names"]), tuple(assembly["lengths"])),
            chunks=tuple(Chunk(*chunk) for chunk in found["chunks"]),
            tracks=tuple(Track(**track) for track in found["tracks"]),
        )
    except (OSError, ValueError, TypeError, KeyError, RegtrackError):
        return None


def _refusal(folder: Path, changed: list[str]) -> str:
    if changed == _BROKEN:
        return (
            f"the sweep in {folder} cannot go on, as its plan is broken; pass "
            "`overwrite=True` to start anew, or choose another `out`"
        )
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return (
        f"{folder} holds a sweep that was begun with another plan: "
        f"{'; '.join(changed[:_SHOWN])}{more}. Run the former command to finish it, pass "
        "`overwrite=True` to start anew, or choose another `out`"
    )
