"""The scores of all markers, computed in the background for the parts of the page with them."""

from __future__ import annotations

from regtrack.compare.scoreboard import score_models
from regtrack.compare.sources import Sources
from regtrack_app.jobs import Job, Jobs


def score_job(
    sources: Sources, jobs: Jobs, first: str | None, second: str, split: str, *, start: bool
) -> Job:
    """The job that scores two models, or chance and one, on a split.

    Args:
        sources: the tracks and labels.
        jobs: run it.
        first: id of the first model; None: chance.
        second: id of the second model.
        split: a split or `all`.
        start: start it again if it failed or was cancelled.

    Raises:
        RegtrackError: too many jobs are waiting.
    """
    key = "|".join(("scores", first or "", second, split))
    known = jobs.get(key)
    if known is not None and not start:
        return known
    windows = None if split == "all" else split
    return jobs.submit(
        key,
        lambda progress, _cancelled: score_models(
            sources, first, second, windows, progress=progress
        ),
    )
