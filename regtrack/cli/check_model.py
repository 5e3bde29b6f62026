"""`regtrack check-model`: a network's description, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli import sweep_options as options
from regtrack.cli.console import bars, console, per_second, print_json, print_table, size_text
from regtrack.cli.given import given_network
from regtrack.cli.offers import Device, Precision
from regtrack.cli.width import Width

if TYPE_CHECKING:
    from regtrack.model_check.values import ModelCheck, Seams

EPILOG = """
Examples:

  regtrack check-model --network my_networks:splicing --network-set weights=w.safetensors
  --reference hg38.fa

  regtrack check-model run/checkpoint.safetensors --out seams.png --json
"""


def command(
    checkpoint: options.OrNetwork = None,
    *,
    network: options.Network = "",
    network_set: options.NetworkSet = None,
    reference: Annotated[
        Path | None,
        typer.Option(help="FASTA to take half of the sequences from; default: all are random."),
    ] = None,
    window: Annotated[
        int,
        typer.Option(
            help="Length of a sweep's windows (bp), for networks of any length that depend on all "
            "of a call."
        ),
    ] = 25_000,
    out: Annotated[
        list[Path] | None,
        typer.Option(
            help="Figure of the error by distance from a seam (.pdf, .svg, .png); repeatable."
        ),
    ] = None,
    width: Annotated[
        Width, typer.Option(help="Width of the figure: one column of a journal, or two.")
    ] = Width.DOUBLE,
    seed: Annotated[int, typer.Option(help="Seed of the sequences.")] = 0,
    precision: Precision = "fp32",
    device: Device = "auto",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Check a network's description, and measure the error that tiling it makes.

    Calls it on random and real sequence: shape, lengths, grid, crop, reach, N, the other strand,
    repeats and batches; the differences at window ends by flank, and those of a sweep; speed and
    memory by batch. Prints a description ready to paste. Exit status 1 if a claim is wrong.
    """
    from regtrack.atomic import reserve
    from regtrack.figures.seams import write_seams
    from regtrack.figures.style import check_format
    from regtrack.model_check.check import check_model

    files = tuple(out or ())
    for path in files:
        check_format(path)
    inputs = [one for one in (checkpoint, reference) if one is not None]
    with reserve(files, inputs=inputs, overwrite=overwrite):
        with bars() as progress:
            found = check_model(
                given_network(checkpoint, network, network_set), reference,
                window=window, precision=precision, device=device, seed=seed, progress=progress,
            )  # fmt: skip
        write_seams(found, files, width=width.value, overwrite=overwrite)
    if as_json:
        print_json(found.to_dict() | {"files": [str(path) for path in files]})
    else:
        _print(found)
        for file in files:
            console.print(str(file))
    raise typer.Exit(1 if found.wrong else 0)


def _print(found: ModelCheck) -> None:
    from regtrack.model_check.paste import as_source

    rows = [(one.what, one.claimed, one.measured) for one in found.claims]
    print_table(found.name, ("property", "described", "measured"), rows)
    if found.seams is not None:
        _print_seams(found.seams)
    if found.costs:
        costs = [
            (f"{one.batch} x {one.length:,} bp", per_second(one.speed, "bp"), size_text(one.memory))
            for one in found.costs
        ]
        console.print("\nPasses of all tracks")
        print_table(None, ("batch", "speed", "memory"), costs)
    for note in found.notes:
        console.print(f"\nnote: {note}")
    console.print(f"\n{len(found.wrong) or 'nothing'} described wrongly" + ":" * bool(found.wrong))
    for line in found.wrong:
        console.print(f"  {line}")
    console.print(f"\nDescription{', corrected' if found.wrong else ''}:\n")
    console.print(as_source(found.description))


def _print_seams(seams: Seams) -> None:
    largest, mean = seams.sweep.beyond(0)
    rows = [
        (f"tiles, {one.flank:,} bp dropped", f"{one.largest:.2g}", f"{one.mean:.2g}")
        for one in seams.flanks
    ]
    rows.append((f"regtrack's sweep, {seams.kind} seams", f"{largest:.2g}", f"{mean:.2g}"))
    console.print(
        "\nDifference from values in the middle of a call, whose standard deviation is "
        f"{seams.spread:.2g}"
    )
    print_table(None, ("at window ends", "largest", "mean"), rows)
