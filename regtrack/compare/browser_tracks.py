"""Tracks for a genome browser: their colours and scales, and a session of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from regtrack.compare.sources import Sources
from regtrack.genome.interval import Interval
from regtrack.model_style import NO_MODEL
from regtrack.tracks.catalog import Catalog, Track
from regtrack.tracks.session import SessionTrack, igv_session, known_genome


def region_session(
    sources: Sources,
    region: Interval,
    track_ids: Sequence[str],
    *,
    genome: str,
    address: Callable[[Track], str],
) -> str:
    """An IGV session of tracks; those of one category of markers share a scale.

    Signed saliency is drawn as letters of the sequence.

    Args:
        sources: the tracks.
        region: the region that IGV shows first.
        track_ids: ids of tracks, from top to bottom.
        genome: address of the genome, unless IGV knows it by name.
        address: gives the address of a track.

    Raises:
        TrackError: a track is not known.
    """
    tracks = [sources.catalog.track(track_id) for track_id in track_ids]
    return igv_session(
        [session_track(sources, track, address(track)) for track in tracks],
        known_genome(sources.assembly) or genome,
        region,
    )


def session_track(sources: Sources, track: Track, url: str) -> SessionTrack:
    """A track for a browser: in the colour of its model, signed saliency as letters.

    Scores of markers of the same category share a scale, and so does saliency of the same marker.
    """
    scale = ""
    if track.marker is not None:
        group = sources.catalog.marker(track.marker).category if track.model else track.marker
        scale = f"{group} {track.kind}"
    colour = track.style.light if track.style else NO_MODEL
    return SessionTrack(track.label, url, colour, scale, letters=track.kind == "saliency")


def browser_ids(catalog: Catalog, track_ids: Sequence[str]) -> list[str]:
    """The tracks to load into a browser, from top to bottom.

    Signed saliency is followed by its absolute value: browsers show means when zoomed out, and in
    these signed values cancel.

    Raises:
        TrackError: a track is not known.
    """
    found: dict[str, None] = {}
    for track_id in track_ids:
        found[track_id] = None
        if absolute := catalog.absolute(catalog.track(track_id)):
            found[absolute.id] = None
    return list(found)
