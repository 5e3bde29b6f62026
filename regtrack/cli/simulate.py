"""`regtrack simulate`: a genome with planted grammar, and the peaks that follow from it."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from regtrack.cli.console import bars, console, print_json, print_table

EPILOG = """
Examples:

  regtrack simulate --out genome

  regtrack simulate --out bigger --length 20000000 --seed 7

  regtrack simulate --out controls --grammar benchmark

  regtrack simulate --out mine --grammar mine.json
"""


def command(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    grammar: Annotated[
        str, typer.Option(help="What is planted: demo, benchmark or a JSON file.")
    ] = "demo",
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives byte-identical files.")] = 0,
    length: Annotated[
        int, typer.Option(help="Total length of the four chromosomes (bp).")
    ] = 2_000_000,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace --out.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Simulate a genome with planted motifs and a known answer.

    Writes reference.fa; markers.tsv and its peak files; truth.bed, every motif with its role; and
    grammar.json, what was planted, which you can edit to make a grammar of your own.
    """
    from regtrack.simulation.genome import simulate
    from regtrack.simulation.named import find_grammar

    with bars() as progress:
        simulation = simulate(
            out,
            seed=seed,
            length=length,
            grammar=find_grammar(grammar),
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print_json({name: _plain(value) for name, value in asdict(simulation).items()})
        return
    rows = [(target, f"{bp:,}", f"{bp / length:.1%}") for target, bp in simulation.labelled.items()]
    print_table("Labelled", ("marker", "bp", "share"), rows)
    print_table("Sites", ("role", "count"), simulation.planted.items())
    console.print(f"{out}: reference.fa, markers.tsv, peaks/, truth.bed, grammar.json")
    console.print(
        f"Next: regtrack build-dataset --reference {simulation.reference} "
        f"--markers {simulation.markers} --split chrom --valid-chroms chr3 --test-chroms chr4 "
        "--out data"
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
