"""A figure of a region, from files to files: what `regtrack figure` does."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regtrack.atomic import reserve
from regtrack.compare.inputs import Inputs
from regtrack.compare.open_sources import open_inputs
from regtrack.errors import OutputError
from regtrack.figures.region.draw import region_figure
from regtrack.figures.style import check_dpi, check_format, save_figure
from regtrack.files.shown import listed
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval, parse_region
from regtrack.views.read import read_picture
from regtrack.views.request import ViewRequest

_log = logging.getLogger(__name__)

_PAGE = 247.0  # height of a journal's page, mm


@dataclass(frozen=True)
class Drawn:
    """What was written.

    Attributes:
        region: that was drawn.
        files: the figures.
        width, height: of the figure, mm.
        rows: number of rows.
    """

    region: Interval
    files: tuple[Path, ...]
    width: float
    height: float
    rows: int

    @property
    def too_high(self) -> bool:
        """Whether a journal's page is lower."""
        return self.height > _PAGE


def draw_figure(
    inputs: Inputs,
    request: ViewRequest,
    outputs: Sequence[str | Path],
    *,
    dpi: int = 300,
    about: str = "",
    overwrite: bool = False,
) -> Drawn:
    """Draw tracks of a region beside labels and genes, by matplotlib, for print.

    Args:
        inputs: tracks, labels and genes.
        request: what to draw.
        outputs: files (.pdf, .svg or .png).
        dpi: of a PNG.
        about: how the figure was made, kept in its metadata.
        overwrite: replace files that exist.

    Raises:
        OutputError: no output, another suffix, an invalid `dpi`, or a file that exists or cannot
            be written.
        RegtrackError: a file is missing, cannot be read or does not fit the others, or the request
            names something that does not exist.
    """
    paths = _checked(outputs)
    check_dpi(dpi)
    with reserve(paths, inputs=inputs.files, overwrite=overwrite), open_inputs(inputs) as sources:
        picture = read_picture(sources, request)
        _note_marks_elsewhere(request, picture.region, sources.assembly)
        figure = region_figure(picture)
        for path in paths:
            save_figure(figure, path, dpi=dpi, about=about, overwrite=overwrite)
    width, height = (round(float(size) * 25.4, 1) for size in figure.get_size_inches())
    return Drawn(picture.region, paths, width, height, len(picture.rows))


def _note_marks_elsewhere(request: ViewRequest, region: Interval, assembly: Assembly) -> None:
    """Note the regions to highlight that are not within the figure."""
    marks = [parse_region(text, assembly) for text in request.marks]
    outside = [
        str(mark)
        for mark in marks
        if mark.chrom != region.chrom or mark.end <= region.start or mark.start >= region.end
    ]
    if outside:
        _log.warning("not highlighted, outside of %s: %s", region, listed(outside, 5))


def _checked(outputs: Sequence[str | Path]) -> tuple[Path, ...]:
    """The files to write, each once."""
    paths = tuple(dict.fromkeys(map(Path, outputs)))
    if not paths:
        raise OutputError("no `out` is named; expected a .pdf, .svg or .png")
    for path in paths:
        check_format(path)
    return paths
