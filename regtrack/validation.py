"""Check whatever regtrack writes: bigWigs, datasets, checkpoints and sweeps, down to every byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from regtrack.checkpoint import verify_checkpoint
from regtrack.dataset.verify import verify_dataset
from regtrack.errors import RecordError, TrackError
from regtrack.files.source import sha256_of
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress
from regtrack.sweep.joined import TRACKS, read_joined
from regtrack.sweep.plan_file import load_plan
from regtrack.sweep.shard import is_intact
from regtrack.sweep.summary import TrackSummary
from regtrack.tracks.bigwig.findings import Finding
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.validate import validate
from regtrack.tracks.sweep_record import SWEEP_FILE, TrackEntry, read_sweep


@dataclass(frozen=True)
class StoredReport:
    """The result of checking a dataset, checkpoint or sweep.

    Attributes:
        path: as given.
        kind: `dataset`, `checkpoint`, `sweep` or `unfinished sweep`.
        findings: what is wrong; empty if it is valid.
    """

    path: Path
    kind: str
    findings: tuple[Finding, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """One line if it is valid, else one more per finding."""
        if self.valid:
            return f"{self.path}: valid; {self.kind}"
        lines = [f"  {found.part}: {found.message}" for found in self.findings]
        return "\n".join([f"{self.path}: not valid", *lines])


def validate_stored(
    path: Path,
    kind: str,
    assembly: Assembly | None = None,
    *,
    second_reader: SecondReader | None = None,
    progress: Progress = SILENT,
) -> StoredReport:
    """Check a dataset, checkpoint or sweep with all of its content.

    Args:
        path: its folder, or a file in it that describes it.
        kind: what it is, from `stored_kind`.
        assembly: the assembly that the chromosomes of a sweep's tracks must belong to, if given.
        second_reader: pyBigWig in a separate process, for the tracks of a sweep.
        progress: shows what has been checked.
    """
    folder = path if path.is_dir() else path.parent
    found: Iterator[tuple[str, str]]
    if kind == "dataset":
        found = verify_dataset(folder, progress)
    elif kind == "checkpoint":
        found = (("checkpoint", problem) for problem in verify_checkpoint(path))
    elif kind == "sweep":
        found = _sweep(folder, assembly, second_reader, progress)
    else:
        found = _unfinished(folder, assembly, second_reader, progress)
    return StoredReport(path, kind, tuple(Finding(part, message) for part, message in found))


def _sweep(
    folder: Path, assembly: Assembly | None, reader: SecondReader | None, progress: Progress
) -> Iterator[tuple[str, str]]:
    try:
        tracks = read_sweep(folder).tracks
    except TrackError as error:
        yield SWEEP_FILE, str(error)
        return
    for track in tracks:
        yield from _track(folder / track.file, track, assembly, reader, progress)


def _track(
    path: Path,
    track: TrackEntry | TrackSummary,
    assembly: Assembly | None,
    reader: SecondReader | None,
    progress: Progress,
    *,
    record: str = SWEEP_FILE,
) -> Iterator[tuple[str, str]]:
    if not path.is_file():
        yield track.file, "the file is missing"
        return
    if (size := path.stat().st_size) != (track.size or size):
        yield track.file, f"{size:,} bytes; {record} says {track.size:,}"
    elif track.sha256 not in {None, sha256_of(path)}:
        yield track.file, f"it is not the file that {record} lists: its SHA-256 differs"
    report = validate(path, assembly, second_reader=reader, progress=progress)
    for finding in (*report.findings, *report.notes):  # our own files give no reason for doubt
        yield f"{track.file}, {finding.part}", finding.message
    if report.valid and track.bases not in {None, report.covered}:
        yield (
            track.file,
            f"{report.covered:,} bases with a value; {record} says {track.bases:,}",
        )


def _unfinished(
    folder: Path, assembly: Assembly | None, reader: SecondReader | None, progress: Progress
) -> Iterator[tuple[str, str]]:
    try:
        plan = load_plan(folder)
    except RecordError as error:
        yield SWEEP_FILE, str(error)
        return
    joined = read_joined(folder, plan)
    with progress.task("Checking shards", len(plan.chunks), "shards") as task:
        for chunk in plan.chunks:
            shard = folder / "shards" / f"{chunk.number:06d}.shard"
            if shard.exists() and not is_intact(shard, plan.digest, chunk, joined):
                yield shard.name, "it is broken; running the sweep again computes it again"
            task.advance()
    for track in joined.values():
        path = folder / TRACKS / track.file
        yield from _track(path, track, assembly, reader, progress, record="its record")
