"""The page's texts about a view: the split, whether it is exact, and a summary."""

from __future__ import annotations

from collections.abc import Sequence

from regtrack.compare.sources import Sources
from regtrack.genome.interval import span_text
from regtrack_app.state import View, compared
from regtrack_app.view_data import Scene

Shares = Sequence[tuple[str, float]]

_MEANS = {
    "train": "models of this dataset were trained here",
    "valid": "models of this dataset were selected here",
    "test": "held out: unseen by models of this dataset",
}


def badge_text(splits: Shares, foreign: Sequence[str] = ()) -> str:
    """The split of what is on screen, so that nobody mistakes memory for skill.

    Args:
        splits: the splits, with their fractions of the region.
        foreign: labels of models on screen that were trained on another dataset.

    >>> badge_text([("test", 1.0)])
    'test · held out: unseen by models of this dataset'
    >>> badge_text([("train", 0.75), ("test", 0.25)])
    'mixed: train 75 %, test 25 %'
    >>> badge_text([("test", 1.0)], ["CNN7"])
    'test · CNN7 was trained on another dataset and may have seen this region'
    """
    if not splits:
        return ""
    if foreign:
        were = "was" if len(foreign) == 1 else "were"
        names = " and ".join(foreign)
        means = f"{names} {were} trained on another dataset and may have seen this region"
    else:
        means = _MEANS.get(splits[0][0], "") if len(splits) == 1 else ""
    return f"{_parts(splits)} · {means}" if means else _parts(splits)


def _parts(splits: Shares) -> str:
    parts = [
        name if share > 0.995 else f"{name} {share:.0%}".replace("%", " %")
        for name, share in splits
    ]
    return parts[0] if len(parts) == 1 else f"mixed: {', '.join(parts)}"


def badge_class(splits: Shares, foreign: Sequence[str] = ()) -> str:
    """The CSS class that colours the badge."""
    if not splits:
        return "badge empty"
    return f"badge {splits[0][0] if len(splits) == 1 and not foreign else 'mixed'}"


def foreign_models(view: View, sources: Sources) -> list[str]:
    """Labels of the models on screen that were trained on a dataset other than that of the labels.

    A model is on screen with any of its tracks. Empty if the labels are not a dataset, or the
    sweeps do not record theirs.
    """
    catalog, drawn = sources.catalog, set(view.tracks)
    sweeps = [catalog.model(model) for model in view.models] + [
        sweep
        for sweep in catalog.other_sweeps
        if drawn.intersection(track.id for track in sweep.tracks)
    ]
    labels = (sweep.label for sweep in sweeps if sweep.id in sources.trained_elsewhere)
    return list(dict.fromkeys(labels))


_STATISTICS = {
    "mean": "the mean",
    "max": "the maximum",
    "both": "the mean, with a thin line for the maximum,",
}


def notes(scene: Scene, statistic: str = "mean") -> str:
    """What a bin is, and whether it is exact.

    Args:
        scene: what is shown.
        statistic: what is drawn of a bin; see `Look`.
    """
    step = scene.tile.step
    if scene.exact and step == 1:
        return "Exact: every base is drawn."
    drawn = f"each point is {_STATISTICS[statistic]}"
    if scene.exact:
        return f"Exact: {drawn} of {step:,} bases."
    return (
        f"Zoom summary: {drawn} over {span_text(step)} from the file's zoom records of "
        f"{span_text(scene.reduction)}; for exact values zoom in."
    )


def next_step(view: View, sources: Sources) -> str:
    """What the key `n` does in this view; empty if there is nothing to rank."""
    labels = [sources.catalog.model(model).label for model in compared(view)]
    if not labels or not view.markers:
        return ""
    if view.rank == "disagreement" and len(labels) == 2:
        return f"n: next window where {labels[0]} and {labels[1]} disagree"
    if view.rank == "error" and sources.labels is not None:
        return f"n: next window where {labels[0]} is far from the labels"
    if view.rank == "spread" and sources.catalog.model(compared(view)[0]).spreads:
        return f"n: next window where the networks of {labels[0]} lie apart"
    return f"n: next window with a high score of {labels[0]}"


def pair_text(view: View, sources: Sources) -> str:
    """Which models A and B stand for."""
    labels = [sources.catalog.model(model).label for model in compared(view)]
    return ", ".join(f"{letter} is {label}" for letter, label in zip("AB", labels, strict=False))


def summary(view: View, scene: Scene, sources: Sources) -> str:
    """The view in words, for screen readers."""
    labels = [sources.catalog.model(model).label for model in view.models]
    parts = [
        f"{view.region}, {span_text(len(view.region))}.",
        f"Markers: {', '.join(view.markers) or 'none'}.",
        f"Models: {', '.join(labels) or 'none'}.",
        "Exact values." if scene.exact else "Summary of zoom records.",
    ]
    badge = badge_text(scene.splits, foreign_models(view, sources))
    return " ".join([*parts, f"Split: {badge}." if badge else ""]).strip()
