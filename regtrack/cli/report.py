"""`regtrack report`: models against labels, as one file to hand on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.console import bars, console, given_lists, print_json, size_text
from regtrack.cli.figure import this_command
from regtrack.cli.offers import offer
from regtrack.cli.serve import named_paths

EPILOG = """
Examples:

  regtrack report tracks/cnn7 tracks/dilated --labels data --genes genes.gtf.gz --out report.html

  regtrack report tracks --labels data --markers 'category:TF' --top 3 --out tf.html

  regtrack report tracks --labels markers.tsv --regions loci.bed --split all --out loci.html
"""


def command(
    *,
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Sweeps, and folders with sweeps at any depth; NAME=DIR names a model.",
            metavar="[NAME=]DIR...",
        ),
    ],
    labels: Annotated[Path, typer.Option(help="A dataset, a markers table (.tsv), or one BED.")],
    out: Annotated[Path, typer.Option(help="The file to write (.html).")],
    genes: Annotated[Path | None, typer.Option(help="Genes (GTF), gzipped or plain.")] = None,
    markers: Annotated[
        list[str] | None,
        typer.Option(help="Names, globs or category:NAME; default: all with labels and tracks."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="Windows to score: train, valid, test or all; default: test, if there is a split.",
            autocompletion=offer("train", "valid", "test", "all"),
        ),
    ] = "",
    top: Annotated[
        int, typer.Option(help="Windows shown of each list: best, worst, most different.")
    ] = 5,
    regions: Annotated[
        Path | None, typer.Option(help="BED of regions to show instead of these lists.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the page.")] = "Models and labels",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Write a report of models against labels: one HTML file that opens anywhere, offline.

    It shows where models do best, worst and differ most, with tracks, labels, genes and scores;
    precision-recall curves; tables that sort; and how everything was made. PR AUC is average
    precision, of every base.
    """
    from regtrack.compare.inputs import Inputs
    from regtrack.report.write import ReportRequest, write_report

    places, names = named_paths(paths)
    request = ReportRequest(given_lists("--markers", markers), split, top, regions, title)
    with bars() as progress:
        found = write_report(
            Inputs(tuple(places), labels, genes, names=names), request, out,
            command=this_command(), overwrite=overwrite, progress=progress,
        )  # fmt: skip
    if as_json:
        print_json(
            {
                "file": str(found.path), "bytes": found.size, "regions": found.regions,
                "markers": found.markers, "split": found.split or "all",
            }
        )  # fmt: skip
        return
    console.print(str(found.path), soft_wrap=True)
    console.print(f"{found.regions} regions, {found.markers:,} markers, {size_text(found.size)}")
