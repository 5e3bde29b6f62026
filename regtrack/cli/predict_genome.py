"""`regtrack predict-genome`: a checkpoint and a FASTA in, one bigWig a marker out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regtrack.cli.console import (
    bars,
    console,
    duration_text,
    per_second,
    print_json,
    print_table,
    size_text,
    split_list,
    taken_text,
)
from regtrack.cli.offers import COMPILING, Device, Precision

if TYPE_CHECKING:
    from regtrack.sweep.run import Open
    from regtrack.sweep.summary import Forecast, ShareSummary, SweepSummary

EPILOG = """
Examples:

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out tracks

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out ctcf
  --markers '*CTCF*' --chroms chr8,chr9 --exclude blacklist.bed

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out loci
  --regions loci.bed --reverse-complement

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out tracks --dry-run

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out tracks
  --shard 3/16
"""

_SHOWN = 20  # tracks that get a line each; more are summed up, and named by --json


def command(
    checkpoint: Annotated[Path, typer.Argument(help="The trained network (.safetensors).")],
    *,
    reference: Annotated[Path, typer.Option(help="The FASTA, plain or bgzip.")],
    out: Annotated[Path, typer.Option(help="The tracks' folder, made whole or not at all.")],
    markers: Annotated[
        list[str] | None,
        typer.Option(help="Globs on marker names, or category:NAME; by default all."),
    ] = None,
    chroms: Annotated[
        list[str] | None, typer.Option(help="Predict these chromosomes; by default all.")
    ] = None,
    regions: Annotated[
        Path | None, typer.Option(help="BED of the bases to predict, instead of --chroms.")
    ] = None,
    window: Annotated[int, typer.Option(help="Length of a window, bp.")] = 25_000,
    flank: Annotated[
        str, typer.Option(help="Read beside a window, bp; auto is what the model needs.")
    ] = "auto",
    batch_size: Annotated[
        str, typer.Option(help="Windows at once; auto fits the device and the memory.")
    ] = "auto",
    precision: Precision = "fp32",
    device: Device = "auto",
    compiling: Annotated[
        str,
        typer.Option(
            "--compile",
            help="auto, on or off: by torch.compile; auto does on a GPU where it pays.",
            autocompletion=COMPILING,
        ),
    ] = "auto",
    reverse_complement: Annotated[
        bool, typer.Option("--reverse-complement", help="The mean of both strands' scores.")
    ] = False,
    exclude: Annotated[
        Path | None, typer.Option(help="BED of bases that get no value, as N gets none.")
    ] = None,
    any_assembly: Annotated[
        bool,
        typer.Option("--any-assembly", help="Go on where the model was trained on another."),
    ] = False,
    logits: Annotated[
        bool, typer.Option("--logits", help="Store logits instead of scores.")
    ] = False,
    keep_bits: Annotated[
        int, typer.Option(help="Bits of each value's mantissa to keep; 23 is lossless.")
    ] = 7,
    resolution: Annotated[int, typer.Option(help="Store the mean of so many bp.")] = 1,
    shard: Annotated[
        str | None,
        typer.Option(help="Make one share, such as 3/16, for regtrack assemble to join."),
    ] = None,
    dask_scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler whose workers do the work.")
    ] = None,
    dask_scheduler_file: Annotated[
        Path | None, typer.Option(help="The same as the file that the scheduler writes.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and stop.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace --out, and what was begun with another plan."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Predict a genome: a bigWig a marker, seamless, from a checkpoint and a FASTA.

    Lists take commas, or the option again. Interrupted, the same command goes on.
    """
    from regtrack.sweep.request import Request
    from regtrack.sweep.run import forecast_sweep, run_share, run_sweep

    request = Request(
        checkpoint=checkpoint,
        reference=reference,
        out=out,
        markers=split_list("--markers", markers),
        chroms=split_list("--chroms", chroms),
        regions=regions,
        exclude=exclude,
        window=window,
        flank=flank,
        batch_size=batch_size,
        precision=precision,
        device=device,
        compiling=compiling,
        reverse_complement=reverse_complement,
        logits=logits,
        keep_bits=keep_bits,
        resolution=resolution,
        any_assembly=any_assembly,
    )
    show = _as_json if as_json else _as_text
    runner = _runner(dask_scheduler, dask_scheduler_file)
    if dry_run:
        show(forecast_sweep(request, shard, runner=runner, overwrite=overwrite))
        return
    with bars() as progress:
        options: dict[str, Any] = {
            "runner": runner,
            "progress": progress,
            "announce": (lambda _: None) if as_json else print_forecast,
            "overwrite": overwrite,
        }
        found = (
            run_sweep(request, **options) if shard is None else run_share(request, shard, **options)
        )
    show(found)


