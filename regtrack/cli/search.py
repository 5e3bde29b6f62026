"""`regtrack search`: a dataset and a space of settings in, the best network out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regtrack.cli import offers
from regtrack.cli.console import console, print_json, print_table
from regtrack.cli.leaderboard import columns, leaderboard, rows
from regtrack.cli.next_step import evaluation_of

if TYPE_CHECKING:
    from regtrack.search.results import SearchResult
    from regtrack.search.space import Space

EPILOG = """
Examples:

  regtrack search data --out search

  regtrack search data --model hybrid --space space.toml --trials 100 --out search

  regtrack search data --sampler grid --pruner none --space small.toml --out grid

  regtrack search data --storage postgresql://me@host/studies --study dilated --out search

  regtrack search data --model hybrid --out search --dry-run > space.toml    (a space to edit)

Give the same command again, at the same time or later, on any machine that sees the folder, to
share the work or to resume it.
"""

_HOW, _LOOP, _MACHINE = "Search", "Training", "Machine"
_SHOWN = 10


def command(
    *,
    dataset: Annotated[Path, typer.Argument(help="A dataset from build-dataset.")],
    out: Annotated[Path, typer.Option(help="Folder of the search.")],
    model: Annotated[
        str,
        typer.Option(
            help="cnn1, cnn3, cnn7, id-cnn, dilated, bi-lstm or hybrid; on a dataset of --task "
            "short deepsea, danq or dilated6."
        ),
    ] = "dilated",
    space: Annotated[
        Path | None,
        typer.Option(help="What to vary (TOML); default: the settings that the paper searched."),
    ] = None,
    recipe: Annotated[
        str,
        typer.Option(
            help="How trials are trained, but for what the space names: standard or paper, as of "
            "train."
        ),
    ] = "standard",
    sampler: Annotated[
        str, typer.Option(help="tpe, random or grid.", rich_help_panel=_HOW)
    ] = "tpe",
    pruner: Annotated[
        str,
        typer.Option(
            help="What ends poor trials early: median, hyperband or none.", rich_help_panel=_HOW
        ),
    ] = "median",
    trials: Annotated[
        int | None,
        typer.Option(
            help="Trials of the study in all; default: 50, or the whole grid.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="Database of the study, such as postgresql://user@host/name; default: a file in "
            "--out.",
            rich_help_panel=_HOW,
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(
            help="Name of the study in --storage; default: that of --out.", rich_help_panel=_HOW
        ),
    ] = None,
    keep: Annotated[
        int,
        typer.Option(help="Best trials whose checkpoints are kept.", rich_help_panel=_HOW),
    ] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the sampler.", rich_help_panel=_HOW)] = 0,
    epochs: Annotated[
        int | None,
        typer.Option(help="Maximum epochs per trial; default: 30.", rich_help_panel=_LOOP),
    ] = None,
    epoch_windows: Annotated[
        int | None,
        typer.Option(help="Windows per epoch; default: all of train.", rich_help_panel=_LOOP),
    ] = None,
    precision: Annotated[
        str | None, offers.precision("fp32 (default), or bf16 for mixed precision.", _MACHINE)
    ] = None,
    accelerator: Annotated[
        str, typer.Option(help="auto, cpu or gpu; one device.", rich_help_panel=_MACHINE)
    ] = "auto",
    workers: Annotated[
        int, typer.Option(help="Reading processes; 0: none.", rich_help_panel=_MACHINE)
    ] = 0,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check everything, print the space as TOML, and stop."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Search for the best settings of a network, with any number of processes.

    Trains the network with many settings and keeps the one with the best validation PR AUC, as
    train does for epochs. Writes checkpoint.safetensors (the best), trials.csv, report.json,
    importance.png, parallel.png and parallel.html.
    """
    from regtrack.search.request import SearchPlan
    from regtrack.search.run import plan_search, run_search
    from regtrack.search.space_file import default_space, read_space
    from regtrack.training.config import Hardware
    from regtrack.training.defaults import recipe as recipe_of

    plan = SearchPlan(sampler=sampler, pruner=pruner, trials=trials, keep=keep, seed=seed)
    given = {"epochs": epochs, "epoch_windows": epoch_windows, "precision": precision}
    chosen = default_space(model) if space is None else read_space(space, model)
    chosen = chosen.with_fixed(**{name: one for name, one in given.items() if one is not None})
    hardware = Hardware(accelerator=accelerator, devices=1, workers=workers)
    if dry_run:
        chosen = chosen.with_recipe(recipe_of(dataset, recipe))
        count = plan_search(
            dataset, out, space=chosen, plan=plan, hardware=hardware, storage=storage, study=study
        )
        _print_space(chosen, count, as_json=as_json)
        return
    with leaderboard(list(chosen.searched)) as (progress, board):
        result = run_search(
            dataset, out, space=chosen, recipe=recipe, plan=plan, storage=storage, study=study,
            hardware=hardware, progress=progress, board=board,
        )  # fmt: skip
    if as_json:
        print_json(result.to_dict())
    else:
        _print(result, dataset)


def _print_space(space: Space, trials: int, *, as_json: bool) -> None:
    """What would be searched: a space file, or JSON."""
    from regtrack.search.space_file import to_toml

    epochs = space.config.epochs
    if as_json:
        print_json({"space": space.to_dict(), "trials": trials, "combinations": space.size,
                    "epochs": epochs})  # fmt: skip
        return
    size = "any number of" if space.size is None else f"{space.size:,}"
    print(to_toml(space), end="")
    print(f"\n# {trials:,} trials of {size} combinations, each at most {epochs} epochs")


def _print(result: SearchResult, dataset: Path) -> None:
    names = list(result.space.searched)
    counts = ", ".join(f"{count} {state}" for state, count in result.counts().items() if count)
    console.print(f"Trials: {counts}; PR AUC (average precision) on the valid split")
    print_table(None, columns(names), rows(result.trials[:_SHOWN], names))
    for file in result.files:
        console.print(str(file))
    if result.best is None:
        console.print("No trial is complete yet.")
    elif result.checkpoint is None:
        machine = result.best.facts.get("machine", "another machine")
        console.print(f"The best trial, {result.best.number}, is in the folder of {machine}.")
    else:
        from regtrack.dataset.store import Dataset

        console.print(f"{result.checkpoint}: the network of trial {result.best.number}")
        sizes = Dataset.open(dataset).split_sizes
        console.print(f"Next: {evaluation_of(dataset, str(result.checkpoint), sizes)}")
