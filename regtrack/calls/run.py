"""Call the peaks of the tracks of a sweep, or of any bigWigs."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regtrack.atomic import publish_folder
from regtrack.calls.find import find_peaks
from regtrack.calls.rule import CallRule, Cut
from regtrack.calls.summary import CALLS_FILE, CalledTrack, CallSummary
from regtrack.calls.tables import INSTEAD, find_tables
from regtrack.calls.write import PeakFiles
from regtrack.errors import MarkerError, RegtrackError, TrackError, invalid
from regtrack.files.shown import listed
from regtrack.labels.marker import select_markers
from regtrack.machine.cores import cores
from regtrack.machine.threads import Threads
from regtrack.measures.thresholds import Threshold, ThresholdTable
from regtrack.progress import SILENT, Progress, Task
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.rounding import MANTISSA_BITS
from regtrack.tracks.build_catalog import build_catalog, track_markers
from regtrack.tracks.catalog import Catalog, ModelTracks, Track
from regtrack.tracks.kind import SALIENCY

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Source:
    """A track to call."""

    track: Track
    table: ThresholdTable | None
    keep_bits: int


def call_peaks(
    paths: Sequence[str | Path] | str | Path,
    out: str | Path,
    rule: CallRule,
    *,
    markers: Sequence[str] = (),
    checkpoint: str | Path | None = None,
    threads: int | None = None,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> CallSummary:
    """Call peaks and write them as narrowPeak and bigBed, with calls.json and calls.csv.

    Tracks are read block by block, so that memory does not grow with the genome.

    Args:
        paths: sweeps of `predict-genome`, bigWigs, or folders with any of these below.
        out: the folder to write, created only on success.
        rule: what a peak is.
        markers: names or globs, as in `select_markers`; default: all.
        checkpoint: the calibrated checkpoint that made the sweep; default: the one it names.
        threads: tracks read at once; default: one per core.
        overwrite: replace the calls of an earlier run.
        progress: shows the bases read.

    Raises:
        TrackError: fewer than one thread, a path without tracks or with tracks that cannot be
            called by this rule, or a `checkpoint` where no sweep is given or none has a table.
        CheckpointError: the checkpoint is not there, or is another than the one that made them.
        MarkerError: a glob that matches nothing, or no marker has a table of thresholds.
        OutputError: `out` exists and `overwrite` is off, or it cannot be written.
    """
    if threads is not None and threads < 1:
        raise TrackError(invalid("threads", threads, "at least 1"))
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    catalog = build_catalog([Path(path) for path in given])
    sources = _sources(catalog, rule, markers, checkpoint)
    inputs = (*given, checkpoint)
    start = time.monotonic()
    with publish_folder(Path(out), mark=CALLS_FILE, inputs=inputs, overwrite=overwrite) as folder:
        total = catalog.assembly.total * len(sources)
        with (
            progress.task(f"Calling peaks of {len(sources)} tracks", total, "bp") as task,
            Threads(threads or cores()) as pool,
        ):
            jobs = [pool.submit(_call, one, rule, folder, task) for one in sources]
            called = [job.result() for job in jobs]
        sweeps = (*catalog.models, *catalog.other_sweeps)
        summary = CallSummary(
            out=Path(out),
            rule=rule,
            checkpoints={str(one.folder): one.record.checkpoint.weights for one in sweeps},
            tracks=called,
            seconds=time.monotonic() - start,
            read=total,
        )
        summary.write_files(folder)
    return summary


def _call(source: _Source, rule: CallRule, folder: Path, task: Task) -> CalledTrack:
    """Call one track into a folder."""
    track, name = source.track, source.track.path.stem
    files = PeakFiles(
        folder / f"{name}.narrowPeak", folder / f"{name}.bb", track.marker or name, 1.0,
        source.table,
    )  # fmt: skip
    cut = rule.cut(source.table, source.keep_bits)
    with RawBigWig(track.path) as raw:
        if track.kind != "scores":
            files = replace(files, top=raw.summary.greatest)
        found = (
            iter(())
            if cut is None
            else find_peaks(
                raw, high=cut.high, low=cut.low, min_length=rule.min_length, max_gap=rule.max_gap,
                by_zoom=track.marker is not None, task=task,
            )
        )  # fmt: skip
        peaks, bases = files.write(raw.assembly, found)
        if cut is None:
            task.advance(raw.assembly.total)
    return _called(source, cut, files, peaks, bases)


def _called(
    source: _Source, cut: Cut | None, files: PeakFiles, peaks: int, bases: int
) -> CalledTrack:
    high = _columns("", *((cut.high, cut.of_high) if cut else (None, None)))
    low = _columns("low_", *((cut.low, cut.of_low) if cut else (None, None)))
    note = ""
    if cut is None:
        assert source.table is not None
        best = source.table.best
        note = (
            f"no threshold has this precision; the best has {best.precision:.3g}, at recall "
            f"{best.recall:.3g}"
        )
    elif not peaks:
        note = "no peak"
    return CalledTrack(
        track=source.track.path.name,
        marker=source.track.marker,
        narrow_peak=files.narrow_peak.name,
        bigbed=files.bigbed.name,
        peaks=peaks,
        bases=bases,
        **high,
        **low,
        note=note,
    )


def _columns(
    prefix: str, value: float | None, measured: Threshold | None
) -> dict[str, float | None]:
    """A threshold and what it had, by the names of `CalledTrack`."""
    return {
        f"{prefix}threshold": value,
        f"{prefix}precision": None if measured is None else measured.precision,
        f"{prefix}recall": None if measured is None else measured.recall,
    }


def _sources(
    catalog: Catalog, rule: CallRule, markers: Sequence[str], checkpoint: str | Path | None
) -> list[_Source]:
    """The tracks to call, with their tables.

    Raises:
        TrackError, CheckpointError, MarkerError: see `call_peaks`.
    """
    known = track_markers(catalog)
    chosen = {known[at].name for at in select_markers(known, markers)} if markers else None
    found: list[_Source] = []
    for sweep in (*catalog.models, *catalog.other_sweeps):
        tracks = [one for one in sweep.tracks if chosen is None or one.marker in chosen]
        if tracks:
            found += _of_sweep(sweep, tracks, rule, checkpoint)
    loose = [track for track in catalog.tracks if track.marker is None]
    if loose and rule.by_table:
        raise TrackError(
            f"there is no table of thresholds for {loose[0].path}, which is not given as part of a "
            f"sweep; give the folder of its sweep if it has one, or {INSTEAD}"
        )
    if checkpoint is not None and not found:
        raise TrackError(
            "`checkpoint` is the one that made a sweep, and no sweep is given; give the folder of "
            "the sweep, or omit `checkpoint`"
        )
    found += [_Source(track, None, MANTISSA_BITS) for track in loose if chosen is None]
    _check_names(found)
    return found


def _of_sweep(
    sweep: ModelTracks, tracks: Sequence[Track], rule: CallRule, checkpoint: str | Path | None
) -> list[_Source]:
    if SALIENCY & {track.kind for track in tracks}:
        raise TrackError(f"{sweep.folder} holds saliency, which has no peaks; give scores")
    record = sweep.record
    tables = {}
    try:
        instead = INSTEAD if rule.by_table else "omit `checkpoint`"
        tables = dict(find_tables(sweep, checkpoint, instead=instead))
    except RegtrackError:
        if rule.by_table or checkpoint is not None:
            raise
    if rule.by_table:
        bare = [track.marker or "" for track in tracks if not tables.get(track.marker or "")]
        if len(bare) == len(tracks):
            raise MarkerError(
                f"no marker of {sweep.folder} has thresholds: each has too few labelled bases in "
                "the split of the calibration; give a `threshold`"
            )
        if bare:
            _log.warning(
                "left out, with too few labelled bases for thresholds: %s", listed(bare, 5)
            )
        tracks = [track for track in tracks if track.marker not in bare]
        if record.plan.resolution > 1:
            _log.warning(
                "thresholds were measured base by base, and these tracks hold means over %d bp: "
                "precision and recall are not exactly those of the table", record.plan.resolution,
            )  # fmt: skip
    return [_Source(one, tables.get(one.marker or "") or None, record.keep_bits) for one in tracks]


def _check_names(sources: Sequence[_Source]) -> None:
    """Refuse two files whose peaks would have one name."""
    if not sources:
        raise TrackError("no track is left to call; name others")
    seen: dict[str, Path] = {}
    for source in sources:
        path = source.track.path
        if path.stem in seen:
            raise TrackError(
                f"{seen[path.stem]} and {path} have one name, so that their peaks would too; call "
                "them into different folders"
            )
        seen[path.stem] = path
