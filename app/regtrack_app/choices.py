"""What views may name, so that an address can be checked against it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from regtrack.genome.assembly import Assembly
from regtrack.genome.interval import Interval


@dataclass(frozen=True)
class Choices:
    """What a view may name.

    Attributes:
        assembly: the chromosomes.
        markers: names.
        models: ids.
        tracks: ids of the tracks that are no model's scores: saliency and signals.
        find_gene: the interval of a gene; None without genes.
        opening: where a view of a marker, or of none, opens; None: mid-chromosome.
    """

    assembly: Assembly
    markers: tuple[str, ...]
    models: tuple[str, ...]
    tracks: tuple[str, ...] = ()
    find_gene: Callable[[str], Interval] | None = None
    opening: Callable[[str | None], Interval] | None = None
