"""Join shards into tracks, check them with pyBigWig, and publish all of them at once."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from regtrack.atomic import hold, move_folder, publish_file
from regtrack.disk_errors import disk_errors
from regtrack.errors import PlanError
from regtrack.files.records import to_text, typed
from regtrack.progress import SILENT, Progress
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.claim import claimed, remove
from regtrack.sweep.encoding import prepare_encoder
from regtrack.sweep.joined import clear_unrecorded, drop_damaged
from regtrack.sweep.joining import join_tracks
from regtrack.sweep.summary import JoinedRecord, SweepSummary
from regtrack.sweep.work import Work, load_work
from regtrack.tracks.sweep_record import SWEEP_FILE

_NAMED = 5  # missing chunks that a message names


def assemble_genome(
    folder: str | Path, *, progress: Progress = SILENT, overwrite: bool = False
) -> SweepSummary:
    """Join the shards of a sweep that was run in several shares.

    Args:
        folder: the `out` of that sweep, or its work folder.
        progress: shows the files finished.
        overwrite: replace the output if it exists.

    Raises:
        PlanError: there is no unfinished sweep, or shards are missing.
        OutputError: another process uses the sweep.
        OutputError: the output exists, or cannot be written.
    """
    start = time.perf_counter()
    work = load_work(Path(folder))
    work.check_out(overwrite=overwrite)
    with claimed(work, exclusive=True):
        drop_damaged(work.folder, work, progress)
        if missing := work.missing(work.chunks, progress):
            raise PlanError(_missing(work, missing))
        return finish(work, start=start, progress=progress, overwrite=overwrite)


def finish(
    work: Work,
    *,
    start: float,
    predicted: int = 0,
    progress: Progress = SILENT,
    overwrite: bool = False,
) -> SweepSummary:
    """Join the shards of a sweep, publish the tracks and remove the work folder.

    Args:
        work: the sweep; it must have all of its shards.
        start: when this run started, by `time.perf_counter`.
        predicted: bases predicted since then (bp).
        progress: shows the files finished.
        overwrite: replace the output if it exists.

    Raises:
        OutputError: a shard is broken, the output cannot be written, the disk is full, or pyBigWig
            reads values from a track other than those computed.
    """
    record = work.joined_record()
    if record is None:
        record = _join(work, progress)
    else:
        with hold(work.joined / SWEEP_FILE):  # collects what a process killed there left
            pass
    work.check_out(overwrite=overwrite)
    # the tracks are complete: after a kill in the next lines they only have to be moved
    shutil.rmtree(work.folder / "shards", ignore_errors=True)
    move_folder(work.joined, work.out)
    remove(work)
    return SweepSummary(
        out=work.out,
        model=record.checkpoint.model,
        tracks=record.tracks,
        bases=record.bases,
        absent=record.absent,
        predicted=predicted,
        seconds=time.perf_counter() - start,
    )


def _join(work: Work, progress: Progress) -> JoinedRecord:
    bases = _bases(work)
    prepare_encoder()  # it compresses the zoom levels
    with disk_errors(work.joined):
        clear_unrecorded(work.folder, work)
        tracks = join_tracks(work, progress)
        record = {
            **work.record,
            "bases": bases,
            "absent": work.record["plan"]["bases"] - bases,
            "tracks": [asdict(track) for track in tracks],
        }
        with publish_file(work.joined / SWEEP_FILE) as partial:
            partial.write_text(to_text(record, indent=2), encoding="utf-8")
    return typed(record, JoinedRecord)


def _bases(work: Work) -> int:
    total = 0
    for chunk in work.chunks:
        with work.open_shard(chunk) as shard:
            total += shard.header.bases
    return total


def _missing(work: Work, chunks: Sequence[Chunk]) -> str:
    named = ", ".join(f"{chunk.number} ({chunk.place})" for chunk in chunks[:_NAMED])
    more = f" and {len(chunks) - _NAMED} more" if len(chunks) > _NAMED else ""
    return (
        f"{len(chunks)} of {len(work.chunks)} shards are missing or broken in {work.folder}: "
        f"{named}{more}; run those shares again, or the whole sweep, which computes "
        "only missing shards"
    )
