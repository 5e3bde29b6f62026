"""The work folder of an unfinished sweep: its plan, and the shards computed so far.

It is next to the output, `tracks.partial` for `tracks`, until the tracks are complete. The process
that starts the sweep writes the plan; all others, also on other machines, compare theirs with it.
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
    check_folder_free,
    check_name,
    disk_errors,
    real_place,
    temporary_path,
    work_folder,
)
from regtrack.errors import ClusterError, OutputError, PlanError, RegtrackError
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.lock import change_lock, take_lock
from regtrack.sweep.record import agrees, differences, digest
from regtrack.sweep.shard import Shard, is_intact
from regtrack.tracks.kind import Kind

SWEEP_FILE = "sweep.json"
_LOCK = "lock"
_SHOWN = 8  # differences that a message lists
_BROKEN = ["its plan is broken"]


@dataclass(frozen=True)
class Track:
    """A track of the sweep.

    Attributes:
        file: name of the file.
        marker, category: the marker's name and category.
        values: kind of values.
    """

    file: str
    marker: str
    category: str
    values: Kind


@dataclass(frozen=True)
class Work:
    """A sweep and its work folder: all that is needed to join the shards.

    Attributes:
        out: the folder for the tracks.
        record: all that determines their bytes.
        assembly: the reference's chromosomes.
        chunks: the parts of the sweep, each of which becomes a shard.
        tracks: the tracks, one per marker and kind of value.
    """

    out: Path
    record: Mapping[str, Any]
    assembly: Assembly
    chunks: tuple[Chunk, ...]
    tracks: tuple[Track, ...]

    @cached_property
    def digest(self) -> str:
        """Digest of the record, which all shards of the sweep contain."""
        return digest(self.record)

    @property
    def folder(self) -> Path:
        """The work folder."""
        return work_folder(self.out)

    @property
    def joined(self) -> Path:
        """The folder in which tracks are joined before they are moved to `out`."""
        return self.folder / "tracks"

    def shard(self, chunk: Chunk) -> Path:
        """The path of a chunk's shard."""
        return self.folder / "shards" / f"{chunk.number:06d}.shard"

    def without_shard(self, chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
        """The chunks without a shard file, whose contents are not read; none once joined.

        Shards of another plan do not count, since they are removed before the sweep starts.
        """
        if self._plan_differences():
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
                if not is_intact(self.shard(chunk), self.digest, chunk):
                    found.append(chunk)
                task.advance()
        return tuple(found)

    def joined_record(self) -> dict[str, Any] | None:
        """sweep.json of tracks that are joined but not yet moved, if any; it is written last."""
        with suppress(OSError, ValueError):
            found: dict[str, Any] = json.loads((self.joined / SWEEP_FILE).read_text())
            return found
        return None

    def open_shard(self, chunk: Chunk) -> Shard:
        """Open the shard of a chunk.

        Raises:
            OutputError: it does not exist, is broken, or belongs to another plan.
        """
        return Shard(self.shard(chunk), self.digest, chunk)

    @contextmanager
    def locked(self, *, exclusive: bool, overwrite: bool = False) -> Iterator[None]:
        """Start the sweep, or resume one with the same plan, and lock its folder meanwhile.

        Args:
            exclusive: keep all other processes out; else they may share the folder.
            overwrite: remove unfinished work with another plan.

        Raises:
            PlanError: the folder has another plan, and `overwrite` is off.
            OutputError: another process uses the folder, it cannot be written, or it is not a
                sweep's.
        """
        with disk_errors(self.folder):
            while (lock := self._take_lock(exclusive=exclusive, overwrite=overwrite)) is None:
                pass
        with lock:
            try:
                yield
            except BaseException:
                self._remove_if_empty(lock)
                raise

    def _remove_if_empty(self, lock: BinaryIO) -> None:
        """Remove the folder if it has no shards and no other process uses it."""
        with suppress(OutputError, OSError):
            # again after the lock: another process may have written one before it was exclusive
            if (
                not self._has_shards()
                and change_lock(lock, exclusive=True)
                and not self._has_shards()
            ):
                self.remove()

    def _has_shards(self) -> bool:
        return self.joined.exists() or any(self.folder.glob("shards/*.shard"))

    def _take_lock(self, *, exclusive: bool, overwrite: bool) -> BinaryIO | None:
        """The lock of the folder; None: it was removed and has to be created again."""
        self._create()
        if not (self.folder / SWEEP_FILE).exists():
            raise OutputError(
                f"{self.folder} exists, but is not the work folder of a sweep; move it away"
            )
        (self.folder / "shards").mkdir(exist_ok=True)
        lock = take_lock(self.folder / _LOCK, exclusive=exclusive)
        if lock is None:
            return None
        try:
            if not self.has_other_plan(overwrite=overwrite):
                return lock
            change_lock(lock, exclusive=True)
            self.remove()
        except BaseException:
            lock.close()
            raise
        lock.close()
        return None

    def has_other_plan(self, *, overwrite: bool) -> bool:
        """Whether the folder has a sweep with another plan, which `overwrite` allows to replace.

        Raises:
            PlanError: it has, and `overwrite` is off.
        """
        if not (self.folder / SWEEP_FILE).exists():
            return False
        changed = self._plan_differences()
        if changed and not overwrite:
            raise PlanError(_refusal(self.folder, changed))
        return bool(changed)

    def check(self) -> None:
        """Refuse to work on a sweep other than the one in the folder.

        Raises:
            ClusterError: the folder does not exist.
            PlanError: it has another plan.
        """
        if not self.folder.is_dir():
            raise ClusterError(
                f"{self.folder} does not exist on {platform.node()}; all workers need the output's "
                "folder at the same path, on shared storage"
            )
        if changed := self._plan_differences():
            raise PlanError(f"{platform.node()}: {_refusal(self.folder, changed)}")

    def check_out(self, *, overwrite: bool = False) -> None:
        """Refuse an output that exists and must not be replaced.

        Raises:
            OutputError: as `regtrack.atomic.check_folder_free`.
        """
        check_folder_free(self.out, mark=SWEEP_FILE, inputs=self._inputs, overwrite=overwrite)

    def check_names(self) -> None:
        """Refuse tracks whose names cannot be used for files.

        Raises:
            OutputError: a name is too long for the file system.
        """
        for track in self.tracks:
            check_name(self.out / track.file, f'omit the marker "{track.marker}"')

    def remove(self) -> None:
        """Remove the folder, and temporary folders that killed processes left next to it.

        It is renamed first, so that a killed process leaves either all of it or nothing.
        """
        with suppress(OSError):
            self.folder.rename(temporary_path(self.folder))
        for name in (self.folder.name, self.out.name):
            pattern = f".{glob.escape(name)}.{'[0-9a-f]' * 8}{PARTIAL}"
            for folder in self.folder.parent.glob(pattern):
                shutil.rmtree(folder, ignore_errors=True)

    def _create(self) -> None:
        """Create the folder with the plan in it, unless it exists."""
        if self.folder.exists():
            return
        temporary = temporary_path(self.folder)
        try:
            (temporary / "shards").mkdir(parents=True)
            (temporary / SWEEP_FILE).write_text(json.dumps(self._to_dict(), indent=1) + "\n")
            temporary.rename(self.folder)  # fails if another process was faster
        except OSError:
            if not self.folder.exists():
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    @property
    def _inputs(self) -> Iterator[str]:
        for name in ("checkpoint", "reference", "regions", "exclude"):
            if path := (self.record.get(name) or {}).get("path"):
                yield path

    def _plan_differences(self) -> list[str]:
        found = _read(self.out)
        return differences(found.record, self.record) if found else _BROKEN

    def _to_dict(self) -> dict[str, Any]:
        return {
            "record": self.record,
            "assembly": {"names": self.assembly.names, "lengths": self.assembly.lengths},
            "chunks": [list(astuple(chunk)) for chunk in self.chunks],
            "tracks": [asdict(track) for track in self.tracks],
        }


def shards_size(out: Path) -> int:
    """Total size of the shards in an output's work folder (bytes)."""
    return sum(path.stat().st_size for path in work_folder(out).glob("shards/*.shard"))


def load_work(folder: Path) -> Work:
    """The unfinished sweep of an output folder or a work folder.

    Raises:
        PlanError: there is no unfinished sweep, or its plan is broken.
    """
    folder = real_place(folder)
    out = folder.with_name(folder.name.removesuffix(PARTIAL))
    found = _read(out)
    if found is None:
        raise PlanError(
            f"{work_folder(out)} has no unfinished sweep, or its plan is broken; give the output "
            "folder of a sweep that was run in shares"
        )
    return found


def earlier_choices(out: Path, like: Mapping[str, Any]) -> tuple[int, bool] | None:
    """The automatic choices of an unfinished sweep whose record contains all values of `like`.

    Returns:
        The batch size, and whether the network is compiled; None: there is no such sweep.
    """
    found = _read(out)
    if found is None or not agrees(found.record, like):
        return None
    return int(found.record["plan"]["batch_size"]), "compiled" in found.record


def _read(out: Path) -> Work | None:
    """The unfinished sweep of an output; None if there is none, or its plan is broken."""
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
            f"the sweep in {folder} cannot resume, since its plan is broken; pass "
            "`overwrite=True` to start over, or choose another `out`"
        )
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return (
        f"{folder} has an unfinished sweep with another plan: "
        f"{'; '.join(changed[:_SHOWN])}{more}. Run the earlier command to finish it, pass "
        "`overwrite=True` to start over, or choose another `out`"
    )
