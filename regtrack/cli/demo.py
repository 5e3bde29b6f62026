"""`regtrack demo`: all steps on a built-in example."""

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
    seed: Annotated[int, typer.Option(help="Seed of genome and weights.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier demo in --out.")
    ] = False,
) -> None:
    """Simulate a genome, train three models on it, and write their tracks.

    Takes two and a half to four minutes on one core and needs no download.
    """
    # batches of one short window: a second thread would mostly wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from regtrack.demo import run_demo

    start = time.perf_counter()
    with bars() as progress:
        demo = run_demo(out, seed=seed, overwrite=overwrite, progress=progress)
    _print_scores(demo)
    _print_files(demo)
    console.print(f"Done in {time.perf_counter() - start:.0f} s.")


def _print_scores(demo: Demo) -> None:
    models = tuple(demo.trained)
    scores = {(row.model, row.marker): row for row in demo.report.markers}
    rows = []
    for marker in demo.summary.markers:
        found = [scores[model, marker.name] for model in models]
        cells = [f"{row.average_precision:.3f}" for row in found]
        rows.append((marker.name, marker.category, f"{found[0].base_rate:.3f}", *cells))
    titles = tuple(demo.report.titles[model] for model in models)
    chroms = ", ".join(sorted({demo.shown.chrom}))
    print_table(
        f"PR AUC (average precision) on held-out {chroms}; random guessing scores the base rate",
        ("marker", "category", "base rate", *titles),
        rows,
    )


def _print_files(demo: Demo) -> None:
    tracks = sum(len(sweep.tracks) for sweep in demo.sweeps.values())
    size = sum(sweep.size for sweep in demo.sweeps.values())
    truth = demo.simulation.truth
    rows = [
        (demo.simulation.reference, "the reference; next to it, peaks and markers.tsv"),
        (truth, "every planted motif with its role: the correct answer"),
        (demo.folder / "data", f"the dataset, {demo.summary.kept} windows"),
        (demo.folder / "models", "checkpoints, metrics.csv and metrics.png of each model"),
        (demo.folder / "tracks", f"{tracks} bigWigs, {size_text(size)}: open them in IGV"),
        (demo.folder / "scores", "every score as JSON and CSV"),
        (demo.picture, f"labels and tracks at {demo.shown}"),
    ]
    print_table("Made", ("file", "what"), rows)
    sweeps, data = demo.folder / "tracks", demo.folder / "data"
    console.print(f"Open {demo.picture}, or browse all of it:")
    console.print(f"  regtrack serve {sweeps} --labels {data} --open")
