"""`regtrack serve`: the tracks of several models next to the labels, in a browser."""

from __future__ import annotations

from collections.abc import Sequence
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
    token: Annotated[
        str | None,
        typer.Option(
            help="Token that opens the page; auto: a new one. Default: auto, if other machines can "
            "connect.",
            envvar="REGTRACK_TOKEN",
        ),
    ] = None,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Let anyone in who can connect.")
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            help="Another host name of this server, such as that of a proxy; *.example.org: all "
            "below it; repeatable.",
            metavar="NAME",
        ),
    ] = None,
    url_prefix: Annotated[
        str, typer.Option(help="Path at which a proxy shows the page, such as /regtrack/.")
    ] = "/",
) -> None:
    """Show the tracks of several models next to the labels, and jump to where they differ.

    Only this machine can connect, unless --host says otherwise. Stop it with Ctrl-C.
    """
    from regtrack_app.access import access_of
    from regtrack_app.create_app import create_app
    from regtrack_app.serve import serve

    from regtrack.cli.console import console
    from regtrack.cli.wording import in_options
    from regtrack.compare.open_sources import open_sources
    from regtrack.machine.allocator import return_memory

    return_memory()
    access = access_of(host, allow_host or (), token, no_token=no_token)
    sources = open_sources(
        paths, labels=labels, genes=genes, checkpoints=checkpoint or (), reference=reference
    )
    app = create_app(sources, access=access, url_prefix=url_prefix, wording=in_options)

    def ready(addresses: Sequence[str]) -> None:
        console.print(f"Serving {addresses[0]}  (stop with Ctrl-C)", soft_wrap=True)
        for address in addresses[1:]:
            console.print(f"From other machines: {address}", soft_wrap=True)

    serve(app, access, port=port, ready=ready, browse=browse)
