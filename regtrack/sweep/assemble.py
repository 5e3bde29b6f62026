"""Join shards into tracks, check them with pyBigWig, and publish all of them at once."""

from __future__ import annotations

import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from regtrack.atomic import hold, move_folder, publish_file
from regtrack.disk_errors import disk_errors
from regtrack.errors import PlanError
from regtrack.files.records import to_text, typed
from regtrack.files.source import sha256_of
from regtrack.machine.allocator import kept_memory
from regtrack.machine.cores import cores
from regtrack.progress import SILENT, Progress
from regtrack.sweep.chunks import Chunk
from regtrack.sweep.claim import claimed, remove
from regtrack.sweep.content import Content, check_track
from regtrack.sweep.encoding import prepare_encoder
from regtrack.sweep.plan_file import Track
from regtrack.sweep.summary import JoinedRecord, SweepSummary, TrackSummary
from regtrack.sweep.work import Work, load_work
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.encode import Encoded, join
from regtrack.tracks.bigwig.readings import Expected
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.sweep_record import SWEEP_FILE

AT_ONCE = 8  # threads that join
_GROUP = 32  # tracks that a thread joins at once, reading each shard once for all of them
_BINS = 8_192  # bins of a track appended at once, a million bases: each append has its cost
_FILES_A_TRACK, _RESERVED = 2, 64  # files open per track being joined, and by all else
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
        shutil.rmtree(work.joined, ignore_errors=True)
        work.joined.mkdir()
        tracks = _join_tracks(work, progress)
        record = {
            **work.record,
            "bases": bases,
            "absent": work.record["plan"]["bases"] - bases,
            "tracks": [asdict(track) for track in tracks],
        }
        with publish_file(work.joined / SWEEP_FILE) as partial:
            partial.write_text(to_text(record, indent=2), encoding="utf-8")
    return typed(record, JoinedRecord)


def _join_tracks(work: Work, progress: Progress) -> list[TrackSummary]:
    threads = min(AT_ONCE, cores())
    found: dict[int, TrackSummary] = {}
    pool = ThreadPoolExecutor(threads)
    try:
        with (
            kept_memory(),
            SecondReader() as reader,
            progress.task("Joining", len(work.tracks), "files") as task,
        ):
            groups = _groups(len(work.tracks), threads)
            jobs = {pool.submit(_join_group, work, markers): markers for markers in groups}
            for job in as_completed(jobs):
                for marker, (track, expected) in zip(jobs[job], job.result(), strict=True):
                    check_track(reader, work.joined / track.file, expected)
                    found[marker] = track
                    task.advance(note=track.file)
    finally:
        pool.shutdown(cancel_futures=True)
    return [found[marker] for marker in range(len(work.tracks))]


def _groups(count: int, threads: int) -> list[range]:
    """Neighbouring tracks to join at once, of which every thread has some.

    Each of a group is open together with its spool of zoom levels.
    """
    usable = (_files_at_most() - _RESERVED) // (_FILES_A_TRACK * threads)
    size = max(1, min(_GROUP, usable, -(-count // threads)))
    return [range(first, min(first + size, count)) for first in range(0, count, size)]


def _files_at_most() -> int:
    """The files that this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def _join_group(work: Work, markers: range) -> list[tuple[TrackSummary, Expected]]:
    """Write some tracks from their shards; also returns what pyBigWig should read from each."""
    paths = [work.joined / work.tracks[marker].file for marker in markers]
    resolution = work.record["plan"]["resolution"]
    contents = [Content(work.assembly, resolution) for _ in markers]
    with ExitStack() as stack:
        files = [
            stack.enter_context(
                create_bigwig(path, work.assembly, resolution=resolution, one_of_many=True)
            )
            for path in paths  # the record of the sweep is published after all of them
        ]
        for sections in _sections(work, markers):
            for file, content, section in zip(files, contents, sections, strict=True):
                file.append(section)
                content.add(section.bins)
    return [
        (_summary(work.tracks[marker], path, content), content.expected)
        for marker, path, content in zip(markers, paths, contents, strict=True)
    ]


def _sections(work: Work, markers: range) -> Iterator[list[Encoded]]:
    """What the shards hold of some tracks, short chunks together: one value for each track."""
    waiting: list[list[Encoded]] = []
    size = 0
    for chunk in work.chunks:
        with work.open_shard(chunk) as shard:
            waiting.append(shard.tracks(markers))
        size += max(len(section.bins) for section in waiting[-1])
        if size >= _BINS:
            yield [join(of_track) for of_track in zip(*waiting, strict=True)]
            waiting, size = [], 0
    if waiting:
        yield [join(of_track) for of_track in zip(*waiting, strict=True)]


def _summary(track: Track, path: Path, content: Content) -> TrackSummary:
    totals = content.totals
    return TrackSummary(
        file=track.file,
        marker=track.marker,
        category=track.category,
        values=track.values,
        bases=totals.bases,
        size=path.stat().st_size,
        sha256=sha256_of(path),
        low=totals.low,
        high=totals.high,
        mean=totals.total / totals.bases,
    )


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
