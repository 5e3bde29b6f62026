"""The rows of a region: of markers, other tracks, genes and the sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from regtrack.compare.annotations import Annotation
from regtrack.compare.sources import Sources
from regtrack.errors import DatasetError
from regtrack.figures.region.values import Bars, Bases, GeneModels, Line, Panel, Row
from regtrack.genome.interval import Interval
from regtrack.genome.intervals import Intervals
from regtrack.genome.sequence import LETTERS
from regtrack.tracks.catalog import ModelTracks, Track
from regtrack.views.lines import Lines, between_models, less_labels
from regtrack.views.request import ViewRequest
from regtrack.views.scales import Draft

_STACKED, _SHARED, _DIFFERENCE, _SAID = 8.0, 13.0, 7.0, 4.0  # heights, mm
_LANES, _ISOFORM_LANES = 6, 14
_UNSCALED = (0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Rows:
    """Makes the rows of one region.

    Attributes:
        sources: tracks, labels and genes.
        request: how they are drawn.
        region: what is read.
        models: whose tracks are drawn.
        pair: the ids of the two models that are subtracted; empty: the first two.
        bins: maximum number of bins of a line.
        letters: whether a base is wide enough for a letter.
    """

    sources: Sources
    request: ViewRequest
    region: Interval
    models: Sequence[ModelTracks]
    pair: Sequence[str]
    bins: int
    letters: bool

    def genes(self) -> list[Draft | Row]:
        """The genes, if there is a file of them."""
        genes = self.sources.wait_for_genes()
        if genes is None:
            return []
        place, isoforms = self.region, self.request.isoforms
        found = genes.within(place.chrom, place.start, place.end, isoforms=isoforms)
        return [GeneModels(found, _ISOFORM_LANES if isoforms else _LANES)]

    def sequence(self) -> list[Draft | Row]:
        """The bases, if they can be read in print and are known."""
        bases = self._bases() if self.letters else ""
        return [Bases(self.region.start, bases)] if bases else []

    def marker(self, marker: str) -> list[Draft | Row]:
        """A marker's labels, its models, and the differences that were asked for."""
        labels = self._labels(marker)
        lines = self._lines(self.request.statistic).of_marker(self.models, marker)
        panels = [*self._panels(marker, lines, labels), *self._differences(marker, labels)]
        name, note = self._name(marker)
        if labels is not None:
            return [Bars(name, note, labels), *panels]
        first = replace(panels[0], panel=replace(panels[0].panel, name=name, note=note))
        return [first, *panels[1:]]

    def other(self, track: Track) -> Draft:
        """A track that is not a model's scores: signed saliency, or anything else."""
        signed = track.kind == "saliency"
        line = self._lines(self.request.statistic).of_track(track)
        if signed and self.letters:
            line = replace(line, letters=self._bases())
        name, note = (track.marker or "", track.kind) if track.style else (track.label, "")
        panel = Panel(
            track.id, name, note, (line,), _UNSCALED, height=_STACKED,
            log=self.request.axis == "log" and not signed, unit="" if signed else self._unit,
        )  # fmt: skip
        group = f"saliency {track.marker}" if signed else track.id
        return self._looked(Draft(panel, track.id, group, "saliency" if signed else "other"))

    def places(self, file: Annotation) -> Bars:
        """The places of a BED or VCF file."""
        found = file.on(self.region)
        spans = Intervals.merged(found.starts, found.ends)
        return Bars(file.label, "", spans.clip(self.region.start, self.region.end), file.kind)

    def _panels(self, marker: str, lines: dict[str, Line], labels: Intervals | None) -> list[Draft]:
        """One panel for all models, or one each."""
        shown: dict[str, tuple[Line, ...]] = {marker: tuple(lines.values())}
        if lines and not self.request.overlay:
            shown = {f"{marker}/{model}": (line,) for model, line in lines.items()}
        high = _SAID if not lines else _SHARED if self.request.overlay else _STACKED
        category = self.sources.catalog.marker(marker).category
        return [
            self._looked(
                Draft(
                    Panel(
                        key, "", "", drawn, _UNSCALED, height=high, unit=self._unit,
                        log=self.request.axis == "log", tint=labels or Intervals.none(),
                        problem="" if lines else "none of the models predicts this marker",
                    ),
                    marker, category,
                )
            )
            for key, drawn in shown.items()
        ]  # fmt: skip

    def _differences(self, marker: str, labels: Intervals | None) -> list[Draft]:
        """Of scores, whatever the axis of the tracks."""
        wanted = self.request.differences
        if not wanted:
            return []
        if "labels" in wanted and labels is None:
            raise DatasetError(
                f'"{marker[:60]}" has no labels to subtract; name `labels` that have it'
            )
        plain = Lines(self.sources, self.region, self.bins, "mean")
        lines = plain.of_marker(self.models, marker)
        found = []
        less = between_models(lines, self.pair) if "models" in wanted else None
        if less is not None:
            found.append(self._difference(f"{marker}/=models", marker, "models", less))
        if "labels" in wanted and labels is not None:
            found += [
                self._difference(
                    f"{marker}/{model}/=labels", marker, "labels", less_labels(line, labels)
                )
                for model, line in lines.items()
            ]
        return found

    def _difference(self, key: str, marker: str, group: str, line: Line) -> Draft:
        panel = Panel(key, "", "", (line,), _UNSCALED, height=_DIFFERENCE)
        return self._looked(Draft(panel, marker, group, "difference"))

    def _lines(self, statistic: str) -> Lines:
        fold = self.request.axis == "fold"
        return Lines(self.sources, self.region, self.bins, statistic, fold)

    @property
    def _unit(self) -> str:
        return "×" if self.request.axis == "fold" else ""

    def _labels(self, marker: str) -> Intervals | None:
        if not self.sources.has_labels(marker):
            return None
        place = self.region
        return self.sources.labelled(marker, place.chrom, place.start, place.end)

    def _name(self, marker: str) -> tuple[str, str]:
        """The target and the biosample; the marker's name if it says more."""
        known = self.sources.catalog.marker(marker)
        plain = {f"{known.biosample}_{known.target}".lower(), known.target.lower()}
        if marker.lower() in plain:
            return known.target, known.biosample
        return marker, known.category

    def _bases(self) -> str:
        place = self.region
        codes = self.sources.letters.codes(place.chrom, place.start, place.end)
        return "" if codes is None else "".join(LETTERS[code] for code in codes)

    def _looked(self, draft: Draft) -> Draft:
        """A panel as its row was changed."""
        panel, look = draft.panel, self.request.row_looks.get(draft.panel.key)
        if self.request.row_height and panel.lines:
            panel = replace(panel, height=self.request.row_height)
        if look is None:
            return replace(draft, panel=panel)
        lines = panel.lines
        if look.colour and len(lines) == 1:
            lines = (replace(lines[0], colour=look.colour, below=""),)
        panel = replace(panel, lines=lines, height=look.height or panel.height)
        return replace(draft, panel=panel, limits=look.limits)
