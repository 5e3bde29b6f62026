"""`regtrack compare`: bigWigs and labels in; correlations, areas, figures and a difference out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, given_lists, print_json, print_table

if TYPE_CHECKING:
    from regtrack.compare.result import Comparison, Pair

EPILOG = """
Examples:

  regtrack compare predicted.bw ENCFF000AAA.bigWig --out compared

  regtrack compare tracks-cnn7 tracks-dilated peaks.narrowPeak.gz --markers "GM12878_CTCF"
  --names cnn7,dilated,peaks --out compared

  regtrack compare *.bw --regions promoters.bed --resolution 100 --out compared
"""

_SHOWN = 30


def command(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="bigWigs, sweeps or folders of these; peak files, a markers table or a dataset."
        ),
    ],
    *,
    out: Annotated[Path, typer.Option(help="Folder to write, created only on success.")],
    regions: Annotated[
        Path | None, typer.Option(help="BED of the bases that count; default: all.")
    ] = None,
    chroms: Annotated[
        list[str] | None, typer.Option(help="Chromosomes that count; default: all shared ones.")
    ] = None,
    resolution: Annotated[
        int, typer.Option(help="bp per position: a bin's value is the mean of those present.")
    ] = 1,
    markers: Annotated[
        list[str] | None,
        typer.Option(help="Of sweeps, tables and datasets: names, globs or category:NAME."),
    ] = None,
    names: Annotated[
        list[str] | None,
        typer.Option(help="Names of all tracks and labels, in order; default: those of the files."),
    ] = None,
    missing_as_zero: Annotated[
        bool,
        typer.Option(
            "--missing-as-zero",
            help="Count absent values as 0; default: count where all tracks have a value.",
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON.")] = False,
) -> None:
    """Compare bigWigs with each other and with peaks: correlations, PR AUC and ROC AUC.

    Every position counts, nothing is sampled, and the digits are the same on every machine. The
    folder has the numbers over all chromosomes and over each; of two tracks their difference (the
    first less the second) as a bigWig, a scatter plot and an MA plot; of more a clustered matrix.
    """
    from regtrack.compare.run import ComparisonRequest, compare_tracks

    request = ComparisonRequest(
        paths=paths, regions=regions, chroms=given_lists("--chroms", chroms),
        resolution=resolution, markers=given_lists("--markers", markers),
        names=given_lists("--names", names), missing_as_zero=missing_as_zero,
    )  # fmt: skip
    with bars() as progress:
        found = compare_tracks(request, out, draw=_draw, overwrite=overwrite, progress=progress)
    if as_json:
        print_json({"out": str(out), **found.to_dict()})
    else:
        _print(found)
        console.print(f"{out}: {', '.join(sorted(path.name for path in out.iterdir()))}")


def _draw(found: Comparison, folder: Path) -> None:
    from regtrack.figures.comparison import matrix_figure
    from regtrack.figures.style import save_figure

    if found.pair is not None:
        row = found.pairs[0]
        _draw_pair(
            found.pair, folder,
            title=f"Pearson {_digits(row.pearson)}, Spearman {_digits(row.spearman)}",
        )  # fmt: skip
    if len(found.names) > 2:
        for measure, table in (("Pearson", found.pearson), ("Spearman", found.spearman)):
            figure = matrix_figure(table, found.names, measure=measure)
            save_figure(figure, folder / f"{measure.lower()}.png")


def _draw_pair(pair: Pair, folder: Path, *, title: str) -> None:
    from regtrack.figures.comparison import cut_name, density_figure
    from regtrack.figures.style import save_figure

    one, two = map(cut_name, pair.names)
    if pair.offset is None:
        labels, mean, difference = (one, two), "Mean of both", "Difference"
    else:
        labels = (f"log2({one} + {pair.offset:g})", f"log2({two} + {pair.offset:g})")
        mean, difference = f"Mean of both log2(value + {pair.offset:g})", "log2 ratio"
    figure = density_figure(pair.counts, (pair.edges, pair.edges), labels, title=title)
    save_figure(figure, folder / "scatter.png")
    figure = density_figure(
        pair.ratios, (pair.edges, pair.ratio_edges), (mean, difference), across=0,
        title=f"{one}\n{'to' if pair.offset else 'less'} {two}",
    )  # fmt: skip
    save_figure(figure, folder / "ma.png")


def _print(found: Comparison) -> None:
    every = [row for row in found.pairs if row.scope == "all"]
    print_table(
        None,
        ("first", "second", "Pearson", "Spearman", "positions"),
        [
            (
                row.first, row.second, _digits(row.pearson), _digits(row.spearman),
                f"{row.positions:,}",
            )
            for row in every[:_SHOWN]
        ],
    )  # fmt: skip
    if len(every) > _SHOWN:
        console.print(f"and {len(every) - _SHOWN:,} more pairs, in correlations.csv")
    peaks = [row for row in found.peaks if row.scope == "all"]
    if peaks:
        print_table(
            None,
            ("track", "labels", "PR AUC (average precision)", "base rate", "ROC AUC", "labelled"),
            [
                (
                    row.track, row.labels, _digits(row.average_precision), _digits(row.base_rate),
                    _digits(row.roc_auc), f"{row.labelled:,}",
                )
                for row in peaks[:_SHOWN]
            ],
        )  # fmt: skip


def _digits(value: float | None) -> str:
    return "-" if value is None else f"{value:.6f}"
