"""A UCSC track hub of a catalog's tracks, and sessions of the same tracks for IGV."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from regtrack.errors import TrackError
from regtrack.genome.interval import Interval
from regtrack.model_style import NO_MODEL
from regtrack.tracks.build_catalog import track_markers
from regtrack.tracks.catalog import Catalog, Track
from regtrack.tracks.kind import SALIENCY
from regtrack.tracks.session import SessionTrack, igv_config, igv_session, known_genome
from regtrack.tracks.track_db import (
    LONG,
    SHORT,
    Stanza,
    TrackNames,
    cut,
    file_address,
    hub_text,
    rgb,
)

HUB_FILE = "hub.txt"
SESSION_FILE = "igv-session.xml"
CONFIG_FILE = "igv.json"
PAGE_FILE = "index.html"
FILES = (HUB_FILE, SESSION_FILE, CONFIG_FILE, PAGE_FILE)

_UNITS = {
    "scores": "predicted probability of a label",
    "logits": "logit of the predicted probability",
    "saliency": "gradient x input",
    "absolute saliency": "|gradient x input|",
    "signal": "signal",
}


@dataclass(frozen=True)
class Hub:
    """What a hub shows, and where its files lie.

    Attributes:
        catalog: the tracks.
        folder: where hub.txt is; every track lies in it or below.
        genome: the assembly's name at UCSC, such as `hg38`.
        region: what browsers show first.
        title: of the hub.
        email: of whoever answers for it.
        two_bit: the sequence of an assembly that UCSC does not have, below `folder`.
        shown: markers that UCSC shows at first and the sessions of IGV hold; the others of the hub
            are hidden until they are chosen.
    """

    catalog: Catalog
    folder: Path
    genome: str
    region: Interval
    title: str = "regtrack"
    email: str = "-"
    two_bit: Path | None = None
    shown: frozenset[str] = frozenset()

    def relative(self, path: Path) -> str:
        """The path of a file from the folder of hub.txt."""
        return os.path.relpath(path.resolve(), self.folder.resolve()).replace(os.sep, "/")

    def address(self, path: Path) -> str:
        """The address of a file, relative to that of hub.txt."""
        return file_address(self.relative(path))

    def files(self, base: str = "") -> dict[str, str]:
        """The text of each file, by its name.

        Args:
            base: where the folder will be served, such as `https://lab.edu/hub`, for links that
                open it at UCSC.
        """
        reference = self.genome if self.two_bit is None else self.relative(self.two_bit)
        described: str | Mapping[str, str] = (
            self.genome
            if self.two_bit is None
            else {"id": self.genome, "twoBitURL": self.address(self.two_bit)}
        )
        return {
            HUB_FILE: hub_text(self._head(), self._genome(), _stanzas(self)),
            SESSION_FILE: igv_session(_session_tracks(self, self.relative), reference, self.region),
            CONFIG_FILE: json.dumps(
                igv_config(_session_tracks(self, self.address), described, self.region), indent=1
            )
            + "\n",
            PAGE_FILE: _page(self, base),
        }

    def _head(self) -> dict[str, str]:
        return {
            "hub": TrackNames().free(self.title),
            "shortLabel": cut(self.title, SHORT),
            "longLabel": cut(f"{self.title}: regulatory markers predicted from sequence", LONG),
            "useOneFile": "on",
            "email": self.email,
        }

    def _genome(self) -> dict[str, str]:
        place = str(self.region).replace(",", "")
        if self.two_bit is None:
            return {"genome": self.genome, "defaultPos": place}
        return {
            "genome": TrackNames().free(self.genome),
            "twoBitPath": self.address(self.two_bit),
            "description": cut(self.genome, LONG),
            "organism": cut(self.genome, SHORT),
            "defaultPos": place,
        }


def first_markers(catalog: Catalog, most: int = 4) -> frozenset[str]:
    """The first few markers of each category that have tracks: more would fill several screens."""
    drawn = {track.marker for track in catalog.tracks}
    by_category: dict[str, list[str]] = {}
    for marker in track_markers(catalog):
        if marker.name in drawn:
            by_category.setdefault(marker.category, []).append(marker.name)
    return frozenset(name for names in by_category.values() for name in names[:most])


def common_folder(catalog: Catalog) -> Path:
    """The deepest folder that holds all tracks."""
    return Path(os.path.commonpath([track.path.resolve().parent for track in catalog.tracks]))


def check_inside(catalog: Catalog, folder: Path) -> None:
    """Refuse tracks that a hub in a folder cannot name by a relative address below it.

    Raises:
        TrackError: a track lies elsewhere.
    """
    for track in catalog.tracks:
        if not track.path.resolve().is_relative_to(folder.resolve()):
            raise TrackError(
                f"{track.path} is not in {folder} or below it, so that the hub could not be moved "
                f"to a server as one folder; write it to {common_folder(catalog)}, or copy the "
                "tracks with `copy`"
            )


def genome_name(catalog: Catalog, given: str | None) -> str:
    """UCSC's name of the catalog's assembly.

    Raises:
        TrackError: it is not known and none is given.
    """
    found = given or known_genome(catalog.assembly)
    if found is None:
        raise TrackError(
            f"the tracks have {catalog.assembly.summary()}, which is no assembly that browsers "
            "know; name it with `genome`, and give its FASTA as `reference` if UCSC lacks it"
        )
    return found


def _stanzas(hub: Hub) -> list[Stanza]:
    """Scores by category, then saliency, then other signals; each group a superTrack."""
    names, catalog = TrackNames(), hub.catalog
    groups: list[tuple[str, list[Stanza]]] = []
    for category in dict.fromkeys(marker.category for marker in catalog.markers):
        found = [
            stanza
            for marker in catalog.markers
            if marker.category == category and (stanza := _overlay(hub, names, marker.name))
        ]
        groups.append((f"{category}: predicted", found))
    saliency = [track for track in catalog.tracks if track.kind in SALIENCY]
    groups.append(("saliency", [_single(hub, names, track) for track in saliency]))
    signals = [track for track in catalog.tracks if track.kind == "signal"]
    groups.append(("other signals", [_single(hub, names, track) for track in signals]))
    return [
        Stanza(
            {
                "track": names.free(title),
                "superTrack": "on show",
                "shortLabel": cut(title, SHORT),
                "longLabel": cut(f"{hub.title}, {title}", LONG),
            },
            found,
        )
        for title, found in groups
        if found
    ]


def _overlay(hub: Hub, names: TrackNames, marker: str) -> Stanza | None:
    """The tracks of a marker's models: one over the other on one scale, or the only one."""
    catalog = hub.catalog
    tracks = [track for one in catalog.models if (track := catalog.find(one.id, marker))]
    if len(tracks) <= 1:
        return _single(hub, names, tracks[0]) if tracks else None
    container = {
        "track": names.free(marker),
        "container": "multiWig",
        "type": "bigWig",
        "shortLabel": cut(marker, SHORT),
        "longLabel": cut(f"{marker}: {', '.join(_title(track) for track in tracks)}", LONG),
        "aggregate": "transparentOverlay",
        "showSubtrackColorOnUi": "on",
        **_looks(hub, marker),
    }
    return Stanza(container, [_single(hub, names, track, short=_title(track)) for track in tracks])


