"""`regtrack predict-genome`: a checkpoint and a FASTA in, one bigWig a marker out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, print_json, print_table, size_text, split_list

if TYPE_CHECKING:
    from regtrack.sweep.summary import Forecast, SweepSummary

EPILOG = """
Examples:

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out tracks

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out ctcf
  --markers '*CTCF*' --chroms chr8,chr9 --exclude blacklist.bed

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out loci
  --regions loci.bed --reverse-complement
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
    precision: Annotated[str, typer.Option(help="fp32 or bf16.")] = "fp32",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:0.")] = "auto",
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
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON.")] = False,
) -> None:
    """Predict a genome: a bigWig a marker, seamless, from a checkpoint and a FASTA.

    Lists take commas, or the option again.
    """
    from regtrack.sweep.run import predict_genome

    with bars() as progress:
        summary = predict_genome(
            checkpoint,
            reference,
            out,
            markers=split_list(markers),
            chroms=split_list(chroms),
            regions=regions,
            window=window,
            flank=flank,
            batch_size=batch_size,
            precision=precision,
            device=device,
            reverse_complement=reverse_complement,
            exclude=exclude,
            any_assembly=any_assembly,
            progress=progress,
            announce=(lambda _: None) if as_json else _print_forecast,
            overwrite=overwrite,
        )
    if as_json:
        print_json(summary.to_dict())
    else:
        _print_summary(summary)


def _print_forecast(forecast: Forecast) -> None:
    files = f"{len(forecast.files)} files" if len(forecast.files) > 1 else "1 file"
    strands = ", both strands" if forecast.strands == 2 else ""
    console.print(
        f"{forecast.out}: {files}, {forecast.bases / 1e6:,.2f} Mb each, "
        f"at most {size_text(forecast.disk)}\n"
        f"{forecast.windows:,} windows of {forecast.window:,} bp, {forecast.batch_size} at once, "
        f"flank {forecast.flank:,} bp, {forecast.precision} on {forecast.device}{strands}, "
        f"about {size_text(forecast.memory)} of memory",
        highlight=False,
    )


def _print_summary(summary: SweepSummary) -> None:
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
    console.print(
        (f"and {more} more\n" if more > 0 else "")
        + f"{summary.out}: bases with a value {summary.bases:,}, N {summary.absent:,}, "
        f"{size_text(summary.size)} in {summary.seconds:.0f} s "
        f"({(summary.bases + summary.absent) / summary.seconds / 1e6:,.2f} Mbp/s)",
        highlight=False,
    )
