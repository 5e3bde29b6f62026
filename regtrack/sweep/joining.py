"""Join the shards of a sweep into tracks, some at a time, checked with pyBigWig.

A group of tracks that is complete is recorded, and its part of the shards freed: the disk holds two
copies only of the groups that are being joined, and a process that is killed loses only these.
"""

from __future__ import annotations

import logging
import resource
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

from regtrack.files.source import sha256_of
from regtrack.machine.allocator import kept_memory
from regtrack.machine.cores import cores
from regtrack.machine.holes import can_punch
from regtrack.machine.threads import Threads, as_ended
from regtrack.progress import Progress
from regtrack.sweep.content import Content, check_track
from regtrack.sweep.joined import read_joined, record_joined
from regtrack.sweep.plan_file import Track
from regtrack.sweep.summary import TrackSummary
from regtrack.sweep.work import Work
from regtrack.tracks.bigwig.assemble import create_bigwig
from regtrack.tracks.bigwig.encode import Encoded, join
from regtrack.tracks.bigwig.readings import Expected
from regtrack.tracks.bigwig.second_reader import SecondReader

_log = logging.getLogger(__name__)

AT_ONCE = 8  # threads that join at most; one more than cores, since they also wait for the disk
_GROUP = 32  # tracks that a thread joins at once, reading each shard once for all of them
_BINS = 8_192  # bins of a track appended at once, a million bases: each append has its cost
_FILES_A_TRACK, _RESERVED = 2, 64  # files open per track being joined, and by all else


def join_tracks(work: Work, progress: Progress) -> list[TrackSummary]:
    """Join the tracks that are not joined yet; returns all.

    Args:
        work: the sweep; it must have all of its shards.
        progress: shows the files finished.

    Raises:
        OutputError: a shard is broken, the disk is full, or pyBigWig reads values from a track
            other than those computed.
    """
    found = read_joined(work.folder, work)
    left = [marker for marker in range(len(work.tracks)) if marker not in found]
    if found and left:
        _log.warning("resuming: %s of %s tracks joined", f"{len(found):,}", f"{len(work.tracks):,}")
    threads, size = _group_size(len(left))
    with (
        kept_memory(),
        SecondReader() as reader,
        progress.task("Joining", len(work.tracks), "files") as task,
    ):
        task.advance(len(found))
        groups = _groups(left, size)
        with closing(_join_groups(work, groups, threads, reader)) as joined:
            for group, tracks in joined:
                for marker, track in zip(group, tracks, strict=True):
                    found[marker] = track
                    task.advance(note=track.file)
    return [found[marker] for marker in range(len(work.tracks))]


def _join_groups(
    work: Work, groups: Sequence[range], threads: int, reader: SecondReader
) -> Generator[tuple[range, list[TrackSummary]]]:
    """Join groups of neighbouring tracks, in any order; `reader` outlives all threads."""
    reading = threading.Lock()

    def check(path: Path, expected: Expected) -> None:
        with reading:
            check_track(reader, path, expected)

    with Threads(threads) as pool:
        jobs = {pool.submit(_join_group, work, group, check): group for group in groups}
        for job in as_ended(jobs):
            yield jobs[job], job.result()


def joined_twice(count: int, folder: Path) -> float:
    """The part of the tracks that is on disk twice at a time, as sections of shards and as files.

    Args:
        count: number of tracks.
        folder: where the work folder will be; all of them, if its file system cannot free sections.
    """
    threads, size = _group_size(count)
    return min(1.0, threads * size / count) if can_punch(folder) else 1.0


def _group_size(count: int) -> tuple[int, int]:
    """The threads that join so many tracks, and how many tracks each joins at once.

    Each track of a group is open together with its spool of zoom levels.
    """
    threads = min(AT_ONCE, cores() + 1)
    usable = (_files_at_most() - _RESERVED) // (_FILES_A_TRACK * threads)
    return threads, max(1, min(_GROUP, usable, -(-count // threads)))


def _groups(tracks: Sequence[int], size: int) -> list[range]:
    """Ascending indices of tracks as groups of neighbours.

    >>> _groups([0, 1, 2, 5, 6], 2)
    [range(0, 2), range(2, 3), range(5, 7)]
    """
    found: list[range] = []
    for track in tracks:
        if found and found[-1].stop == track and len(found[-1]) < size:
            found[-1] = range(found[-1].start, track + 1)
        else:
            found.append(range(track, track + 1))
    return found


def _files_at_most() -> int:
    """The files that this process may have open."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1 << 20 if soft == resource.RLIM_INFINITY else soft


def _join_group(
    work: Work, markers: range, check: Callable[[Path, Expected], None]
) -> list[TrackSummary]:
    """Write some tracks, have them checked and recorded, and free their part of the shards."""
    made = _write_group(work, markers)
    for track, expected in made:
        check(work.joined / track.file, expected)
    tracks = [track for track, _ in made]
    record_joined(work.folder, work, markers.start, tracks)
    for chunk in work.chunks:
        with work.open_shard(chunk) as shard:
            if not shard.free(markers):
                break
    return tracks


def _write_group(work: Work, markers: range) -> list[tuple[TrackSummary, Expected]]:
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
