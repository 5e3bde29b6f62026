"""The demo's grammar: one marker of each of the paper's categories."""

from __future__ import annotations

from regtrack.simulation.grammar import Element, Family, Grammar, PlantedMarker
from regtrack.simulation.rules import Around, Between, Clustered, Span

# Factors do bind clusters of their motif. Here the copies also let a network learn within a
# minute: its first convolution sees 10-bp blocks, in which each copy has a different phase.
_FIRST, _LAST = ("CTCF",) * 5, ("REST",) * 5
_NEAR: tuple[Span, ...] = ((3, 12),) * 4
_OPEN = ("TP53", "HSF1", "MAFK")
_COPIES = 3

_PAIR = Family("pair", apart=1_500)
_CLUSTER = Family("cluster", apart=600)

_PAIRS = (
    Element("too_far", _FIRST + _LAST, (*_NEAR, (5_000, 7_000), *_NEAR), 10, family=_PAIR),
    Element("pair", _FIRST + _LAST, (*_NEAR, (1_500, 3_000), *_NEAR), 75, family=_PAIR),
    Element("lone", _FIRST, _NEAR, 50, family=_PAIR),
    Element("lone", _LAST, _NEAR, 50, family=_PAIR),
)
_SHUFFLED = (
    Element("shuffled", _FIRST, _NEAR, 40, shuffled=True),
    Element("shuffled", _LAST, _NEAR, 40, shuffled=True),
)
_CLUSTERS = (
    Element("cluster", _OPEN * _COPIES, ((3, 12),) * 8, 200, free=True, family=_CLUSTER),
    *(Element("single", (name,) * _COPIES, ((3, 12),) * 2, 100, family=_CLUSTER) for name in _OPEN),
)

DEFAULT_GRAMMAR = Grammar(
    elements=_PAIRS + _SHUFFLED + _CLUSTERS,
    markers=(
        PlantedMarker("TF", "CTCF", Around("CTCF", 300)),
        PlantedMarker("TF", "REST", Around("REST", 300)),
        PlantedMarker("DNase", "DNase", Clustered(_OPEN, kinds=2, reach=150, margin=75)),
        PlantedMarker("histone", "H3K27me3", Between("CTCF", "REST", fewest=1_000, most=3_500)),
    ),
)
