"""The page of a run of scripts/reproduce_paper.py: its tables in Markdown, beside the paper's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from paper import PUBLISHED, TABLES, PaperTable

CATEGORIES = ("TF", "DNase", "histone")
RULE = "pr_auc_trapezoid"
COMMAND = "python scripts/reproduce_paper.py"


QUICK = (
    "half of the bases, some markers, one pass over some windows. It shows that every step works; "
    "so short a training teaches no network, and its scores compare nothing."
)
ABOUT = (
    "PR AUC by trapezoids on the test split, as in the paper: means over a category's markers, "
    "± the standard deviation between seeds. The base rate is the score of guessing. Each table's "
    "page has intervals, the valid split, differences between models, precision-recall curves, and "
    "scores per marker."
)
FIGURE_2 = (
    "An error of 1 is propagated back from the labelled outputs (blue) of a window of the valid "
    "split; its norm at the input in black. Window and marker are drawn at random."
)


def write_page(out: Path, told: str, *, quick: bool) -> None:
    """Write README.md into the folder of a run."""
    lines = ["# The paper's experiments on ten megabases of hg38", "", f"{told}."]
    if quick:
        lines += ["", f"`{COMMAND} --quick`: {QUICK}"]
    lines += ["", ABOUT]
    for table in TABLES:
        path = out / "tables" / table.name / "table.json"
        if path.exists():
            rows = json.loads(path.read_text())["rows"]
            lines += ["", *_table(table, rows)]
    lines += ["", *_search(out)]
    figures = [path.name for path in sorted(out.glob("figure2-*.png"))]
    lines += ["## Figure 2", "", FIGURE_2]
    lines += [f"\n![Figure 2, {name[8:-4]}]({name})" for name in figures]
    (out / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _table(table: PaperTable, rows: list[dict[str, Any]]) -> Iterator[str]:
    yield f"## Table {table.number}, {table.way}"
    yield ""
    config = ", ".join(
        f"{name} {value:g}" for name, value in {**table.config, **table.settings}.items()
    )
    folder = f"tables/{table.name}"
    yield (f"{config}. [Page]({folder}/table.html), [Markdown]({folder}/table.md), "
           f"[LaTeX]({folder}/table.tex), [CSV]({folder}/table.csv).")  # fmt: skip
    yield ""
    published = table.number == 2
    heads = ["model", "parameters", "seeds", *CATEGORIES]
    heads += [f"paper: {name}" for name in CATEGORIES] if published else []
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    rates = {cell["category"]: cell["base_rate"] for cell in _test(rows[0])}
    first = ["base rate", "", "", *(f"{rates.get(name, float('nan')):.4f}" for name in CATEGORIES)]
    yield f"| {' | '.join(first + [''] * 3 * published)} |"
    for row in rows:
        cells = {cell["category"]: cell[RULE] for cell in _test(row)}
        told = [_text(cells[name]) if name in cells else "–" for name in CATEGORIES]
        known = PUBLISHED.get(_run_name(row), ()) if published else ()
        theirs = [f"{value:.3f}" for value in known] or [""] * 3 * published
        count = [f"{row['parameters']:,}", str(len(row["checkpoints"]))]
        yield f"| {' | '.join([row['model'], *count, *told, *theirs])} |"


def _run_name(row: dict[str, Any]) -> str:
    """The name of a row's runs, without the seed."""
    return str(Path(row["checkpoints"][0]).parent.name.rpartition("-")[0])


def _test(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in row["scores"] if cell["split"] == "test"]


def _text(found: dict[str, float | None]) -> str:
    spread = found["spread"]
    return f"{found['value']:.3f}" + ("" if spread is None else f" ± {spread:.3f}")


def _search(out: Path) -> Iterator[str]:
    """What the search found."""
    path = out / "search" / "report.json"
    if not path.exists():
        return
    best = json.loads(path.read_text())["best"]
    yield "## The search"
    yield ""
    yield (f"DILATED on the paper's space, {json.loads(path.read_text())['counts']['complete']} "
           "complete trials: [trials](search/trials.csv), "
           "[parallel coordinates](search/parallel.html).")  # fmt: skip
    if best:
        skipped = {"state", "machine", "seconds", "best_epoch"}
        shown = ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in best.items()
            if name not in skipped
        )
        yield f"The best: {shown}."
    yield ""
