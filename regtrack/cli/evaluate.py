"""`regtrack evaluate`: checkpoints and a dataset in, PR AUC and ROC AUC out."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, given_lists, print_json, print_table
from regtrack.cli.evaluate_table import evaluate_table
from regtrack.cli.given import compared_networks
from regtrack.cli.offers import AnyAssembly, Device, Precision
from regtrack.cli.sweep_options import AndNetwork, NetworkSet
from regtrack.errors import RegtrackError

if TYPE_CHECKING:
    from regtrack.evaluation.scores import CategoryScores, MarkerScores, Report

EPILOG = """
Examples:

  regtrack evaluate data run/checkpoint.safetensors

  regtrack evaluate data run-cnn7/checkpoint.safetensors run/checkpoint.safetensors
  --split valid --out scores

  regtrack evaluate data run/checkpoint.safetensors --markers "*CTCF" --per-marker

  regtrack evaluate data run --flanks    (also as tracks are made)

  regtrack evaluate data cnn7-1 cnn7-2 dilated-1 dilated-2 --table --out table

  regtrack evaluate data run1 run2 run3 run1+run2+run3    (and the mean of their logits)

  regtrack evaluate splice-sites --network my_networks:splicing --network-set weights=w.safetensors
"""

_NAMED = 10  # markers without a score that are listed; --json lists all


def command(
    *,
    dataset: Annotated[Path, typer.Argument(help="A dataset from build-dataset.")],
    checkpoints: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[CHECKPOINT]...",
            help="Trained networks (run folders or .safetensors); A+B scores the mean of A and B.",
            show_default=False,
        ),
    ] = None,
    network: AndNetwork = "",
    network_set: NetworkSet = None,
    split: Annotated[str, typer.Option(help="Split to score: train, valid or test.")] = "test",
    markers: Annotated[
        list[str] | None,
        typer.Option(help="Names, globs or category:NAME; default: all shared."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Write report.json, tables (.csv) and reliability curves (.png) here."),
    ] = None,
    as_table: Annotated[
        bool,
        typer.Option(
            "--table",
            help="Score valid and test, resample their windows, and write tables (CSV, LaTeX, "
            "Markdown, HTML) and figures into --out; runs that differ in their seed are one row.",
        ),
    ] = False,
    title: Annotated[
        str | None, typer.Option(help="With --table: its title; default: the dataset's name.")
    ] = None,
    per_marker: Annotated[
        bool, typer.Option("--per-marker", help="Also print one row per marker.")
    ] = False,
    reverse_complement: Annotated[
        bool,
        typer.Option(
            "--reverse-complement",
            help="Score the mean of the logits of both strands; takes twice the time.",
        ),
    ] = False,
    flanks: Annotated[
        bool,
        typer.Option(
            "--flanks",
            help="Also score windows read with the bases beside them, as predict-genome does; "
            "takes twice the time or more.",
        ),
    ] = False,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Score every base by scikit-learn instead of counting in bins; takes 5 bytes of "
            "memory per base and marker.",
        ),
    ] = False,
    batch_size: Annotated[int, typer.Option(help="Windows per batch.")] = 4,
    precision: Precision = "fp32",
    device: Device = "auto",
    workers: Annotated[int, typer.Option(help="Reading processes; 0: none.")] = 0,
    any_assembly: AnyAssembly = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Score networks on a split: PR AUC and ROC AUC by category, with the base rate.

    PR AUC is average precision (steps); the files also contain the paper's trapezoid rule. Each
    number is a mean over the markers of a category. List values are separated by commas, or the
    option is repeated.
    """
    from regtrack.atomic import publish_folder
    from regtrack.evaluation.candidate import members
    from regtrack.evaluation.report import evaluate
    from regtrack.evaluation.scores import REPORT_FILE
    from regtrack.tables.measure import How

    given = compared_networks(checkpoints, network, network_set)
    if as_table:
        if network:
            raise RegtrackError("--table is of checkpoints; drop --network")
        if exact or flanks or per_marker:
            raise RegtrackError("--table has no --exact, --flanks or --per-marker; drop them")
        evaluate_table(
            dataset, checkpoints or [], out,
            markers=given_lists("--markers", markers),
            how=How(
                reverse_complement=reverse_complement, batch_size=batch_size, precision=precision,
                device=device, workers=workers, any_assembly=any_assembly,
            ),
            title=title, overwrite=overwrite, as_json=as_json,
        )  # fmt: skip
        return
    if title is not None:
        raise RegtrackError("--title is for --table; add it")
    inputs = (dataset, *(Path(part) for one in checkpoints or () for part in members(one)))
    with (
        nullcontext()
        if out is None
        else publish_folder(out, mark=REPORT_FILE, inputs=inputs, overwrite=overwrite)
    ) as folder:
        with bars() as progress:
            report = evaluate(
                dataset,
                given,
                split=split,
                markers=given_lists("--markers", markers),
                reverse_complement=reverse_complement,
                flanks=flanks,
                exact=exact,
                batch_size=batch_size,
                precision=precision,
                device=device,
                workers=workers,
                any_assembly=any_assembly,
                progress=progress,
            )
        if folder is not None:
            report.write_files(folder)
            _draw(report, folder / "reliability.png")
    if as_json:
        print_json(report.to_dict())
    else:
        _print(report, out, per_marker=per_marker)


