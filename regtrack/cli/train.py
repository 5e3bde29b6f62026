"""`regtrack train`: a dataset in, a trained network out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regtrack.cli import offers
from regtrack.cli.console import bars, console, print_json, print_table
from regtrack.cli.next_step import evaluation_of
from regtrack.errors import TrainingError
from regtrack.training.recipes import RECIPES

if TYPE_CHECKING:
    from regtrack.training.config import TrainingConfig
    from regtrack.training.fit import TrainingResult

EPILOG = """
Examples:

  regtrack train data --out run

  regtrack train data --model cnn7 --out run-cnn7 --precision bf16 --workers 2

  regtrack train data --model dilated --recipe paper --out run-dilated

  regtrack train data --epochs 60 --epoch-windows 8000 --devices 4 --out run-long

  regtrack train mine --from run --epochs 10 --learning-rate 0.0003 --out fine-tuned

An interrupted run resumes when the same command is given again.
"""

_NETWORK, _LOOP, _MACHINE = "Network", "Training", "Machine"


def _by_recipe(field: str, text: str, *names: str) -> Any:
    """An option whose default is the recipe's, which its help states.

    Args:
        field: of `TrainingConfig`.
        text: what it is.
        names: of the option, if they differ from the field's.
    """
    standard, paper = (_of_recipe(field, *RECIPES[name]) for name in ("standard", "paper"))
    says = standard if paper == standard else f"{standard}; paper {paper}"
    return typer.Option(*names, help=f"{text} Default: {says}.", rich_help_panel=_LOOP)


def _of_recipe(field: str, dense: TrainingConfig, short: TrainingConfig) -> str:
    """The value of a field in words, for both kinds of datasets."""
    values = [_shown(getattr(one, field)) for one in (dense, short)]
    return values[0] if values[0] == values[1] else f"{values[0]}, of short windows {values[1]}"


def _shown(value: object) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case float():
            return f"{value:g}"
    return str(value)


def command(
    *,
    dataset: Annotated[Path, typer.Argument(help="A dataset from build-dataset.")],
    out: Annotated[Path, typer.Option(help="Folder of the run.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="cnn1, cnn3, cnn7, id-cnn, dilated, bi-lstm or hybrid; on a dataset of --task "
            "short: deepsea, danq or dilated6. Default: hybrid (dilated6), or the network of "
            "--from.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    dropout: Annotated[
        float | None,
        typer.Option(
            help="Fraction of activations dropped; default: 0.25, of hybrid 0.1, "
            "of short windows 0.2.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    pooling: Annotated[
        str | None,
        typer.Option(help="none, max or dilated; only for dilated.", rich_help_panel=_NETWORK),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            help="Any setting of the network, such as hidden=200 or channels=[64,128,50].",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    from_checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="CHECKPOINT",
            help="Start from the weights of this checkpoint or run folder; the head is new unless "
            "the markers are the same.",
            rich_help_panel=_NETWORK,
        ),
    ] = None,
    freeze: Annotated[
        bool,
        typer.Option(
            "--freeze", help="With --from: train only the head.", rich_help_panel=_NETWORK
        ),
    ] = False,
    recipe: Annotated[
        str,
        typer.Option(
            help="Defaults of what follows: standard, or paper for the settings of Gupta and Rush.",
            autocompletion=offers.offer(*RECIPES),
            rich_help_panel=_LOOP,
        ),
    ] = "standard",
    epochs: Annotated[int | None, _by_recipe("epochs", "Maximum number of epochs.")] = None,
    epoch_windows: Annotated[
        int | None, _by_recipe("epoch_windows", "Windows per epoch; 0: all of the train split.")
    ] = None,
    patience: Annotated[
        int | None,
        _by_recipe("patience", "Stop after this many epochs without a better PR AUC; 0: never."),
    ] = None,
    batch_size: Annotated[
        int | None, _by_recipe("batch_size", "Windows per step and device.")
    ] = None,
    learning_rate: Annotated[
        float | None, _by_recipe("learning_rate", "Peak learning rate (Adam).")
    ] = None,
    weight_decay: Annotated[
        float | None, _by_recipe("weight_decay", "Weight decay (AdamW); 0: plain Adam.")
    ] = None,
    schedule: Annotated[
        str | None, _by_recipe("schedule", "Learning rate: constant, or cosine decay to 0.")
    ] = None,
    warmup: Annotated[
        float | None, _by_recipe("warmup", "Fraction of steps with a rising learning rate.")
    ] = None,
    averaging: Annotated[
        float | None,
        _by_recipe("averaging", "Keep a running mean of the weights with this decay; 0: do not."),
    ] = None,
    positive_weight: Annotated[
        float | None, _by_recipe("positive_weight", "Weight of labelled bases in the loss.")
    ] = None,
    balance: Annotated[
        float | None,
        _by_recipe(
            "balance", "How far rare markers count as much as frequent ones: 0 (as they come) to 1."
        ),
    ] = None,
    loss_every: Annotated[
        int | None,
        _by_recipe("loss_every", "Count one base of so many in the loss, evenly spaced; 1: all."),
    ] = None,
    clip: Annotated[
        float | None, _by_recipe("clip", "Maximum norm of the gradient; 0: no limit.")
    ] = None,
    reverse_complement: Annotated[
        bool | None,
        _by_recipe(
            "reverse_complement",
            "Reverse-complement windows with probability 0.5.",
            "--reverse-complement/--no-reverse-complement",
        ),
    ] = None,
    cutout: Annotated[
        float | None,
        _by_recipe("cutout", "Hide this fraction of the bases as N, in stretches of 20 bp."),
    ] = None,
    shift: Annotated[
        int | None, _by_recipe("shift", "Maximum random shift of a window (bp), within its split.")
    ] = None,
    seed: Annotated[
        int, typer.Option(help="Seed of weights, order and dropout.", rich_help_panel=_LOOP)
    ] = 0,
    precision: Annotated[
        str, offers.precision("fp32, or bf16 for mixed precision.", _MACHINE)
    ] = "fp32",
    workers: Annotated[
        int, typer.Option(help="Reading processes per device; 0: none.", rich_help_panel=_MACHINE)
    ] = 0,
    accelerator: Annotated[
        str, typer.Option(help="auto, cpu or gpu.", rich_help_panel=_MACHINE)
    ] = "auto",
    devices: Annotated[
        str, typer.Option(help="Number of devices; auto: all.", rich_help_panel=_MACHINE)
    ] = "auto",
    strategy: Annotated[
        str, typer.Option(help="Lightning strategy: auto, ddp, ...", rich_help_panel=_MACHINE)
    ] = "auto",
    nodes: Annotated[
        int,
        typer.Option(
            help="Number of machines, each with that many devices.", rich_help_panel=_MACHINE
        ),
    ] = 1,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the run in --out.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Train a network on a dataset; keep the epoch with the best validation PR AUC.

    Writes checkpoint.safetensors, metrics.csv and metrics.png. PR AUC is average precision,
    averaged over the markers of each category, then over the categories.
    """
    from regtrack.training.config import Hardware
    from regtrack.training.defaults import recipe as recipe_of
    from regtrack.training.fit import train

    given = {
        "epochs": epochs, "patience": patience, "batch_size": batch_size,
        "learning_rate": learning_rate, "weight_decay": weight_decay, "schedule": schedule,
        "warmup": warmup, "averaging": averaging, "positive_weight": positive_weight,
        "balance": balance, "loss_every": loss_every, "clip": clip,
        "reverse_complement": reverse_complement, "cutout": cutout, "shift": shift,
        "epoch_windows": epoch_windows, "precision": precision, "seed": seed,
    }  # fmt: skip
    changes = {name: value for name, value in given.items() if value is not None}
    config = recipe_of(dataset, recipe, **changes)
    hardware = Hardware(
        accelerator=accelerator,
        devices=int(devices) if devices.isdigit() else devices,
        strategy=strategy,
        nodes=nodes,
        workers=workers,
    )
    with bars() as progress:
        result = train(
            dataset,
            out,
            model=model,
            settings=_settings(settings or [], dropout=dropout, pooling=pooling),
            from_checkpoint=from_checkpoint,
            freeze=freeze,
            config=config,
            hardware=hardware,
            progress=progress,
            overwrite=overwrite,
        )
    if not result.leads:
        return
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result, dataset)


