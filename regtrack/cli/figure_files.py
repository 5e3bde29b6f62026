"""Figures and their data as the files that a command was asked for, checked before the work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regtrack.errors import OutputError, PlanError, nearest

if TYPE_CHECKING:
    from regtrack.saliency.compare import Panels
    from regtrack.saliency.values import Curve

_DRAWN = (".pdf", ".svg", ".png", ".html")
_TABLES = (".tsv", ".csv")
_WIDTHS = ("single", "double")


def check_figures(
    out: Sequence[Path], tables: Sequence[Path], *, width: str, overwrite: bool
) -> None:
    """Refuse what could not be written, before anything is computed.

    Raises:
        OutputError: a suffix that is no format, or a file that exists and `overwrite` is off.
        PlanError: an unknown width.
    """
    from regtrack.atomic import check_free

    if width not in _WIDTHS:
        raise PlanError(f'width "{width}"; expected {" or ".join(_WIDTHS)}')
    for paths, suffixes in ((out, _DRAWN), (tables, _TABLES)):
        for path in paths:
            if path.suffix.lower() not in suffixes:
                raise OutputError(
                    f'{path} ends in "{path.suffix}"; expected {", ".join(suffixes)}.'
                    f"{nearest(path.suffix, suffixes)}"
                )
            check_free(path, overwrite=overwrite)


def numbered(path: Path, number: int, count: int) -> Path:
    """A file of several alike: `figure-2.pdf`; unchanged where there is one.

    >>> str(numbered(Path("a/figure.pdf"), 2, 3)), str(numbered(Path("a/figure.pdf"), 1, 1))
    ('a/figure-2.pdf', 'a/figure.pdf')
    """
    return path if count == 1 else path.with_stem(f"{path.stem}-{number}")


def write_saliency(
    panels: Panels, out: Sequence[Path], data: Path | None, *, width: str, overwrite: bool
) -> None:
    """Write one region's figure in every format asked for, and its data.

    Raises:
        OutputError: a file that cannot be written.
    """
    from regtrack.figures.content import LONGEST
    from regtrack.figures.interactive import interactive_saliency, save_html
    from regtrack.figures.letters import letters_figure
    from regtrack.figures.saliency import saliency_figure
    from regtrack.figures.style import save_figure
    from regtrack.figures.table import saliency_table, save_table

    shown, marks = panels.saliencies, panels.marks
    for path in out:
        if path.suffix.lower() == ".html":
            save_html(interactive_saliency(shown, marks), path, overwrite=overwrite)
        else:
            draw = letters_figure if len(shown[0]) <= LONGEST else saliency_figure
            save_figure(draw(shown, width=width, marks=marks), path, overwrite=overwrite)
    if data is not None:
        save_table(saliency_table(shown, marks), data, overwrite=overwrite)


def write_curves(
    curves: Sequence[Curve], out: Sequence[Path], data: Path | None, *, width: str, overwrite: bool
) -> None:
    """Write the receptive-field figure in every format asked for, and its data.

    Raises:
        OutputError: a file that cannot be written.
    """
    from regtrack.figures.interactive import interactive_receptive_field, save_html
    from regtrack.figures.receptive_field import receptive_field_figure
    from regtrack.figures.style import save_figure
    from regtrack.figures.table import curve_table, save_table

    for path in out:
        if path.suffix.lower() == ".html":
            save_html(interactive_receptive_field(curves), path, overwrite=overwrite)
        else:
            figure = receptive_field_figure(curves, width=width)
            save_figure(figure, path, overwrite=overwrite)
    if data is not None:
        save_table(curve_table(curves), data, overwrite=overwrite)
