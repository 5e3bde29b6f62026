"""`regtrack figure`: tracks of a region beside labels and genes, for print."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.console import console, given_lists, print_json
from regtrack.cli.offers import offer
from regtrack.cli.serve import named_paths

EPILOG = """
Examples:

  regtrack figure tracks/cnn7 tracks/dilated --region chr1:7,950,001-8,000,000 --labels data
  --genes genes.gtf.gz --markers '*H3K4me3,*CTCF' --out figure.pdf --out figure.svg

  regtrack figure tracks --region PARK7 --genes genes.gtf.gz --isoforms --width single
  --markers K562_CTCF --out park7.png

  regtrack figure tracks signal.bw --region chr1:1m-2m --tracks signal --overlay --axis fold
  --labels markers.tsv --highlight chr1:1.2m-1.25m --out wide.pdf
"""

_WHAT, _LOOK, _FILES = "What is drawn", "How", "Files"


def command(
    *,
    paths: Annotated[
        list[str],
        typer.Argument(
            help="Sweeps, bigWigs, and folders with any of these at any depth; NAME=DIR names the "
            "model of a sweep.",
            metavar="[NAME=]DIR...",
        ),
    ],
    region: Annotated[
        str, typer.Option(help="Such as chr1:1,000-26,000, chr1:1.5m-2m, or a gene's name.")
    ],
    out: Annotated[list[Path], typer.Option(help="Figure (.pdf, .svg or .png); repeatable.")],
    labels: Annotated[
        Path | None,
        typer.Option(help="A dataset, a markers table (.tsv), or one BED.", rich_help_panel=_WHAT),
    ] = None,
    genes: Annotated[
        Path | None, typer.Option(help="Genes (GTF), gzipped or plain.", rich_help_panel=_WHAT)
    ] = None,
    isoforms: Annotated[
        bool,
        typer.Option(
            "--isoforms", help="Draw every transcript, not one per gene.", rich_help_panel=_WHAT
        ),
    ] = False,
    markers: Annotated[
        list[str] | None,
        typer.Option(
            help="Names, globs or category:NAME, from top to bottom; default: all, up to 12.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(help="Models, by id or title; default: all.", rich_help_panel=_WHAT),
    ] = None,
    tracks: Annotated[
        list[str] | None,
        typer.Option(
            help="Other tracks, such as saliency, or all; default: all if there are no models.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    differences: Annotated[
        list[str] | None,
        typer.Option(
            "--difference",
            help="Also draw differences: models (of --pair), labels (each model less the labels).",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    pair: Annotated[
        list[str] | None,
        typer.Option(help="Two models to subtract; default: the first two.", rich_help_panel=_WHAT),
    ] = None,
    marks: Annotated[
        list[str] | None,
        typer.Option("--highlight", help="Region to highlight; repeatable.", rich_help_panel=_WHAT),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            help="FASTA, for the bases of short regions; default: that of the sweeps.",
            rich_help_panel=_WHAT,
        ),
    ] = None,
    order: Annotated[
        list[str] | None,
        typer.Option(
            help="Markers, tracks, genes and letters from the top; those not named come last.",
            rich_help_panel=_LOOK,
        ),
    ] = None,
    overlay: Annotated[
        bool,
        typer.Option(
            "--overlay", help="Draw the models of a marker over each other.", rich_help_panel=_LOOK
        ),
    ] = False,
    scale: Annotated[
        str,
        typer.Option(
            help="Rows that share a scale: those of a marker, of a category, or none (own); or "
            "limits for all, such as 0:0.3.",
            autocompletion=offer("marker", "category", "own"),
            rich_help_panel=_LOOK,
        ),
    ] = "marker",
    floor: Annotated[
        str,
        typer.Option(
            help="Where axes begin: zero or lowest.",
            autocompletion=offer("zero", "lowest"),
            rich_help_panel=_LOOK,
        ),
    ] = "zero",
    axis: Annotated[
        str,
        typer.Option(
            help="linear, log or fold (multiples of the marker's base rate).",
            autocompletion=offer("linear", "log", "fold"),
            rich_help_panel=_LOOK,
        ),
    ] = "linear",
    draw: Annotated[
        str,
        typer.Option(
            help="Of each bin: mean, max or both; auto: mean up to 250 kb, max beyond.",
            autocompletion=offer("auto", "mean", "max", "both"),
            rich_help_panel=_LOOK,
        ),
    ] = "auto",
    looks: Annotated[
        list[str] | None,
        typer.Option(
            "--look",
            help="Height (mm), colour or limits of a row: MARKER/MODEL~h12~cd55e00~l0:0.3; "
            "repeatable.",
            rich_help_panel=_LOOK,
        ),
    ] = None,
    row_height: Annotated[
        float,
        typer.Option(help="Height of a track (mm); 0: by what it shows.", rich_help_panel=_LOOK),
    ] = 0.0,
    width: Annotated[
        str,
        typer.Option(
            help="single (89 mm), 1.5 (120 mm) or double (183 mm) columns, or a number of mm.",
            autocompletion=offer("single", "1.5", "double"),
            rich_help_panel=_LOOK,
        ),
    ] = "double",
    title: Annotated[
        str | None,
        typer.Option(help="Title; default: the region; '': none.", rich_help_panel=_LOOK),
    ] = None,
    dpi: Annotated[int, typer.Option(help="Dots per inch of a PNG.", rich_help_panel=_FILES)] = 300,
    overwrite: Annotated[
        bool,
        typer.Option("--overwrite", help="Replace existing files.", rich_help_panel=_FILES),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Draw tracks of a region beside labels and genes, as a figure for a paper.

    Models have the colours that they have everywhere. The tracks of a marker share a scale, which
    is written at their left; labelled bases are bars, and grey behind the tracks. Fonts are
    embedded, and the metadata of the figure holds this command.
    """
    from regtrack.compare.inputs import Inputs
    from regtrack.name_lists import split_names
    from regtrack.views.figure import draw_figure
    from regtrack.views.request import ViewRequest

    places, names = named_paths(paths)
    request = ViewRequest(
        region=region, markers=given_lists("--markers", markers),
        models=given_lists("--models", models), tracks=given_lists("--tracks", tracks),
        order=given_lists("--order", order), overlay=overlay,
        differences=split_names(given_lists("--difference", differences), ()),
        pair=given_lists("--pair", pair),
        scale=scale, floor=floor, axis=axis, draw=draw, isoforms=isoforms,
        marks=tuple(marks or ()), looks=tuple(looks or ()), width=width, row_height=row_height,
        title=title,
    )  # fmt: skip
    found = draw_figure(
        Inputs(tuple(places), labels, genes, reference, names), request, out,
        dpi=dpi, about=this_command(), overwrite=overwrite,
    )  # fmt: skip
    if as_json:
        print_json(
            {
                "region": str(found.region), "files": [str(path) for path in found.files],
                "width_mm": found.width, "height_mm": found.height, "rows": found.rows,
            }
        )  # fmt: skip
        return
    for path in found.files:
        console.print(str(path), soft_wrap=True)
    high = "; a page is 247 mm high at most" if found.too_high else ""
    console.print(f"{found.region}: {found.width:g} x {found.height:g} mm{high}")


def this_command() -> str:
    """The command that was given, to be repeated in a shell."""
    return shlex.join(["regtrack", *sys.argv[1:]])
