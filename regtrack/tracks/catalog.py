"""What can be shown: the tracks of sweeps and other bigWigs, each under an id of its own.

Whoever asks for a track names its id. No path is ever made of what somebody asks for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar

from regtrack.atomic import PARTIAL, work_folder
from regtrack.errors import MarkerError, TrackError, nearest
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle, Run, styles_of
from regtrack.tracks.bigwig.raw import RawBigWig

Kind = Literal["scores", "logits", "saliency", "signal"]

SWEEP_FILE = "sweep.json"
_SUFFIXES = {".bw", ".bigwig"}
_Named = TypeVar("_Named")

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class Track:
    """A bigWig that can be shown.

    Attributes:
        id: short, unique in its catalog, and safe in a URL.
        path: the file.
        label: what a reader sees.
        kind: what its values are: a model's scores or logits, saliency, or a signal of elsewhere.
        model: the id of the model that made it; None for a signal.
        marker: the name of the marker that it predicts; None for a signal.
    """

    id: str
    path: Path
    label: str
    kind: Kind
    model: str | None = None
    marker: str | None = None


@dataclass(frozen=True, eq=False)
class ModelTracks:
    """One sweep: the tracks of one model.

    Attributes:
        id: short, unique in its catalog, and safe in a URL.
        style: what a reader sees, and how it is drawn.
        architecture: the network's name.
        folder: where the sweep lies.
        tracks: one a marker, in the order of the sweep.
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
        models: the sweeps, in the order given.
        tracks: every track, those of models first.
        markers: what the models predict and what labels were given for, those with labels first.
        assembly: the chromosomes of all files, in natural order (chr2 before chr10).
    """

    models: tuple[ModelTracks, ...]
    tracks: tuple[Track, ...]
    markers: tuple[Marker, ...]
    assembly: Assembly

    @property
    def signals(self) -> tuple[Track, ...]:
        """The tracks that no model made."""
        return tuple(track for track in self.tracks if track.model is None)

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
        """The track of a model for a marker, if it has one."""
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
        return {(track.model, track.marker): track for track in self.tracks}


def build_catalog(paths: Sequence[Path], markers: Sequence[Marker] = ()) -> Catalog:
    """A catalog of what lies at paths; the same paths give the same ids.

    Args:
        paths: sweeps, folders of sweeps, folders of bigWigs, and bigWigs.
        markers: what is known of markers, such as those of the labels; of others the biosample and
            target are guessed from their names.

    Raises:
        TrackError: a path without a bigWig, a sweep that is not finished or lacks a file, a file
            that is no bigWig, or files for assemblies that disagree.
    """
    sweeps, files = _collect(paths)
    models = _models(sweeps)
    taken = {track.id for model in models for track in model.tracks}
    tracks = [track for model in models for track in model.tracks]
    tracks += [Track(_free(_safe(path.stem), taken), path, path.stem, "signal") for path in files]
    return Catalog(
        models=models,
        tracks=tuple(tracks),
        markers=_union(markers, models),
        assembly=_common_assembly(track.path for track in tracks),
    )


def is_bigwig(path: Path) -> bool:
    """Whether a file is called as bigWigs are."""
    return path.suffix.lower() in _SUFFIXES


def _collect(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Folders of sweeps, and bigWigs outside of sweeps; each once, in the order given."""
    sweeps: dict[Path, None] = {}
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_file():
            files[path.resolve()] = None
            continue
        _check_folder(path)
        folders = [path] if (path / SWEEP_FILE).is_file() else sorted(path.iterdir())
        found = [folder for folder in folders if (folder / SWEEP_FILE).is_file()]
        loose = [file for file in folders if is_bigwig(file) and file.is_file()]
        found = [folder for folder in found if folder.suffix != PARTIAL]
        if not found and not loose:
            raise TrackError(
                f"{path} holds no {SWEEP_FILE}, no sweep and no bigWig; expected the output of "
                "regtrack predict-genome, or .bw files"
            )
        sweeps |= dict.fromkeys(folder.resolve() for folder in found)
        files |= dict.fromkeys(file.resolve() for file in loose)
    if not sweeps and not files:
        raise TrackError("no path was given; expected sweeps or bigWigs")
    return list(sweeps), list(files)


def _check_folder(path: Path) -> None:
    if path.suffix == PARTIAL or (not path.exists() and work_folder(path).is_dir()):
        raise TrackError(
            f"{path} is a sweep that is not finished; run the same regtrack predict-genome again, "
            "which goes on where it stopped"
        )
    if not path.exists():
        raise TrackError(f"nothing at {path}; expected a sweep, a folder of bigWigs or a bigWig")


