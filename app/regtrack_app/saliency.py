"""Saliency on request: computed in its own process, kept, and drawn below the tracks."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from regtrack.compare.checkpoints import Maker
from regtrack.compare.sources import Sources
from regtrack.errors import MissingPackageError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack.genome.sequence import LETTERS
from regtrack.model_style import ModelStyle
from regtrack.progress import Progress, Task
from regtrack_app.context_rows import LETTERS_UP_TO
from regtrack_app.jobs import Job, Jobs
from regtrack_app.process import Workers
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
        self._workers = Workers()

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
        title, key = f"Saliency of {label} for {marker}", f"{marker}/{model}/=saliency"
        if found is None:
            return ValueRow(
                key, title, "", (), marker, "saliency", "saliency",
                problem="not computed here; use the panel Saliency below", height=64,
            )  # fmt: skip
        asked, values = found
        note = "gradient × input"
        if asked.region != view.region:
            note += f", of the scores in {asked.region}"
        if not _within(view.region, asked.region):
            note += "; recompute it for the rest"
        curve = on_screen(values, asked.region, view.region, label, style)
        letters = self._letters(view.region, curve) if curve.step == 1 else ""
        curve = replace(curve, letters=letters)
        height = 96 if letters else 64
        return ValueRow(key, title, note, (curve,), marker, "saliency", "saliency", height=height)

    def _letters(self, region: Interval, curve: Curve) -> str:
        """The bases of a curve, where the view is so narrow that each is one letter of a logo."""
        if len(region) > LETTERS_UP_TO:
            return ""
        start, length = curve.start, self._sources.assembly.length(region.chrom)
        end = min(start + len(curve.mean), length)
        try:
            codes = self._sources.letters.codes(region.chrom, start, end)
        except RegtrackError:
            return ""
        return "" if codes is None else "".join(LETTERS[code] for code in codes)

    def _latest(self, model: str, marker: str, region: Interval) -> tuple[Asked, Floats] | None:
        """What was computed for a region, or around all of it; else the latest that overlaps it."""
        asked_now = Asked(model, marker, region)
        with self._lock:
            if asked_now in self._found:
                return asked_now, self._found[asked_now]
            overlapping = [
                (asked, values)
                for asked, values in reversed(self._found.items())
                if (asked.model, asked.marker, asked.region.chrom) == (model, marker, region.chrom)
                and asked.region.start < region.end
                and asked.region.end > region.start
            ]
        around = (one for one in overlapping if _within(region, one[0].region))
        return next(iter((*around, *overlapping)), None)

    def _submit(self, asked: Asked) -> Job:
        title = self._sources.catalog.model(asked.model).label

        def work(progress: Progress, cancelled: Any) -> None:
            named = _Named(progress, title)
            with named.task("starting", None, ""):
                pass  # until the process says what it does
            arguments = {
                "target": self._target,
                "checkpoint": self._sources.checkpoints[asked.model],
                "reference": self._sources.reference,
                "marker": asked.marker,
                "region": asked.region,
            }
            values = self._workers.run(asked.model, saliency_values, arguments, named, cancelled)
            with self._lock:
                self._found[asked] = values
                self._found.move_to_end(asked)
                while len(self._found) > _KEPT:
                    self._found.popitem(last=False)

        return self._jobs.submit(asked.key, work)


class _Named:
    """A progress whose bars begin with a name."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress, self._name = progress, name

    def task(
        self, description: str, total: float | None, unit: str
    ) -> AbstractContextManager[Task]:
        """A bar."""
        return self._progress.task(f"{self._name}: {description}", total, unit)


def _within(inner: Interval, outer: Interval) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def saliency_values(
    *,
    target: str,
    checkpoint: Maker,
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
        with progress.task("loading torch", None, ""):
            module = import_module(name)
        compute = getattr(module, function)
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
