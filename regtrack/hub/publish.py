"""Write a hub next to its tracks, or with copies of them as a folder of its own."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from regtrack.atomic import publish_file, publish_folder, reserve
from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.errors import TrackError, invalid
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.interval import Interval, parse_region
from regtrack.genome.reference import Reference
from regtrack.genome.two_bit import write_two_bit
from regtrack.hub.contents import (
    Hub,
    check_inside,
    default_folder,
    first_markers,
    genome_name,
)
from regtrack.hub.file_names import FILES, HUB_FILE
from regtrack.hub.items import Kind
from regtrack.hub.make_items import (
    ITEM_FOLDER,
    ITEM_LIST,
    ItemFiles,
    labelled_markers,
    make_items,
    moved,
)
from regtrack.hub.rows import Rows
from regtrack.labels.marker import select_markers
from regtrack.progress import SILENT, Progress
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.build_catalog import track_markers
from regtrack.tracks.catalog import Catalog, Track
from regtrack.tracks.session import IGV_GENOMES

_log = logging.getLogger(__name__)
_FIRST_VIEW = 100_000  # bp
_URL = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?", re.IGNORECASE)
TWO_BIT_FILE = "genome.2bit"


@dataclass(frozen=True, kw_only=True)
class HubRequest:
    """A hub to write.

    Attributes:
        paths: sweeps, bigWigs, and folders with any of these at any depth.
        out: the folder; default: the deepest one that holds all tracks.
        copy: copy the tracks into `out`, which is then created as a whole.
        genome: the assembly's name at UCSC; default: what chromosome 1 tells.
        reference: FASTA to write as 2bit, for an assembly that UCSC does not have.
        region: what browsers show first, such as `chr1:1,000-2,000`; default: where the first
            track begins.
        show: markers that are visible at first, as names, globs or `category:NAME`; default: four
            of each category.
        url: where the folder will be served, for links.
        title: of the hub.
        email: contact that UCSC shows.
        labels: a dataset, a markers table (.tsv) or one BED, whose labels are written as bigBeds.
        genes: GTF.
        items: files of variants and calls.

    Raises:
        TrackError: `copy` without `out`, text that is not one line, or an address that is none.
    """

    paths: Sequence[Path]
    out: Path | None = None
    copy: bool = False
    genome: str | None = None
    reference: Path | None = None
    region: str | None = None
    show: Sequence[str] = ()
    url: str = ""
    title: str = "regtrack"
    email: str = "-"
    labels: Path | None = None
    genes: Path | None = None
    items: ItemFiles = field(default_factory=ItemFiles)

    @property
    def has_items(self) -> bool:
        """Whether there are bigBeds to write."""
        return bool(self.labels or self.genes or self.items.variants or self.items.calls)

    def __post_init__(self) -> None:
        if self.copy and self.out is None:
            raise TrackError("`copy` needs a folder to copy to; give it as `out`")
        for name in ("title", "email", "genome"):
            value = getattr(self, name)
            if value is not None and not (value.strip() and value.isprintable()):
                raise TrackError(
                    invalid(name, value, "one line of text, without control characters")
                )
        if self.genome is not None and self.reference is None and len(self.genome.split()) > 1:
            raise TrackError(
                invalid("genome", self.genome, "UCSC's name of an assembly, such as hg38")
            )
        if self.url and not (_URL.fullmatch(self.url) and self.url.isprintable()):
            raise TrackError(
                invalid("url", self.url, "the folder's address, as https://lab.edu/hub")
            )


def write_hub(
    request: HubRequest, *, overwrite: bool = False, progress: Progress = SILENT
) -> tuple[Path, int]:
    """Write hub.txt, an IGV session, an igv.js configuration and a page that says how to open them.

    Args:
        request: what to write.
        overwrite: replace existing files, or with `copy` an earlier hub.
        progress: shows the tracks copied and the bp written as 2bit.

    Returns:
        The folder, and the number of tracks.

    Raises:
        TrackError: no tracks, an assembly without a name, a reference of another assembly, or
            tracks outside the folder.
        MarkerError: a glob of `show` that matches no marker.
        FastaError, RegionError: an invalid reference or region.
        OutputError: files exist and `overwrite` is off, or they cannot be written.
    """
    with open_sources(request.paths, labels=request.labels, genes=request.genes) as sources:
        return _write(request, sources, overwrite=overwrite, progress=progress)


def _write(
    request: HubRequest, sources: Sources, *, overwrite: bool, progress: Progress
) -> tuple[Path, int]:
    catalog = sources.catalog
    name = genome_name(catalog, request.genome)
    region = _region(request, catalog)
    _check_reference(request, catalog, name)
    rows = request.items.read(catalog.assembly)
    labelled_markers(sources)  # refused before anything is copied
    inputs = [request.reference, request.labels, request.genes, *request.items.variants,
              *request.items.calls, *(track.path for track in catalog.tracks)]  # fmt: skip
    folder = request.out or default_folder(catalog, request.paths)
    hub = Hub(catalog, folder, name, region, request.title, request.email,
              shown=_shown(request, catalog))  # fmt: skip
    work = _Work(request, sources, rows, progress)
    if request.copy:
        with publish_folder(folder, mark=HUB_FILE, inputs=inputs, overwrite=overwrite) as made:
            copied = _copied(catalog, made, progress)
            work.write(replace(hub, catalog=copied, folder=made), overwrite=False)
    else:
        check_inside(catalog, folder)
        folder.mkdir(parents=True, exist_ok=True)
        work.write(hub, overwrite=overwrite)
    return folder, len(catalog.tracks)


@dataclass(frozen=True)
class _Work:
    """What a hub's files are made of."""

    request: HubRequest
    sources: Sources
    rows: Sequence[tuple[Kind, Path, Rows]]
    progress: Progress

    def write(self, hub: Hub, *, overwrite: bool) -> None:
        """Write the files of a hub; hub.txt comes last, when everything that it names is there."""
        if self.request.reference is not None:
            hub = replace(hub, two_bit=hub.folder / TWO_BIT_FILE)
        names = [name for name in FILES if name != HUB_FILE] + [HUB_FILE]
        places = [hub.folder / name for name in names]
        with reserve([*places, *([hub.two_bit] if hub.two_bit else [])], overwrite=overwrite):
            hub = self._with_items(hub, overwrite=overwrite)
            if hub.two_bit is not None and self.request.reference is not None:
                with (
                    Reference(self.request.reference) as reference,
                    publish_file(hub.two_bit, overwrite=overwrite) as temporary,
                ):
                    write_two_bit(temporary, reference, self.progress)
            texts = hub.files(self.request.url)
            for name, place in zip(names, places, strict=True):
                with publish_file(place, overwrite=overwrite) as temporary:
                    temporary.write_text(texts[name], encoding="utf-8")

    def _with_items(self, hub: Hub, *, overwrite: bool) -> Hub:
        """The hub with its bigBeds, which are written."""
        if not self.request.has_items:
            return hub
        place = hub.folder / ITEM_FOLDER
        with publish_folder(place, mark=ITEM_LIST, overwrite=overwrite) as folder:
            items = make_items(folder, self.sources, self.rows, self.progress)
        return replace(hub, items=moved(items, place))


