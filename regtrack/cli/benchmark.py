"""`regtrack benchmark`: train every model on planted grammar and compare the results."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.benchmark.names import check_choice, check_name
from regtrack.cli.console import bars, console, counted_text, given_lists, print_json, print_table
from regtrack.name_lists import split_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regtrack.benchmark.run import Benchmark
    from regtrack.benchmark.summary import Numbers

EPILOG = """
Examples:

  regtrack benchmark grammar --out grammar

  regtrack benchmark grammar --out grammar --models cnn7,dilated-max --seeds 1
"""


def command(
    *,
    name: Annotated[str, typer.Argument(help="Name of the benchmark: grammar.")],
    out: Annotated[Path, typer.Option(help="Folder to write; existing results are reused.")],
    models: Annotated[
        list[str] | None,
        typer.Option(
            help="cnn1, cnn3, cnn7, id-cnn, dilated, dilated-max, bi-lstm, hybrid; default: all."
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(help="Number of genomes, each with its own weights.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="Print all results as JSON.")] = False,
) -> None:
    """Train models on genomes with known answers, and measure what they learnt.

    Reports PR AUC per marker on a held-out chromosome, the effective receptive field, how well
    saliency finds the planted bases, and the scores on controls. Takes one to five minutes on one
    core per model and seed. The same command, also with more models or seeds, resumes.
    """
    chosen = split_names(given_lists("--models", models), ())
    check_name(name)
    check_choice(chosen, seeds)
    # batches of one short window: a second thread would mostly wait
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from regtrack.benchmark.run import run_benchmark

    with bars() as progress:
        benchmark = run_benchmark(out, models=chosen, seeds=seeds, progress=progress)
    if as_json:
        print_json(benchmark.to_dict())
    else:
        _print(benchmark)


def _print(benchmark: Benchmark) -> None:
    summary = benchmark.summary
    count = len(benchmark.seeds)
    seeds = f"mean and range of {count} genomes" if count > 1 else "one genome"
    bases = tuple(f"{summary.base_rate(kind):.3f}" for kind in summary.kinds)
    columns = [summary.precisions(kind) for kind in summary.kinds]
    print_table(
        f"PR AUC (average precision) on held-out chromosomes, {seeds}",
        ("model", *summary.kinds),
        [("(base rate)", *bases), *_rows(benchmark, columns)],
    )
    _print_fields(benchmark)
    _print_saliency(benchmark)
    for kind in summary.kinds:
        roles = summary.roles(kind)
        columns = [summary.responses(kind, *role) for role in roles]
        heads = [f"{role}{' *' * labelled}" for role, labelled in roles]
        title = f"Mean score where elements are, or would be, labelled: {kind} marker (* labelled)"
        print_table(title, ("model", *heads), _rows(benchmark, columns, spread=False))
    console.print(f"{benchmark.folder}: {', '.join(benchmark.files)}")


def _print_fields(benchmark: Benchmark) -> None:
    counted = benchmark.summary.counted()
    columns = [benchmark.summary.widths("distant", share) for share in (50, 90, 99)]
    cells = [
        [f"{fmean(c[m]):,.0f}" if c.get(m) else "-" for c in columns] for m in benchmark.titles
    ]
    rows = [
        (title, *row, counted_text(counted[model]))
        for (model, title), row in zip(benchmark.titles.items(), cells, strict=True)
    ]
    print_table(
        "Width (bp) around an output of the distant marker with this fraction of its gradient",
        ("model", "50 %", "90 %", "99 %", "theoretical"),
        rows,
    )


def _print_saliency(benchmark: Benchmark) -> None:
    summary = benchmark.summary
    columns = [summary.saliency(kind) for kind in summary.kinds]
    heads = [*summary.kinds]
    for motif in ("all", *summary.motifs("distant")):
        columns.append(summary.saliency("distant", "far", motif))
        heads.append(f"distant, far: {motif}")
    columns.append(summary.untrained("distant", "far"))
    columns.append(summary.shuffled("distant", "far"))
    print_table(
        "Average precision of saliency against planted bases (far: outputs 500 bp from any motif)",
        ("model", *heads, "far, untrained", "far, shuffled"),
        _rows(benchmark, columns, spread=False),
    )


def _rows(
    benchmark: Benchmark, columns: Sequence[Numbers], *, spread: bool = True
) -> list[tuple[str, ...]]:
    return [
        (title, *(_cell(column.get(model, ()), spread=spread) for column in columns))
        for model, title in benchmark.titles.items()
    ]


def _cell(values: Sequence[float], *, spread: bool) -> str:
    if not values:
        return "-"
    mean = f"{fmean(values):.3f}"
    return f"{mean} ({min(values):.2f}-{max(values):.2f})" if spread and len(values) > 1 else mean
