"""What is planted and what it means: elements, and markers with the rules that label them.

An element says which motifs lie where; `regtrack.simulation.rules` says which bases are labelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from regtrack.errors import GrammarError, nearest
from regtrack.simulation.motifs import MOTIFS, Motif
from regtrack.simulation.rules import Rule, Span

_MOST = 1_000  # of each part of a grammar
_MOST_CHANCE = 1e-3  # matches per base and strand; shorter motifs would be everywhere


@dataclass(frozen=True)
class Family:
    """Elements that keep apart: no two of a family lie within `apart` bp of each other."""

    name: str
    apart: int

    def __post_init__(self) -> None:
        if self.apart < 0:
            raise GrammarError(f"family {self.name}: apart is {self.apart}; expected 0 bp or more")


@dataclass(frozen=True)
class Element:
    """Motifs in a row, planted together on a random strand.

    Attributes:
        role: one word for the element's purpose.
        motifs: names, in the direction of the strand.
        gaps: minimum and maximum bp between each motif and the next.
        per_mb: number planted per Mb.
        free: the motifs come in random order, each on a random strand.
        shuffled: the bases of each motif are shuffled until it no longer matches.
        family: which elements to keep apart from; None: any place is fine.

    Raises:
        GrammarError: a role that is not a word, no motif, gaps that do not fit the motifs, or
            `per_mb` out of range.
    """

    role: str
    motifs: tuple[str, ...]
    gaps: tuple[Span, ...] = ()
    per_mb: float = 0
    free: bool = False
    shuffled: bool = False
    family: Family | None = None

    def __post_init__(self) -> None:
        if not (self.role.isidentifier() and self.role.isascii()):
            raise GrammarError(f'role "{self.role}"; expected a word of letters, digits and _')
        if not self.motifs:
            raise GrammarError(f"{self.role} has no motif; name at least one")
        if len(self.gaps) != len(self.motifs) - 1:
            raise GrammarError(
                f"{self.role}: {len(self.motifs)} motifs have {len(self.gaps)} gaps between them; "
                f"expected {len(self.motifs) - 1}"
            )
        if not all(0 <= low <= high for low, high in self.gaps):
            raise GrammarError(f"{self.role}: a gap runs from fewest to most bp, both at least 0")
        if not 0 <= self.per_mb <= 1e5:
            raise GrammarError(f"{self.role}: per_mb is {self.per_mb}; expected 0 to 100,000")


@dataclass(frozen=True)
class PlantedMarker:
    """One marker to predict: its category and target, as in a markers table, and its rule.

    Raises:
        GrammarError: a target that cannot be part of a file name, or no category.
    """

    category: str
    target: str
    rule: Rule

    def __post_init__(self) -> None:
        if not self.target.replace("-", "_").isidentifier() or not self.target.isascii():
            raise GrammarError(
                f'target "{self.target}"; expected letters, digits, - and _, for it becomes part '
                "of file names"
            )
        if not self.category.strip() or "\t" in self.category:
            raise GrammarError(f"{self.target} has no category; expected one, such as TF")


@dataclass(frozen=True)
class Grammar:
    """Elements to plant and markers to label.

    Attributes:
        elements: planted in this order.
        markers: at least one.
        own: motifs in addition to those of `MOTIFS`.

    Raises:
        GrammarError: no marker, or two with the same target; a motif that is unknown, that a rule
            reads but no element has, or that matches too often by chance; a family with two
            distances; a role with both shuffled and unshuffled elements.
    """

    elements: tuple[Element, ...]
    markers: tuple[PlantedMarker, ...]
    own: tuple[Motif, ...] = ()

    def __post_init__(self) -> None:
        self._check_counts()
        known, planted = self._known(), self.motifs()
        _check_names((name for e in self.elements for name in e.motifs), known, "an element has")
        for marker in self.markers:
            _check_names(marker.rule.names, planted, f"the rule of {marker.target} reads")
        targets = [marker.target for marker in self.markers]
        if not targets:
            raise GrammarError("no marker; a grammar labels at least one")
        _check_once("marker", targets)
        _check_once("motif", [*MOTIFS, *(motif.name for motif in self.own)])
        shuffled = {element.role for element in self.elements if element.shuffled}
        both = sorted(shuffled & {e.role for e in self.elements if not e.shuffled})
        if both:
            raise GrammarError(
                f"some elements of role {both[0]} are shuffled, some not; give them two roles"
            )
        for motif in self.own:
            if motif.chance > _MOST_CHANCE:
                raise GrammarError(
                    f"motif {motif.name}: {motif.letters} matches every {1 / motif.chance:.0f} bp "
                    f"by chance; expected {1 / _MOST_CHANCE:,.0f} bp or more: make it longer"
                )
        families = {element.family for element in self.elements if element.family is not None}
        _check_once("family", [family.name for family in families])

    def motifs(self) -> dict[str, Motif]:
        """All planted motifs, by name, sorted."""
        known = self._known()
        names = sorted({name for element in self.elements for name in element.motifs})
        return {name: known[name] for name in names if name in known}

    def _check_counts(self) -> None:
        """Refuse what would take hours to plant and to look for in the sequence."""
        counts = {
            "motifs": len(self.own),
            "elements": len(self.elements),
            "motifs in elements": sum(len(element.motifs) for element in self.elements),
            "families": len({element.family for element in self.elements}),
            "markers": len(self.markers),
        }
        for what, count in counts.items():
            if count > _MOST:
                raise GrammarError(f"{count:,} {what}; a grammar has at most {_MOST:,}")

    def _known(self) -> dict[str, Motif]:
        return {**MOTIFS, **{motif.name: motif for motif in self.own}}


def _check_names(names: Iterable[str], known: Iterable[str], what: str) -> None:
    known = list(known)
    for name in names:
        if name not in known:
            raise GrammarError(
                f'{what} motif "{name}"; expected one of {", ".join(known)}{nearest(name, known)}'
            )


def _check_once(what: str, names: list[str]) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise GrammarError(f"{what} {twice} is defined twice; expected one definition")
