"""`regtrack hub`: a UCSC track hub and IGV sessions of tracks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.console import bars, console, given_lists, print_json
from regtrack.errors import RegtrackError

EPILOG = """
Examples:

  regtrack hub tracks-cnn7 tracks-dilated --url https://lab.edu/hub

  regtrack hub regtrack-demo/tracks --genome planted --reference regtrack-demo/genome/reference.fa

  regtrack hub tracks other.bw --out hub --copy

  regtrack hub tracks --labels data --genes genes.gtf.gz --calls calls --variants hits.vcf.gz

  regtrack hub --check https://lab.edu/hub/hub.txt
"""


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Sweeps, bigWigs, or folders with any of these below.", metavar="DIR..."
        ),
    ] = None,
    *,
    check: Annotated[
        str | None,
        typer.Option(
            help="Instead, check the hub at this URL or in this folder as browsers read it; exit "
            "status 1 if it has problems.",
            metavar="URL|DIR",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write to; default: the one that holds all tracks."),
    ] = None,
    copy: Annotated[
        bool, typer.Option("--copy", help="Copy the tracks into --out, next to the hub.")
    ] = False,
    genome: Annotated[
        str | None, typer.Option(help="Name at UCSC, such as hg38; default: by chromosome 1.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="A dataset, a markers table (.tsv) or one BED, to show as items."),
    ] = None,
    genes: Annotated[Path | None, typer.Option(help="Genes (GTF), gzipped or plain.")] = None,
    variants: Annotated[
        list[Path] | None, typer.Option(help="VCF or BED of variants; repeatable.")
    ] = None,
    calls: Annotated[
        list[Path] | None,
        typer.Option(
            help="narrowPeak or BED of called peaks, or a folder of them; those named as a track "
            "are shown below it; repeatable."
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="FASTA, written as 2bit: for IGV offline, and an assembly that UCSC lacks."
        ),
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="What browsers show first, such as chr1:1,000-2,000.")
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(
            help="Markers visible at first (names, globs, category:NAME); default: 4 per category."
        ),
    ] = None,
    url: Annotated[str, typer.Option(help="Where the folder will be served, for links.")] = "",
    title: Annotated[str, typer.Option(help="Title of the hub.")] = "regtrack",
    email: Annotated[str, typer.Option(help="Contact, which UCSC shows.")] = "-",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the files as JSON.")] = False,
) -> None:
    """Write a UCSC track hub, an IGV session and an igv.js configuration of tracks.

    Models of one marker are drawn over each other on one scale, in the colours of the figures;
    signed saliency as letters; labels, genes, variants and calls as items (bigBed). Addresses are
    relative, so that the folder can be moved to any web server that answers range requests;
    index.html says how to open it.
    """
    if check is not None:
        if paths:
            raise RegtrackError("give DIR to write a hub, or --check to check one, not both")
        _check(check, as_json=as_json)
        return
    if not paths:
        raise RegtrackError("found no DIR; expected sweeps or bigWigs, or --check URL|DIR")
    from regtrack.hub.file_names import FILES
    from regtrack.hub.make_items import ItemFiles
    from regtrack.hub.publish import HubRequest, write_hub

    request = HubRequest(
        paths=paths, out=out, copy=copy, genome=genome, reference=reference, region=region,
        show=given_lists("--show", show), url=url, title=title, email=email, labels=labels,
        genes=genes, items=ItemFiles(variants or (), calls or ()),
    )  # fmt: skip
    with bars() as progress:
        folder, tracks = write_hub(request, overwrite=overwrite, progress=progress)
    files = [folder / name for name in FILES]
    if as_json:
        print_json(
            {"folder": str(folder), "files": [str(path) for path in files], "tracks": tracks}
        )
        return
    for path in files:
        console.print(str(path))
    console.print(f"{tracks:,} tracks. How to open them: {folder / 'index.html'}")


def _check(address: str, *, as_json: bool) -> None:
    """Check a hub, and end with status 1 if it has problems."""
    from regtrack.hub.check.run import check_hub

    with bars() as progress:
        report = check_hub(address, progress=progress)
    if as_json:
        problems = [{"where": where, "problem": problem} for where, problem in report.problems]
        print_json(
            {"hub": report.address, "tracks": report.tracks, "files": report.files,
             "problems": problems, "assumed": report.assumed}
        )  # fmt: skip
    else:
        for line in report.text().split("\n"):
            console.print(line, soft_wrap=True, markup=False, highlight=False)
    raise typer.Exit(0 if report.works else 1)
