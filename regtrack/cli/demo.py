"""`regtrack demo`: the whole path on a built-in example."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, print_table, size_text

if TYPE_CHECKING:
    from regtrack.demo import Demo

EPILOG = """
Examples:

  regtrack demo

  regtrack demo --out second --seed 1
"""


def command(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("regtrack-demo"),
    seed: Annotated[int, typer.Option(help="Seed of genome and weights.", min=0)] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier demo in --out.")
    ] = False,
) -> None:
    """Simulate a genome, train three models on it, and write their tracks: the whole path.

    Takes two and a half to four minutes on one core and needs no download.
    """
    # batches of one short window: a second thread would mostly wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from regtrack.demo import run_demo

    start = time.perf_counter()
    with bars() as progress:
        made = run_demo(out, seed=seed, overwrite=overwrite, progress=progress)
    _print_scores(made)
    _print_files(made)
    console.print(f"Done in {time.perf_counter() - start:.0f} s.")


def _print_scores(made: Demo) -> None:
    models = tuple(made.trained)
    scores = {(row.model, row.marker): row for row in made.report.markers}
    rows = []
    for marker in made.summary.markers:
        found = [scores[model, marker.name] for model in models]
        cells = [f"{row.average_precision:.3f}" for row in found]
        rows.append((marker.name, marker.category, f"{found[0].base_rate:.3f}", *cells))
    titles = tuple(made.report.titles[model] for model in models)
    chroms = ", ".join(sorted({made.shown.chrom}))
    print_table(
        f"PR AUC (average precision) on held-out {chroms}; random guessing scores the base rate",
        ("marker", "category", "base rate", *titles),
        rows,
    )


def _print_files(made: Demo) -> None:
    tracks = sum(len(sweep.tracks) for sweep in made.sweeps.values())
    size = sum(sweep.size for sweep in made.sweeps.values())
    truth = made.simulation.truth
    rows = [
        (made.simulation.reference, "the reference; next to it, peaks and markers.tsv"),
        (truth, "every planted motif with its role: the correct answer"),
        (made.folder / "data", f"the dataset, {made.summary.kept} windows"),
        (made.folder / "models", "checkpoints, metrics.csv and metrics.png of each model"),
        (made.folder / "tracks", f"{tracks} bigWigs, {size_text(size)}: open them in IGV"),
        (made.folder / "scores", "every score as JSON and CSV"),
        (made.picture, f"labels and tracks at {made.shown}"),
    ]
    print_table("Made", ("file", "what"), rows)
    sweeps, data = made.folder / "tracks", made.folder / "data"
    console.print(f"Open {made.picture}, or browse all of it:")
    console.print(f"  regtrack serve {sweeps} --labels {data} --open")
