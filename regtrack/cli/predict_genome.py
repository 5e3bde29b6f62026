"""`regtrack predict-genome`: a checkpoint and a FASTA in, one bigWig per marker out."""

from __future__ import annotations

from regtrack.cli import sweep_options as options
from regtrack.cli.console import given_lists
from regtrack.cli.given import given_networks
from regtrack.cli.offers import AnyAssembly
from regtrack.cli.sweeping import runner_of, sweep

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

  regtrack predict-genome run1 run2 run3 --spread --reference hg38.fa --out tracks

  regtrack predict-genome --network my_networks:splicing --network-set weights=w.safetensors
  --reference hg38.fa --out splicing
"""


def command(
    checkpoints: options.OrNetworks = None,
    *,
    reference: options.Reference,
    out: options.Out,
    network: options.Network = "",
    network_set: options.NetworkSet = None,
    markers: options.Markers = None,
    chroms: options.Chroms = None,
    region: options.Region = "",
    regions: options.Regions = None,
    exclude: options.Exclude = None,
    window: options.Window = 25_000,
    flank: options.Flank = "auto",
    batch_size: options.BatchSize = "auto",
    precision: options.Precision = "fp32",
    device: options.Device = "auto",
    compiling: options.Compiling = "auto",
    reverse_complement: options.ReverseComplement = False,
    step: options.Step = None,
    logits: options.Logits = False,
    keep_bits: options.KeepBits = 7,
    resolution: options.Resolution = 1,
    transform: options.Transform = "none",
    spread: options.Spread = False,
    any_assembly: AnyAssembly = False,
    shard: options.Shard = None,
    dask_scheduler: options.DaskScheduler = None,
    dask_scheduler_file: options.DaskSchedulerFile = None,
    dry_run: options.DryRun = False,
    hub: options.Hub = False,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
) -> None:
    """Predict a genome: seamless bigWigs, one per marker, from a checkpoint and a FASTA.

    List values are separated by commas, or the option is repeated. An interrupted command resumes
    when it is run again.
    """
    from regtrack.sweep.compute import make_scorer
    from regtrack.sweep.request import Compute, Selection, Storage, SweepRequest
    from regtrack.sweep.spread import make_spread

    request = SweepRequest(
        given_networks(checkpoints, network, network_set),
        reference,
        out,
        selection=Selection(
            markers=given_lists("--markers", markers), chroms=given_lists("--chroms", chroms),
            region=region, regions=regions, exclude=exclude,
        ),
        compute=Compute(
            window=window, flank=flank, batch_size=batch_size, precision=precision, device=device,
            compiling=compiling, reverse_complement=reverse_complement, step=step,
        ),
        storage=Storage(
            logits=logits, keep_bits=keep_bits, resolution=resolution, transform=transform
        ),
        any_assembly=any_assembly,
    )  # fmt: skip
    sweep(
        request,
        runner=runner_of(
            dask_scheduler, dask_scheduler_file, make=make_spread if spread else make_scorer
        ),
        shard=shard, dry_run=dry_run, overwrite=overwrite, as_json=as_json, hub=hub,
    )  # fmt: skip
