"""What views may name; addresses are checked against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from regtrack.compare.sources import Sources
from regtrack.dataset.store import SPLITS
from regtrack.errors import RegionError
from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval
from regtrack_app.opening import opening

_OPENINGS = 256  # markers whose opening region is cached


@dataclass(frozen=True)
class Choices:
    """What a view may name.

    Attributes:
        assembly: the chromosomes.
        markers: names.
        models: ids.
        tracks: ids of tracks that are not a model's scores: saliency, signals and files of places.
        find_gene: returns the interval of a gene; None without genes.
        opening: returns where a view of a marker, or of none, opens; None: mid-chromosome.
        splits: those that have windows.
    """

    assembly: Assembly
    markers: tuple[str, ...]
    models: tuple[str, ...]
    tracks: tuple[str, ...] = ()
    find_gene: Callable[[str], Interval] | None = None
    opening: Callable[[str | None], Interval] | None = None
    splits: tuple[str, ...] = ()


def choices_of(sources: Sources) -> Choices:
    """What views of these sources may name."""
    catalog = sources.catalog
    predicted = {track.marker for model in catalog.models for track in model.tracks}
    # a marker that a model predicts is a better start than one with labels only
    markers = sorted(catalog.markers, key=lambda marker: marker.name not in predicted)
    return Choices(
        assembly=sources.assembly,
        markers=tuple(marker.name for marker in markers),
        models=tuple(model.id for model in catalog.models),
        tracks=(
            *(track.id for track in catalog.others),
            *(file.id for file in sources.annotations),
        ),
        find_gene=_gene_finder(sources),
        opening=lru_cache(_OPENINGS)(lambda marker: opening(sources, marker)),
        splits=_splits(sources),
    )


def _splits(sources: Sources) -> tuple[str, ...]:
    if sources.dataset is None:
        return ()
    there = set(np.unique(sources.dataset.windows["split"]).tolist())
    return tuple(name for number, name in enumerate(SPLITS) if number in there)


def _gene_finder(sources: Sources) -> Callable[[str], Interval] | None:
    later = sources.gene_file
    if later is None:
        return None

    def find(name: str) -> Interval:
        genes = later.wait(2.0)
        if genes is None:
            reason = later.error or "the genes are still being read; try again in a moment"
            raise RegionError(f'"{name}" cannot be looked up: {reason}')
        gene = genes.find(name)
        chrom = sources.assembly.resolve(gene.chrom)
        if chrom is None or gene.end > sources.assembly.length(chrom):
            raise RegionError(f'gene "{name}" lies at {gene}, which no track here covers')
        return Interval(chrom, gene.start, gene.end)

    return find
