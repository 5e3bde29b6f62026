"""Which tracks of an unfinished sweep are joined already: a record per group of them.

A record is written when its tracks are on disk and pyBigWig has read them. What the shards hold of
them is not needed any more then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from regtrack.atomic import publish_file, remove, sync
from regtrack.errors import RecordError
from regtrack.files.records import check_seal, read_record, to_text, typed
from regtrack.files.source import sha256_of
from regtrack.progress import SILENT, Progress
from regtrack.sweep.plan_file import SavedPlan
from regtrack.sweep.summary import TrackSummary
from regtrack.tracks.sweep_record import SWEEP_FILE

TRACKS = "tracks"
_RECORDS = "joined"


@dataclass(frozen=True)
class _Group:
    """The content of a record: the plan's digest, the first track's index, and the tracks."""

    plan: str
    first: int
    tracks: tuple[TrackSummary, ...]


def read_joined(folder: Path, plan: SavedPlan) -> dict[int, TrackSummary]:
    """The tracks in a work folder that are joined, by their index.

    A record of another plan, or with a track that is missing or of another size, does not count.
    """
    groups = [group for _, group in _valid(folder, plan)]
    return {at: track for group in groups for at, track in enumerate(group.tracks, group.first)}


def drop_damaged(folder: Path, plan: SavedPlan, progress: Progress = SILENT) -> None:
    """Remove the records with a track that has another SHA-256 than when it was written."""
    recorded = [(path, track) for path, group in _valid(folder, plan) for track in group.tracks]
    if not recorded:
        return
    with progress.task("Checking tracks", sum(one.size for _, one in recorded), "B") as task:
        for path, track in recorded:
            if sha256_of(folder / TRACKS / track.file) != track.sha256:
                remove(path)
                remove(folder / TRACKS / SWEEP_FILE)  # which is there if all had been joined
            task.advance(track.size, note=track.file)


def record_joined(
    folder: Path, plan: SavedPlan, first: int, tracks: Sequence[TrackSummary]
) -> None:
    """Record neighbouring tracks whose files are complete, and on disk whatever happens next.

    Raises:
        OutputError: the disk is full, or the folder was removed.
    """
    sync(folder / TRACKS)  # the files' names; their contents are synchronised already
    records = folder / _RECORDS
    records.mkdir(exist_ok=True)
    sync(folder)
    group = {"plan": plan.digest, "first": first, "tracks": [asdict(track) for track in tracks]}
    with publish_file(records / f"{first:06d}.json", overwrite=True) as partial:
        partial.write_text(to_text(group), encoding="utf-8")


def clear_unrecorded(folder: Path, plan: SavedPlan) -> None:
    """Remove all but the tracks that are joined and their records."""
    valid = dict(_valid(folder, plan))
    kept = {track.file for group in valid.values() for track in group.tracks}
    (folder / TRACKS).mkdir(exist_ok=True)
    for path in (folder / TRACKS).iterdir():
        if path.name not in kept:
            remove(path)
    for path in _records(folder):
        if path not in valid:
            remove(path)


def _records(folder: Path) -> list[Path]:
    return sorted((folder / _RECORDS).glob("*.json"))


def _valid(folder: Path, plan: SavedPlan) -> Iterator[tuple[Path, _Group]]:
    for path in _records(folder):
        with suppress(RecordError, OSError):
            content = read_record(path)
            check_seal(content)
            group = typed(content, _Group)
            own = plan.tracks[group.first : group.first + len(group.tracks)]
            if (
                group.plan == plan.digest
                and [track.file for track in own] == [track.file for track in group.tracks]
                and all(
                    (folder / TRACKS / track.file).stat().st_size == track.size
                    for track in group.tracks
                )
            ):
                yield path, group