def _copied(catalog: Catalog, folder: Path, progress: Progress) -> Catalog:
    """The same tracks as files of a folder, each model's in a folder of its own."""
    places: dict[Path, Path] = {}
    with progress.task("Copying", len(catalog.tracks), "files") as task:
        for track in catalog.tracks:
            place = folder / (track.model or "others") / f"{track.id}.bw"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(track.path, place)
            places[track.path] = place
            task.advance(1)

    def moved(tracks: Sequence[Track]) -> tuple[Track, ...]:
        return tuple(replace(track, path=places[track.path]) for track in tracks)

    return replace(
        catalog,
        models=tuple(
            replace(one, tracks=moved(one.tracks), spreads=moved(one.spreads))
            for one in catalog.models
        ),
        other_sweeps=tuple(replace(one, tracks=moved(one.tracks)) for one in catalog.other_sweeps),
        tracks=moved(catalog.tracks),
    )


def _region(request: HubRequest, catalog: Catalog) -> Interval:
    if request.region:
        return parse_region(request.region, catalog.assembly)
    with RawBigWig(catalog.tracks[0].path) as raw:
        blocks, chroms = raw.index[:1], {one.number: one for one in raw.chroms}
    if not len(blocks):
        first = catalog.assembly.names[0]
        return Interval(first, 0, min(_FIRST_VIEW, catalog.assembly.length(first)))
    chrom, start = chroms[int(blocks["first_chrom"][0])], int(blocks["start"][0])
    return Interval(chrom.name, start, min(start + _FIRST_VIEW, chrom.length))


def _shown(request: HubRequest, catalog: Catalog) -> frozenset[str]:
    if not request.show:
        return first_markers(catalog)
    markers = track_markers(catalog)
    return frozenset(markers[row].name for row in select_markers(markers, request.show))


def _check_reference(request: HubRequest, catalog: Catalog, name: str) -> None:
    """Refuse a reference that the tracks are not of; tell if none is given and one may be needed.

    UCSC has hundreds of assemblies, so that a name which is not known here may be right.

    Raises:
        TrackError: another assembly.
    """
    if request.reference is None:
        if name not in IGV_GENOMES:
            _log.warning(
                "the hub brings no sequence: right if UCSC has an assembly that it calls %s; "
                "otherwise give its FASTA as `reference`, or browsers cannot open the hub", name,
            )  # fmt: skip
        return
    with Reference(request.reference) as reference:
        found = compare_assemblies(catalog.assembly, reference.assembly)
        if not found.same:
            raise TrackError(
                f"{request.reference} is not the reference of the tracks: "
                f"{found.difference('the tracks', str(request.reference))}; give the one that they "
                "were made from"
            )
