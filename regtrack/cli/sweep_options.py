"""Options of the commands that sweep a genome, by the groups of a `SweepRequest`.

Each names a field of `Selection`, `Compute` or `Storage`, with its default; a test compares them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.offers import COMPILING, DEVICES, PRECISIONS

_WHAT, _HOW, _STORED, _WORK = "Markers and bases", "Computing", "Storage", "Work"

Checkpoint = Annotated[
    Path, typer.Argument(help="The trained network: a run folder or a .safetensors file.")
]
Reference = Annotated[Path, typer.Option(help="The FASTA, plain or bgzip.")]
Out = Annotated[Path, typer.Option(help="The tracks' folder, made whole or not at all.")]
AnyAssembly = Annotated[
    bool, typer.Option("--any-assembly", help="Go on where the model was trained on another.")
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", help="Replace --out, and what was begun with another plan.")
]
AsJson = Annotated[bool, typer.Option("--json", help="The summary as JSON.")]

# Selection
Markers = Annotated[
    list[str] | None,
    typer.Option(
        help="Globs on marker names, or category:NAME; by default all.", rich_help_panel=_WHAT
    ),
]
Chroms = Annotated[
    list[str] | None,
    typer.Option(help="Only these chromosomes; by default all.", rich_help_panel=_WHAT),
]
Region = Annotated[
    str,
    typer.Option(help="One region, chr1:1,000-2,000, instead of --chroms.", rich_help_panel=_WHAT),
]
Regions = Annotated[
    Path | None,
    typer.Option(help="BED of the bases to cover, instead of --chroms.", rich_help_panel=_WHAT),
]
Exclude = Annotated[
    Path | None,
    typer.Option(help="BED of bases that get no value, as N gets none.", rich_help_panel=_WHAT),
]

# Compute
Window = Annotated[int, typer.Option(help="Length of a window, bp.", rich_help_panel=_HOW)]
Flank = Annotated[
    str,
    typer.Option(
        help="Read beside a window, bp; auto is what the model needs.", rich_help_panel=_HOW
    ),
]
BatchSize = Annotated[
    str,
    typer.Option(
        help="Windows at once; auto fits the device and the memory.", rich_help_panel=_HOW
    ),
]
Precision = Annotated[
    str, typer.Option(help="fp32 or bf16.", autocompletion=PRECISIONS, rich_help_panel=_HOW)
]
Device = Annotated[
    str,
    typer.Option(help="auto, cpu, cuda or cuda:0.", autocompletion=DEVICES, rich_help_panel=_HOW),
]
Compiling = Annotated[
    str,
    typer.Option(
        "--compile",
        help="auto, on or off: by torch.compile; auto does on a GPU where it pays.",
        autocompletion=COMPILING,
        rich_help_panel=_HOW,
    ),
]
ReverseComplement = Annotated[
    bool,
    typer.Option(
        "--reverse-complement", help="The mean of both strands' scores.", rich_help_panel=_HOW
    ),
]

# Storage
Logits = Annotated[
    bool,
    typer.Option("--logits", help="Store logits instead of scores.", rich_help_panel=_STORED),
]
KeepBits = Annotated[
    int,
    typer.Option(
        help="Bits of each value's mantissa to keep; 23 is lossless.", rich_help_panel=_STORED
    ),
]
Resolution = Annotated[
    int, typer.Option(help="Store the mean of so many bp.", rich_help_panel=_STORED)
]

# who does it
Shard = Annotated[
    str | None,
    typer.Option(
        help="Make one share, such as 3/16, for regtrack assemble to join.", rich_help_panel=_WORK
    ),
]
DaskScheduler = Annotated[
    str | None,
    typer.Option(
        help="Address of a Dask scheduler whose workers do the work.", rich_help_panel=_WORK
    ),
]
DaskSchedulerFile = Annotated[
    Path | None,
    typer.Option(help="The same as the file that the scheduler writes.", rich_help_panel=_WORK),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Say what would be written, and stop.", rich_help_panel=_WORK),
]
