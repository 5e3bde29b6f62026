"""The tracks of a hub as UCSC nests them: groups, and overlays of a marker's models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from regtrack.figures.palette import LETTER_COLOURS
from regtrack.hub.items import ItemTrack
from regtrack.hub.looks import colour_of_items, colour_of_track, title_of
from regtrack.hub.saturation import LETTERS, Saturation
from regtrack.hub.track_db import LONG, SHORT, Stanza, TrackNames, cut, rgb
from regtrack.tracks.catalog import Catalog, Track
from regtrack.tracks.kind import SALIENCY

_UNITS = {
    "scores": "predicted probability of a label",
    "logits": "logit of the predicted probability",
    "spread": "standard deviation over the networks",
    "saliency": "gradient x input",
    "absolute saliency": "|gradient x input|",
    "signal": "signal",
}
# of rows with values; `type` comes with each track
_ROW = {"autoScale": "group", "maxHeightPixels": "100:50:8", "windowingFunction": "mean+whiskers"}


@dataclass(frozen=True)
class Stanzas:
    """Makes the tracks of a hub.

    Attributes:
        catalog: the tracks.
        items: labels, genes, variants and calls.
        saturation: effects of substitutions, four tracks each.
        shown: markers that are visible at first.
        title: of the hub.
        address: the address of a file.
    """

    catalog: Catalog
    items: Sequence[ItemTrack]
    saturation: Sequence[Saturation]
    shown: frozenset[str]
    title: str
    address: Callable[[Path], str]

    def all(self) -> list[Stanza]:
        """Genes, markers by category, saliency, saturation, signals and further items."""
        names, catalog = TrackNames(), self.catalog
        groups = [("genes", self._items(names, kind="genes"))]
        for category in dict.fromkeys(marker.category for marker in catalog.markers):
            found = [
                stanza
                for marker in catalog.markers
                if marker.category == category
                for stanza in self._marker(names, marker.name)
            ]
            groups.append((f"{category}: predicted", found))
        saliency = [track for track in catalog.tracks if track.kind in SALIENCY]
        groups.append(("saliency", [self._single(names, track) for track in saliency]))
        groups.append(("saturation", [self._stacked(names, one) for one in self.saturation]))
        spreads = [track for track in catalog.tracks if track.kind == "spread"]
        groups.append(("spread over networks", [self._single(names, track) for track in spreads]))
        stacked = {track.id for one in self.saturation for track in one.tracks}
        signals = [
            track for track in catalog.tracks if track.kind == "signal" and track.id not in stacked
        ]
        groups.append(("other signals", [self._single(names, track) for track in signals]))
        rest = ("labels", "variants", "calls")
        groups += [(kind, self._items(names, kind=kind)) for kind in rest]
        return [self._group(names, title, found) for title, found in groups if found]

    def _group(self, names: TrackNames, title: str, below: Sequence[Stanza]) -> Stanza:
        return Stanza(
            {
                "track": names.free(title),
                "superTrack": "on show",
                "shortLabel": cut(title, SHORT),
                "longLabel": cut(f"{self.title}, {title}", LONG),
            },
            below,
        )

    def _marker(self, names: TrackNames, marker: str) -> list[Stanza]:
        """A marker's models, and below them its labels and calls."""
        tracks = [
            track for one in self.catalog.models if (track := self.catalog.find(one.id, marker))
        ]
        if not tracks:
            return []
        return [self._overlay(names, marker, tracks), *self._items(names, marker=marker)]

    def _overlay(self, names: TrackNames, marker: str, tracks: Sequence[Track]) -> Stanza:
        """The models of a marker: one over the other on one scale, or the only one."""
        if len(tracks) == 1:
            return self._single(names, tracks[0])
        container = {
            "track": names.free(marker),
            "container": "multiWig",
            "type": _type(tracks[0]),
            "shortLabel": cut(marker, SHORT),
            "longLabel": cut(f"{marker}: {', '.join(map(title_of, tracks))}", LONG),
            "aggregate": "transparentOverlay",
            "showSubtrackColorOnUi": "on",
            "visibility": self._visible(marker),
            **_ROW,
        }
        below = [self._single(names, track, short=title_of(track)) for track in tracks]
        return Stanza(container, below)

    def _single(self, names: TrackNames, track: Track, short: str = "") -> Stanza:
        """One bigWig; signed saliency as letters, where a base is wide enough."""
        settings = {
            "track": names.free(track.id),
            "type": _type(track),
            "bigDataUrl": self.address(track.path),
            "shortLabel": cut(short or _short(track), SHORT),
            "longLabel": cut(f"{track.label}: {_UNITS[track.kind]}", LONG),
            "color": rgb(colour_of_track(track)),
        }
        if not short:
            row = {"visibility": self._visible(track.marker), **_ROW, "autoScale": "on"}
            settings |= row
        if track.kind == "saliency":
            settings |= {"logo": "on", "altColor": rgb(colour_of_track(track))}
        return Stanza(settings)

    def _stacked(self, names: TrackNames, one: Saturation) -> Stanza:
        """Effects of A, C, G and T, stacked as letters."""
        container = {
            "track": names.free(one.name),
            "container": "multiWig",
            "type": "bigWig",
            "shortLabel": cut(one.name, SHORT),
            "longLabel": cut(f"{one.name}: effect of each substitution", LONG),
            "aggregate": "stacked",
            "logo": "on",
            "noInherit": "on",
            "visibility": "full",
            **_ROW,
            "autoScale": "on",
        }
        below = [
            Stanza({
                "track": names.free(track.id),
                "type": "bigWig",
                "bigDataUrl": self.address(track.path),
                "shortLabel": letter,
                "longLabel": cut(f"{one.name}: effect of {letter}", LONG),
                "color": rgb(LETTER_COLOURS[letter]),
                "priority": str(number),
            })
            for number, (letter, track) in enumerate(zip(LETTERS, one.tracks, strict=True), 1)
        ]  # fmt: skip
        return Stanza(container, below)

    def _items(self, names: TrackNames, *, kind: str = "", marker: str = "") -> list[Stanza]:
        """Items of a marker, or those of a kind that belong to no marker with models."""
        beside = {track.marker for track in self.catalog.tracks if track.model is not None}
        return [
            self._bed(names, one)
            for one in self.items
            if (one.marker == marker if marker else one.kind == kind and one.marker not in beside)
        ]

    def _bed(self, names: TrackNames, one: ItemTrack) -> Stanza:
        settings = {
            "track": names.free(one.id),
            "type": "bigNarrowPeak" if one.form.table == "narrowPeak" else one.form.type,
            "bigDataUrl": self.address(one.path),
            "shortLabel": cut(one.short, SHORT),
            "longLabel": cut(f"{one.label}: {one.count:,}", LONG),
            "color": rgb(colour_of_items(one)),
            "visibility": "hide" if self._visible(one.marker) == "hide" else one.visibility,
        }
        if one.form.by_name:
            settings["searchIndex"] = "name"
        return Stanza(settings)

    def _visible(self, marker: str | None) -> str:
        return "full" if marker is None or marker in self.shown else "hide"


def _short(track: Track) -> str:
    """The label at the left edge of a row."""
    marker = track.marker or track.label
    if track.kind in SALIENCY:
        return f"{marker} sal." if track.kind == "saliency" else f"{marker} |sal.|"
    return marker


def _type(track: Track) -> str:
    """`bigWig`, with the range of values where all tracks of the kind share it."""
    return "bigWig 0 1" if track.kind == "scores" else "bigWig"
