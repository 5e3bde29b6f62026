"""`regtrack serve`: the tracks of several models next to the labels, in a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EPILOG = """Examples:

  regtrack serve runs/cnn runs/dilated --labels data --genes genes.gtf.gz

  regtrack serve runs/dilated encode/*.bigWig --labels markers.tsv --port 0 --open

  regtrack serve runs/dilated --labels data --checkpoint dilated/checkpoint.safetensors"""


def command(
    *,
    paths: Annotated[
        list[Path],
        typer.Argument(help="Sweeps, folders of sweeps or bigWigs, and bigWigs.", metavar="DIR..."),
    ],
    labels: Annotated[
        Path | None, typer.Option(help="A dataset, a markers table (.tsv), or one BED.")
    ] = None,
    genes: Annotated[Path | None, typer.Option(help="Genes (GTF), gzipped or plain.")] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="Checkpoint of a sweep shown, for saliency; repeatable."),
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="FASTA; default: that of the sweeps.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0: any free port.")] = 8050,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Show the tracks of several models next to the labels, and jump to where they differ.

    Only this machine can see the page, unless --host says otherwise. Stop it with Ctrl-C.
    """
    from regtrack_app.create_app import LOOPBACK, create_app
    from regtrack_app.serve import serve

    from regtrack.cli.console import console
    from regtrack.compare.open_sources import open_sources

    sources = open_sources(
        paths, labels=labels, genes=genes, checkpoints=checkpoint or (), reference=reference
    )
    app = create_app(sources, hosts=LOOPBACK if host in LOOPBACK else None)
    serve(
        app,
        host=host,
        port=port,
        ready=lambda address: console.print(f"Serving {address}  (stop with Ctrl-C)"),
        browse=browse,
    )
