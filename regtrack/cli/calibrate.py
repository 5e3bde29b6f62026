"""`regtrack calibrate`: a checkpoint and a dataset in, a calibrated checkpoint out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regtrack.cli.console import bars, console, print_json, print_table
from regtrack.cli.offers import AnyAssembly, Device, Precision

if TYPE_CHECKING:
    from regtrack.evaluation.calibrate import Calibrated

EPILOG = """
Examples:

  regtrack calibrate run data

  regtrack calibrate run data --out calibrated.safetensors --figure reliability.pdf

  regtrack predict-genome run/calibrated.safetensors --reference hg38.fa --out tracks
"""


def command(
    checkpoint: Annotated[
        Path, typer.Argument(help="A trained network (run folder or .safetensors).")
    ],
    dataset: Annotated[Path, typer.Argument(help="A dataset from build-dataset.")],
    *,
    out: Annotated[
        Path | None,
        typer.Option(help="The new checkpoint; default: calibrated.safetensors beside the old."),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(help="Also draw reliability curves: .png, .pdf or .svg.")
    ] = None,
    split: Annotated[
        str, typer.Option(help="Split to fit and measure on: valid, test or train.")
    ] = "valid",
    precision: Precision = "fp32",
    device: Device = "auto",
    any_assembly: AnyAssembly = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the outputs.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make a network's scores probabilities: fit a temperature and bias per marker.

    Both become part of the new checkpoint's last layer, so that every command computes calibrated
    scores with it. It also keeps each marker's precision and recall by threshold, which regtrack
    calls looks up. The order of the scores, and so PR AUC, does not change.
    """
    from regtrack.atomic import reserve
    from regtrack.checkpoint import save_checkpoint
    from regtrack.checkpoint_header import checkpoint_file
    from regtrack.evaluation.calibrate import calibrate
    from regtrack.figures.style import check_format

    read = checkpoint_file(checkpoint)
    out = out or read.with_name("calibrated.safetensors")
    if figure is not None:
        check_format(figure)
    files = [out, *([] if figure is None else [figure])]
    with reserve(files, inputs=(read, dataset), overwrite=overwrite):
        with bars() as progress:
            found = calibrate(
                checkpoint, dataset,
                split=split, precision=precision, device=device, any_assembly=any_assembly,
                progress=progress,
            )  # fmt: skip
        save_checkpoint(out, found.checkpoint, overwrite=overwrite)
        if figure is not None:
            _draw(found, figure, overwrite=overwrite)
    result = found.to_dict()
    if as_json:
        print_json({"checkpoint": str(out), "figure": figure and str(figure), **result})
    else:
        _print(result["categories"])
        for path in filter(None, (out, figure)):
            console.print(str(path))


def _draw(found: Calibrated, path: Path, *, overwrite: bool) -> None:
    from regtrack.figures.reliability import before_and_after, reliability_figure
    from regtrack.figures.style import save_figure

    panels = {
        f"{category}, {len(rows):,} markers": before_and_after(
            found.before.pooled(rows), found.after.pooled(rows)
        )
        for category, rows in found.by_category.items()
    }
    save_figure(reliability_figure(panels), path, overwrite=overwrite)


def _print(categories: list[dict[str, Any]]) -> None:
    rows = [
        (
            row["category"], f"{row['markers']:,}", f"{row['temperature']:.3g}",
            f"{row['bias']:.3g}",
            *(f"{row[name]:.2e}" for name in ("error_before", "error_after")),
            *(f"{row[name]:.4f}" for name in ("loss_before", "loss_after")),
        )
        for row in categories
    ]  # fmt: skip
    print_table(
        "Means over the markers of each category",
        (
            "category", "markers", "temperature", "bias", "calibration error before", "after",
            "log loss before", "after",
        ),
        rows,
    )  # fmt: skip
