"""`regtrack receptive-field`: how far models look, as a curve and three numbers each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, counted_text, print_json, print_table
from regtrack.cli.offers import Device
from regtrack.cli.width import Width

if TYPE_CHECKING:
    from regtrack.saliency.values import Curve

EPILOG = """
Examples:

  regtrack receptive-field dilated/checkpoint.safetensors --dataset data --marker GM12878_CTCF

  regtrack receptive-field cnn7/checkpoint.safetensors dilated/checkpoint.safetensors
  --dataset data --marker '*CTCF' --out field.pdf --out field.csv
"""


def command(
    checkpoints: Annotated[
        list[Path], typer.Argument(help="Trained networks, a curve each (.safetensors).")
    ],
    *,
    dataset: Annotated[Path, typer.Option(help="Where sequence and labels are read.")],
    marker: Annotated[
        str | None, typer.Option(help="Whose outputs; by default that with most labelled bases.")
    ] = None,
    split: Annotated[str, typer.Option(help="Windows of train, valid or test.")] = "valid",
    positives: Annotated[int, typer.Option(help="Labelled outputs to draw.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the draw.")] = 0,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="The figure: .pdf, .svg, .png, .html; the curves: .csv, .tsv; again."),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="The figure's numbers beside it, .tsv.")
    ] = False,
    width: Annotated[Width, typer.Option(help="Of a journal's column.")] = Width.DOUBLE,
    device: Device = "auto",
    any_assembly: Annotated[
        bool, typer.Option("--any-assembly", help="Accept another assembly than the training's.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The numbers as JSON.")] = False,
) -> None:
    """Measure how far models look: the gradient's share by distance from the output.

    Labelled outputs are drawn at random, the same for every model, and each is propagated back
    alone; the widths hold 50, 90 and 99 % of their mean gradient. The counted receptive field is
    what one output could see; a Bi-LSTM, without a bound, reads half a window on each side.
    """
    from regtrack.figures.output import check_outputs, write_receptive_field
    from regtrack.saliency.receptive_field import compare_receptive_fields

    files = tuple(out or ())
    check_outputs(files, data=data, overwrite=overwrite)
    with bars() as progress:
        curves = compare_receptive_fields(
            checkpoints, dataset, marker=marker,
            split=split, positives=positives, seed=seed, device=device,
            any_assembly=any_assembly, progress=progress,
        )  # fmt: skip
    paths = write_receptive_field(curves, files, width=width.value, data=data, overwrite=overwrite)
    written = [str(path) for path in paths]
    if as_json:
        print_json({"curves": [curve.to_dict() for curve in curves], "files": written})
    else:
        _print(curves, written)


def _print(curves: list[Curve], files: list[str]) -> None:
    columns = ("model", "outputs", *(f"{share} % (bp)" for share in curves[0].widths), "counted")
    rows = [
        (
            curve.model,
            f"{curve.positives:,}",
            *(f"{width:,}" for width in curve.widths.values()),
            counted_text(curve.receptive_field),
        )
        for curve in curves
    ]
    print_table(f"Width that holds the gradient of {curves[0].marker.name}", columns, rows)
    for curve in curves:
        if curve.silent:
            console.print(
                f"{curve.model}: {curve.silent:,} of {curve.positives + curve.silent:,} outputs "
                "have no gradient (the model is constant there) and are not in the mean"
            )
    for file in files:
        console.print(file)
