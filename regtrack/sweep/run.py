"""Predict a genome: a checkpoint and a FASTA in, one bigWig per marker out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol

from regtrack.destination import check_folder_free, check_name
from regtrack.disk_errors import disk_errors
from regtrack.errors import OutputError
from regtrack.genome.inputs import Inputs
from regtrack.partial_names import PARTIAL, work_folder
from regtrack.predict.opening import Given
from regtrack.progress import SILENT, Progress
from regtrack.sweep.assemble import finish
from regtrack.sweep.chunks import Chunk, choose_share
from regtrack.sweep.claim import claimed
from regtrack.sweep.encoding import prepare_encoder
from regtrack.sweep.job import open_job
from regtrack.sweep.joined import drop_damaged
from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest, make_request
from regtrack.sweep.spread import make_spread
from regtrack.sweep.summary import Forecast, ShareSummary, SweepSummary
from regtrack.sweep.work import Work
from regtrack.tracks.sweep_record import SWEEP_FILE

_PathLike = str | Path
_log = logging.getLogger(__name__)


def predict_genome(
    checkpoint: Given,
    reference: _PathLike,
    out: _PathLike,
    *,
    markers: Sequence[str] = (),
    chroms: Sequence[str] = (),
    selection: Selection | None = None,
    compute: Compute | None = None,
    storage: Storage | None = None,
    spread: bool = False,
    any_assembly: bool = False,
    progress: Progress = SILENT,
    announce: Callable[[Forecast], None] = lambda _: None,
    overwrite: bool = False,
) -> SweepSummary:
    """Write a model's scores along a genome: one bigWig per marker, and sweep.json.

    With a convolutional network each value equals that of one pass over the whole chromosome, up to
    float rounding and the bits kept, whatever the window, batch size or regions. N and excluded
    bases have no value. Memory does not grow with the genome. All inputs are checked before the
    first window is computed. An interrupted run resumes if it is called again, and yields
    byte-identical files.

    Args:
        checkpoint: the trained network, or one of your own (docs/networks.md); an object is not
            changed. Several checkpoints are one network, the mean of their logits.
        reference: the FASTA.
        out: the folder to write; created only on success.
        markers: globs of marker names, or `category:NAME`, as a list or one string; default: all.
        chroms: chromosomes to predict, as a list or one string; default: all.
        selection: which markers and bases, instead of `markers` and `chroms`; also takes a region
            or BED files.
        compute: how values are computed: windows, batches, device, strands.
        storage: how values are stored: scores or logits, bits, resolution.
        spread: of several checkpoints, also write the standard deviation of their scores: a second
            file per marker.
        any_assembly: accept an assembly other than the training's.
        progress: shows the bases computed and the files finished.
        announce: called once before the work starts, with what will be written.
        overwrite: replace tracks of an earlier run, and unfinished work with another plan.

    Raises:
        OutputError: `out` exists, contains inputs or unrelated files, cannot be written, or the
            disk is too small.
        CheckpointError, FastaError, AssemblyError, MarkerError, PeakFileError: bad input.
        NetworkError: a network of your own that raises, or that is not as described.
        ChangedError: an input was changed meanwhile.
        DeviceError: an unknown device or precision, or torch.compile does not work.
        OutOfMemoryError: too little memory.
        PlanError: an invalid window, flank or batch, no base to predict, or an unfinished sweep for
            `out` with another plan.
        TrackError: an invalid number of bits, or values of the model that are not finite.
    """
    request = make_request(
        checkpoint, reference, out, markers=markers, chroms=chroms, selection=selection,
        compute=compute, storage=storage, any_assembly=any_assembly,
    )  # fmt: skip
    runner = partial(open_job, make=make_spread) if spread else open_job
    return run_sweep(
        request, runner=runner, progress=progress, announce=announce, overwrite=overwrite
    )


class Runner(Protocol):
    """Runs a sweep, in this process or on a cluster."""

    @property
    def forecast(self) -> Forecast:
        """What the sweep will write and need."""

    @property
    def work(self) -> Work:
        """The sweep's work folder."""

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
    """Compute the missing shards of a sweep, join and publish them; see `predict_genome`."""
    request = _with_checked_output(request, overwrite=overwrite)
    inputs = Inputs.at(request.inputs)
    with runner(request) as job:
        announce(_forecast(job, job.work.chunks, overwrite=overwrite))
        start = time.perf_counter()
        with claimed(job.work, exclusive=True, overwrite=overwrite), _report_kept(job.work):
            made = _make(job, job.work.chunks, progress)
            inputs.check_unchanged()
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
    """Make the shards of one share of a sweep, such as `3/16`; `assemble_genome` joins all shares.

    Raises:
        PlanError, OutputError, DeviceError, OutOfMemoryError: as `predict_genome`.
    """
    request = _with_checked_output(request, overwrite=overwrite)
    inputs = Inputs.at(request.inputs)
    with runner(request) as job:
        chunks = choose_share(job.work.chunks, share)
        announce(_forecast(job, chunks, overwrite=overwrite))
        start = time.perf_counter()
        with (
            claimed(job.work, exclusive=False, overwrite=overwrite),
            _report_kept(job.work),
        ):
            made = _make(job, chunks, progress)
            inputs.check_unchanged()
            own = set(chunks)
            others = [chunk for chunk in job.work.chunks if chunk not in own]
            left = job.work.without_shard(others)
            # read all shards before reporting that the sweep can be joined
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
    """Check a sweep, or a share of it, and forecast what it would write and need.

    Nothing is written. Files and disk space are for the whole sweep; the chunks left and the time
    are for this run.

    Raises:
        PlanError, OutputError, DeviceError, OutOfMemoryError: as `predict_genome`.
    """
    request = _with_checked_output(request, overwrite=overwrite)
    choose_share((), share)  # refuses an invalid share before anything is opened
    with runner(request) as job:
        return _forecast(job, choose_share(job.work.chunks, share), overwrite=overwrite)


