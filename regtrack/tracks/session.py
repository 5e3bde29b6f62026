"""Tracks for IGV: a session of desktop IGV, and a configuration of igv.js.

This module observes three pitfalls: a track's id must equal its resource's path, or igv.js drops
the track from a session; without colours, IGV paints negative values red; and tracks share a scale
by `autoscaleGroup`, which is a number in a session and any string in igv.js.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from regtrack.errors import TrackError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval

_VERSION = "8"
_HEIGHT = 60  # pixels of a track
_TRACK = "org.broad.igv.track.DataSourceTrack"
_FEATURES = "org.broad.igv.track.FeatureTrack"
_LOW = 45  # pixels of a track of items
_MERGED = "org.broad.igv.track.MergedTracks"

_ILLEGAL = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

IGV_GENOMES = {
    "hg38": 248_956_422,
    "hg19": 249_250_621,
    "hs1": 248_387_328,
    "mm10": 195_471_971,
    "mm39": 195_154_279,
}
"""The assemblies that IGV and UCSC know by name, and the length of their chromosome 1 (bp)."""


@dataclass(frozen=True, slots=True)
class SessionTrack:
    """A bigWig, or a bigBed, in a session.

    Attributes:
        name: the name shown to readers.
        url: address or path of the file.
        colour: `#rrggbb`.
        scale: tracks with the same scale share their y axis; empty: a separate one.
        overlay: tracks with the same overlay are drawn on top of each other; empty: separately.
        letters: whether to draw values as letters of the sequence, as for saliency. Bars are drawn
            if a base is too narrow for a letter, or if this version of IGV cannot draw letters.
        features: whether it is a bigBed, whose items are drawn instead of values.

    Raises:
        TrackError: a colour in another format.
    """

    name: str
    url: str
    colour: str
    scale: str = ""
    overlay: str = ""
    letters: bool = False
    features: bool = False

    def __post_init__(self) -> None:
        digits = self.colour.removeprefix("#")
        if len(digits) != 6 or not all(digit in "0123456789abcdefABCDEF" for digit in digits):
            raise TrackError(f'"{self.colour}" is not a colour; expected #rrggbb')

    @property
    def rgb(self) -> str:
        """The colour as IGV writes it: `230,159,0`."""
        digits = self.colour.removeprefix("#")
        return ",".join(str(int(digits[at : at + 2], 16)) for at in (0, 2, 4))


def igv_session(tracks: Sequence[SessionTrack], genome: str, region: Interval) -> str:
    """A session file of IGV, version 8.

    Args:
        tracks: from top to bottom.
        genome: a name that IGV knows, such as `hg38`, or the address of a FASTA.
        region: the region to show first.
    """
    scales = _numbered(track.scale for track in tracks)
    root = ElementTree.Element(
        "Session",
        {
            "genome": genome,
            "locus": _locus(region),
            "nextAutoscaleGroup": str(len(scales) + 1),
            "version": _VERSION,
        },
    )
    resources = ElementTree.SubElement(root, "Resources")
    for url, items in {track.url: track.features for track in tracks}.items():
        kind = "bb" if items else "bw"
        ElementTree.SubElement(resources, "Resource", {"path": url, "type": kind})
    panel = ElementTree.SubElement(root, "Panel", {"name": "DataPanel"})
    for group in _overlays(tracks):
        parent = panel
        if len(group) > 1:
            parent = ElementTree.SubElement(panel, "Track", _merged(group, scales))
        for track in group:
            ElementTree.SubElement(parent, "Track", _attributes(track, scales))
    for element in root.iter():
        element.attrib.update({key: _legal(value) for key, value in element.attrib.items()})
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n{text}\n'


def _legal(text: str) -> str:
    r"""A text that XML can hold: what it cannot, such as most control characters, is a blank.

    >>> _legal("a\x01b")
    'a b'
    """
    return _ILLEGAL.sub(" ", text)


def igv_config(
    tracks: Sequence[SessionTrack], reference: Mapping[str, Any] | str, region: Interval
) -> dict[str, Any]:
    """A configuration of igv.js, as JSON-serialisable values; it requests nothing from other hosts.

    Args:
        tracks: from top to bottom.
        reference: igv.js's description of a genome, such as `{"id": ..., "fastaURL": ...}`.
        region: the region to show first.
    """
    return {
        "reference": reference if isinstance(reference, str) else dict(reference),
        "locus": _locus(region),
        "loadDefaultGenomes": False,
        "tracks": [
            _config(group[0])
            if len(group) == 1
            else {
                "type": "merged",
                "name": group[0].overlay,
                "height": _HEIGHT,
                "tracks": [_config(track) for track in group],
            }
            for group in _overlays(tracks)
        ],
    }


def known_genome(assembly: Assembly) -> str | None:
    """IGV's name for an assembly, found by the length of chromosome 1; None if IGV has none.

    >>> known_genome(Assembly(("chr1",), (248_956_422,)))
    'hg38'
    """
    first = assembly.resolve("chr1")
    length = None if first is None else assembly.length(first)
    return next((name for name, known in IGV_GENOMES.items() if known == length), None)


def _locus(region: Interval) -> str:
    return str(region).replace(",", "")


def _numbered(names: Any) -> dict[str, str]:
    """A number from 1 for each name that is not empty."""
    return {name: str(at) for at, name in enumerate(dict.fromkeys(filter(None, names)), 1)}


def _overlays(tracks: Sequence[SessionTrack]) -> list[list[SessionTrack]]:
    """Tracks grouped by overlay; a group is placed where its first track is."""
    groups: dict[object, list[SessionTrack]] = {}
    for track in tracks:
        groups.setdefault(track.overlay or object(), []).append(track)
    return list(groups.values())


def _attributes(track: SessionTrack, scales: Mapping[str, str]) -> dict[str, str]:
    if track.features:
        return {
            "clazz": _FEATURES,
            "id": track.url,
            "name": track.name,
            "color": track.rgb,
            "altColor": track.rgb,
            "displayMode": "COLLAPSED",
            "height": str(_LOW),
            "visible": "true",
        }
    attributes = {
        "clazz": _TRACK,
        "id": track.url,
        "name": track.name,
        "color": track.rgb,
        "altColor": track.rgb,
        "autoScale": "true",
        "height": str(_HEIGHT),
        "renderer": "DYNSEQ" if track.letters else "BAR_CHART",
        "visible": "true",
        "windowFunction": "mean",
    }
    if track.scale:
        attributes["autoscaleGroup"] = scales[track.scale]
    return attributes


def _merged(group: Sequence[SessionTrack], scales: Mapping[str, str]) -> dict[str, str]:
    attributes = {**_attributes(group[0], scales), "clazz": _MERGED, "name": group[0].overlay}
    del attributes["id"], attributes["renderer"]
    return attributes | {"id": group[0].overlay}


def _config(track: SessionTrack) -> dict[str, Any]:
    if track.features:
        return {
            "type": "annotation",
            "format": "bigbed",
            "url": track.url,
            "name": track.name,
            "color": f"rgb({track.rgb})",
            "height": _LOW,
            "displayMode": "COLLAPSED",
        }
    config: dict[str, Any] = {
        "type": "wig",
        "format": "bigwig",
        "url": track.url,
        "name": track.name,
        "color": f"rgb({track.rgb})",
        "altColor": f"rgb({track.rgb})",
        "autoscale": True,
        "height": _HEIGHT,
        "windowFunction": "mean",
    }
    if track.scale:
        config["autoscaleGroup"] = track.scale
    if track.letters:
        config["graphType"] = "dynseq"
    return config
