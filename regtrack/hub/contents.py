"""A UCSC track hub of a catalog's tracks, and sessions of the same tracks for IGV."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from regtrack.errors import TrackError
from regtrack.genome.interval import Interval
from regtrack.hub.file_names import CONFIG_FILE, HUB_FILE, PAGE_FILE, SESSION_FILE
from regtrack.hub.items import ItemTrack
from regtrack.hub.page import Page
from regtrack.hub.saturation import Saturation, find_saturation
from regtrack.hub.sessions import session_tracks
from regtrack.hub.stanzas import Stanzas
from regtrack.hub.track_db import LONG, SHORT, TrackNames, cut, file_address, hub_text
from regtrack.tracks.build_catalog import track_markers
from regtrack.tracks.catalog import Catalog
from regtrack.tracks.session import IGV_GENOMES, igv_config, igv_session, known_genome

_log = logging.getLogger(__name__)


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
        two_bit: the sequence, below `folder`: for IGV, and for an assembly that UCSC lacks.
        shown: markers that UCSC shows at first and the sessions of IGV hold; the others of the hub
            are hidden until they are chosen.
        items: labels, genes, variants and calls.
        served: addresses of files that are not in the folder.
    """

    catalog: Catalog
    folder: Path
    genome: str
    region: Interval
    title: str = "regtrack"
    email: str = "-"
    two_bit: Path | None = None
    shown: frozenset[str] = frozenset()
    items: tuple[ItemTrack, ...] = ()
    served: Mapping[Path, str] = field(default_factory=dict)

    def relative(self, path: Path) -> str:
        """The path of a file from the folder of hub.txt."""
        if path in self.served:
            return self.served[path]
        return os.path.relpath(path.resolve(), self.folder.resolve()).replace(os.sep, "/")

    def address(self, path: Path) -> str:
        """The address of a file, relative to that of hub.txt."""
        return self.served.get(path) or file_address(self.relative(path))

    def files(self, base: str = "") -> dict[str, str]:
        """The text of each file, by its name.

        Args:
            base: where the folder will be served, such as `https://lab.edu/hub`, for links that
                open it at UCSC.
        """
        page = Page(
            self.title, self.genome, self.two_bit is not None, len(self.catalog.tracks),
            len(self.items), base,
        )  # fmt: skip
        return {
            HUB_FILE: self.hub_text(),
            SESSION_FILE: self.session(),
            CONFIG_FILE: json.dumps(self.config(), indent=1) + "\n",
            PAGE_FILE: page.html(),
        }

    def hub_text(self) -> str:
        """The hub in one file."""
        stanzas = Stanzas(
            self.catalog, self.items, self._saturation, self.shown, self.title, self.address
        )
        return hub_text(self._head(), self._genome(), stanzas.all())

    def session(self) -> str:
        """The session of desktop IGV."""
        reference = self.genome if self.two_bit is None else self.relative(self.two_bit)
        tracks = session_tracks(
            self.catalog, self.items, self._saturation, self.shown, self.relative
        )
        return igv_session(tracks, reference, self.region)

    def config(self) -> dict[str, Any]:
        """The configuration of igv.js."""
        described: str | Mapping[str, str] = (
            self.genome
            if self.two_bit is None
            else {"id": self.genome, "twoBitURL": self.address(self.two_bit)}
        )
        tracks = session_tracks(
            self.catalog, self.items, self._saturation, self.shown, self.address
        )
        config = igv_config(tracks, described, self.region)
        if self.two_bit is None:
            del config["loadDefaultGenomes"]  # igv.js looks the assembly up by its name
        return config

    @cached_property
    def _saturation(self) -> tuple[Saturation, ...]:
        return find_saturation(self.catalog)

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
        if self.two_bit is None or known_genome(self.catalog.assembly) == self.genome:
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


def default_folder(catalog: Catalog, paths: Sequence[Path]) -> Path:
    """Where a hub is written by default: the deepest folder that holds all tracks.

    Args:
        catalog: the tracks.
        paths: the files and folders in which they were found.

    Raises:
        TrackError: a track is a link to a file elsewhere, where nobody asked for a hub.
    """
    named = [path.resolve() for path in paths]
    for track in catalog.tracks:
        real = track.path.resolve()
        if not any(real.is_relative_to(one) for one in named):
            raise TrackError(
                f"a link leads to {real}, which is in none of the folders that were named; name "
                "that folder instead, or a new one as `out`, and copy the tracks with `copy`"
            )
    return common_folder(catalog)


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


def _check_length(catalog: Catalog, genome: str, known: str | None) -> None:
    """Refuse tracks of another genome, and tell of those that have a part of its chromosome 1.

    Raises:
        TrackError: their chromosome 1 is longer, or another genome's.
    """
    first = catalog.assembly.resolve("chr1")
    if first is None:
        return
    length, whole = catalog.assembly.length(first), IGV_GENOMES[genome]
    says = f"{first} has {length:,} bp in the tracks and {whole:,} bp in {genome}"
    if known or length > whole:
        hint = f"; they are those of {known}" if known else ""
        raise TrackError(f"{says}{hint}; name the tracks' own assembly with `genome`")
    _log.warning("%s: right if the tracks are of its first bases", says)


def genome_name(catalog: Catalog, given: str | None) -> str:
    """UCSC's name of the catalog's assembly.

    Raises:
        TrackError: it is not known and none is given, or another one is.
    """
    known = known_genome(catalog.assembly)
    found = given or known
    if found in IGV_GENOMES and found != known:
        _check_length(catalog, found, known)
    if found is None:
        raise TrackError(
            f"the tracks have {catalog.assembly.summary()}, which is no assembly that browsers "
            "know; name it with `genome`, and give its FASTA as `reference` if UCSC lacks it"
        )
    return found
