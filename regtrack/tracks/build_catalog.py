"""Find the tracks at paths and name them: sweeps and bigWigs, and those in folders at any depth."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from regtrack.errors import TrackError
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.labels.marker import Marker
from regtrack.model_style import ModelStyle, Run, styles_of
from regtrack.partial_names import PARTIAL, work_folder
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.catalog import Catalog, ModelTracks, Track
from regtrack.tracks.kind import PREDICTED, kind_of
from regtrack.tracks.sweep_record import SWEEP_FILE, SweepRecord, read_sweep

_SUFFIXES = {".bw", ".bigwig"}

_MOST_FOLDERS = 10_000  # below one path
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_NUMBER = re.compile(r"(\d+)")


def build_catalog(
    paths: Sequence[Path],
    markers: Sequence[Marker] = (),
    names: Mapping[Path, str] | None = None,
) -> Catalog:
    """The catalog of the tracks at paths; the same paths give the same ids.

    Args:
        paths: sweeps, bigWigs, and folders with any of these at any depth.
        markers: known markers, such as those of the labels; for other markers, biosample and target
            are guessed from their names.
        names: of models, by their path among `paths`, which has one sweep of scores.

    Raises:
        TrackError: a name of a path with more than one sweep of scores, or of several paths.
        TrackError: a path without a bigWig, a sweep that is unfinished or lacks a file, a file that
            is not a bigWig, or files of different assemblies.
    """
    sweeps, files = _collect(paths)
    taken: set[str] = set()
    found = _sweeps(sweeps, taken, _named(names or {}))
    models, other_sweeps = (
        tuple(sweep for sweep in found if _predicts(sweep.record) is predicts)
        for predicts in (True, False)
    )
    tracks = [
        track for sweep in (*models, *other_sweeps) for track in (*sweep.tracks, *sweep.spreads)
    ]
    tracks += [Track(_free(_safe(path.stem), taken), path, path.stem, "signal") for path in files]
    return Catalog(
        models=models,
        other_sweeps=other_sweeps,
        tracks=tuple(tracks),
        markers=_union(markers, models),
        assembly=_common_assembly(track.path for track in tracks),
    )


def track_markers(catalog: Catalog) -> tuple[Marker, ...]:
    """The markers of all sweeps: those of the catalog, then those of other sweeps alone."""
    return _union(catalog.markers, catalog.other_sweeps)


def is_bigwig(path: Path) -> bool:
    """Whether a file has a suffix of bigWigs."""
    return path.suffix.lower() in _SUFFIXES


def _collect(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Folders of sweeps, and bigWigs outside of sweeps; each once, in the given order."""
    sweeps: dict[Path, None] = {}
    files: dict[Path, None] = {}
    for path in paths:
        if path.is_file():
            files[path.resolve()] = None
            continue
        _check_folder(path)
        found, loose = _below(path)
        if not found and not loose:
            raise TrackError(
                f"{path} contains no {SWEEP_FILE}, no sweep and no bigWig; expected the output of "
                "regtrack predict-genome or saliency-tracks, or .bw files"
            )
        sweeps |= dict.fromkeys(found)
        files |= dict.fromkeys(loose)
    if not sweeps and not files:
        raise TrackError("no path was given; expected sweeps or bigWigs")
    return list(sweeps), list(files)


def _below(top: Path) -> tuple[list[Path], list[Path]]:
    """Sweeps and bigWigs outside of them at any depth, by name, each folder after its files.

    Hidden folders, unfinished sweeps and folders that were seen already are left out.
    """
    sweeps, files, seen = [], [], set()
    waiting = [top.resolve()]
    while waiting:
        folder = waiting.pop()
        if folder in seen:
            continue
        seen.add(folder)
        if (folder / SWEEP_FILE).is_file():
            sweeps.append(folder)
            continue
        if len(seen) > _MOST_FOLDERS:
            raise TrackError(
                f"{top} has more than {_MOST_FOLDERS:,} folders; name the folders of the sweeps"
            )
        try:
            inside = sorted(folder.iterdir())
        except PermissionError:
            continue
        files += [file.resolve() for file in inside if is_bigwig(file) and file.is_file()]
        waiting += [
            below.resolve()
            for below in reversed(inside)
            if below.is_dir() and below.suffix != PARTIAL and not below.name.startswith(".")
        ]
    return sweeps, files


def _named(names: Mapping[Path, str]) -> dict[Path, str]:
    """The names of sweeps, by their folders."""
    found: dict[Path, str] = {}
    for path, name in names.items():
        if path.is_file():
            raise TrackError(f"{path} is a file; a name is that of a sweep of scores")
        _check_folder(path)
        scored = [folder for folder in _below(path)[0] if _predicts(read_sweep(folder))]
        if len(scored) != 1:
            raise TrackError(
                f'{path} has {len(scored)} sweeps of scores, and "{name}" names one; name each'
            )
        if name in found.values():
            raise TrackError(f'two models are called "{name}"; give each a name of its own')
        found[scored[0]] = name
    return found


def _check_folder(path: Path) -> None:
    if path.suffix == PARTIAL or (not path.exists() and work_folder(path).is_dir()):
        raise TrackError(
            f"{path} is a sweep that is not finished; run the command that began it again, which "
            "resumes it"
        )
    if not path.exists():
        raise TrackError(f"nothing at {path}; expected a sweep, a folder of bigWigs or a bigWig")
    if not path.is_dir():
        raise TrackError(
            f"{path} is a pipe or a device; expected a sweep, a folder of bigWigs or a bigWig"
        )


