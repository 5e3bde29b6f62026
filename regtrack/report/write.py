"""Writes a report, from files to one file: what `regtrack report` does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from regtrack.atomic import publish_file
from regtrack.compare.inputs import Inputs
from regtrack.compare.open_sources import open_inputs
from regtrack.compare.sources import Sources
from regtrack.errors import OutputError, RegionError, RegtrackError, invalid
from regtrack.labels.peaks import read_intervals
from regtrack.labels.report import report_peaks
from regtrack.progress import SILENT, Progress
from regtrack.report.made import File, how_made
from regtrack.report.page import Part, page
from regtrack.report.pick import Pick, best, most_different, worst
from regtrack.report.places import Places
from regtrack.report.scores import Scores, read_scores, usual_split
from regtrack.report.tables import categories_table, category_curves, marker_curves, markers_table

MOST_REGIONS = 100
"""Regions of one report, at most: each takes about 100 kB."""
_LONGEST = 10_000_000  # bp: every base is measured


@dataclass(frozen=True)
class ReportRequest:
    """What a report is about.

    Attributes:
        markers: names, globs or category:NAME; empty: all with labels and tracks.
        split: whose windows are scored: `train`, `valid`, `test` or `all`; empty: test, if there is
            a split.
        top: windows of each list: where models do best, worst, and differ most.
        regions: a BED of regions to show instead of these lists.
        title: of the page.

    Raises:
        RegtrackError: `top` is out of range.
    """

    markers: tuple[str, ...] = ()
    split: str = ""
    top: int = 5
    regions: Path | None = None
    title: str = "Models and labels"

    def __post_init__(self) -> None:
        if not 1 <= self.top <= MOST_REGIONS // 3:
            raise RegtrackError(invalid("top", self.top, f"1 to {MOST_REGIONS // 3}"))


@dataclass(frozen=True)
class Written:
    """What was written.

    Attributes:
        path: the file.
        size: of the file (bytes).
        regions: number of regions.
        markers: number of markers scored.
        split: whose windows were scored; None: all.
    """

    path: Path
    size: int
    regions: int
    markers: int
    split: str | None


def write_report(
    inputs: Inputs,
    request: ReportRequest,
    out: str | Path,
    *,
    command: str = "",
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> Written:
    """Write one HTML file that says where models do well, where not, and where they differ.

    Args:
        inputs: tracks, labels and genes.
        request: what the report is about.
        out: the file (.html).
        command: that made it, to be shown.
        overwrite: replace a file that exists.
        progress: shows what is read and drawn.

    Raises:
        OutputError: another suffix, or the file exists or cannot be written.
        RegtrackError: a file is missing, cannot be read or does not fit the others, or there is
            nothing to report on.
    """
    path = Path(out)
    if path.suffix.lower() not in {".html", ".htm"}:
        raise OutputError(f"cannot write {path}: expected a name that ends in .html, as `out`")
    files = (*inputs.files, request.regions)
    with (
        publish_file(path, inputs=files, overwrite=overwrite) as temporary,
        open_inputs(inputs) as sources,
    ):
        sources.wait_for_genes()
        named = _named_regions(sources, request.regions)
        wanted = request.split or usual_split(sources)
        scores = read_scores(
            sources, request.markers, None if wanted == "all" else wanted, progress
        )
        lists = _lists(scores, request, named)
        places = Places(sources, scores)
        parts = _parts(scores, lists, places, progress)
        made = how_made(sources, scores, _files(inputs, request), command)
        html = page(
            request.title, _summary(sources, scores),
            [*parts, Part("made", "How this was made", made)], places.svgs,
        )  # fmt: skip
        temporary.write_text(html, encoding="utf-8")
    shown = sum(len(picks) for _, _, picks in lists)
    return Written(path, path.stat().st_size, shown, len(scores.markers), scores.split)


_List = tuple[str, str, Sequence[Pick]]  # id, name, regions


def _lists(scores: Scores, request: ReportRequest, named: Sequence[Pick]) -> list[_List]:
    if request.regions is not None:
        return [("regions", "Regions", named)]
    found: list[_List] = [
        ("best", "Where models do best", best(scores, request.top)),
        ("worst", "Where models do worst", worst(scores, request.top)),
    ]
    if len(scores.models) > 1:
        differ = most_different(scores, request.top)
        found.append(("differ", "Where models differ most", differ))
    return found


_WHY = {
    "best": "Windows in which the mean PR AUC of the models is farthest above chance.",
    "worst": "Windows with labelled bases in which the mean PR AUC of the models is least above "
    "chance.",
    "differ": "Windows in which the PR AUC of the best and of the worst model are farthest apart.",
    "regions": "The regions that were asked for.",
}
_NONE = {"regions": "The BED has no region."}
_SAYS = {
    "best": "{:.0%} of the way from chance to perfect",
    "worst": "{:.0%} of the way from chance to perfect",
    "differ": "PR AUC {:.3f} apart",
}


def why_shown(identity: str, pick: Pick) -> str:
    """Why a window is shown; empty for a region that the user named."""
    if pick.value is None:
        return ""
    return f"{pick.marker}: {_SAYS[identity].format(pick.value).replace('-', '−')}"


def _parts(
    scores: Scores, lists: Sequence[_List], places: Places, progress: Progress
) -> list[Part]:
    curves = [category_curves(scores, 900), marker_curves(scores, 901)]
    places.svgs += curves
    drawn = "".join(f'<figure><div class="wide">{svg}</div></figure>' for svg in curves if svg)
    note = (
        '<p class="quiet">Over every base of the windows. Dotted: the base rate, which uninformed '
        "scores reach.</p>"
    )
    parts = [
        Part("categories", "Categories", categories_table(scores)),
        Part("curves", "Precision and recall", note + drawn),
    ]
    total = sum(len(picks) for _, _, picks in lists)
    with progress.task("Drawing regions", total, "regions") as task:
        for identity, name, picks in lists:
            shown = []
            for pick in picks:
                shown.append(places.html(pick, why_shown(identity, pick)))
                task.advance()
            none = f"<p>{_NONE.get(identity, 'No window has enough labelled bases.')}</p>"
            why = f'<p class="quiet">{_WHY[identity]}</p>'
            parts.append(Part(identity, name, why + ("".join(shown) or none)))
    parts.append(Part("markers", "Markers", markers_table(scores)))
    return parts


def _summary(sources: Sources, scores: Scores) -> str:
    windows = scores.windows
    whose = f"of the {scores.split} split" if scores.split else "of all chromosomes"
    text = (
        f"{len(windows):,} windows of {windows.length:,} bp {whose}, "
        f"{len(scores.markers):,} markers, {len(scores.models)} models. "
    )
    swatches = "".join(
        f'<span><i style="background:{model.style.light}"></i> {escape(model.label)}</span> '
        for model in scores.models
    )
    apart = ""
    if sources.trained_elsewhere & {model.id for model in scores.models}:
        apart = "<p><b>Some models were trained on another dataset than these labels.</b></p>"
    elif sources.dataset is not None and scores.split == "test":
        apart = "<p>Held out: no model of this dataset was trained on these windows.</p>"
    return f'<p>{escape(text)}</p><p class="key">{swatches}</p>{apart}'


def _named_regions(sources: Sources, path: Path | None) -> list[Pick]:
    """The regions of a BED, in its order."""
    if path is None:
        return []
    found, peaks = read_intervals(path, sources.assembly)
    report_peaks(path, peaks)
    if not found and peaks.counts.read:
        raise RegionError(
            f"{path} has no region on the chromosomes of the tracks "
            f"({sources.assembly.summary()}); give a BED of the tracks' assembly"
        )
    if len(found) > MOST_REGIONS:
        raise RegionError(
            f"{path} has {len(found):,} regions; choose at most {MOST_REGIONS} for a report"
        )
    for place in found:
        if len(place) > _LONGEST:
            raise RegionError(f"{place} in {path} is longer than {_LONGEST:,} bp; choose a part")
    return [Pick(place) for place in found]


def _files(inputs: Inputs, request: ReportRequest) -> list[File]:
    named = (("labels", inputs.labels), ("genes", inputs.genes), ("regions", request.regions))
    return [File(what, Path(path)) for what, path in named if path is not None]
