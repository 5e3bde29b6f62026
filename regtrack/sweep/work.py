"""The work folder of an unfinished sweep: its plan, and the shards computed so far.

It is next to the output, `tracks.partial` for `tracks`, until the tracks are complete.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from regtrack.destination import check_folder_free, check_name, real_place
from regtrack.errors import ClusterError, OutputError, PlanError, RecordError
from regtrack.files.records import check_seal, read_record, typed
from regtrack.partial_names import PARTIAL, work_folder
from regtrack.progress import SILENT, Progress
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.joined import TRACKS, read_joined
from regtrack.sweep.plan_file import SavedPlan, other_version, read_plan
from regtrack.sweep.record import agrees, differences
from regtrack.sweep.shard import Shard, is_intact
from regtrack.sweep.summary import JoinedRecord
from regtrack.tracks.sweep_record import SWEEP_FILE

_STAT_BLOCK = 512  # bytes, the unit of st_blocks
_SHOWN = 8  # differences that a message lists
_BROKEN = "its plan is broken"
_BEGUN = "it was begun by"


@dataclass(frozen=True, kw_only=True)
class Work(SavedPlan):
    """A sweep and its work folder.

    Attributes:
        out: the folder for the tracks.
    """

    out: Path

    @property
    def folder(self) -> Path:
        """The work folder."""
        return work_folder(self.out)

    @property
    def joined(self) -> Path:
        """The folder in which tracks are joined before they are moved to `out`."""
        return self.folder / TRACKS

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
        found, joined = [], read_joined(self.folder, self)
        with progress.task("Checking shards", len(chunks), "shards") as task:
            for chunk in chunks:
                if not is_intact(self.shard(chunk), self.digest, chunk, joined):
                    found.append(chunk)
                task.advance()
        return tuple(found)

    def joined_record(self) -> JoinedRecord | None:
        """sweep.json of tracks that are all joined but not yet moved; it is written last.

        In their place may be those of an older sweep, if a process was killed when it had just put
        the new ones into the place of these.
        """
        with suppress(RecordError, OSError):
            content = read_record(self.joined / SWEEP_FILE)
            check_seal(content)
            record = typed(content, JoinedRecord)
            if agrees(content, self.record) and all(
                (self.joined / one.file).stat().st_size == one.size for one in record.tracks
            ):
                return record
        return None

    def open_shard(self, chunk: Chunk) -> Shard:
        """Open the shard of a chunk.

        Raises:
            OutputError: it does not exist, is broken, or belongs to another plan.
        """
        return Shard(self.shard(chunk), self.digest, chunk)

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
            OutputError: as `regtrack.destination.check_folder_free`.
        """
        check_folder_free(self.out, mark=SWEEP_FILE, inputs=self._inputs, overwrite=overwrite)

    def check_names(self) -> None:
        """Refuse tracks whose names cannot be used for files.

        Raises:
            OutputError: a name is too long for the file system.
        """
        for track in self.tracks:
            check_name(self.out / track.file, f'omit the marker "{track.marker}"')

    @property
    def _inputs(self) -> Iterator[str]:
        for name in ("checkpoint", "reference", "regions", "exclude"):
            record = self.record.get(name) or {}
            members = record.get("config", {}).values() if name == "checkpoint" else ()
            for one in (record, *(member for member in members if isinstance(member, dict))):
                if path := one.get("path"):
                    yield path

    def _plan_differences(self) -> list[str]:
        found = read_plan(self.out)
        if found is None:
            return [_begun_by(version) if (version := other_version(self.out)) else _BROKEN]
        return differences(found.content, self.content)


def space_taken(out: Path) -> int:
    """Space that shards and joined tracks in an output's work folder take (bytes).

    Sections of shards that are freed do not count.
    """
    work = work_folder(out)
    files = [path.stat() for path in (*work.glob("shards/*.shard"), *work.glob(f"{TRACKS}/*.bw"))]
    return sum(min(file.st_size, _STAT_BLOCK * file.st_blocks) for file in files)


def load_work(folder: Path) -> Work:
    """The unfinished sweep of an output folder or a work folder.

    Raises:
        PlanError: there is no unfinished sweep, or its plan is broken.
        OutputError: the work folder is not a sweep's.
    """
    folder = real_place(folder)
    out = folder.with_name(folder.name.removesuffix(PARTIAL))
    found = read_plan(out)
    if found is None:
        raise _why_not_loaded(out)
    return Work(out=out, **vars(found))


def _why_not_loaded(out: Path) -> PlanError | OutputError:
    """What is wrong with an output whose plan cannot be read, and what to do about it."""
    work = work_folder(out)
    if version := other_version(out):
        return PlanError(
            f"the sweep in {work} cannot be joined, since {_begun_by(version)}; finish it with "
            "that version, or run the shares again, the first of them with `overwrite=True`"
        )
    if (work / SWEEP_FILE).exists():
        return PlanError(
            f"{work / SWEEP_FILE} is broken, so the shards cannot be joined; start over: run the "
            "shares again, the first of them with `overwrite=True`"
        )
    if work.exists():
        return OutputError(
            f"{work} is not the work folder of a sweep, since it has no {SWEEP_FILE}; give the "
            "output folder of a sweep that was run in shares"
        )
    if (out / SWEEP_FILE).exists():
        return PlanError(f"{out} is complete, with its {SWEEP_FILE}; there is nothing to join")
    there = "is no sweep" if out.exists() else "does not exist"
    return PlanError(
        f"{out} {there}, and there is no {work}; give the output folder of a sweep that was run "
        "in shares, or run those first"
    )


def _begun_by(version: str) -> str:
    return f"{_BEGUN} {version}, whose shards differ"


def _refusal(folder: Path, changed: list[str]) -> str:
    if changed[0].startswith((_BROKEN, _BEGUN)):
        return (
            f"the sweep in {folder} cannot resume, since {changed[0]}; pass `overwrite=True` to "
            "start over, or choose another `out`"
        )
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return (
        f"{folder} has an unfinished sweep with another plan: "
        f"{'; '.join(changed[:_SHOWN])}{more}. Run the earlier command to finish it, pass "
        "`overwrite=True` to start over, or choose another `out`"
    )