def _draw(report: Report, path: Path) -> None:
    from regtrack.evaluation.reads import TITLES
    from regtrack.figures.reliability import lines_of, reliability_figure
    from regtrack.figures.style import save_figure

    rules = list(dict.fromkeys(row.reads for row in report.reliability))
    found = {(row.model, row.reads) for row in report.reliability}
    categories = {row.category: row.markers for row in report.categories if row.markers}
    panels = {
        f"{category}, {markers:,} markers": lines_of(
            {
                title + f", {TITLES[reads]}" * (len(rules) > 1): report.reliability_of(
                    model, category, reads
                )
                for model, title in report.titles.items()
                for reads in rules
                if (model, reads) in found
            }
        )
        for category, markers in categories.items()
    }
    if panels:
        save_figure(reliability_figure(panels), path)


def _print(report: Report, out: Path | None, *, per_marker: bool) -> None:
    from regtrack.evaluation.reads import TITLES

    both = len({row.reads for row in report.markers}) > 1
    model = ("model", "windows read") if both else ("model",)
    measured = ("PR AUC (average precision)", "base rate", "lift", "ROC AUC", "calibration error")
    numbers = (*model, *measured)

    def cells(row: MarkerScores | CategoryScores) -> tuple[str, ...]:
        title = report.titles[row.model]
        return (title, *([TITLES[row.reads]] if both else []), *_cells(row))

    if per_marker:
        rows = [(row.marker, row.category, *cells(row)) for row in report.markers]
        print_table(None, ("marker", "category", *numbers), rows)
    means = [
        (row.category, f"{row.markers:,}", *cells(row))
        for category in dict.fromkeys(row.category for row in report.categories)
        for row in report.categories
        if row.category == category
    ]
    print_table(
        f"Means over the markers of each category, {report.split} split"
        + ", mean of both strands" * report.reverse_complement,
        ("category", "markers", *numbers),
        means,
    )
    if report.unscored:
        named = ", ".join(report.unscored[:_NAMED])
        more = f" and {len(report.unscored) - _NAMED} more" * (len(report.unscored) > _NAMED)
        console.print(f"Not scored, with fewer than 10 labelled bases: {named}{more}")
    if out is not None:
        console.print(
            f"{out}: report.json, markers.csv, categories.csv, reliability.csv, reliability.png"
        )


def _cells(row: MarkerScores | CategoryScores) -> tuple[str, ...]:
    if math.isnan(row.average_precision):
        return ("-",) * 5
    return (
        f"{row.average_precision:.4f}",
        f"{row.base_rate:.4f}",
        f"{row.lift:.1f}",
        "-" if math.isnan(row.roc_auc) else f"{row.roc_auc:.3f}",
        f"{row.calibration_error:.2e}",
    )
