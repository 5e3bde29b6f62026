"""Predict a genome: a checkpoint and a FASTA in, one bigWig a marker out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from regtrack.atomic import PARTIAL, check_folder_free, check_name, disk_errors, work_folder
from regtrack.checkpoint import Checkpoint
from regtrack.errors import OutputError
from regtrack.progress import SILENT, Progress
from regtrack.sweep.assemble import finish
from regtrack.sweep.chunks import Chunk, choose_share
from regtrack.sweep.encoding import prepare_encoder
from regtrack.sweep.job import open_job
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest, make_request
from regtrack.sweep.summary import Forecast, ShareSummary, SweepSummary
from regtrack.sweep.work import SWEEP_FILE, Work

_PathLike = str | Path
_log = logging.getLogger(__name__)


def predict_genome(
    checkpoint: _PathLike | Checkpoint,
    reference: _PathLike,
    out: _PathLike,
    *,
    markers: Sequence[str] = (),
    chroms: Sequence[str] = (),
    selection: Selection | None = None,
    compute: Compute | None = None,
    storage: Storage | None = None,
    any_assembly: bool = False,
    progress: Progress = SILENT,
    announce: Callable[[Forecast], None] = lambda _: None,
    overwrite: bool = False,
) -> SweepSummary:
    """Write a model's scores along a genome: a bigWig a marker, and sweep.json.

    With a convolutional network every value is, to float rounding and the bits that are kept, that
    of one pass over the whole chromosome, whatever the window, batch or regions. N and excluded
    bases have no value. Memory does not grow with the genome. Everything is checked before the
    first window is computed. What is interrupted goes on when it is asked for again, and ends in
    the same bytes.

    Args:
        checkpoint: the trained network; one that is handed over as an object is left as it was.
        reference: the FASTA.
        out: the folder to make; it appears only when whole.
        markers: globs on the markers' names, or `category:NAME`; all by default. A string is one.
        chroms: chromosomes to predict; all by default. A string is one.
        selection: `markers` and `chroms`, or a region or BED files; instead of those two.
        compute: how values are computed: windows, batches, device, strands.
        storage: how values are stored: scores or logits, bits, resolution.
        any_assembly: go on where the reference is another assembly than the training's.
        progress: told of the bases computed and the files finished.
        announce: called once with what is about to be written, before the work starts.
        overwrite: replace tracks of an earlier run, and drop what was begun with another plan.

    Raises:
        OutputError: `out` exists, holds inputs or other things, cannot be written, or the disk is
            too small.
        CheckpointError, FastaError, AssemblyError, MarkerError, PeakFileError: bad input.
        DeviceError: no such device or precision, or nothing to compile with.
        OutOfMemoryError: too little memory.
        PlanError: a window, flank or batch that cannot be, no base to predict, or a sweep that was
            begun for `out` with another plan.
        TrackError: a number of bits that cannot be, or a model that gives no finite value.
    """
    request = make_request(
        checkpoint, reference, out, markers=markers, chroms=chroms, selection=selection,
        compute=compute, storage=storage, any_assembly=any_assembly,
    )  # fmt: skip
    return run_sweep(request, progress=progress, announce=announce, overwrite=overwrite)


class Runner(Protocol):
    """What can run a sweep: this process, or a cluster."""

    @property
    def forecast(self) -> Forecast:
        """What it will write and take."""

    @property
    def work(self) -> Work:
        """The sweep as its folder holds it."""

    def make(self, chunks: Sequence[Chunk]) -> Iterator[Chunk]:
        """Make the shards of some chunks; each chunk is yielded when its shard is on disk."""


Open = Callable[[SweepRequest], AbstractContextManager[Runner]]


def run_sweep(
    request: SweepRequest,
    *,
    runner: Open = open_job,
    progress: Progress = SILENT,
    announce: Callable[[Forecast], None] = lambda _: None,
    overwrite: bool = False,
) -> SweepSummary:
    """Make what is missing of a sweep, join it and let it take its place; see `predict_genome`."""
    request = _placed(request, overwrite=overwrite)
    with runner(request) as job:
        announce(_forecast(job, job.work.chunks, overwrite=overwrite))
        start = time.perf_counter()
        with job.work.held(alone=True, overwrite=overwrite), _kept(job.work):
            made = _make(job, job.work.chunks, progress)
            return finish(
                job.work,
                start=start,
                predicted=sum(chunk.bases for chunk in made),
                progress=progress,
                overwrite=overwrite,
            )


def run_share(
    request: SweepRequest,
    share: str,
    *,
    runner: Open = open_job,
    progress: Progress = SILENT,
    announce: Callable[[Forecast], None] = lambda _: None,
    overwrite: bool = False,
) -> ShareSummary:
    """Make the shards of one share of a sweep, such as `3/16`; `assemble_genome` joins them all.

    Raises:
        PlanError, OutputError, DeviceError, OutOfMemoryError: as `predict_genome`.
    """
    request = _placed(request, overwrite=overwrite)
    with runner(request) as job:
        chunks = choose_share(job.work.chunks, share)
        announce(_forecast(job, chunks, overwrite=overwrite))
        start = time.perf_counter()
        with job.work.held(alone=False, overwrite=overwrite), _kept(job.work):
            made = _make(job, chunks, progress)
            ours = set(chunks)
            others = [chunk for chunk in job.work.chunks if chunk not in ours]
            left = job.work.unmade(others)
            # all of them are read before it is said that the sweep can be joined
            broken = () if left else job.work.missing(others, progress if others else SILENT)
        seconds = time.perf_counter() - start
        return ShareSummary(
            job.work.folder, len(chunks), len(made), len(left), len(broken), seconds
        )


def forecast_sweep(
    request: SweepRequest,
    share: str | None = None,
    *,
    runner: Open = open_job,
    overwrite: bool = False,
) -> Forecast:
    """Check a sweep, or a share of it, and say what it would write and take.

    Nothing is written. The files and the disk are the whole sweep's; the chunks left and the time
    are of what this run would make.

    Raises:
        PlanError, OutputError, DeviceError, OutOfMemoryError: as `predict_genome`.
    """
    request = _placed(request, overwrite=overwrite)
    choose_share((), share)  # refuses one that cannot be, before anything is opened
    with runner(request) as job:
        return _forecast(job, choose_share(job.work.chunks, share), overwrite=overwrite)


def _forecast(job: Runner, chunks: Sequence[Chunk], *, overwrite: bool) -> Forecast:
    """What is ahead where some chunks are to be made, less those that are there.

    Raises:
        PlanError: another plan was begun, and `overwrite` is off.
        OutputError: a track's name is too long.
    """
    job.work.check_names()
    job.work.replaces(overwrite=overwrite)
    return job.forecast.of(job.work.unmade(chunks))


def _placed(request: SweepRequest, *, overwrite: bool) -> SweepRequest:
    """A request whose output may be made, at the place where it will stand.

    Raises:
        OutputError: as `check_folder_free`; or the name is that of a work folder.
    """
    out = request.out
    if out.suffix == PARTIAL:
        raise OutputError(
            f"{out}: names in {PARTIAL} are those of work folders, from which tracks are made; "
            "name another output"
        )
    with disk_errors(out):
        complete = (out / SWEEP_FILE).is_file()
    if complete and not overwrite:
        raise OutputError(
            f"{out} exists already and is complete, with its {SWEEP_FILE}; name another output, or "
            "pass `overwrite=True` to make it again"
        )
    place = check_folder_free(out, mark=SWEEP_FILE, inputs=request.inputs, overwrite=overwrite)
    check_name(work_folder(place))
    return replace(request, out=place)


def _make(job: Runner, chunks: Sequence[Chunk], progress: Progress) -> Sequence[Chunk]:
    """Make the shards that are missing; returns their chunks."""
    begun = len(job.work.unmade(chunks)) < len(chunks)
    missing = job.work.missing(chunks, progress if begun else SILENT)
    if begun:
        _log.warning(
            "going on: %s of %s chunks are in %s",
            f"{len(chunks) - len(missing):,}", f"{len(chunks):,}", job.work.folder,
        )  # fmt: skip
    if not missing:
        return missing
    prepare_encoder()
    with progress.task("Computing", sum(chunk.bases for chunk in missing), "bp") as task:
        for chunk in job.make(missing):
            task.advance(chunk.bases, note=chunk.chrom)
    return missing


@contextmanager
def _kept(work: Work) -> Iterator[None]:
    """Say what is kept where the work is cut off."""
    try:
        yield
    except BaseException:
        chunks = len(work.chunks)
        if kept := chunks - len(work.unmade(work.chunks)):
            _log.warning(
                "%s of %s chunks are kept in %s; the same command goes on from there",
                f"{kept:,}", f"{chunks:,}", work.folder,
            )  # fmt: skip
        raise
