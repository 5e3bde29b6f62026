"""Names and colours in genome browsers: those of figures and dashboard."""

from __future__ import annotations

from regtrack.hub.items import ItemTrack
from regtrack.model_style import NO_MODEL
from regtrack.tracks.catalog import Track

ITEMS = "#4d4d4d"
"""The colour of labels and genes, as in the figures."""
VARIANTS = "#d55e00"
"""The colour of variants: they must be seen among genes."""


def title_of(track: Track) -> str:
    """The model's title, or the track's label."""
    return track.style.title if track.style else track.label


def colour_of_track(track: Track) -> str:
    """The colour of a track on white, `#rrggbb`."""
    return track.style.light if track.style else NO_MODEL


def colour_of_items(items: ItemTrack) -> str:
    """The colour of items on white, `#rrggbb`; calls have that of their model."""
    if items.colour:
        return items.colour
    return VARIANTS if items.kind == "variants" else ITEMS
