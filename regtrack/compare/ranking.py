"""Windows ranked by how much models disagree with each other or with the labels.

Every number covers all bases of its window. The tracks are read completely, two of them at about
50 Mb of genome per second on an idle core, and the results are cached next to the sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from regtrack.compare.cache import Arrays, cached
from regtrack.compare.positions import group_means
from regtrack.compare.sources import Sources
from regtrack.compare.windows import Windows, piece_labels, windows_of
from regtrack.dataset.store import SPLITS
from regtrack.errors import DatasetError, RegtrackError, TrackError, nearest
from regtrack.genome.intervals import Positions
from regtrack.measures.measure import number_or_none
from regtrack.progress import SILENT, Progress
from regtrack.tracks.bigwig.bins import Values
from regtrack.tracks.catalog import Track

RankBy = Literal["disagreement", "error", "score", "spread"]

_COLUMNS = ("mean_a", "mean_b", "high_a", "disagreement", "error", "labelled", "spread")


@dataclass(frozen=True, eq=False)
class WindowTable:
    """Windows, the highest value first.

    Attributes:
        windows: the windows' coordinates, in the order of the table.
        value: the value by which they are ranked, float32 (W,).
        mean_a: mean score of the first model, float32 (W,).
        mean_b: mean score of the second model, float32 (W,); NaN without one.
        labelled: fraction of the bases that are labelled, float32 (W,); NaN without labels.
    """

    windows: Windows
    value: Values
    mean_a: Values
    mean_b: Values
    labelled: Values

    def __len__(self) -> int:
        return len(self.value)

    def rows(self, first: int = 0, last: int | None = None) -> list[dict[str, Any]]:
        """Rows `first` to `last` (excluded) as JSON-serialisable values; None for NaN.

        Keys: rank (from 0), chrom, start, end (0-based, half-open), split, value, mean_a, mean_b,
        labelled.
        """
        windows = self.windows
        return [
            {
                "rank": rank,
                "chrom": windows.names[windows.chroms[rank]],
                "start": int(windows.starts[rank]),
                "end": int(windows.ends[rank]),
                "split": _split(int(windows.splits[rank])),
                "value": number_or_none(self.value[rank]),
                "mean_a": number_or_none(self.mean_a[rank]),
                "mean_b": number_or_none(self.mean_b[rank]),
                "labelled": number_or_none(self.labelled[rank]),
            }
            for rank in range(len(self))[first:last]
        ]


def rank_windows(
    sources: Sources,
    kind: RankBy,
    marker: str,
    model_a: str,
    model_b: str | None = None,
    *,
    split: str | None = None,
    progress: Progress = SILENT,
) -> WindowTable:
    """Rank windows by disagreement, error, score or spread.

    - `disagreement`: mean absolute difference of the two models' scores;
    - `error`: mean absolute difference of the first model's scores and the labels;
    - `score`: the first model's greatest score;
    - `spread`: mean standard deviation over the networks whose mean the first model is.

    Means are over the bases at which the tracks have a value; a window without any is left out.
    Logits are turned into scores first. The windows are those of the dataset, or tiles of 25 kb.

    Args:
        sources: the tracks and labels.
        kind: the value to rank by.
        marker: name of the marker.
        model_a: id of the first model.
        model_b: id of the second model; only `disagreement` needs one.
        split: use only windows of this split; None: all.
        progress: shows the bases read.

    Raises:
        TrackError: an unknown model, one without the marker, or a file that cannot be read; or
            `spread` of a model without one.
        DatasetError: `error` without labels, or an unknown split.
        RegtrackError: an unknown kind, or `disagreement` with only one model.
    """
    _check(sources, kind, marker, model_b)
    tracks = [find_track(sources, model, marker) for model in (model_a, model_b) if model]
    spread = _spread_of(sources, tracks[0]) if kind == "spread" else None
    windows = windows_of(sources)
    found = _statistics(sources, marker, tracks, windows, progress, spread=spread)
    value = found["high_a" if kind == "score" else kind]
    kept = ~np.isnan(value)
    if split is not None:
        windows.chosen(split)
        kept &= windows.splits == SPLITS.index(split)
    order = np.flatnonzero(kept)
    order = order[np.argsort(-value[order], kind="stable")]
    return WindowTable(
        windows.take(order),
        value[order],
        *(found[name][order] for name in ("mean_a", "mean_b", "labelled")),
    )


def find_track(sources: Sources, model: str, marker: str) -> Track:
    """The track of a model for a marker.

    Raises:
        TrackError: no such model, or it lacks the marker.
    """
    found = sources.catalog.find(sources.catalog.model(model).id, marker)
    if found is None:
        names = [track.marker or "" for track in sources.catalog.model(model).tracks]
        raise TrackError(f'{model} has no track of "{marker[:60]}"{nearest(marker[:60], names)}')
    return found


def _spread_of(sources: Sources, track: Track) -> Track:
    """The spread of a track.

    Raises:
        TrackError: it has none.
    """
    found = sources.catalog.spread(track)
    if found is None:
        raise TrackError(
            f"{track.label} has no spread; predict_genome writes it for several checkpoints, with "
            "`spread`"
        )
    return found


def _check(sources: Sources, kind: str, marker: str, model_b: str | None) -> None:
    kinds = get_args(RankBy)
    if kind not in kinds:
        raise RegtrackError(f'no ranking is called "{kind[:60]}"; expected {", ".join(kinds)}')
    if kind == "disagreement" and model_b is None:
        raise RegtrackError("disagreement is between two models; choose a second one")
    if kind == "error" and not sources.has_labels(marker):
        raise DatasetError(
            f'"{marker[:60]}" has no labels to compare with; open labels that have it'
        )


def _statistics(
    sources: Sources,
    marker: str,
    tracks: list[Track],
    windows: Windows,
    progress: Progress,
    *,
    spread: Track | None,
) -> Arrays:
    """Every column of every window, from the cache if possible; the spread's if it is given."""
    compared = sources.has_labels(marker)
    inputs = [track.path for track in (*tracks, *([spread] if spread else []))]
    if sources.labels is not None and compared:
        inputs += sources.labels.files(marker)
    folder = tracks[0].path.parent
    question = (
        "windows", marker if compared else None, sources.assembly.digest, len(windows),
        *(["spread"] if spread else []),
    )  # fmt: skip

    def make() -> Arrays:
        table = np.full((len(_COLUMNS), len(windows)), np.nan, dtype=np.float32)
        with progress.task(f"Reading windows of {marker}", windows.bases, "bp") as task:
            for piece in windows.pieces():
                values = [sources.scores_of(track.id, piece.places) for track in tracks]
                labels = piece_labels(sources, marker, piece) if compared else None
                table[:-1, piece.windows] = _columns(values, labels, piece.first)
                if spread:
                    apart = sources.values_of(spread.id, piece.places)
                    table[-1, piece.windows] = group_means(apart, piece.first)
                task.advance(piece.bases)
        return dict(zip(_COLUMNS, table, strict=True))

    return cached(folder, question, inputs, make)


def _columns(
    values: list[Values],
    labels: npt.NDArray[np.bool_] | None,
    first: Positions,
) -> npt.NDArray[np.float64]:
    """The columns of windows that begin at `first`, float64 (columns, windows)."""
    one = values[0]
    absent = np.full(len(first), np.nan)
    high = np.fmax.reduceat(one, first).astype(np.float64)
    columns = [group_means(one, first), absent, high, absent, absent, absent]
    if len(values) > 1:
        columns[1], columns[3] = (
            group_means(values[1], first),
            group_means(abs(one - values[1]), first),
        )
    if labels is not None:
        columns[4] = group_means(abs(one - labels), first)
        columns[5] = np.add.reduceat(labels, first, dtype=np.float64) / np.diff(
            first, append=len(labels)
        )
    return np.stack(columns)


def _split(index: int) -> str | None:
    return SPLITS[index] if index >= 0 else None
