"""`regtrack assemble`: joins the shards of a sweep into tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.console import bars, print_json
from regtrack.cli.sweeping import print_summary

EPILOG = """
Examples:

  regtrack predict-genome run/checkpoint.safetensors --reference hg38.fa --out tracks
  --shard 3/16

  regtrack assemble tracks
"""


def command(
    folder: Annotated[
        Path, typer.Argument(help="The --out of the sweep, or its work folder.", metavar="DIR")
    ],
    *,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the output.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Join shards made by predict-genome --shard or saliency-tracks --shard into bigWigs.

    Refuses while shards are missing or broken, and names them.
    """
    from regtrack.saliency.unreached import note_unreached
    from regtrack.sweep.assemble import assemble_genome

    with bars() as progress:
        summary = assemble_genome(folder, progress=progress, overwrite=overwrite)
    note_unreached(summary)
    if as_json:
        print_json(summary.to_dict())
    else:
        print_summary(summary)
