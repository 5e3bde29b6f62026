"""The whole path on real data: public files fetched, a dataset, four networks, scores and tracks.

Every step is a call that users can make. A step whose output is there is not repeated, and one that
was interrupted resumes, so that the same call again finishes what it began.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from regtrack.atomic import hold, publish_file
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset
from regtrack.errors import FetchError, OutputError, RecordError, invalid, nearest
from regtrack.evaluation.report import evaluate
from regtrack.evaluation.scores import FORMAT, REPORT_FILE, CategoryScores
from regtrack.fetch.choose import FetchRequest
from regtrack.fetch.net import Net
from regtrack.fetch.run import fetch_data
from regtrack.files.records import read_record, to_text, typed
from regtrack.genome.reference import Reference
from regtrack.progress import SILENT, Progress
from regtrack.quickstart import plan
from regtrack.quickstart.plan import Files, QuickstartRequest, find_files, plan_quickstart
from regtrack.sweep.run import predict_genome
from regtrack.tracks.sweep_record import SWEEP_FILE
from regtrack.training.fit import train

_BLOCK, _BLOCKS = 1_000_000, 20  # bp of a stretch of a split, and how many there are at least


@dataclass(frozen=True)
class Quickstart:
    """What a quickstart made.

    Attributes:
        request: what was asked for.
        files: what it was made of.
        scores: on the test split, by network and category.
        shown: the names of the markers with tracks.
        chrom: whose tracks there are.
    """

    request: QuickstartRequest
    files: Files
    scores: tuple[CategoryScores, ...]
    shown: tuple[str, ...]
    chrom: str

    def to_dict(self) -> dict[str, Any]:
        """The result as JSON-serialisable values."""
        of_files = {
            name: None if value is None else str(value)
            for name, value in asdict(self.files).items()
        }
        request = self.request
        return {
            "out": str(request.out),
            "files": of_files,
            "data": str(request.data),
            "checkpoints": {name: str(request.run(name).checkpoint) for name in request.models},
            "tracks": {name: str(request.tracks(name)) for name in request.models},
            "markers": list(self.shown),
            "chrom": self.chrom,
            "scores": [row.to_dict() for row in self.scores],
        }


def run_quickstart(
    request: QuickstartRequest,
    *,
    jobs: int = 4,
    net: Net | None = None,
    progress: Progress = SILENT,
) -> Quickstart:
    """Fetch, build, train, evaluate and sweep, in one folder; the same call resumes.

    Args:
        request: what to do.
        jobs: downloads at once.
        net: connections; default: patient ones.
        progress: shows every step.

    Raises:
        FetchError: a file could not be fetched, or `files` lacks one.
        OutputError: `out` holds something else, another process uses it, or it cannot be written.
        DatasetError: too little sequence, or too few peaks.
    """
    plan_quickstart(request)
    with hold(request.out):
        _note(request)
        if request.files is None:
            _fetch(request, jobs, net, progress)
        files = find_files(request.inputs)
        dataset = _dataset(request, files, progress)
        for name in request.models:
            if not request.run(name).finished:
                train(
                    dataset, request.run(name).path, model=name, settings=plan.MODELS[name],
                    config=request.config, progress=progress,
                )  # fmt: skip
        scores = _scores(request, dataset, progress)
        chrom, shown = _chrom(request, dataset), _shown(dataset)
        for name in request.models:
            if not (request.tracks(name) / SWEEP_FILE).exists():
                predict_genome(
                    request.run(name).checkpoint, files.reference, request.tracks(name),
                    markers=shown, chroms=[chrom], progress=progress,
                )  # fmt: skip
    return Quickstart(request, files, scores, shown, chrom)


def _note(request: QuickstartRequest) -> None:
    """Write down what was asked for, so that another quickstart does not continue this one."""
    if not (request.out / plan.RECORD).exists():
        content = {"format": plan.FORMAT, "version": plan.VERSION, "request": request.to_dict()}
        request.out.mkdir(parents=True, exist_ok=True)
        with publish_file(request.out / plan.RECORD) as temporary:
            temporary.write_text(to_text(content), encoding="utf-8")


def _fetch(request: QuickstartRequest, jobs: int, net: Net | None, progress: Progress) -> None:
    asked = FetchRequest([plan.STARTER], sources=request.sources)
    done = fetch_data(asked, request.inputs, jobs=jobs, net=net, progress=progress)
    if done.failed:
        first, others = done.failed[0], len(done.failed) - 1
        more = f" (and {others} more files)" if others else ""
        raise FetchError(
            f"{first.file} could not be fetched{more}: {first.reason}; the same command tries "
            "again, or `files` names a folder with the files"
        )


def _dataset(request: QuickstartRequest, files: Files, progress: Progress) -> Dataset:
    if not request.data.exists():
        with Reference(files.reference) as reference:
            bases = sum(reference.assembly.lengths)
        window = DatasetSpec().window
        block = max(min(_BLOCK, bases // _BLOCKS // window * window), window)
        build_dataset(
            files.reference, files.markers, request.data, exclude=files.exclude, progress=progress,
            spec=DatasetSpec(split=SplitSpec(kind="block", block=block)),
        )  # fmt: skip
    return Dataset.open(request.data)


def _scores(
    request: QuickstartRequest, dataset: Dataset, progress: Progress
) -> tuple[CategoryScores, ...]:
    if not request.scores.exists():
        checkpoints = [request.run(name).checkpoint for name in request.models]
        evaluate(dataset, checkpoints, progress=progress).write(request.scores)
    return _categories(request.scores / REPORT_FILE)


def _chrom(request: QuickstartRequest, dataset: Dataset) -> str:
    assembly = dataset.assembly
    if request.track_chrom is None:
        return assembly.resolve(plan.CHROM) or assembly.names[-1]
    found = assembly.resolve(request.track_chrom)
    if found is None:
        expected = f"of {assembly.summary()}{nearest(request.track_chrom, assembly.names)}"
        raise OutputError(invalid("track_chrom", request.track_chrom, expected))
    return found


def _shown(dataset: Dataset) -> tuple[str, ...]:
    """The marker of each category with most labelled bases in the test split."""
    positives = dataset.positives("test")
    categories = [marker.category for marker in dataset.markers]
    rows = [
        max(np.flatnonzero([one == category for one in categories]), key=lambda row: positives[row])
        for category in dict.fromkeys(categories)
    ]
    return tuple(dataset.markers[row].name for row in rows)


def _categories(path: Path) -> tuple[CategoryScores, ...]:
    """The rows by category of a report.json."""
    content = read_record(path)
    if content.get("format") != FORMAT:
        raise RecordError(f"{path} is not a report of regtrack evaluate; evaluate again")
    rows = typed(content.get("categories"), list[dict[str, Any]])
    each: list[Any] = [
        {name: math.nan if one is None else one for name, one in row.items()} for row in rows
    ]
    return tuple(CategoryScores(**row) for row in each)
