"""Tracks as a genome browser should draw them: their colours, their scales, a session of them."""

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
        region: what IGV shows first.
        track_ids: from top to bottom.
        genome: where IGV gets the genome, unless it knows it by name.
        address: where IGV gets a track.

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

    Scores of one category of markers share a scale, and saliency of one marker does.
    """
    scale = ""
    if track.marker is not None:
        alike = sources.catalog.marker(track.marker).category if track.model else track.marker
        scale = f"{alike} {track.kind}"
    colour = track.style.light if track.style else NO_MODEL
    return SessionTrack(track.label, url, colour, scale, letters=track.kind == "saliency")


def browser_ids(catalog: Catalog, track_ids: Sequence[str]) -> list[str]:
    """The tracks to load into a browser, from top to bottom.

    After signed saliency comes its absolute value: browsers show means when zoomed out, in which
    signed values cancel.

    Raises:
        TrackError: a track is not known.
    """
    found: dict[str, None] = {}
    for track_id in track_ids:
        found[track_id] = None
        if absolute := catalog.absolute(catalog.track(track_id)):
            found[absolute.id] = None
    return list(found)
