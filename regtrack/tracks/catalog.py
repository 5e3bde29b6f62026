"""The tracks of sweeps and other bigWigs that can be shown, each with an id.

Requests name tracks by id; no path is ever built from a request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from regtrack.errors import MarkerError, TrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle
from regtrack.tracks.kind import Kind
from regtrack.tracks.sweep_record import SweepRecord

_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True)
class Track:
    """A bigWig that can be shown.

    Attributes:
        id: short, unique in its catalog, and safe in a URL.
        path: the file.
        label: the name shown to readers.
        kind: what the values are.
        model: id of the model whose scores or logits these are; None for other tracks.
        marker: name of the marker; None for a signal.
        style: style of the model that made the track; None for a signal.
    """

    id: str
    path: Path
    label: str
    kind: Kind
    model: str | None = None
    marker: str | None = None
    style: ModelStyle | None = None


@dataclass(frozen=True, eq=False)
class ModelTracks:
    """The tracks of one model, written by one sweep.

    Attributes:
        id: the model's id: short, unique in its catalog, and safe in a URL.
        style: the model's title and colours.
        architecture: the network's name.
        folder: the sweep's folder.
        tracks: one per marker, in the order of the sweep; two per marker for saliency.
        record: the content of sweep.json.
        spreads: of several networks, how far they lie apart: one per marker, or none.
    """

    id: str
    style: ModelStyle
    architecture: str
    folder: Path
    tracks: tuple[Track, ...]
    record: SweepRecord
    spreads: tuple[Track, ...] = ()

    @property
    def label(self) -> str:
        """The name shown to readers."""
        return self.style.title


@dataclass(frozen=True, eq=False)
class Catalog:
    """Everything that can be requested and shown.

    Attributes:
        models: the sweeps of scores or logits, in the given order.
        other_sweeps: the sweeps of anything else: saliency, or a network's signal. Their tracks are
            shown but never ranked or compared with labels, since they are no probabilities.
        tracks: every track: of models with their spreads, then of other sweeps, then bigWigs
            without a sweep.
        markers: markers with labels first, then the others that the models predict.
        assembly: the chromosomes of all files, in natural order (chr2 before chr10).
    """

    models: tuple[ModelTracks, ...]
    other_sweeps: tuple[ModelTracks, ...]
    tracks: tuple[Track, ...]
    markers: tuple[Marker, ...]
    assembly: Assembly

    @property
    def others(self) -> tuple[Track, ...]:
        """The tracks that are not of a model's scores or logits: saliency and signals."""
        return tuple(
            track for track in self.tracks if track.model is None and track.kind != "spread"
        )

    def spread(self, track: Track) -> Track | None:
        """How far the networks lie apart whose mean a track is; None if that was not written."""
        return self._spreads.get((track.path.parent, track.marker)) if track.model else None

    def absolute(self, track: Track) -> Track | None:
        """The track of absolute values of a track of signed saliency; None if there is none.

        A view with many bases per pixel should show it, since the mean of signed values cancels.
        """
        if track.kind != "saliency":
            return None
        return self._absolutes.get((track.path.parent, track.marker))

    def track(self, track_id: str) -> Track:
        """A track by id.

        Raises:
            TrackError: no track has it.
        """
        return _look_up(self._tracks, track_id, "track")

    def model(self, model_id: str) -> ModelTracks:
        """A model by id.

        Raises:
            TrackError: no model has it.
        """
        return _look_up(self._models, model_id, "model")

    def marker(self, name: str) -> Marker:
        """A marker by name.

        Raises:
            MarkerError: no marker has the name.
        """
        if name not in self._markers:
            raise MarkerError(
                f'no marker is called "{_short(name)}"; there are {len(self.markers)}'
                f"{nearest(_short(name), self._markers)}"
            )
        return self._markers[name]

    def find(self, model_id: str, marker: str) -> Track | None:
        """The scores or logits of a model for a marker; None if it has none."""
        return self._pairs.get((model_id, marker))

    @cached_property
    def _tracks(self) -> dict[str, Track]:
        return {track.id: track for track in self.tracks}

    @cached_property
    def _models(self) -> dict[str, ModelTracks]:
        return {model.id: model for model in self.models}

    @cached_property
    def _markers(self) -> dict[str, Marker]:
        return {marker.name: marker for marker in self.markers}

    @cached_property
    def _pairs(self) -> dict[tuple[str | None, str | None], Track]:
        return {(track.model, track.marker): track for track in self.tracks if track.model}

    @cached_property
    def _spreads(self) -> dict[tuple[Path, str | None], Track]:
        return {
            (track.path.parent, track.marker): track
            for track in self.tracks
            if track.kind == "spread"
        }

    @cached_property
    def _absolutes(self) -> dict[tuple[Path, str | None], Track]:
        return {
            (track.path.parent, track.marker): track
            for track in self.tracks
            if track.kind == "absolute saliency"
        }


def _look_up(found: Mapping[str, _Named], name: str, what: str) -> _Named:
    if name not in found:
        raise TrackError(f'no {what} has the id "{_short(name)}"{nearest(_short(name), found)}')
    return found[name]


def _short(text: str) -> str:
    """A requested name, shortened to fit into a message."""
    return text if len(text) <= 60 else f"{text[:57]}..."