def _looks(hub: Hub, marker: str | None) -> dict[str, str]:
    """The settings of a row of the browser."""
    return {
        "visibility": "full" if marker is None or marker in hub.shown else "hide",
        "autoScale": "group",
        "maxHeightPixels": "100:50:8",
        "windowingFunction": "mean+whiskers",
    }


def _single(hub: Hub, names: TrackNames, track: Track, short: str = "") -> Stanza:
    """One bigWig; signed saliency as letters, where a base is wide enough."""
    settings = {
        "track": names.free(track.id),
        "type": "bigWig",
        "bigDataUrl": hub.address(track.path),
        "shortLabel": cut(short or track.marker or track.label, SHORT),
        "longLabel": cut(f"{track.label}: {_UNITS[track.kind]}", LONG),
        "color": rgb(_colour(track)),
        **({} if short else _looks(hub, track.marker) | {"autoScale": "on"}),
    }
    if track.kind == "saliency":
        settings |= {"logo": "on", "altColor": rgb(_colour(track))}
    return Stanza(settings)


def _title(track: Track) -> str:
    return track.style.title if track.style else track.label


def _colour(track: Track) -> str:
    return track.style.light if track.style else NO_MODEL


def _session_tracks(hub: Hub, address: Callable[[Path], str]) -> list[SessionTrack]:
    """The tracks shown at first, for IGV: a marker's overlaid, on one scale per category."""
    catalog = hub.catalog
    overlaid = len(catalog.models) > 1
    predicted = [
        SessionTrack(
            track.label, address(track.path), _colour(track),
            scale=f"{marker.category} {track.kind}",
            overlay=marker.name if overlaid else "",
        )
        for marker in catalog.markers
        for one in catalog.models
        if marker.name in hub.shown and (track := catalog.find(one.id, marker.name))
    ]  # fmt: skip
    others = [
        SessionTrack(
            track.label, address(track.path), _colour(track),
            scale=f"{track.marker} saliency" if track.kind == "saliency" else "",
            letters=track.kind == "saliency",
        )
        for track in catalog.others
        if track.marker is None or track.marker in hub.shown
    ]  # fmt: skip
    return predicted + others


def _page(hub: Hub, base: str) -> str:
    """A page that says how to open the tracks in UCSC, IGV and igv.js."""
    base = base.rstrip("/")
    place = f"{base}/" if base else "https://YOUR.SERVER/FOLDER/"
    ucsc = "https://genome.ucsc.edu/cgi-bin/hgTracks?hubUrl="
    own = "" if hub.two_bit else f"&amp;db={escape(hub.genome)}"
    address = f"{escape(place)}{HUB_FILE}"
    opened = (
        f'<a href="{ucsc}{address}{own}">Open in the UCSC Genome Browser</a>'
        if base
        else f"<code>{ucsc}{address}{own}</code>"
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{escape(hub.title)}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em }}
code {{ background: #f0f2f5; padding: 0.1em 0.3em; overflow-wrap: anywhere }}
</style>
<main>
<h1>{escape(hub.title)}</h1>
<p>{len(hub.catalog.tracks):,} tracks of {escape(hub.genome)}, as bigWigs. Put this folder on a web
server that answers range requests and allows other sites to read it (CORS).</p>
<h2>UCSC Genome Browser</h2>
<p>{opened}</p>
<p>Or: My Data, Track Hubs, Connected Hubs, and the address of
<a href="{HUB_FILE}">{HUB_FILE}</a>.</p>
<h2>IGV desktop</h2>
<p>File, Open Session: <a href="{SESSION_FILE}">{SESSION_FILE}</a>. It names the tracks by relative
paths, so that it also opens from a copy of this folder on a disk.</p>
<h2>igv.js</h2>
<p><a href="{CONFIG_FILE}">{CONFIG_FILE}</a> is a configuration for
<code>igv.createBrowser(element, config)</code>.</p>
</main>
</html>
"""
