"""What can be shown: the tracks of sweeps and other bigWigs, each under an id of its own.

Whoever asks for a track names its id. No path is ever made of what somebody asks for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from regtrack.errors import MarkerError, TrackError, nearest
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle
from regtrack.tracks.kind import Kind

_Named = TypeVar("_Named")


@dataclass(frozen=True, slots=True)
class Track:
    """A bigWig that can be shown.

    Attributes:
        id: short, unique in its catalog, and safe in a URL.
        path: the file.
        label: what a reader sees.
        kind: what its values are.
        model: the id of the model whose scores or logits these are; None for other tracks.
        marker: the name of the marker that it is about; None for a signal.
        style: how the model that made it is drawn; None for a signal.
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
    """What a sweep wrote: the tracks of one model.

    Attributes:
        id: of the model: short, unique among those of a catalog, and safe in a URL.
        style: what a reader sees, and how it is drawn.
        architecture: the network's name.
        folder: where the sweep lies.
        tracks: one per marker, in the order of the sweep; of saliency, two.
        record: what sweep.json says.
    """

    id: str
    style: ModelStyle
    architecture: str
    folder: Path
    tracks: tuple[Track, ...]
    record: Mapping[str, Any]

    @property
    def label(self) -> str:
        """What a reader sees."""
        return self.style.title


@dataclass(frozen=True, eq=False)
class Catalog:
    """Everything that can be shown; nothing else can be asked for.

    Attributes:
        models: the sweeps of scores or logits, in the order given.
        saliency: the sweeps of saliency. They predict nothing: their tracks are shown, and never
            ranked or compared with labels.
        tracks: every track: those of models, saliency, signals.
        markers: what the models predict and what labels were given for, those with labels first.
        assembly: the chromosomes of all files, in natural order (chr2 before chr10).
    """

    models: tuple[ModelTracks, ...]
    saliency: tuple[ModelTracks, ...]
    tracks: tuple[Track, ...]
    markers: tuple[Marker, ...]
    assembly: Assembly

    @property
    def others(self) -> tuple[Track, ...]:
        """The tracks that are no model's scores or logits: saliency and signals."""
        return tuple(track for track in self.tracks if track.model is None)

    def absolute(self, track: Track) -> Track | None:
        """The absolute value of a track of signed saliency, if it is there.

        A view of many bases per pixel should show it: there the mean of signed values cancels.
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
            MarkerError: no marker is called so.
        """
        if name not in self._markers:
            raise MarkerError(
                f'no marker is called "{_short(name)}"; there are {len(self.markers)}.'
                f"{nearest(_short(name), self._markers)}"
            )
        return self._markers[name]

    def find(self, model_id: str, marker: str) -> Track | None:
        """The scores or logits of a model for a marker, if it has them."""
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
    def _absolutes(self) -> dict[tuple[Path, str | None], Track]:
        return {
            (track.path.parent, track.marker): track
            for track in self.tracks
            if track.kind == "absolute saliency"
        }


def _look_up(found: Mapping[str, _Named], name: str, what: str) -> _Named:
    if name not in found:
        raise TrackError(f'no {what} has the id "{_short(name)}".{nearest(_short(name), found)}')
    return found[name]


def _short(text: str) -> str:
    """What somebody asked for, cut to a length that a message can bear."""
    return text if len(text) <= 60 else f"{text[:57]}..."
