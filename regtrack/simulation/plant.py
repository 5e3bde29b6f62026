"""Plant elements into a sequence, and find every site it then contains."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from regtrack.errors import GrammarError
from regtrack.genome.intervals import Mask
from regtrack.genome.sequence import Codes, N, reverse_complement
from regtrack.simulation.grammar import Element, Family, Grammar
from regtrack.simulation.motifs import Motif
from regtrack.simulation.rules import Site

_log = logging.getLogger(__name__)

_TRIES = 2_000
_MARGIN = 10  # minimum bp between the sites of two elements


def plant(codes: Codes, chrom: str, grammar: Grammar, rng: np.random.Generator) -> list[Site]:
    """Write elements into a chromosome's codes (length,), in place, at random places and strands.

    An element never covers N, keeps the distance that its family asks for, and keeps its sites
    10 bp away from those of other elements. If the chromosome is full, fewer are planted, and a
    warning is logged.

    Returns:
        The planted sites, shuffled ones included, sorted.

    Raises:
        GrammarError: a motif that cannot be drawn without containing another one, or shuffled.
    """
    motifs = grammar.motifs()
    gap = codes == N
    families = {e.family: gap.copy() for e in grammar.elements if e.family is not None}
    ground = _Ground(gap.copy(), families, motifs)
    sites: list[Site] = []
    number = 0
    for element in grammar.elements:
        wanted = round(element.per_mb * len(codes) / 1e6)
        for count in range(wanted):
            layout = ground.place(element, rng)
            if layout is None:
                _log.warning(
                    "%s has room for %d of %d %s elements; for more room lower per_mb or apart",
                    chrom, count, wanted, element.role,
                )  # fmt: skip
                break
            number += 1
            for copy, spot in enumerate(layout, 1):
                drawn = _draw(spot.motif, element.shuffled, motifs.values(), rng)
                forward = drawn if spot.strand == "+" else reverse_complement(drawn)
                codes[spot.start : spot.end] = forward
                site = spot.site(chrom, element)
                sites.append(replace(site, element=number, copy=copy))
    return sorted(sites)


@dataclass(frozen=True)
class _Spot:
    """Where one motif of an element goes."""

    start: int
    motif: Motif
    strand: str

    @property
    def end(self) -> int:
        return self.start + len(self.motif)

    def moved(self, offset: int) -> _Spot:
        return _Spot(self.start + offset, self.motif, self.strand)

    def site(self, chrom: str, element: Element) -> Site:
        name, real = self.motif.name, not element.shuffled
        return Site(chrom, self.start, self.end, name, self.strand, element.role, real)


@dataclass(frozen=True)
class _Ground:
    """Which bases of a chromosome are taken.

    Attributes:
        taken: N, and planted sites with their margin, bool (length,).
        families: per family, N and the spans of its elements, bool (length,).
        motifs: by name.
    """

    taken: Mask
    families: dict[Family, Mask]
    motifs: Mapping[str, Motif]

    def place(self, element: Element, rng: np.random.Generator) -> list[_Spot] | None:
        """Reserve a random free place for one element, or return None if none is found."""
        for _ in range(_TRIES):
            layout = _draw_layout(element, self.motifs, rng)
            room = len(self.taken) - layout[-1].end
            if room < 0:
                continue
            offset = int(rng.integers(room, endpoint=True))
            layout = [spot.moved(offset) for spot in layout]
            if self._is_free(element, layout):
                self._take(element, layout)
                return layout
        return None

    def _is_free(self, element: Element, layout: Sequence[_Spot]) -> bool:
        if element.family is not None:
            apart = element.family.apart
            spanned = self.families[element.family]
            if spanned[max(layout[0].start - apart, 0) : layout[-1].end + apart].any():
                return False
        return not any(self.taken[spot.start : spot.end].any() for spot in layout)

    def _take(self, element: Element, layout: Sequence[_Spot]) -> None:
        for spot in layout:
            self.taken[max(spot.start - _MARGIN, 0) : spot.end + _MARGIN] = True
        if element.family is not None:
            self.families[element.family][layout[0].start : layout[-1].end] = True


def _draw_layout(
    element: Element, known: Mapping[str, Motif], rng: np.random.Generator
) -> list[_Spot]:
    """The element's spots in sequence order, the first at position 0."""
    motifs = [known[name] for name in element.motifs]
    gaps = [int(rng.integers(low, high, endpoint=True)) for low, high in element.gaps]
    strands = ["+-"[rng.integers(2)]] * len(motifs)
    if element.free:
        motifs = [motifs[index] for index in rng.permutation(len(motifs))]
        strands = ["+-"[rng.integers(2)] for _ in motifs]
    elif strands[0] == "-":
        motifs, gaps = motifs[::-1], gaps[::-1]
    spots = [_Spot(0, motifs[0], strands[0])]
    for gap, motif, strand in zip(gaps, motifs[1:], strands[1:], strict=True):
        spots.append(_Spot(spots[-1].end + gap, motif, strand))
    return spots


def _draw(motif: Motif, shuffled: bool, known: Iterable[Motif], rng: np.random.Generator) -> Codes:
    """Codes of a match of this motif and of no other, or its bases shuffled to match none."""
    expected = [] if shuffled else [motif.name]
    for _ in range(_TRIES):
        codes = motif.draw(rng)
        if shuffled:
            codes = rng.permutation(codes)
        if [other.name for other in known if other.is_in(codes)] == expected:
            return codes
    if shuffled:
        raise GrammarError(
            f"motif {motif.name} matches a motif in every order of its bases; leave it unshuffled"
        )
    raise GrammarError(
        f"motif {motif.name} cannot be drawn without another motif in it; make one of them longer"
    )


def find_sites(
    codes: Codes, chrom: str, planted: Sequence[Site], motifs: Mapping[str, Motif]
) -> list[Site]:
    """Every unshuffled site of the motifs in codes, uint8 (length,), chance sites included, sorted.

    A site that was not planted has the role "chance".
    """
    # by place, not strand: a palindrome planted on the reverse strand is found on both
    known = {(site.start, site.motif): site for site in planted if site.real}
    sites = []
    for name, motif in motifs.items():
        for strand, starts in zip("+-", motif.find_both(codes), strict=True):
            for start in starts.tolist():
                chance = Site(chrom, start, start + len(motif), name, strand, "chance")
                sites.append(replace(known.get((start, name), chance), strand=strand))
    return sorted(sites)
