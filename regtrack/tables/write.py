"""Writes a table: CSV, JSON, Markdown, LaTeX, a page of HTML, and figures."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from regtrack.csv_table import write_csv
from regtrack.figures.inline_svg import inline_svg
from regtrack.figures.palette import line_of
from regtrack.figures.pr_curves import CurvePanel, curves_figure
from regtrack.figures.style import save_figure
from regtrack.figures.two_models import Scatter, scatter_figure
from regtrack.model_style import ModelStyle
from regtrack.report.html import Cell as HtmlCell, count, number, table
from regtrack.report.page import Part, page
from regtrack.tables.measure import RECALLS, RULES, SPLITS
from regtrack.tables.resample import RESAMPLES
from regtrack.tables.table import Cell, Estimate, Row, Table

RULE_TITLES = {
    "average_precision": "PR AUC by steps (average precision)",
    "pr_auc_trapezoid": "PR AUC by trapezoids (the paper's rule)",
}
FILES = (
    "table.csv", "differences.csv", "marker_scores.csv", "table.json", "table.md", "table.tex",
    "table.html", "pr_curves.png", "pr_curves.pdf", "scatter.png", "scatter.pdf",
)  # fmt: skip
_MOST_PANELS = 6
_MISSING = "–"


def write_table(made: Table, folder: Path, *, title: str) -> tuple[str, ...]:
    """Write all files into a folder that exists.

    Returns:
        Their names; without a second model there is no scatter.
    """
    _write_csvs(made, folder)
    text = json.dumps(made.to_dict(), indent=1) + "\n"
    (folder / "table.json").write_text(text, encoding="utf-8")
    (folder / "table.md").write_text(markdown(made, title), encoding="utf-8")
    (folder / "table.tex").write_text(latex(made, title), encoding="utf-8")
    figures = {"pr_curves": _curves(made)}
    if len(made.rows) > 1:
        figures["scatter"] = _scatter(made)
    for name, figure in figures.items():
        for kind in ("png", "pdf"):
            save_figure(figure, folder / f"{name}.{kind}")
    (folder / "table.html").write_text(html(made, figures, title), encoding="utf-8")
    return tuple(name for name in FILES if (folder / name).exists())


def _write_csvs(made: Table, folder: Path) -> None:
    rows: list[dict[str, Any]] = []
    for row in made.rows:
        for cell in row.cells:
            flat: dict[str, Any] = {
                "model": row.style.title, "parameters": row.parameters, "seeds": len(row.seeds),
                "split": cell.split, "category": cell.category, "markers": cell.markers,
                "positives": cell.positives, "base_rate": cell.base_rate, "lift": cell.lift,
            }  # fmt: skip
            for rule in RULES:
                flat |= _flat(rule, getattr(cell, rule))
            rows.append(flat)
    write_csv(folder / "table.csv", list(rows[0]), rows)
    columns = ["model", "other", "split", "category", "rule", "markers", "value", "low", "high"]
    pairs = [
        {**{name: getattr(one, name) for name in columns[:6]}, "value": one.difference.value,
         "low": one.difference.low, "high": one.difference.high}
        for one in made.differences
    ]  # fmt: skip
    write_csv(folder / "differences.csv", columns, pairs)
    names = ["model", "checkpoint", "split", "marker", "category", "positives", "base_rate", *RULES]
    write_csv(folder / "marker_scores.csv", names, _marker_rows(made, names))


def _marker_rows(made: Table, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    for row in made.rows:
        for seed in row.seeds:
            for split, scores in seed.splits.items():
                for one in scores.markers:
                    found = {**one.to_dict(), "model": row.style.title, "split": split}
                    found["checkpoint"] = seed.candidate.paths
                    yield {name: found[name] for name in names}


def _flat(rule: str, found: Estimate) -> dict[str, Any]:
    return {
        rule: found.value, f"{rule}_low": found.low, f"{rule}_high": found.high,
        f"{rule}_spread": found.spread,
    }  # fmt: skip


def text_of(found: Estimate, dash: str = "–") -> str:
    """A score with its interval, and the spread of its seeds.

    >>> text_of(Estimate(value=0.2741, low=0.2519, high=0.3, spread=0.012))
    '0.274 ± 0.012 (0.252–0.300)'
    """
    spread = "" if found.spread is None else f" ± {found.spread:.3f}"
    return f"{found.value:.3f}{spread} ({found.low:.3f}{dash}{found.high:.3f})"


def _note(made: Table) -> str:
    seeds = any(len(row.seeds) > 1 for row in made.rows)
    return (
        f"Intervals: 95 %, from {RESAMPLES:,} resamples of the split's windows."
        + " ±: standard deviation between seeds, whose mean is given." * seeds
        + " Each number is a mean over the markers of a category."
    )


def _best(made: Table, split: str, category: str, rule: str) -> Row | None:
    """The model with the highest score of a column."""
    scored = [(cell, row) for row in made.rows if (cell := row.cell(split, category))]
    if not scored:
        return None
    return max(scored, key=lambda one: getattr(one[0], rule).value)[1]


def _grid(made: Table, rule: str) -> Iterator[tuple[Row, list[tuple[Cell | None, bool]]]]:
    """Each row with its cells, valid before test, and whether each is the best of its column."""
    columns = [(split, category) for split in SPLITS for category in made.categories]
    for row in made.rows:
        yield row, [(row.cell(*column), _best(made, *column, rule) is row) for column in columns]


def markdown(made: Table, title: str) -> str:
    """The table in Markdown, a table per rule; the best score of a column is bold."""
    heads = [f"{split} {category}" for split in SPLITS for category in made.categories]
    lines = [f"# {title}", "", _note(made)]
    for rule in RULES:
        lines += ["", f"## {RULE_TITLES[rule]}", ""]
        lines += [f"| model | parameters | seeds | {' | '.join(heads)} |"]
        lines += ["|---|---:|---:|" + "---:|" * len(heads)]
        for row, cells in _grid(made, rule):
            texts = [
                _MISSING if cell is None
                else f"**{text_of(getattr(cell, rule))}**" if best
                else text_of(getattr(cell, rule))
                for cell, best in cells
            ]  # fmt: skip
            lines.append(
                f"| {row.style.title} | {row.parameters:,} | {len(row.seeds)} | "
                f"{' | '.join(texts)} |"
            )
    lines += ["", "## What the splits hold", "", "| split | category | markers | positives | "
              "base rate |", "|---|---|---:|---:|---:|"]  # fmt: skip
    lines += [
        f"| {cell.split} | {cell.category} | {cell.markers:,} | {cell.positives:,} | "
        f"{cell.base_rate:.4f} |"
        for cell in made.rows[0].cells
    ]
    return "\n".join(lines) + "\n"


def latex(made: Table, title: str) -> str:
    """The table in LaTeX (booktabs), one per rule; the title is a comment."""
    wide = len(made.categories)
    blocks = []
    for rule in RULES:
        heads = " & ".join(_tex(category) for _ in SPLITS for category in made.categories)
        lines = [
            rf"% {RULE_TITLES[rule]}",
            rf"\begin{{tabular}}{{lr{'r' * 2 * wide}}}",
            r"\toprule",
            rf" & & \multicolumn{{{wide}}}{{c}}{{Validation}} & "
            rf"\multicolumn{{{wide}}}{{c}}{{Test}} \\",
            rf"Model & Parameters & {heads} \\",
            r"\midrule",
        ]
        for row, cells in _grid(made, rule):
            texts = []
            for cell, best in cells:
                found = None if cell is None else getattr(cell, rule)
                text = "--" if found is None else f"{found.value:.3f}"
                spread = "" if found is None or found.spread is None else found.spread
                text = rf"\textbf{{{text}}}" if best else text
                texts.append(text + (rf" $\pm$ {spread:.3f}" if spread != "" else ""))
            lines.append(rf"{_tex(row.style.title)} & {row.parameters:,} & {' & '.join(texts)} \\")
        blocks.append("\n".join([*lines, r"\bottomrule", r"\end{tabular}"]))
    return "\n\n".join([f"% {title}", *blocks]) + "\n"


def _tex(text: str) -> str:
    r"""Text with what LaTeX reads as commands escaped.

    >>> _tex("CNN7 (a_b)")
    'CNN7 (a\\_b)'
    """
    return "".join(rf"\{letter}" if letter in "_&%$#{}" else letter for letter in text)


def html(made: Table, figures: dict[str, Figure], title: str) -> str:
    """The table as one page that works offline, with sorting columns and the figures."""
    parts = [Part(rule, RULE_TITLES[rule], _html_rows(made, rule)) for rule in RULES]
    if made.differences:
        parts.append(Part("differences", "Differences between models", _html_pairs(made)))
    says = {
        "pr_curves": "Precision by recall on the test split, means over markers",
        "scatter": "Scores of two models on the test split, a point per marker",
    }
    svgs = [inline_svg(figure, at, says[name]) for at, (name, figure) in enumerate(figures.items())]
    drawn = zip(figures, svgs, strict=True)
    parts += [
        Part(name, says[name], f'<figure><div class="wide">{svg}</div></figure>')
        for name, svg in drawn
    ]
    return page(title, f"<p>{_note(made)}</p>", parts, svgs)


def _html_rows(made: Table, rule: str) -> str:
    head = ["model", "parameters", "seeds", "split", "category", "markers", "positives",
            "base rate", "PR AUC", "95 % interval", "± seeds", "times base rate"]  # fmt: skip
    rows = []
    for row in made.rows:
        for cell in row.cells:
            found: Estimate = getattr(cell, rule)
            rows.append([
                HtmlCell(row.style.title, colour=row.style.light), count(row.parameters),
                count(len(row.seeds)), HtmlCell(cell.split), HtmlCell(cell.category),
                count(cell.markers), count(cell.positives), number(cell.base_rate, 4),
                number(found.value), _span(found), number(found.spread),
                number(found.value / cell.base_rate, 1),
            ])  # fmt: skip
    return table(head, rows, caption="Means over the markers that have a score")


def _html_pairs(made: Table) -> str:
    head = ["model", "minus", "split", "category", "rule", "markers", "difference",
            "95 % interval", ""]  # fmt: skip
    rows = [
        [
            HtmlCell(one.model), HtmlCell(one.other), HtmlCell(one.split), HtmlCell(one.category),
            HtmlCell("steps" if one.rule == RULES[0] else "trapezoids"), count(one.markers),
            number(one.difference.value), _span(one.difference),
            HtmlCell("clear" if one.clear else "within chance"),
        ]
        for one in made.differences
    ]  # fmt: skip
    return table(head, rows, caption="Paired: both models on the same resampled windows")


def _span(found: Estimate) -> HtmlCell:
    text = f"{found.low:.3f} to {found.high:.3f}".replace("-", "−")
    return HtmlCell(text, found.low, number=True)


def _curves(made: Table) -> Figure:
    """Precision by recall on the test split, the mean over the markers of each category."""
    panels = []
    for category in made.categories:
        lines, cells = [], []
        for row in made.rows:
            cell = row.cell("test", category)
            if cell is None:
                continue
            cells.append(cell)
            means = []
            for seed in row.seeds:
                scores = seed.splits["test"]
                chosen = [
                    at for at, one in enumerate(scores.markers)
                    if one.category == category and one.scored
                ]  # fmt: skip
                means.append(scores.precisions[chosen].mean(0))
            lines.append((row.style, np.mean(means, axis=0)))
        if cells:
            markers = cells[0].markers
            note = f"mean of {markers:,} markers" if markers > 1 else "one marker"
            panels.append(CurvePanel(category, note, cells[0].base_rate, lines))
    return _fitted(curves_figure(RECALLS, panels), panels, [row.style for row in made.rows])


def _fitted(figure: Figure, panels: Sequence[CurvePanel], styles: Sequence[ModelStyle]) -> Figure:
    """The curves up to the highest precision, with a legend."""
    top = max((line.max() for panel in panels for _, line in panel.lines), default=1.0)
    for axes in figure.axes:
        axes.set_ylim(0, min(1.0, 1.08 * top))
        axes.yaxis.set_major_locator(MaxNLocator(4))
        axes.yaxis.set_major_formatter("{x:g}")
    handles = []
    for one in styles:
        colour, dashes = line_of(one)
        handles.append(Line2D([], [], color=colour, linestyle=dashes, label=one.title))
    figure.legend(
        handles=handles, loc="outside upper left", ncols=4, frameon=False, fontsize=7,
        handlelength=3,
    )  # fmt: skip
    return figure


def _scatter(made: Table) -> Figure:
    """The first model beside each of the others."""
    first, *others = made.rows
    mine = _marker_means(first)
    panels = []
    for other in others[:_MOST_PANELS]:
        points: dict[str, list[tuple[float, float]]] = {}
        for name, (category, theirs) in _marker_means(other).items():
            if name in mine:
                points.setdefault(category, []).append((mine[name][1], theirs))
        if points:
            panels.append(Scatter(first.style.title, other.style.title, points))
    return scatter_figure(panels, "average precision, test split")


def _marker_means(row: Row) -> dict[str, tuple[str, float]]:
    """The category and mean score over seeds of each marker on the test split."""
    found: dict[str, tuple[str, list[float]]] = {}
    for seed in row.seeds:
        for one in seed.splits["test"].markers:
            if one.scored:
                found.setdefault(one.marker, (one.category, []))[1].append(one.average_precision)
    return {name: (category, float(np.mean(all_))) for name, (category, all_) in found.items()}