def _runner(scheduler: str | None, file: Path | None) -> Open:
    """What runs the sweep: this process, or the cluster that was named."""
    from regtrack.errors import PlanError
    from regtrack.sweep.job import open_job

    named = [given for given in (scheduler, file) if given is not None]
    if not named:
        return open_job
    if len(named) > 1:
        raise PlanError("give --dask-scheduler or --dask-scheduler-file, not both")
    if named[0] == "":
        raise PlanError("--dask-scheduler is empty; give the scheduler's address, or leave it out")
    from regtrack.sweep.cluster import on_dask

    return on_dask(named[0])


def _as_json(found: Forecast | ShareSummary | SweepSummary) -> None:
    print_json(found.to_dict())


def _as_text(found: Forecast | ShareSummary | SweepSummary) -> None:
    from regtrack.sweep.summary import Forecast, ShareSummary

    if isinstance(found, Forecast):
        print_forecast(found)
    elif isinstance(found, ShareSummary):
        _print_share(found)
    else:
        print_summary(found)


def print_forecast(forecast: Forecast) -> None:
    """What a sweep will write and take, in three lines."""
    files = _count(len(forecast.files), "file")
    windows, chunks = _count(forecast.windows, "window"), _count(forecast.chunks, "chunk")
    left = f", {forecast.chunks_left:,} to be made now"
    strands = ", both strands" if forecast.strands == 2 else ""
    compiled = ", compiled" if forecast.compiled else ""
    averaged = f", means of {forecast.resolution} bp" if forecast.resolution > 1 else ""
    console.print(
        f"{forecast.out}: {files}, {forecast.bases / 1e6:,.2f} Mb each, "
        f"{forecast.keep_bits} bits kept{averaged}, at most {size_text(forecast.disk)}, "
        "twice that until they are joined\n"
        f"{windows} of {forecast.window:,} bp, {forecast.batch_size} at once, "
        f"flank {forecast.flank:,} bp, {forecast.precision} on {forecast.device}{strands}"
        f"{compiled}\n"
        f"{chunks}{left if forecast.chunks_left < forecast.chunks else ''}, "
        f"about {duration_text(forecast.seconds)} "
        f"and {size_text(forecast.memory)} of memory"
    )


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _print_share(share: ShareSummary) -> None:
    if share.left:
        then = f"{_count(share.left, 'chunk')} of other shares not there yet"
    elif share.broken:
        then = f"{_count(share.broken, 'chunk')} of other shares broken: run those shares again"
    else:
        then = f"all shards are there: regtrack assemble {share.folder}"
    console.print(
        f"{share.folder}: {_count(share.chunks, 'chunk')} of this share, {share.made:,} made now "
        f"in {taken_text(share.seconds)}; {then}"
    )


def print_summary(summary: SweepSummary) -> None:
    """What a sweep wrote, a line a track, and its sums."""
    columns = ("file", "category", "mean", "lowest", "highest", "size")
    rows = [
        (
            track.file, track.category, f"{track.mean:.4f}", f"{track.low:.4f}",
            f"{track.high:.4f}", size_text(track.size),
        )
        for track in summary.tracks[:_SHOWN]
    ]  # fmt: skip
    print_table(None, columns, rows)
    more = len(summary.tracks) - _SHOWN
    speed = "" if summary.speed is None else f" ({per_second(summary.speed, 'bp')})"
    console.print(
        (f"and {more} more\n" if more > 0 else "")
        + f"{summary.out}: bases with a value {summary.bases:,}, N {summary.absent:,}, "
        f"{size_text(summary.size)} in {taken_text(summary.seconds)}{speed}"
    )