def _sweeps(
    folders: Sequence[Path], taken: set[str], names: Mapping[Path, str]
) -> list[ModelTracks]:
    """The tracks of each sweep, with names and colours from `regtrack.model_style`.

    Other sweeps have the name and colour of that of scores by the same weights, if there is one.

    Args:
        folders: the sweeps.
        taken: ids of tracks that are in use; new ones are added.
        names: that users gave, by folder.
    """
    records = [read_sweep(folder) for folder in folders]
    makers = _makers(records)
    runs = {at: _run(records[at], folders[at], names) for at in sorted(set(makers))}
    ids: set[str] = set()
    named = {
        at: (_free(_safe(style.id), ids), style)
        for at, style in zip(runs, styles_of(list(runs.values())), strict=True)
    }
    sweeps = []
    for folder, record, maker in zip(folders, records, makers, strict=True):
        model_id, style = named[maker]
        tracks = _tracks(folder, record, model_id, style, taken)
        network = runs[maker].network
        of_values, spreads = (
            tuple(track for track in tracks if (track.kind == "spread") is spread)
            for spread in (False, True)
        )
        sweeps.append(ModelTracks(model_id, style, network, folder, of_values, record, spreads))
    return sweeps


def _makers(records: Sequence[SweepRecord]) -> list[int]:
    """The sweep after which each is named: itself, or the sweep of scores by its weights."""
    weights = [record.checkpoint.weights for record in records]
    scored = {weights[at]: at for at in reversed(range(len(records))) if _predicts(records[at])}
    return [
        at if _predicts(record) or weights[at] is None else scored.get(weights[at], at)
        for at, record in enumerate(records)
    ]


def _predicts(record: SweepRecord) -> bool:
    """Whether a sweep holds scores or logits, with or without their spread."""
    kinds = {kind_of(record, entry) for entry in record.tracks} - {"spread"}
    return kinds <= PREDICTED


def _run(record: SweepRecord, folder: Path, names: Mapping[Path, str]) -> Run:
    """The model that made a sweep, from its record."""
    checkpoint = record.checkpoint
    return Run(checkpoint.model, checkpoint.config or {}, folder, names.get(folder))


def _tracks(
    folder: Path, record: SweepRecord, model_id: str, style: ModelStyle, taken: set[str]
) -> tuple[Track, ...]:
    tracks = []
    for entry in record.tracks:
        path, marker = folder / entry.file, entry.marker
        kind = kind_of(record, entry)
        if not path.is_file():
            raise TrackError(
                f"the sweep {folder} lacks {path.name}; copy it there, or run the sweep again"
            )
        parts = (marker,) if kind in PREDICTED else (marker, kind)
        if (size := path.stat().st_size) != (entry.size or size):
            raise TrackError(
                f"{path} has {size:,} bytes, but its {SWEEP_FILE} says {entry.size:,}: it is not "
                "the file that the sweep wrote; copy it again, or run the sweep again"
            )
        track_id = _free(".".join((model_id, *map(_safe, parts))), taken)
        label = " ".join((style.title, *parts))
        model = model_id if kind in PREDICTED else None
        tracks.append(Track(track_id, path, label, kind, model, marker, style))
    return tuple(tracks)


def _union(known: Sequence[Marker], sweeps: Sequence[ModelTracks]) -> tuple[Marker, ...]:
    markers = {marker.name: marker for marker in known}
    for sweep in sweeps:
        for entry in sweep.record.tracks:
            markers.setdefault(entry.marker, _guess(entry.marker, entry.category))
    return tuple(markers.values())


def _guess(name: str, category: str) -> Marker:
    """A marker whose name is `{biosample}_{target}` or `{biosample}_{target}_{treatment}`."""
    biosample, _, rest = name.partition("_")
    target, _, treatment = rest.partition("_")
    return Marker(name, category, biosample if rest else "", target or name, treatment)


def _common_assembly(paths: Iterable[Path]) -> Assembly:
    """The chromosomes of all files.

    Raises:
        TrackError: a truncated file, or two files with different lengths of a chromosome.
    """
    lengths: dict[str, int] = {}
    source: dict[str, Path] = {}
    last: Assembly | None = None
    for path in paths:
        with RawBigWig(path) as raw:
            raw.check_whole()
            assembly = raw.assembly
        if assembly is last:  # files of one sweep share it
            continue
        last = assembly
        if assembly.length_of.items() <= lengths.items():
            continue
        new = assembly.names
        if lengths:
            known = Assembly(tuple(lengths), tuple(lengths.values()))
            found = compare_assemblies(known, assembly)
            for mismatch in found.mismatches:
                difference = mismatch.describe(str(source[mismatch.ours]), str(path))
                raise TrackError(f"{difference}; serve files of one assembly")
            new = found.only_theirs
        lengths |= {name: assembly.length_of[name] for name in new}
        source |= dict.fromkeys(new, path)
    names = sorted(lengths, key=_natural)
    return Assembly(tuple(names), tuple(lengths[name] for name in names))


def _natural(name: str) -> list[int | str]:
    """A key that sorts chr2 before chr10: text and numbers in turn, beginning with text."""
    parts: list[int | str] = [*_NUMBER.split(name)]
    parts[1::2] = map(int, parts[1::2])
    return parts


def _safe(text: str) -> str:
    return _UNSAFE.sub("-", text).strip("-.") or "track"


def _free(name: str, taken: set[str]) -> str:
    """The name, or the first of name-2, name-3, ... that is not taken; adds it to `taken`."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free
