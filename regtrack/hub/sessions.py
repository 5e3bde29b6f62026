"""The tracks of a hub that IGV shows at first, from top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from regtrack.figures.palette import LETTER_COLOURS
from regtrack.hub.items import ItemTrack
from regtrack.hub.looks import colour_of_items, colour_of_track
from regtrack.hub.saturation import LETTERS, Saturation
from regtrack.tracks.catalog import Catalog
from regtrack.tracks.session import SessionTrack

_Address = Callable[[Path], str]


def session_tracks(
    catalog: Catalog,
    items: Sequence[ItemTrack],
    saturation: Sequence[Saturation],
    shown: frozenset[str],
    address: _Address,
) -> list[SessionTrack]:
    """A marker's models overlaid, on one scale per category, then its labels, then all others.

    Args:
        catalog: the tracks.
        items: labels, genes, variants and calls.
        saturation: effects of substitutions.
        shown: markers that are shown.
        address: the address of a file.
    """
    found = [_items(one, address) for one in items if one.kind == "genes"]
    beside = set()
    for marker in catalog.markers:
        tracks = [one for model in catalog.models if (one := catalog.find(model.id, marker.name))]
        if not tracks:
            continue
        beside.add(marker.name)
        if marker.name not in shown:
            continue
        found += [
            SessionTrack(
                track.label, address(track.path), colour_of_track(track),
                scale=f"{marker.category} {track.kind}",
                overlay=marker.name if len(catalog.models) > 1 else "",
            )
            for track in tracks
        ]  # fmt: skip
        found += [_items(one, address) for one in items if one.marker == marker.name]
    found += _others(catalog, saturation, shown, address)
    rest = [one for one in items if one.kind != "genes" and one.marker not in beside]
    return found + [_items(one, address) for one in rest]


def _others(
    catalog: Catalog, saturation: Sequence[Saturation], shown: frozenset[str], address: _Address
) -> list[SessionTrack]:
    """Saliency, saturation and signals."""
    stacked = {
        track.id: (one, letter)
        for one in saturation
        for letter, track in zip(LETTERS, one.tracks, strict=True)
    }
    found = []
    for track in catalog.others:
        if track.marker is not None and track.marker not in shown:
            continue
        one, letter = stacked.get(track.id, (None, ""))
        if one is not None:
            found.append(
                SessionTrack(
                    f"{one.name} {letter}", address(track.path), LETTER_COLOURS[letter],
                    scale=f"{one.name} saturation",
                )
            )  # fmt: skip
            continue
        found.append(
            SessionTrack(
                track.label, address(track.path), colour_of_track(track),
                scale=f"{track.marker} saliency" if track.kind == "saliency" else "",
                letters=track.kind == "saliency",
            )
        )  # fmt: skip
    return found


def _items(one: ItemTrack, address: _Address) -> SessionTrack:
    return SessionTrack(one.label, address(one.path), colour_of_items(one), features=True)
