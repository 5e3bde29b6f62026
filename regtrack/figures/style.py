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
from PIL.PngImagePlugin import PngInfo

from regtrack.atomic import publish_file
from regtrack.errors import OutputError, invalid, nearest
from regtrack.figures.svg_fonts import with_fonts
from regtrack.figures.svg_paths import short_paths

FORMATS = ("png", "pdf", "svg")
WIDTHS = {"single": 89.0, "1.5": 120.0, "double": 183.0}
"""A column, one and a half, and the full width of a journal's page, mm (those of Nature)."""

_FINEST = 2_400  # dots per inch
_LONGEST, _DOTS = 65_000, 400_000_000  # of a PNG: a side, and in all, which take 2 GB

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
    "hatch.linewidth": 0.35,
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


def check_dpi(dpi: int) -> None:
    """Refuse a resolution that no printer or screen has.

    Args:
        dpi: dots per inch of a PNG.

    Raises:
        OutputError: below 10 or above 2,400.
    """
    if not 10 <= dpi <= _FINEST:
        raise OutputError(invalid("dpi", dpi, f"10 to {_FINEST:,}"))


def save_figure(
    figure: Figure, path: Path, *, dpi: int = 200, about: str = "", overwrite: bool = False
) -> None:
    """Write a figure as PNG, PDF or SVG, depending on the suffix of the path.

    Fonts are embedded: in a PDF and an SVG texts stay texts.

    Args:
        figure: the figure.
        path: the file.
        dpi: of a PNG.
        about: what is said of it in its metadata, such as how it was made.
        overwrite: replace a file that exists.

    Raises:
        OutputError: another suffix, an invalid `dpi`, a PNG of more dots than can be drawn, or
            `path` exists or cannot be written.
    """
    kind = check_format(path)
    check_dpi(dpi)
    with publish_file(path, overwrite=overwrite) as temporary, style():
        if kind == "png":
            _save_png(figure, temporary, dpi, about)
        elif kind == "svg":
            temporary.write_text(svg_text(figure, about), encoding="utf-8")
        else:
            # no date: the same figure yields byte-identical files
            said = {"CreationDate": None} | ({"Subject": about} if about else {})
            figure.savefig(temporary, format=kind, metadata=said)


def svg_text(figure: Figure, about: str = "") -> str:
    """A figure as SVG, with the letters that it uses of its fonts.

    Args:
        figure: the figure.
        about: what is said of it in its metadata.
    """
    drawn = io.StringIO()
    said = {"Date": None} | ({"Description": about} if about else {})
    with style():
        figure.savefig(drawn, format="svg", metadata=said)
        return with_fonts(short_paths(drawn.getvalue()))


def _check_dots(figure: Figure, dpi: int) -> None:
    width, height = (round(float(inch) * dpi) for inch in figure.get_size_inches())
    if max(width, height) > _LONGEST or width * height > _DOTS:
        raise OutputError(
            f"a PNG of {width:,} x {height:,} dots is more than can be drawn, {_LONGEST:,} on a "
            f"side and {_DOTS:,} in all; choose a lower `dpi` than {dpi:,}, or a .pdf"
        )


def _save_png(figure: Figure, path: Path, dpi: int, about: str) -> None:
    """A PNG of 256 colours: line drawings look the same at a third of the size.

    Heat maps keep all colours.
    """
    _check_dots(figure, dpi)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, pil_kwargs={"compress_level": 0})
    image = Image.open(drawn).convert("RGB")
    if not any(isinstance(found, QuadMesh) for axes in figure.axes for found in axes.collections):
        image = image.quantize(256, dither=Image.Dither.NONE)
    said = PngInfo()
    if about:
        said.add_itxt("Description", about)
    image.save(path, format="png", dpi=(dpi, dpi), pnginfo=said)
