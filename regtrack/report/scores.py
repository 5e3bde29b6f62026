"""The scores of every model on every marker of a split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from regtrack.compare.sources import Sources
from regtrack.compare.track_scores import TrackScores, track_scores
from regtrack.compare.windows import Windows, windows_of
from regtrack.errors import DatasetError, MarkerError, TrackError
from regtrack.labels.marker import Marker, select_markers
from regtrack.progress import Progress
from regtrack.tracks.catalog import ModelTracks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """Models on markers.

    Attributes:
        split: of the windows; None: all windows.
        windows: those that were scored.
        models: the models, in the order of the catalog.
        markers: those with labels that a model predicts.
        found: by the marker's name and the model's id; a model may lack a marker.
    """

    split: str | None
    windows: Windows
    models: tuple[ModelTracks, ...]
    markers: tuple[Marker, ...]
    found: dict[tuple[str, str], TrackScores]

    def of(self, marker: str, model: str) -> TrackScores | None:
        """A model's scores of a marker; None if it lacks the marker."""
        return self.found.get((marker, model))

    @property
    def categories(self) -> tuple[str, ...]:
        """The categories, in the order of the markers."""
        return tuple(dict.fromkeys(marker.category for marker in self.markers))

    def shared(self, category: str) -> tuple[Marker, ...]:
        """The markers of a category that all models score, over which means are comparable."""
        return tuple(
            marker
            for marker in self.markers
            if marker.category == category
            and all(
                (one := self.of(marker.name, model.id)) and one.average_precision is not None
                for model in self.models
            )
        )


def usual_split(sources: Sources) -> str | None:
    """The test split if the labels have one, else all windows."""
    return "test" if windows_of(sources).has_split("test") else None


def read_scores(
    sources: Sources, markers: Sequence[str], split: str | None, progress: Progress
) -> Scores:
    """Score every model on every marker that has labels.

    Args:
        sources: tracks and labels.
        markers: names, globs or category:NAME; empty: all.
        split: whose windows count; None: all windows.
        progress: shows the bases read.

    Raises:
        DatasetError: there are no labels, or no window in the split.
        TrackError: there is no model, or a file cannot be read.
        MarkerError: no chosen marker has labels and a track.
    """
    catalog = sources.catalog
    if sources.labels is None:
        raise DatasetError("a report needs `labels`; name a dataset, a markers table or a BED")
    if not catalog.models:
        raise TrackError("a report needs tracks of a model; name folders of predict-genome")
    windows = windows_of(sources).chosen(split)
    wanted = [catalog.markers[at] for at in select_markers(catalog.markers, markers)]
    tracks = {
        (marker.name, model.id): track
        for marker in wanted
        if sources.has_labels(marker.name)
        for model in catalog.models
        if (track := catalog.find(model.id, marker.name)) is not None
    }
    if not tracks:
        raise MarkerError("no chosen marker has both labels and a track; see `markers`")
    scored = {name for name, _ in tracks}
    with progress.task(f"Scoring {len(scored)} markers", windows.bases * len(tracks), "bp") as task:
        found = {
            key: track_scores(sources, track, windows, split, task) for key, track in tracks.items()
        }
    kept = tuple(marker for marker in wanted if marker.name in scored)
    return Scores(split, windows, catalog.models, kept, found)
