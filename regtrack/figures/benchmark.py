"""Models compared on several questions: one panel per question, a row per model, a dot per seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from string import ascii_lowercase

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, NullLocator

from regtrack.figures.style import WIDTHS, inches, style
from regtrack.model_style import ModelStyle

_ROW = 4.6  # mm per model
_CONTROL = "#9A9A9A"
_SEED = "#4D4D4D"  # the dots themselves have the colours of their models


@dataclass(frozen=True)
class Question:
    """One panel.

    Attributes:
        title: the question.
        values: one number per seed, by model.
        control: the same for a control, drawn as hollow dots; default: none.
        chance: expected value for an uninformed model, drawn as a line; default: none.
        base_pairs: whether the numbers are lengths (bp, on a logarithmic axis) or fractions of 1.
    """

    title: str
    values: Mapping[str, Sequence[float]]
    control: Mapping[str, Sequence[float]] = field(default_factory=dict)
    chance: float | None = None
    base_pairs: bool = False


def benchmark_figure(
    rows: Mapping[str, Sequence[Question]],
    models: Mapping[str, ModelStyle],
    *,
    control: str = "control",
    width: str = "double",
) -> Figure:
    """Draw panels in rows; a bar marks the mean of each model's dots, with its value at the right.

    Args:
        rows: panels by the label of their x axes; all rows have the same number of panels.
        models: title and colour of each, by name, from top to bottom.
        control: what the hollow dots show.
        width: `single` or `double`, a column or the full width of a journal's page.

    Raises:
        ValueError: no panel, or rows of different lengths.
    """
    columns = {len(questions) for questions in rows.values()}
    if len(columns) != 1 or 0 in columns:
        raise ValueError(f"rows of {sorted(columns)} panels; expected equally many, at least 1")
    height = len(rows) * (_ROW * len(models) + 15) + 7
    with style():
        figure = Figure(figsize=(inches(WIDTHS[width]), inches(height)), layout="constrained")
        grid = figure.subplots(len(rows), columns.pop(), squeeze=False, sharey=True)
        letters = iter(ascii_lowercase)
        for line, (measure, questions) in zip(grid, rows.items(), strict=True):
            for axes, question in zip(line, questions, strict=True):
                axes.set_title(f"({next(letters)}) {question.title}", loc="left", fontsize=8)
                _draw(axes, question, models)
                axes.set_xlabel("bp" if question.base_pairs else measure, fontsize=7)
        grid[0, 0].set_yticks(range(len(models)), [model.title for model in models.values()])
        grid[0, 0].set_ylim(len(models) - 0.4, -0.6)
        figure.legend(
            handles=_legend([one for line in rows.values() for one in line], control),
            loc="outside lower center", ncols=4, frameon=False, handlelength=1.6, fontsize=7,
        )  # fmt: skip
    return figure


def _draw(axes: Axes, question: Question, models: Mapping[str, ModelStyle]) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    for row, (model, look) in enumerate(models.items()):
        axes.axhline(row, color="#EDEDED", linewidth=0.6, zorder=0)
        control, values = question.control.get(model, ()), question.values.get(model, ())
        axes.plot(
            control, [row] * len(control), "o", markersize=3.2, markerfacecolor="white",
            markeredgecolor=_CONTROL, markeredgewidth=0.7, zorder=2,
        )  # fmt: skip
        axes.plot(
            values, [row] * len(values), "o", markersize=3.4, color=look.light,
            markeredgewidth=0, alpha=0.75, zorder=3,
        )  # fmt: skip
        if values:
            mean = fmean(values)
            axes.plot([mean] * 2, [row - 0.3, row + 0.3], color="black", linewidth=1.1, zorder=4)
            text = f"{mean:,.0f}" if question.base_pairs else f"{mean:.2f}"
            axes.text(
                1.02, row, text, transform=axes.get_yaxis_transform(), va="center", fontsize=6.5
            )
    if question.chance is not None:
        axes.axvline(question.chance, color=_CONTROL, linewidth=0.8, linestyle=(0, (3, 2)))
    _dress(axes, base_pairs=question.base_pairs)


def _dress(axes: Axes, *, base_pairs: bool) -> None:
    if base_pairs:
        axes.set_xscale("log")
        axes.set_xlim(3, 30_000)
        axes.set_xticks([10, 100, 1_000, 10_000])
        axes.xaxis.set_major_formatter(FuncFormatter(_kilo))
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(-0.02, 1.02)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])


def _kilo(value: float, _: int | None = None) -> str:
    return f"{value:.0f}" if value < 1_000 else f"{value / 1_000:.0f}k"


def _legend(questions: Sequence[Question], control: str) -> list[Line2D]:
    handles = [
        Line2D([], [], color=_SEED, marker="o", markersize=3.4, linestyle="",
               alpha=0.75, label="one seed"),
        Line2D([], [], color="black", marker="|", markersize=6, markeredgewidth=1.1,
               linestyle="", label="mean, written at the right"),
    ]  # fmt: skip
    if any(question.control for question in questions):
        handles.append(
            Line2D([], [], marker="o", markersize=3.2, markerfacecolor="white", linestyle="",
                   markeredgecolor=_CONTROL, markeredgewidth=0.7, label=control)
        )  # fmt: skip
    if any(question.chance is not None for question in questions):
        handles.append(
            Line2D([], [], color=_CONTROL, linewidth=0.8, linestyle=(0, (3, 2)), label="chance")
        )
    return handles