def _forecast(job: Runner, chunks: Sequence[Chunk], *, overwrite: bool) -> Forecast:
    """The forecast for some chunks, without those that have a shard.

    Raises:
        PlanError: there is unfinished work with another plan, and `overwrite` is off.
        OutputError: a track's name is too long.
    """
    job.work.check_names()
    job.work.has_other_plan(overwrite=overwrite)
    return job.forecast.of(job.work.without_shard(chunks))


def _with_checked_output(request: SweepRequest, *, overwrite: bool) -> SweepRequest:
    """The request with its output resolved, which must be free to write.

    Raises:
        OutputError: as `check_folder_free`; or the name is that of a work folder.
    """
    out = request.out
    if out.suffix == PARTIAL:
        raise OutputError(
            f"{out}: names that end in {PARTIAL} are reserved for work folders; choose another "
            "output"
        )
    with disk_errors(out):
        complete = (out / SWEEP_FILE).is_file()
    if complete and not overwrite:
        raise OutputError(
            f"{out} exists already and is complete, with its {SWEEP_FILE}; choose another output, "
            "or pass `overwrite=True` to replace it"
        )
    place = check_folder_free(out, mark=SWEEP_FILE, inputs=request.inputs, overwrite=overwrite)
    check_name(work_folder(place))
    return replace(request, out=place)


def _make(job: Runner, chunks: Sequence[Chunk], progress: Progress) -> Sequence[Chunk]:
    """Make the missing shards; returns their chunks."""
    drop_damaged(job.work.folder, job.work, progress)
    resuming = len(job.work.without_shard(chunks)) < len(chunks)
    missing = job.work.missing(chunks, progress if resuming else SILENT)
    if resuming:
        _log.warning(
            "resuming: %s of %s chunks done (%s)",
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
def _report_kept(work: Work) -> Iterator[None]:
    """Log which chunks are kept if the block is interrupted."""
    try:
        yield
    except BaseException:
        chunks = len(work.chunks)
        if kept := chunks - len(work.without_shard(work.chunks)):
            _log.warning(
                "%s of %s chunks are kept in %s; run the same command again to resume",
                f"{kept:,}", f"{chunks:,}", work.folder,
            )  # fmt: skip
        raise
