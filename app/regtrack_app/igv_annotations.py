"""Genes, labels and places for igv.js, which asks for the stretch that it shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, jsonify, request

from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack_app.requested import refusal

_MOST_GENES, _MOST_STRETCHES = 5_000, 20_000  # of one response
_WIDEST = 5_000_000  # view in which igv.js asks for them (bp)
_COLOUR = "rgb(63,74,89)"
_STRANDS = "-.+"


def add_annotations(server: Flask, sources: Sources) -> None:
    """Add the addresses from which igv.js gets genes, and labels of a marker."""

    @server.route("/igv/genes")
    @server.route("/igv/labels/<path:marker>")
    def annotations(marker: str | None = None) -> Response:
        """What lies on the stretch that igv.js shows."""
        try:
            region = _asked_region(sources)
            if marker is None:
                return jsonify(gene_features(sources, region))
            return jsonify(label_features(sources, marker, region))
        except RegtrackError as error:
            return refusal(error)

    @server.route("/igv/places/<name>")
    def places_there(name: str) -> Response:
        """What lies there of a BED or VCF file."""
        try:
            return jsonify(place_features(sources, name, _asked_region(sources)))
        except RegtrackError as error:
            return refusal(error)


def annotation_tracks(
    sources: Sources, markers: Sequence[str], tracks: Sequence[str], base: str
) -> list[dict[str, Any]]:
    """Tracks of igv.js for the labels of markers, for files of places, and for genes, if any.

    Args:
        sources: labels, files of places and genes.
        markers: names.
        tracks: ids of other tracks, some of which may be files of places.
        base: path below which the page is shown.
    """
    files = {file.id: file for file in sources.annotations}
    made = [
        _track(f"{name} labels", f"{base}igv/labels/{quote(name, safe='')}", "SQUISHED", 28)
        for name in markers
        if sources.has_labels(name)
    ]
    made += [
        _track(files[name].label, f"{base}igv/places/{quote(name, safe='')}", "COLLAPSED", 34)
        for name in tracks
        if name in files
    ]
    if sources.gene_file is not None:
        made.append(_track("Genes", f"{base}igv/genes", "EXPANDED", 90))
    return made


def label_features(sources: Sources, marker: str, region: Interval) -> list[dict[str, Any]]:
    """The labelled stretches of a marker (bp, 0-based and half-open); close ones as one if many.

    Raises:
        RegtrackError: the labels cannot be read.
    """
    found = sources.labelled(marker, region.chrom, region.start, region.end)
    if len(found) > _MOST_STRETCHES:
        found = found.joined(len(region) // _MOST_STRETCHES)
    return [{"chr": region.chrom, "start": low, "end": high} for low, high in found]


def place_features(sources: Sources, name: str, region: Interval) -> list[dict[str, Any]]:
    """The places of a file (bp, 0-based and half-open); close ones as one, without names, if many.

    Raises:
        RegtrackError: no such file, or it cannot be read.
    """
    found = sources.annotation(name).on(region)
    if len(found.names) > _MOST_STRETCHES:
        spans = Intervals.merged(found.starts, found.ends).joined(len(region) // _MOST_STRETCHES)
        return [{"chr": region.chrom, "start": low, "end": high} for low, high in spans]
    rows = zip(found.starts.tolist(), found.ends.tolist(), found.names, strict=True)
    return [
        {"chr": region.chrom, "start": low, "end": high, "name": text} for low, high, text in rows
    ]


def gene_features(sources: Sources, region: Interval) -> list[dict[str, Any]]:
    """The genes of a region with their exons, the longest first if there are many."""
    genes = sources.genes
    if genes is None:
        return []
    found = genes.within(region.chrom, region.start, region.end, _MOST_GENES)
    exons: list[list[dict[str, int]]] = [[] for _ in found.names]
    parts = (found.exon_owners.tolist(), found.exon_starts.tolist(), found.exon_ends.tolist())
    for owner, low, high in zip(*parts, strict=True):
        exons[owner].append({"start": low, "end": high})
    ends = (found.starts.tolist(), found.ends.tolist(), found.strands.tolist())
    places = zip(found.names, *ends, exons, strict=True)
    return [
        {"chr": region.chrom, "start": low, "end": high, "name": name,
         "strand": _STRANDS[strand + 1], "exons": own}
        for name, low, high, strand, own in places
    ]  # fmt: skip


def _asked_region(sources: Sources) -> Interval:
    """The stretch of a request (bp, 0-based and half-open), as far as the chromosome goes."""
    chrom = sources.assembly.resolve(request.args.get("chrom", ""))
    start, end = (request.args.get(name, type=_place) for name in ("start", "end"))
    if chrom is None or start is None or end is None:
        raise RegtrackError("expected chrom, start and end of a region of the assembly")
    last = sources.assembly.length(chrom)
    return Interval(chrom, max(math.floor(start), 0), min(math.ceil(end), last))


def _place(text: str) -> float:
    """A place in bp, of which igv.js also names fractions."""
    if not math.isfinite(place := float(text)):
        raise ValueError(text)
    return place


def _track(name: str, address: str, mode: str, height: int) -> dict[str, Any]:
    return {
        "type": "annotation", "name": name, "height": height, "displayMode": mode,
        "color": _COLOUR, "visibilityWindow": _WIDEST, "sourceType": "custom",
        "source": {
            "url": f"{address}?chrom=$CHR&start=$START&end=$END", "method": "GET",
            "contentType": "application/json", "queryable": True,
        },
    }  # fmt: skip
