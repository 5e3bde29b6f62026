"""The command of `regtrack figure` that draws a view for print."""

from __future__ import annotations

from pathlib import Path

from regtrack.compare.inputs import Inputs
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.tracks.binning import EXACT_SPAN
from regtrack_app.regions import region_text
from regtrack_app.row_events import units_of
from regtrack_app.row_looks import RowLook, read_look
from regtrack_app.state import View
from regtrack_app.tiles import tile_of

_DASHES = "--"
_MM = 8 / 58  # a track is 58 pixels high on the page, and 8 mm in print


def figure_words(sources: Sources, view: View) -> list[str]:
    """The words of the command that draws a view as it is on the page, without its output.

    What only the page computes, saliency on request, is not part of it.

    Raises:
        RegtrackError: the tracks were not opened from files that a command could name, or the view
            shows no track.
    """
    inputs = sources.inputs
    if inputs is None:
        raise RegtrackError("these tracks were not opened by paths that a command could name")
    if not view.markers and not view.tracks:
        raise RegtrackError("the view shows no marker and no other track; choose one")
    words = ["regtrack", "figure", *_input_words(inputs)]
    words += _each("region", [region_text(view.region)])
    words += _each("markers", view.markers)
    if set(view.models) != {model.id for model in sources.catalog.models}:
        words += _each("models", view.models)
    words += _each("tracks", view.tracks)
    words += [f"{_DASHES}overlay"] if view.mode == "overlay" else []
    words += _each("difference", view.differences)
    words += _each("pair", view.pair if len(view.pair) == 2 else ())
    scale = (view.limits or "0:1") if view.scale == "limits" else view.scale
    draw = view.draw if view.draw != "auto" else _drawn(sources, view)
    for option, word, usual in (
        ("scale", scale, "marker"), ("floor", view.floor, "zero"),
        ("axis", view.axis, "linear"), ("draw", draw, "auto"),
    ):  # fmt: skip
        words += _each(option, [word] if word != usual else [])
    words += _each("order", units_of(view))
    words += _each("highlight", view.marks)
    for look in map(read_look, view.looks):
        words += _each("look", [_look_text(look)])
    return words


def _input_words(inputs: Inputs) -> list[str]:
    names = {Path(path): name for path, name in inputs.names.items()}
    words = [
        f"{names[Path(path)]}={path}" if Path(path) in names else str(path) for path in inputs.paths
    ]
    for option, path in (
        ("labels", inputs.labels), ("genes", inputs.genes), ("reference", inputs.reference),
    ):  # fmt: skip
        words += _each(option, [str(path)] if path is not None else [])
    return words


def _each(option: str, values: tuple[str, ...] | list[str]) -> list[str]:
    return [word for value in values for word in (f"{_DASHES}{option}", value)]


def with_output(words: list[str], path: str) -> list[str]:
    """The words of a command, with the file that it writes."""
    return [*words, *_each("out", [path])]


def _drawn(sources: Sources, view: View) -> str:
    """What the page draws of a bin where the view leaves it open: see `look_of`."""
    tile = tile_of(view.region, sources.assembly.length(view.region.chrom))
    return "mean" if tile.end - tile.start <= EXACT_SPAN else "max"


def _look_text(look: RowLook) -> str:
    """A row's look, its height in mm."""
    parts = [look.key]
    if look.height is not None:
        parts.append(f"h{max(2.0, look.height * _MM):.1f}")
    parts += [f"c{look.colour}"] if look.colour is not None else []
    parts += [f"l{look.limits}"] if look.limits is not None else []
    return "~".join(parts)
