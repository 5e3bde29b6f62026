"""Writes saliency figures to files, in the format given by the suffix."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

from regtrack.atomic import reserve
from regtrack.errors import OutputError, nearest
from regtrack.figures.content import LONGEST
from regtrack.figures.interactive import (
    interactive_receptive_field,
    interactive_saliency,
    save_html,
)
from regtrack.figures.letters import letters_figure
from regtrack.figures.receptive_field import receptive_field_figure
from regtrack.figures.saliency import saliency_figure
from regtrack.figures.style import FORMATS, save_figure
from regtrack.figures.table import DELIMITERS, curve_table, saliency_table, save_table
from regtrack.genome.intervals import Mask
from regtrack.saliency.values import Curve, Saliency

_TABLES = tuple(DELIMITERS)
SUFFIXES = (*(f".{name}" for name in FORMATS), ".html", *_TABLES)


def planned_files(paths: Sequence[Path], *, data: bool = False) -> tuple[Path, ...]:
    """Every file to write for the given paths, including tables next to figures.

    Args:
        paths: as the user gave them.
        data: whether to add a table of the numbers to each figure, as `NAME.tsv`.

    Raises:
        OutputError: a suffix that is missing or not a format of figures or tables.
    """
    for path in paths:
        if path.suffix.lower() not in SUFFIXES:
            raise OutputError(
                f'cannot draw {path}: "{path.suffix}" is not a figure format; expected '
                f"{', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}"
                f"{nearest(path.suffix.lower(), SUFFIXES)}"
            )
    beside = [path.with_suffix(".tsv") for path in paths if path.suffix.lower() not in _TABLES]
    return tuple(dict.fromkeys([*paths, *(beside if data else [])]))


def reserve_outputs(
    paths: Sequence[Path],
    *,
    data: bool = False,
    inputs: Iterable[object] = (),
    overwrite: bool = False,
) -> AbstractContextManager[None]:
    """Refuse outputs that cannot be written, before any work is done, and lock them meanwhile.

    Args:
        paths: the figures and tables to write.
        data: whether a table is written beside each figure.
        inputs: what is read, of which no file may be replaced; others than paths do not count.
        overwrite: replace files that exist.

    Raises:
        OutputError: see `planned_files`; or a file is an input, or exists and `overwrite` is off,
            or another process writes it.
    """
    files = [one for one in inputs if isinstance(one, str | Path)]
    return reserve(planned_files(paths, data=data), inputs=files, overwrite=overwrite)


def write_saliency(
    saliencies: Sequence[Saliency],
    paths: Sequence[str | Path],
    *,
    marks: Mapping[str, Mask] | None = None,
    width: str = "double",
    data: bool = False,
    dpi: int = 300,
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Draw the saliency of models in one region, as letters if they are legible, else as panels.

    Args:
        saliencies: one per panel, of the same region, method and marker.
        paths: figures (.png, .pdf, .svg, .html) and tables (.tsv, .csv).
        marks: named stretches drawn in grey under the panels, bool (L,) each.
        width: `single` (89 mm), `1.5` (120 mm) or `double` (183 mm), of a journal's page.
        data: also write a table next to each figure.
        dpi: of a PNG.
        overwrite: replace files that exist.

    Returns:
        The files written.

    Raises:
        OutputError: see `reserve_outputs`.
        ValueError: no saliency, or saliencies that do not match.
    """
    draw = letters_figure if len(saliencies[0]) <= LONGEST[width] else saliency_figure
    figure = cache(lambda: draw(saliencies, width=width, marks=marks))
    return _write(
        planned_files([Path(path) for path in paths], data=data),
        lambda path: save_figure(figure(), path, dpi=dpi, overwrite=overwrite),
        lambda path: save_html(interactive_saliency(saliencies, marks), path, overwrite=overwrite),
        lambda path: save_table(saliency_table(saliencies, marks), path, overwrite=overwrite),
    )


def write_receptive_field(
    curves: Sequence[Curve],
    paths: Sequence[Path],
    *,
    width: str = "double",
    data: bool = False,
    dpi: int = 300,
    overwrite: bool = False,
) -> tuple[Path, ...]:
    """Draw effective receptive fields, one curve per model.

    Arguments, return value and errors are those of `write_saliency`.
    """
    figure = cache(lambda: receptive_field_figure(curves, width=width))
    return _write(
        planned_files(paths, data=data),
        lambda path: save_figure(figure(), path, dpi=dpi, overwrite=overwrite),
        lambda path: save_html(interactive_receptive_field(curves), path, overwrite=overwrite),
        lambda path: save_table(curve_table(curves), path, overwrite=overwrite),
    )


def _write(
    paths: Sequence[Path],
    draw: Callable[[Path], None],
    page: Callable[[Path], None],
    table: Callable[[Path], None],
) -> tuple[Path, ...]:
    """Write each file in the format of its suffix."""
    for path in paths:
        suffix = path.suffix.lower()
        kind = page if suffix == ".html" else table if suffix in _TABLES else draw
        kind(path)
    return tuple(paths)
