"""`regtrack saliency-tracks`: what a model looks at along a genome, two bigWigs per marker."""

from __future__ import annotations

from typing import Annotated

import typer

from regtrack.cli import sweep_options as options
from regtrack.cli.console import given_lists
from regtrack.cli.given import given_network
from regtrack.cli.offers import AnyAssembly
from regtrack.cli.sweeping import runner_of, sweep

EPILOG = """
Examples:

  regtrack saliency-tracks run/checkpoint.safetensors --reference hg38.fa --out saliency
  --markers '*CTCF*' --chroms chr1

  regtrack saliency-tracks run/checkpoint.safetensors --reference hg38.fa --out loci
  --markers GM12878_CTCF --regions loci.bed --threshold 0.5 --dry-run

  regtrack saliency-tracks run/checkpoint.safetensors --reference hg38.fa --out saliency
  --device cuda --precision bf16 --shard 3/16

  regtrack saliency-tracks --network my_networks:splicing --network-set weights=w.safetensors
  --reference hg38.fa --out saliency --markers acceptor --region chr1:1,000,001-1,050,000
"""


def command(
    checkpoint: options.OrNetwork = None,
    *,
    network: options.Network = "",
    network_set: options.NetworkSet = None,
    reference: options.Reference,
    out: options.Out,
    markers: options.Markers = None,
    chroms: options.Chroms = None,
    region: options.Region = "",
    regions: options.Regions = None,
    exclude: options.Exclude = None,
    threshold: Annotated[
        float,
        typer.Option(
            help="Explain outputs with at least this score; 0: all.",
            rich_help_panel="Markers and bases",
        ),
    ] = 0.0,
    window: options.Window = 25_000,
    flank: options.Flank = "auto",
    batch_size: options.BatchSize = "auto",
    precision: options.Precision = "fp32",
    device: options.Device = "auto",
    keep_bits: options.KeepBits = 7,
    resolution: options.Resolution = 1,
    any_assembly: AnyAssembly = False,
    shard: options.Shard = None,
    dask_scheduler: options.DaskScheduler = None,
    dask_scheduler_file: options.DaskSchedulerFile = None,
    dry_run: options.DryRun = False,
    hub: options.Hub = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Write gradient x input along a genome: two seamless bigWigs per marker, signed and absolute.

    Genome browsers draw the signed track as letters of the sequence (dynseq); the absolute one is
    for zoomed-out views, where signed means cancel. List values are separated by commas, or the
    option is repeated. An interrupted command resumes when it is run again.
    """
    from regtrack.saliency.tracks import MakeSaliency
    from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest

    request = SweepRequest(
        given_network(checkpoint, network, network_set),
        reference,
        out,
        selection=Selection(
            markers=given_lists("--markers", markers), chroms=given_lists("--chroms", chroms),
            region=region, regions=regions, exclude=exclude,
        ),
        compute=Compute(
            window=window, flank=flank, batch_size=batch_size, precision=precision, device=device
        ),
        storage=Storage(keep_bits=keep_bits, resolution=resolution),
        any_assembly=any_assembly,
    )  # fmt: skip
    make = MakeSaliency(threshold)
    sweep(
        request,
        runner=runner_of(dask_scheduler, dask_scheduler_file, make=make), note=make.note,
        shard=shard, dry_run=dry_run, overwrite=overwrite, as_json=as_json, hub=hub,
    )  # fmt: skip
