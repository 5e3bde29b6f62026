"""Options of the commands that sweep a genome, by the groups of a `SweepRequest`.

Each sets a field of `Selection`, `Compute` or `Storage`, with its default; a test compares them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli import offers

_WHAT, _HOW, _STORED, _WORK = "Markers and bases", "Computing", "Storage", "Work"

Checkpoint = Annotated[
    Path, typer.Argument(help="The trained network: a run folder or a .safetensors file.")
]
OrNetwork = Annotated[
    Path | None,
    typer.Argument(
        metavar="CHECKPOINT",
        help="The trained network: a run folder or a .safetensors file; or none with --network.",
        show_default=False,
    ),
]
OrNetworks = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="CHECKPOINT...",
        help="The trained network: a run folder or a .safetensors file; or none with --network. "
        "Of several, the mean of their logits.",
        show_default=False,
    ),
]
Compared = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[CHECKPOINT]...",
        help="Trained networks, next to each other: run folders or .safetensors files.",
        show_default=False,
    ),
]
AndNetwork = Annotated[
    str,
    typer.Option(
        help="Also a network of your own: the function that makes it, package.module:function, "
        "or its name among the regtrack.networks of installed packages.",
        show_default=False,
    ),
]
Spread = Annotated[
    bool,
    typer.Option(
        "--spread",
        help="Of several checkpoints, also write the standard deviation of their scores.",
        rich_help_panel=_STORED,
    ),
]
Network = Annotated[
    str,
    typer.Option(
        help="Instead, a network of your own: the function that makes it, package.module:function, "
        "or its name among the regtrack.networks of installed packages.",
        show_default=False,
    ),
]
NetworkSet = Annotated[
    list[str] | None,
    typer.Option(help="An argument of that function, name=value; repeatable."),
]
Reference = Annotated[Path, typer.Option(help="The FASTA, plain or bgzip.")]
Out = Annotated[Path, typer.Option(help="Folder to write, created only on success.")]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace --out, and unfinished work with another plan.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")]
Hub = Annotated[
    bool,
    typer.Option(
        "--hub", help="Also write a UCSC hub and IGV sessions of the tracks; see regtrack hub."
    ),
]

# Selection
Markers = Annotated[
    list[str] | None,
    typer.Option(
        help="Globs of marker names, or category:NAME; default: all.", rich_help_panel=_WHAT
    ),
]
Chroms = Annotated[
    list[str] | None,
    typer.Option(help="Only these chromosomes; default: all.", rich_help_panel=_WHAT),
]
Region = Annotated[
    str,
    typer.Option(
        help="One region, such as chr1:1,000-2,000, instead of --chroms.", rich_help_panel=_WHAT
    ),
]
Regions = Annotated[
    Path | None,
    typer.Option(help="BED of the bases to cover, instead of --chroms.", rich_help_panel=_WHAT),
]
Exclude = Annotated[
    Path | None,
    typer.Option(help="BED of bases that get no value, like N.", rich_help_panel=_WHAT),
]

# Compute
Window = Annotated[int, typer.Option(help="Length of a window (bp).", rich_help_panel=_HOW)]
Flank = Annotated[
    str,
    typer.Option(
        help="Bp to read on each side of a window; auto: what the model needs.",
        rich_help_panel=_HOW,
    ),
]
BatchSize = Annotated[
    str,
    typer.Option(help="Windows per batch; auto: fits the device and memory.", rich_help_panel=_HOW),
]
Precision = Annotated[str, offers.precision(panel=_HOW)]
Device = Annotated[str, offers.device(panel=_HOW)]
Compiling = Annotated[
    str,
    typer.Option(
        "--compile",
        help="Use torch.compile: auto, on or off; auto: on GPUs where it pays.",
        autocompletion=offers.COMPILING,
        rich_help_panel=_HOW,
    ),
]
ReverseComplement = Annotated[
    bool,
    typer.Option(
        "--reverse-complement", help="Average the scores of both strands.", rich_help_panel=_HOW
    ),
]

Step = Annotated[
    int | None,
    typer.Option(
        help="Bp from one call to the next, of a network with one output per call: wider than "
        "its bin fills gaps, narrower averages overlaps; default: the bin.",
        rich_help_panel=_HOW,
    ),
]

# Storage
Transform = Annotated[
    str,
    typer.Option(
        help="Put the values of a --network on another scale: none, exp, expm1, softplus or "
        "package.module:function.",
        autocompletion=offers.offer("none", "exp", "expm1", "softplus"),
        rich_help_panel=_STORED,
    ),
]
Logits = Annotated[
    bool,
    typer.Option("--logits", help="Store logits instead of scores.", rich_help_panel=_STORED),
]
KeepBits = Annotated[
    int,
    typer.Option(
        help="Mantissa bits to keep in each value; 23 is lossless.", rich_help_panel=_STORED
    ),
]
Resolution = Annotated[
    int, typer.Option(help="Store means over this many bp.", rich_help_panel=_STORED)
]

# Work
Shard = Annotated[
    str | None,
    typer.Option(
        help="Make one share, such as 3/16, for regtrack assemble to join.", rich_help_panel=_WORK
    ),
]
DaskScheduler = Annotated[
    str | None,
    typer.Option(help="Address of a Dask scheduler to run on.", rich_help_panel=_WORK),
]
DaskSchedulerFile = Annotated[
    Path | None,
    typer.Option(help="The file that the Dask scheduler writes, instead.", rich_help_panel=_WORK),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Print what would be written, and stop.", rich_help_panel=_WORK),
]
