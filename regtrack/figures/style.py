"""The look of figures, and saving them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from PIL import Image

from regtrack.atomic import publish_file
from regtrack.errors import OutputError, nearest

FORMATS = ("png", "pdf", "svg")
WIDTHS = {"single": 85.0, "double": 180.0}  # a column and the full width of a journal's page, mm

_STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Arial", "Helvetica", "Liberation Sans", "DejaVu Sans"],
    "font.size": 8,
    "axes.linewidth": 0.6,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 3,
    "ytick.major.size": 2,
    "pdf.fonttype": 42,  # fonts as text, which journals ask for
    "svg.fonttype": "none",
    "svg.hashsalt": "regtrack",
}


def inches(millimetres: float) -> float:
    """Convert millimetres, the unit of journals, to inches, the unit of matplotlib.

    >>> inches(25.4)
    1.0
    """
    return millimetres / 25.4


@contextmanager
def style() -> Iterator[None]:
    """Apply the look of all figures; restores the caller's settings afterwards."""
    with mpl.rc_context():
        mpl.rcParams.update(mpl.rcParamsDefault)
        mpl.rcParams.update(_STYLE)
        yield


def check_format(path: Path) -> str:
    """The format of a figure, by the suffix of its path.

    Raises:
        OutputError: another suffix.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise OutputError(
            f'cannot draw {path}: "{path.suffix}" is not a figure format; expected .png, .pdf '
            f"or .svg{nearest(kind, FORMATS)}"
        )
    return kind


def save_figure(figure: Figure, path: Path, *, dpi: int = 200, overwrite: bool = False) -> None:
    """Write a figure as PNG, PDF or SVG, depending on the suffix of the path.

    Raises:
        OutputError: another suffix, or `path` exists or cannot be written.
    """
    kind = check_format(path)
    with publish_file(path, overwrite=overwrite) as temporary, style():
        if kind == "png":
            _save_png(figure, temporary, dpi)
        else:
            # no date: the same figure yields byte-identical files
            dated = {"pdf": "CreationDate", "svg": "Date"}[kind]
            figure.savefig(temporary, format=kind, metadata={dated: None})


def _save_png(figure: Figure, path: Path, dpi: int) -> None:
    """A PNG of 256 colours: line drawings look the same at a third of the size.

    Heat maps keep all colours.
    """
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, metadata={"Software": None})
    image = Image.open(drawn).convert("RGB")
    if not any(isinstance(found, QuadMesh) for axes in figure.axes for found in axes.collections):
        image = image.quantize(256, dither=Image.Dither.NONE)
    image.save(path, format="png", dpi=(dpi, dpi), optimize=True)
