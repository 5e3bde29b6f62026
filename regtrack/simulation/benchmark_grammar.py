"""The benchmark's grammar: a local, a clustered and a distant marker, and every control."""

from __future__ import annotations

from regtrack.simulation.grammar import Element, Family, Grammar, PlantedMarker
from regtrack.simulation.rules import Around, Between, Clustered, Span

# clusters of copies, as in the demo: each copy has its own phase in a first convolution's 10-bp
# blocks
_FIRST, _LAST = ("CTCF",) * 5, ("REST",) * 5
_NEAR: tuple[Span, ...] = ((3, 12),) * 4
_OPEN = ("TP53", "HSF1", "MAFK")
_CLUSTER = _OPEN * 3

_PAIRS = Family("pair", apart=1_500)
_CLUSTERS = Family("cluster", apart=600)


def _partners(role: str, gap: Span, per_mb: float) -> Element:
    return Element(role, _FIRST + _LAST, (*_NEAR, gap, *_NEAR), per_mb, family=_PAIRS)


BENCHMARK_GRAMMAR = Grammar(
    elements=(
        _partners("too_far", (5_000, 7_000), 12),
        _partners("pair", (1_500, 3_000), 75),
        _partners("respaced", (100, 600), 20),
        Element("lone", _FIRST, _NEAR, 40, family=_PAIRS),
        Element("lone", _LAST, _NEAR, 40, family=_PAIRS),
        Element("shuffled", _FIRST, _NEAR, 30, shuffled=True),
        Element("shuffled", _LAST, _NEAR, 30, shuffled=True),
        Element("spread", _CLUSTER, ((200, 400),) * 8, 20, free=True, family=_CLUSTERS),
        Element("cluster", _CLUSTER, ((3, 12),) * 8, 180, free=True, family=_CLUSTERS),
        *(Element("single", (name,) * 3, ((3, 12),) * 2, 60, family=_CLUSTERS) for name in _OPEN),
        Element("shuffled", _CLUSTER, ((3, 12),) * 8, 30, free=True, shuffled=True),
    ),
    markers=(
        PlantedMarker("local", "CTCF", Around("CTCF", 60)),
        PlantedMarker("local", "REST", Around("REST", 60)),
        PlantedMarker("cluster", "DNase", Clustered(_OPEN, kinds=2, reach=150, margin=75)),
        PlantedMarker("distant", "H3K27me3", Between("CTCF", "REST", fewest=1_000, most=3_500)),
    ),
)
