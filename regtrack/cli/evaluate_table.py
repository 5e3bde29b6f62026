"""`regtrack evaluate --table`: several models on both splits, as the paper's table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regtrack.cli.console import bars, console, print_json, print_table
from regtrack.errors import RegtrackError

if TYPE_CHECKING:
    from regtrack.tables.measure import How
    from regtrack.tables.table import Table

MARK = "table.json"


def evaluate_table(
    dataset: Path,
    checkpoints: Sequence[Path],
    out: Path | None,
    *,
    markers: Sequence[str],
    how: How,
    title: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Measure, write the folder, and print the table."""
    from regtrack.atomic import publish_folder
    from regtrack.evaluation.candidate import members
    from regtrack.tables.measure import measure_models
    from regtrack.tables.table import make_table
    from regtrack.tables.write import write_table

    if out is None:
        raise RegtrackError("--table writes a folder of files; name it with --out")
    inputs = (dataset, *(Path(part) for given in checkpoints for part in members(given)))
    with publish_folder(out, mark=MARK, inputs=inputs, overwrite=overwrite) as folder:
        with bars() as progress:
            measured = measure_models(
                dataset, checkpoints, markers=markers, how=how, progress=progress
            )
        made = make_table(measured)
        files = write_table(made, folder, title=title or f"Models on {dataset.resolve().name}")
    if as_json:
        print_json(made.to_dict())
    else:
        _print(made)
        console.print(f"{out}: {', '.join(files)}")


def _print(made: Table) -> None:
    from regtrack.tables.measure import RULES, SPLITS
    from regtrack.tables.write import RULE_TITLES, text_of

    heads = [f"{split} {category}" for split in SPLITS for category in made.categories]
    for rule in RULES:
        rows = []
        for row in made.rows:
            cells = [row.cell(split, category) for split in SPLITS for category in made.categories]
            texts = ["-" if cell is None else text_of(getattr(cell, rule), "-") for cell in cells]
            rows.append((row.style.title, f"{row.parameters:,}", str(len(row.seeds)), *texts))
        console.print(f"{RULE_TITLES[rule]}, with 95 % intervals")
        print_table(None, ("model", "parameters", "seeds", *heads), rows)