def _models(folders: Sequence[Path]) -> tuple[ModelTracks, ...]:
    """A model per sweep, named and drawn as `regtrack.model_style` says."""
    records = [_read_record(folder) for folder in folders]
    runs = [_run(record, folder) for record, folder in zip(records, folders, strict=True)]
    taken: set[str] = set()
    models = []
    for folder, record, run, style in zip(folders, records, runs, styles_of(runs), strict=True):
        model_id = _free(_safe(style.id), taken)
        tracks = _model_tracks(folder, record, model_id, style.title)
        models.append(ModelTracks(model_id, style, run.network, folder, tracks, record))
    return tuple(models)


def _run(record: Mapping[str, Any], folder: Path) -> Run:
    """What a sweep's record says of the model that made it."""
    checkpoint = record["checkpoint"]
    return Run(str(checkpoint["model"]), checkpoint.get("config") or {}, folder)


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / SWEEP_FILE
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        str(record["checkpoint"]["model"])
        dict(record["checkpoint"].get("config") or {})
        [(track["file"], track["marker"], track["category"]) for track in record["tracks"]]
    except (ValueError, KeyError, TypeError) as error:
        line = " ".join(str(error).split())
        raise TrackError(f"{path} is damaged ({line}); predict again") from error
    return dict(record)


def _model_tracks(
    folder: Path, record: Mapping[str, Any], model_id: str, label: str
) -> tuple[Track, ...]:
    kind: Kind = "logits" if record.get("values") == "logits" else "scores"
    taken: set[str] = set()
    tracks = []
    for entry in record["tracks"]:
        # a name alone: a record from elsewhere must not lead out of its folder
        path, marker = folder / Path(entry["file"]).name, str(entry["marker"])
        if not path.is_file():
            raise TrackError(
                f"the sweep {folder} lacks {path.name}; copy it there, or predict again"
            )
        track_id = _free(f"{model_id}.{_safe(marker)}", taken)
        tracks.append(Track(track_id, path, f"{label} {marker}", kind, model_id, marker))
    return tuple(tracks)


def _union(known: Sequence[Marker], models: Sequence[ModelTracks]) -> tuple[Marker, ...]:
    markers = {marker.name: marker for marker in known}
    for model in models:
        for entry in model.record["tracks"]:
            name = str(entry["marker"])
            markers.setdefault(name, _guess(name, str(entry["category"])))
    return tuple(markers.values())


def _guess(name: str, category: str) -> Marker:
    """A marker whose name is `{biosample}_{target}` or `{biosample}_{target}_{treatment}`."""
    biosample, _, rest = name.partition("_")
    target, _, treatment = rest.partition("_")
    return Marker(name, category, biosample if rest else "", target or name, treatment)


def _common_assembly(paths: Iterable[Path]) -> Assembly:
    """The chromosomes of all files.

    Raises:
        TrackError: a file that was cut short, or two that know a chromosome at different lengths.
    """
    lengths: dict[str, int] = {}
    source: dict[str, Path] = {}
    for path in paths:
        with RawBigWig(path) as raw:
            raw.check_whole()
            assembly = raw.assembly
        if all(lengths.get(name) == assembly.length(name) for name in assembly.names):
            continue
        known = Assembly(tuple(lengths), tuple(lengths.values())) if lengths else assembly
        found = compare_assemblies(known, assembly)
        for unequal in found.unequal:
            told = unequal.told(str(source[unequal.ours]), str(path))
            raise TrackError(f"{told}; serve files of one assembly")
        new = found.only_theirs if lengths else assembly.names
        lengths |= {name: assembly.length(name) for name in new}
        source |= dict.fromkeys(new, path)
    names = sorted(lengths, key=_natural)
    return Assembly(tuple(names), tuple(lengths[name] for name in names))


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-.") or "track"


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first of name-2, name-3, ... that is free; taken from then on."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def _look_up(found: Mapping[str, _Named], name: str, what: str) -> _Named:
    if name not in found:
        raise TrackError(f'no {what} has the id "{_short(name)}".{nearest(_short(name), found)}')
    return found[name]


def _short(text: str) -> str:
    """What somebody asked for, cut to a length that a message can bear."""
    return text if len(text) <= 60 else f"{text[:57]}..."
