"""Predict a genome: a checkpoint and a FASTA in, one bigWig a marker out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from regtrack.atomic import publish_folder
from regtrack.checkpoint import Checkpoint, load_checkpoint
from regtrack.genome.reference import Reference
from regtrack.inference import borrowed, check_precision, pick_device
from regtrack.labels.marker import Marker, select_markers
from regtrack.progress import SILENT, Progress
from regtrack.sweep.compute import Scorer, predict
from regtrack.sweep.plan import SweepPlan, choose_flank
from regtrack.sweep.record import provenance, write_record
from regtrack.sweep.request import check_assembly, read_targets
from regtrack.sweep.room import (
    BYTES_ON_DISK,
    allow_open_files,
    check_disk,
    check_memory,
    choose_batch_size,
    memory_of,
)
from regtrack.sweep.summary import Forecast, SweepSummary
from regtrack.sweep.tracks import file_names, open_tracks

_PathLike = str | Path


def predict_genome(
    checkpoint: _PathLike | Checkpoint,
    reference: _PathLike,
    out: _PathLike,
    *,
    markers: Sequence[str] = (),
    chroms: Sequence[str] = (),
    regions: _PathLike | None = None,
    window: int = 25_000,
    flank: int | str = "auto",
    batch_size: int | str = "auto",
    precision: str = "fp32",
    device: str = "auto",
    reverse_complement: bool = False,
    exclude: _PathLike | None = None,
    any_assembly: bool = False,
    progress: Progress = SILENT,
    announce: Callable[[Forecast], None] = lambda _: None,
    overwrite: bool = False,
) -> SweepSummary:
    """Write a model's scores along a genome: a bigWig a marker, and sweep.json.

    With a convolutional network every value is, to float rounding, that of one pass over the whole
    chromosome, whatever the window, batch or regions. N and excluded bases have no value. Memory
    does not grow with the genome. Everything is checked before the first window is computed.

    Args:
        checkpoint: the trained network; one that is handed over as an object is left as it was.
        reference: the FASTA.
        out: the folder to make; it appears only when whole.
        markers: globs on the markers' names, or `category:NAME`; all by default.
        chroms: chromosomes to predict; all by default.
        regions: BED of the bases to predict, instead of `chroms`.
        window: bp of a window, a multiple of the model's stride.
        flank: bp read beside a window and not emitted; `auto` is what the model needs.
        batch_size: windows computed at once; `auto` is measured for the device and the memory.
        precision: `fp32` or `bf16`.
        device: `auto`, `cpu`, `cuda` or `cuda:0`.
        reverse_complement: the mean of both strands' scores.
        exclude: BED of bases that get no value.
        any_assembly: go on where the reference is another assembly than the training's.
        progress: told of the bases computed and the files finished.
        announce: called once with what is about to be written, before the work starts.
        overwrite: replace `out` if it exists.

    Raises:
        OutputError: `out` exists, cannot be written, or the disk is too small.
        CheckpointError, FastaError, AssemblyError, MarkerError, PeakFileError: bad input.
        PlanError: a window, flank, batch or device that cannot be, too little memory, or no base
            to predict.
    """
    regions, exclude = _path(regions), _path(exclude)
    with publish_folder(Path(out), overwrite=overwrite) as folder, Reference(reference) as fasta:
        loaded = checkpoint if isinstance(checkpoint, Checkpoint) else load_checkpoint(checkpoint)
        check_assembly(loaded.assembly, fasta.assembly, any_assembly=any_assembly)
        scorer = Scorer(
            model=loaded.model,
            rows=select_markers(loaded.markers, markers),
            device=pick_device(device),
            precision=check_precision(precision),
            both_strands=reverse_complement,
        )
        targets = read_targets(fasta.assembly, chroms=chroms, regions=regions, exclude=exclude)
        plan = SweepPlan(
            assembly=fasta.assembly,
            targets=targets,
            window=window,
            flank=choose_flank(flank, needed=scorer.model.flank, stride=scorer.model.stride),
            batch_size=choose_batch_size(
                batch_size, window=window, markers=len(scorer.rows), device=scorer.device
            ),
            stride=scorer.model.stride,
            fused=scorer.model.flank is not None,
            both_strands=reverse_complement,
        )
        job = _Job(Path(out), plan, scorer, [loaded.markers[row] for row in scorer.rows])
        job.check(folder)
        announce(job.forecast)
        made_from = provenance(loaded, fasta, regions=regions, exclude=exclude)
        summary = job.run(fasta, folder, progress)
        write_record(folder, made_from, plan, scorer, summary)
    return summary


@dataclass(frozen=True)
class _Job:
    out: Path
    plan: SweepPlan
    scorer: Scorer
    markers: Sequence[Marker]

    @property
    def names(self) -> tuple[str, ...]:
        return file_names(self.scorer.model.name, self.markers)

    @property
    def forecast(self) -> Forecast:
        return Forecast(
            out=self.out,
            files=self.names,
            bases=self.plan.bases,
            disk=int(BYTES_ON_DISK * self.plan.bases * len(self.markers)),
            memory=memory_of(self.plan.bases_at_once, len(self.markers)),
            windows=self.plan.windows,
            window=self.plan.window,
            flank=self.plan.flank,
            batch_size=self.plan.batch_size,
            device=str(self.scorer.device),
            precision=self.scorer.precision,
            strands=2 if self.scorer.both_strands else 1,
        )

    def check(self, folder: Path) -> None:
        check_memory(self.forecast.memory, self.scorer.device)
        check_disk(folder, self.forecast.disk)
        allow_open_files(len(self.markers))

    def run(self, reference: Reference, folder: Path, progress: Progress) -> SweepSummary:
        start = time.perf_counter()
        with (
            borrowed(self.scorer.model, self.scorer.device),
            open_tracks(folder, self.names, reference.assembly) as files,
        ):
            with progress.task("Predicting", self.plan.bases, "bp") as task:
                for piece in predict(self.plan, reference, self.scorer):
                    files.write(piece)
                    task.advance(self.plan.bases_of(piece.strip), note=piece.strip.chrom)
            tracks = files.finish(self.markers, progress)
        return SweepSummary(
            out=self.out,
            model=self.scorer.model.name,
            tracks=tracks,
            bases=files.bases,
            absent=self.plan.bases - files.bases,
            seconds=time.perf_counter() - start,
        )


def _path(path: _PathLike | None) -> Path | None:
    return None if path is None else Path(path)
