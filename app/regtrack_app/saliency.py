"""Saliency on request: computed in its own process, kept, and drawn below the tracks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from regtrack.compare.sources import Sources
from regtrack.errors import MissingPackageError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack.model_style import ModelStyle
from regtrack.progress import Progress
from regtrack_app.jobs import Job, Jobs
from regtrack_app.process import run_process
from regtrack_app.rows import Curve, Floats, Row, ValueRow
from regtrack_app.state import View
from regtrack_app.tiles import MOST_BINS

MOST_BASES = 51_000
"""The widest view whose saliency is computed (bp): 50 kb, and a little for moves and zooms."""
_KEPT = 64


@dataclass(frozen=True)
class Asked:
    """Saliency of one model for one marker over a region."""

    model: str
    marker: str
    region: Interval

    @property
    def key(self) -> str:
        """The key of its job."""
        return f"saliency|{self.model}|{self.marker}|{self.region}"


class Saliency:
    """Computes saliency and keeps it; one instance serves all threads.

    Args:
        sources: tracks, checkpoints and reference.
        jobs: run the work.
        target: `module:function` that computes it, imported only in the new process, since it
            loads torch. Called with checkpoint, reference, marker, chrom, start, end and progress;
            returns something with `values`, float32 (end - start,).
    """

    def __init__(self, sources: Sources, jobs: Jobs, target: str) -> None:
        self._sources, self._jobs, self._target = sources, jobs, target
        self._found: OrderedDict[Asked, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def start(self, view: View) -> list[Job]:
        """Compute what a view shows: every drawn model with a checkpoint, for the first marker.

        Raises:
            RegtrackError: no checkpoint, reference or marker, or the view is too wide.
        """
        sources, region = self._sources, view.region
        models = [
            model
            for model in view.models
            if model in sources.checkpoints
            and view.markers
            and sources.catalog.find(model, view.markers[0]) is not None
        ]
        if not models:
            raise RegtrackError(
                "no model on screen has both a checkpoint and the first marker; start regtrack "
                "serve with its checkpoint"
            )
        if sources.reference is None:
            raise RegtrackError(
                "saliency needs the sequence: start regtrack serve with a reference"
            )
        if len(region) > MOST_BASES:
            raise RegtrackError(
                f"the view has {len(region):,} bp; saliency is computed for at most "
                f"{MOST_BASES:,}: zoom in"
            )
        return [self._submit(Asked(model, view.markers[0], region)) for model in models]

    def rows(self, view: View) -> Sequence[Row]:
        """A row for each drawn model whose saliency of a view is, or could be, computed."""
        return [
            self._row(view, model, marker)
            for marker in view.markers[:1]
            for model in view.models
            if model in self._sources.checkpoints
        ]

    def _row(self, view: View, model: str, marker: str) -> ValueRow:
        catalog = self._sources.catalog
        style = catalog.model(model).style
        label = style.title
        found = self._latest(model, marker, view.region)
        title, key = f"Saliency of {label}", f"{marker}/{model}/saliency"
        if found is None:
            return ValueRow(
                key, title, marker, (), marker, "saliency", "saliency",
                problem="not computed here; use the panel Saliency below", height=64,
            )  # fmt: skip
        asked, values = found
        of_this_view = asked.region == view.region
        note = marker if of_this_view else "of another view; recompute it below"
        # that of another view is grey, like a track without a model
        curve = on_screen(values, asked.region, view.region, label, style if of_this_view else None)
        return ValueRow(key, title, note, (curve,), marker, "saliency", "saliency", height=64)

    def _latest(self, model: str, marker: str, region: Interval) -> tuple[Asked, Floats] | None:
        """What was computed for a region, otherwise the latest that overlaps it."""
        asked_now = Asked(model, marker, region)
        with self._lock:
            if asked_now in self._found:
                return asked_now, self._found[asked_now]
            for asked, values in reversed(self._found.items()):
                place = asked.region
                wanted = (asked.model, asked.marker, place.chrom) == (model, marker, region.chrom)
                if wanted and place.start < region.end and place.end > region.start:
                    return asked, values
        return None

    def _submit(self, asked: Asked) -> Job:
        def work(progress: Progress, cancelled: Any) -> None:
            arguments = {
                "target": self._target,
                "checkpoint": self._sources.checkpoints[asked.model],
                "reference": self._sources.reference,
                "marker": asked.marker,
                "region": asked.region,
            }
            values = run_process(saliency_values, arguments, progress, cancelled)
            with self._lock:
                self._found[asked] = values
                self._found.move_to_end(asked)
                while len(self._found) > _KEPT:
                    self._found.popitem(last=False)

        return self._jobs.submit(asked.key, work)


def saliency_values(
    *,
    target: str,
    checkpoint: Path,
    reference: Path,
    marker: str,
    region: Interval,
    progress: Progress,
) -> Floats:
    """The saliency of a region, float32 (bp,); runs in its own process, which alone loads torch.

    Raises:
        RegtrackError: raised by the computation.
        MissingPackageError: it is not installed.
    """
    name, _, function = target.partition(":")
    try:
        compute = getattr(import_module(name), function)
    except (ImportError, AttributeError) as error:
        raise MissingPackageError(f"saliency cannot be computed here: {error}") from error
    found = compute(checkpoint, reference, region, marker, progress=progress)
    return np.asarray(found.values, dtype=np.float32)


def on_screen(
    values: Floats, place: Interval, region: Interval, label: str, style: ModelStyle | None
) -> Curve:
    """Saliency over a region and as much on either side, in bins; NaN where not computed.

    Each bin has its value furthest from 0.

    Args:
        values: one per base, float32 (bp,); NaN counts as 0.
        place: the interval of the values.
        region: what is on screen.
        label: title of the model.
        style: how the model is drawn; None: grey.
    """
    step = -(-len(region) // MOST_BINS)
    low = max(0, region.start - len(region)) // step * step
    count = -(-(region.end + len(region) - low) // step)
    curve = Curve(label, style, low, step, np.full(count, np.nan, dtype=np.float32))
    bins = (np.arange(place.start, place.end) - low) // step
    there = (bins >= 0) & (bins < count)
    bins, values = bins[there], np.nan_to_num(values[there])
    if len(bins):
        firsts = np.flatnonzero(np.diff(bins, prepend=-1))
        most, least = np.maximum.reduceat(values, firsts), np.minimum.reduceat(values, firsts)
        curve.mean[bins[firsts]] = np.where(most >= -least, most, least)
    return curve
