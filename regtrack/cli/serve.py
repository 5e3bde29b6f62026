"""`regtrack serve`: the tracks of several models next to the labels, in a browser."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.sweep_options import NetworkSet

EPILOG = """Examples:

  regtrack serve runs/cnn runs/dilated --labels data --genes genes.gtf.gz

  regtrack serve runs/dilated encode/*.bigWig --labels markers.tsv --port 0 --open

  regtrack serve runs/dilated my-regions.bed variants.vcf.gz --genes genes.gtf.gz

  regtrack serve 'no pooling=runs/a' 'max pooling=runs/b' --labels data

  regtrack serve runs/dilated --labels data --checkpoint dilated/checkpoint.safetensors

  regtrack serve splicing --genes genes.gtf.gz --network my_networks:splicing
  --network-set weights=w.safetensors

  regtrack serve runs/dilated --share"""


def named_paths(texts: Sequence[str]) -> tuple[list[Path], dict[str | Path, str]]:
    """Paths, and the names given to some of them as `NAME=PATH`; a path may hold an equals sign.

    >>> named_paths(["tracks/a", "my CNN=tracks/b"])[1]
    {PosixPath('tracks/b'): 'my CNN'}
    """
    paths: list[Path] = []
    names: dict[str | Path, str] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if name.strip() and path and equals and not Path(text).exists():
            names[Path(path)] = name.strip()
            paths.append(Path(path))
        else:
            paths.append(Path(text))
    return paths, names


def command(
    *,
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Sweeps, bigWigs, and folders with any of these at any depth; NAME=DIR names the "
            "model of a sweep. BED, peak and VCF files can be shown beside the tracks.",
            metavar="[NAME=]DIR...",
        ),
    ],
    labels: Annotated[
        Path | None, typer.Option(help="A dataset, a markers table (.tsv), or one BED.")
    ] = None,
    genes: Annotated[Path | None, typer.Option(help="Genes (GTF), gzipped or plain.")] = None,
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(help="Checkpoint of a sweep shown, for saliency; repeatable."),
    ] = None,
    network: Annotated[
        str,
        typer.Option(
            help="The function that made a sweep shown, for saliency: package.module:function.",
            show_default=False,
        ),
    ] = "",
    network_set: NetworkSet = None,
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
            "below it; *: any, which needs a token; repeatable.",
            metavar="NAME",
        ),
    ] = None,
    share: Annotated[
        bool,
        typer.Option(
            "--share",
            help="Let pages of other servers, such as igv.js or a UCSC mirror, read the tracks; "
            "prints the address of a hub.",
        ),
    ] = False,
    url_base: Annotated[
        str, typer.Option(help="Path at which a proxy shows the page, such as /regtrack/.")
    ] = "/",
) -> None:
    """Show the tracks of several models next to the labels, and jump to where they differ.

    Only this machine can connect, unless --host says otherwise. Stop it with Ctrl-C.
    """
    from regtrack_app.access import access_of
    from regtrack_app.create_app import create_app
    from regtrack_app.serve import serve
    from regtrack_app.sign_in import shared_path

    from regtrack.cli.console import console
    from regtrack.cli.given import swept_networks
    from regtrack.cli.wording import in_options
    from regtrack.compare.open_sources import open_sources
    from regtrack.machine.allocator import return_memory
    from regtrack.machine.open_files import allow_open_files
    from regtrack.tracks.session import known_genome

    allow_open_files()
    return_memory()
    places, names = named_paths(paths)
    access = access_of(host, allow_host or (), token, no_token=no_token, share=share)
    sources = open_sources(
        places, labels=labels, genes=genes, reference=reference,
        checkpoints=swept_networks(checkpoint, network, network_set),
        names=names,
    )  # fmt: skip
    app = create_app(sources, access=access, url_base=url_base, wording=in_options)

    def ready(addresses: Sequence[str]) -> None:
        console.print(f"Serving {addresses[0]}  (stop with Ctrl-C)", soft_wrap=True)
        for address in addresses[1:]:
            console.print(f"From other machines: {address}", soft_wrap=True)
        if share:
            base = addresses[-1].partition("?")[0]
            if known_genome(sources.assembly) is None:
                console.print(
                    "No hub: UCSC does not know this assembly; regtrack hub writes one with its "
                    "sequence", soft_wrap=True,
                )  # fmt: skip
            else:
                console.print(f"For UCSC: {base}{shared_path('hub.txt', access)}", soft_wrap=True)
            console.print(f"For igv.js: {base}{shared_path('igv.json', access)}", soft_wrap=True)
        if not access.local:
            who = "anyone who can reach it" if access.token is None else "whoever has this address"
            console.print(
                f"Warning: {who} can see these tracks, and nothing is encrypted on the way; with "
                "--host 127.0.0.1 and `ssh -L` only you can",
                soft_wrap=True,
            )

    serve(app, access, port=port, ready=ready, browse=browse)
