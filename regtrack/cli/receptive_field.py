"""`regtrack receptive-field`: how far models look, as one curve and three numbers per model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli.console import bars, console, counted_text, print_json, print_table
from regtrack.cli.given import compared_networks
from regtrack.cli.offers import AnyAssembly, Device
from regtrack.cli.sweep_options import AndNetwork, Compared, NetworkSet
from regtrack.cli.width import Width

if TYPE_CHECKING:
    from regtrack.saliency.values import Curve

EPILOG = """
Examples:

  regtrack receptive-field dilated/checkpoint.safetensors --dataset data --marker GM12878_CTCF

  regtrack receptive-field cnn7/checkpoint.safetensors dilated/checkpoint.safetensors
  --dataset data --marker '*CTCF' --out field.pdf --out field.csv

  regtrack receptive-field --network my_networks:splicing --network-set weights=w.safetensors
  --dataset splice-sites --marker acceptor
"""


def command(
    checkpoints: Compared = None,
    *,
    network: AndNetwork = "",
    network_set: NetworkSet = None,
    dataset: Annotated[Path, typer.Option(help="Source of sequence and labels.")],
    marker: Annotated[
        str | None, typer.Option(help="Marker; default: the one with most labelled bases.")
    ] = None,
    split: Annotated[str, typer.Option(help="Use windows of train, valid or test.")] = "valid",
    positives: Annotated[int, typer.Option(help="Number of labelled outputs to sample.")] = 200,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 0,
    out: Annotated[
        list[Path] | None,
        typer.Option(help="Figure (.pdf, .svg, .png, .html) or table (.csv, .tsv); repeatable."),
    ] = None,
    data: Annotated[
        bool, typer.Option("--data", help="Also write each figure's numbers as .tsv.")
    ] = False,
    width: Annotated[
        Width, typer.Option(help="Width of the figure: one column of a journal, or two.")
    ] = Width.DOUBLE,
    device: Device = "auto",
    any_assembly: AnyAssembly = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the numbers as JSON.")] = False,
) -> None:
    """Measure how far models look: the gradient by distance from the output.

    Samples labelled outputs, the same for every model, and back-propagates each one separately. The
    widths hold 50, 90 and 99 % of the mean gradient. The theoretical receptive field is what one
    output could depend on; a Bi-LSTM, which is unbounded, reads half a window on each side.
    """
    from regtrack.figures.output import reserve_outputs, write_receptive_field
    from regtrack.saliency.receptive_field import compare_receptive_fields

    files = tuple(out or ())
    models = compared_networks(checkpoints, network, network_set)
    with reserve_outputs(files, data=data, inputs=(*models, dataset), overwrite=overwrite):
        with bars() as progress:
            curves = compare_receptive_fields(
                models, dataset, marker=marker,
                split=split, positives=positives, seed=seed, device=device,
                any_assembly=any_assembly, progress=progress,
            )  # fmt: skip
        paths = write_receptive_field(
            curves, files, width=width.value, data=data, overwrite=overwrite
        )
    written = [str(path) for path in paths]
    if as_json:
        print_json({"curves": [curve.to_dict() for curve in curves], "files": written})
    else:
        _print(curves, written)


def _print(curves: list[Curve], files: list[str]) -> None:
    columns = (
        "model",
        "outputs",
        *(f"{share} % (bp)" for share in curves[0].widths),
        "theoretical",
    )
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
                "have no gradient (the model is constant there) and are left out of the mean"
            )
    for file in files:
        console.print(file)