def _settings(pairs: Sequence[str], **values: Any) -> dict[str, Any]:
    """The network settings given by the user; all others keep their defaults."""
    settings = {name: value for name, value in values.items() if value is not None}
    options = {name: f"--{name}" for name in settings}
    for given in pairs:
        name, equals, text = given.partition("=")
        if not equals:
            raise TrainingError(f'--set "{given}" is not a setting; expected name=value')
        if name in options:
            raise TrainingError(f"{name} was given by {options[name]} and by --set; give it once")
        if name in settings:
            raise TrainingError(f"--set {name} was given twice; give it once")
        try:
            settings[name] = json.loads(text)
        except ValueError:
            settings[name] = text
    return settings


def _print(result: TrainingResult, dataset: Path) -> None:
    best = result.best
    rows = [
        (name, f"{value:.4f}", f"{result.base_rates[name]:.4f}")
        for name, value in best.categories.items()
    ]
    print_table(
        f"Validation, epoch {best.epoch} of {len(result.history)}",
        ("category", "PR AUC (average precision)", "base rate"),
        rows,
    )
    console.print(f"{result.checkpoint}: the best epoch's network")
    console.print(f"{result.folder.plot}: loss and PR AUC by epoch")
    from regtrack.dataset.store import Dataset

    sizes = Dataset.open(dataset).split_sizes
    console.print(f"Next: {evaluation_of(dataset, str(result.checkpoint), sizes)}")
