"""The ranking of windows, computed in the background for the table and its download."""

from __future__ import annotations

from typing import cast

from regtrack.compare.ranking import RankBy, rank_windows
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError
from regtrack_app.jobs import Job, Jobs
from regtrack_app.state import View, compared


def window_job(sources: Sources, jobs: Jobs, view: View, *, start: bool) -> Job:
    """The job that ranks the windows of a view.

    Args:
        sources: the tracks and labels.
        jobs: run it.
        view: names marker, models, split and ranking.
        start: start it again if it failed or was cancelled.

    Raises:
        RegtrackError: no marker or model is selected, or too many jobs are waiting.
    """
    if not view.markers:
        raise RegtrackError("select a marker: windows are ranked by its tracks")
    pair = compared(view)
    if not pair:
        raise RegtrackError("select a model: windows are ranked by its tracks")
    marker, first, second = view.markers[0], pair[0], pair[1] if len(pair) > 1 else None
    kind = cast("RankBy", view.rank)
    key = "|".join(("windows", kind, marker, first, second or "", view.split))
    known = jobs.get(key)
    if known is not None and not start:
        return known
    split = None if view.split == "all" else view.split
    return jobs.submit(
        key,
        lambda progress, _cancelled: rank_windows(
            sources, kind, marker, first, second, split=split, progress=progress
        ),
    )
