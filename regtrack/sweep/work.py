"""The folder of a sweep at work: its plan, and the shards made so far.

It lies beside the output, `tracks.partial` for `tracks`, until the tracks stand whole. Whoever
begins the sweep writes the plan; all others, also on other machines, compare theirs with it.
"""

from __future__ import annotations

import glob
import json
import platform
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from regtrack.atomic import beside, disk_errors
from regtrack.errors import OutputError, PlanError
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.record import differences, digest
from regtrack.sweep.shard import is_whole

SWEEP_FILE = "sweep.json"
SUFFIX = ".partial"
_SHOWN = 8  # differences that are named


@dataclass(frozen=True)
class Track:
    """A file of the sweep: its name, and what it predicts."""

    file: str
    marker: str
    category: str


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

    def open(self, *, overwrite: bool = False) -> None:
        """Begin the sweep, or go on with one that was begun with the same plan.

        Args:
            overwrite: throw away what was begun with another plan.

        Raises:
            PlanError: another plan was begun there and `overwrite` is off.
            OutputError: the folder cannot be written, or is no sweep's.
        """
        with disk_errors(self.folder):
            if self._begin():
                return
            if not (self.folder / SWEEP_FILE).exists():
                raise OutputError(
                    f"{self.folder} is needed for the work and is something else; move it away"
                )
            changed = self._changed()
            if changed and not overwrite:
                raise PlanError(_refusal(self.folder, changed))
            if changed:
                shutil.rmtree(self.folder)
                self._begin()

    def check(self) -> None:
        """Refuse to work for a sweep that is not the one in the folder.

        Raises:
            PlanError: the folder is not there, or holds another plan.
        """
        if not self.folder.is_dir():
            raise PlanError(
                f"{platform.node()} does not see {self.folder}; all workers need the output's "
                "folder under the same path, on storage that they share"
            )
        if changed := self._changed():
            raise PlanError(f"{platform.node()}: {_refusal(self.folder, changed)}")

    def remove(self) -> None:
        """Take the folder away, and what a kill left of making it."""
        left = self.folder.parent.glob(f".{glob.escape(self.folder.name)}.*{SUFFIX}")
        for folder in (self.folder, *left):
            shutil.rmtree(folder, ignore_errors=True)

    def _begin(self) -> bool:
        """Make the folder with the plan in it; whether it was not there before."""
        if self.folder.exists():
            return False
        made = beside(self.folder)
        try:
            (made / "shards").mkdir(parents=True)
            (made / SWEEP_FILE).write_text(json.dumps(self._to_dict(), indent=1) + "\n")
            made.rename(self.folder)  # fails where another process was quicker
        except OSError:
            if not self.folder.exists():
                raise
            return False
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return True

    def _changed(self) -> list[str]:
        begun = _read(self.folder)
        return differences(begun["record"], self.record) if begun else ["its plan is broken"]

    def _to_dict(self) -> dict[str, Any]:
        return {
            "record": self.record,
            "assembly": {"names": self.assembly.names, "lengths": self.assembly.lengths},
            "chunks": [list(astuple(chunk)) for chunk in self.chunks],
            "tracks": [asdict(track) for track in self.tracks],
        }


def work_folder(out: Path) -> Path:
    """The work folder of an output.

    >>> str(work_folder(Path("runs/tracks")))
    'runs/tracks.partial'
    """
    named = out if out.name else out.resolve()
    return named.with_name(named.name + SUFFIX)


def load_work(folder: Path) -> Work:
    """The sweep at work in a folder, named by its output or by itself.

    Raises:
        PlanError: no sweep is at work there, or its plan is broken.
    """
    out = folder.with_name(folder.name.removesuffix(SUFFIX))
    found = _read(work_folder(out))
    if found is None:
        raise PlanError(
            f"no sweep is at work in {work_folder(out)}; expected the --out of predict-genome "
            "--shard"
        )
    return Work(
        out=out,
        record=found["record"],
        assembly=Assembly(tuple(found["assembly"]["names"]), tuple(found["assembly"]["lengths"])),
        chunks=tuple(Chunk(*chunk) for chunk in found["chunks"]),
        tracks=tuple(Track(**track) for track in found["tracks"]),
    )


def begun_choices(out: Path, *, window: int, markers: Sequence[str]) -> tuple[int, bool] | None:
    """What was left to choose when a sweep with this window and these markers was begun, if it was.

    Returns:
        The batch size, and whether the network is compiled.
    """
    found = _read(work_folder(out))
    record = found["record"] if found else None
    if record and (record["plan"]["window"], record["markers"]) == (window, list(markers)):
        return int(record["plan"]["batch_size"]), bool(record.get("compiled"))
    return None


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = json.loads((folder / SWEEP_FILE).read_text())
        whole = found.keys() >= {"record", "assembly", "chunks", "tracks"}
    except (OSError, ValueError, AttributeError):
        return None
    return found if whole else None


def _refusal(folder: Path, changed: list[str]) -> str:
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return (
        f"{folder} holds a sweep that was begun with another plan: "
        f"{'; '.join(changed[:_SHOWN])}{more}. Run the former command to finish it, pass "
        "--overwrite to start anew, or choose another --out"
    )
