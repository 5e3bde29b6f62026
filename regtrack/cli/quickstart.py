"""`regtrack quickstart`: all steps on real data."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import (
    bars,
    console,
    given_lists,
    print_json,
    print_table,
    size_text,
)
from regtrack.name_lists import split_names

if TYPE_CHECKING:
    from regtrack.quickstart.plan import QuickstartRequest
    from regtrack.quickstart.run import Quickstart

EPILOG = """
Examples:

  regtrack quickstart --dry-run

  regtrack quickstart --out first --minutes 10

  regtrack quickstart --out first --files hg38-chr1 --chrom chr1 --models cnn7,hybrid
"""


def command(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write; the same command resumes.")] = Path(
        "regtrack-quickstart"
    ),
    files: Annotated[
        Path | None,
        typer.Option(
            help="A folder with a FASTA, markers.tsv and optionally a blacklist (BED) and genes "
            "(GTF); default: fetch the starter."
        ),
    ] = None,
    sources: Annotated[
        Path | None, typer.Option(help="Your own table of sources with a starter, as for fetch.")
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(help="Of cnn7, dilated, bi-lstm and hybrid; default: all."),
    ] = None,
    minutes: Annotated[
        float, typer.Option(help="Training per network on two cores; a GPU takes less.")
    ] = 3.0,
    track_chrom: Annotated[
        str | None,
        typer.Option("--chrom", help="Whose tracks to write; default: chr22, or the last one."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Downloads at once.")] = 4,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show steps and downloads, and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Fetch real data, train four networks on it, score them, and write their tracks of chr22.

    The starter is hg19 chr21 and chr22 with 24 markers of ENCODE and Roadmap Epigenomics. What is
    there is kept, and what was interrupted resumes.
    """
    from regtrack.quickstart.plan import MODELS, QuickstartRequest
    from regtrack.quickstart.run import run_quickstart

    chosen = split_names(given_lists("--models", models), ())
    request = QuickstartRequest(
        out=out, files=files, sources=sources, minutes=minutes, track_chrom=track_chrom,
        models=chosen or tuple(MODELS),
    )  # fmt: skip
    if dry_run:
        _print_steps(request, jobs, as_json=as_json)
        return
    with bars() as progress:
        made = run_quickstart(request, jobs=jobs, progress=progress)
    if as_json:
        print_json(made.to_dict())
    else:
        _print_made(made)


def _print_steps(request: QuickstartRequest, jobs: int, *, as_json: bool) -> None:
    from regtrack.cli.fetch import print_plan
    from regtrack.fetch.choose import FetchRequest
    from regtrack.fetch.run import plan_fetch
    from regtrack.quickstart.plan import STARTER, plan_quickstart

    steps = plan_quickstart(request)
    plan = None
    if request.files is None:
        asked = FetchRequest([STARTER], sources=request.sources)
        with bars() as progress:
            plan = plan_fetch(asked, request.inputs, jobs=jobs, progress=progress)
    if as_json:
        rows = [{"what": one.what, "path": str(one.path), "done": one.done} for one in steps]
        print_json({"steps": rows, "fetch": plan.to_dict() if plan else None})
        return
    if plan:
        print_plan(plan)
    rows_shown = [(one.what, str(one.path), "done" if one.done else "to do") for one in steps]
    print_table("Steps", ("what", "where", ""), rows_shown)
    waiting = len(request.models) * request.minutes
    console.print(
        f"Training takes about {waiting:g} minutes on two cores, and all of it about twice that."
    )


def _print_made(made: Quickstart) -> None:
    request = made.request
    scores = {(row.category, row.model): row for row in made.scores}
    models = list(dict.fromkeys(row.model for row in made.scores))
    rows = []
    for category in dict.fromkeys(row.category for row in made.scores):
        found = [scores[category, model] for model in models]
        cells = [_number(row.average_precision) for row in found]
        rows.append((category, str(found[0].markers), _number(found[0].base_rate), *cells))
    print_table(
        "PR AUC (average precision) on the test split; random guessing scores the base rate",
        ("category", "markers", "base rate", *models),
        rows,
    )
    console.print(f"{request.scores}: every score, by marker")
    console.print(f"{request.out / 'models'}: checkpoints, metrics.csv and metrics.png")
    size = sum(
        path.stat().st_size for name in request.models for path in request.tracks(name).glob("*.bw")
    )
    console.print(
        f"{request.out / 'tracks'}: {', '.join(made.shown)} along {made.chrom} for each network, "
        f"{size_text(size)}"
    )
    genes = f" --genes {made.files.genes}" if made.files.genes else ""
    console.print("Browse the tracks beside the labels:")
    console.print(
        f"  regtrack serve {request.out / 'tracks'} --labels {request.data}{genes} --open",
        soft_wrap=True,
    )


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.4f}"
