"""What no grammar may be, and what the named ones hold."""

from __future__ import annotations

import pytest

from regtrack.errors import GrammarError
from regtrack.simulation.grammar import Element, Family, Grammar, PlantedMarker
from regtrack.simulation.motifs import MOTIFS, Motif
from regtrack.simulation.named import GRAMMARS
from regtrack.simulation.rules import Around, Between, Clustered, Span

MARKER = PlantedMarker("TF", "CTCF", Around("CTCF", 200))
LONE = Element("lone", ("CTCF",), per_mb=10)


@pytest.mark.parametrize(
    "gaps", [(), ((1, 2), (3, 4)), ((5, 2),), ((-1, 2),)], ids=["few", "many", "turned", "negative"]
)
def test_an_element_with_impossible_gaps_is_refused(gaps: tuple[Span, ...]) -> None:
    with pytest.raises(GrammarError, match="gap"):
        Element("bad", ("CTCF", "REST"), gaps)


def test_a_grammar_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(GrammarError, match=r'motif "CTFC".*Did you mean "CTCF"'):
        Grammar((Element("lone", ("CTFC",)),), (MARKER,))
    with pytest.raises(GrammarError, match='rule of REST reads motif "REST"; expected one of CTCF'):
        Grammar((LONE,), (PlantedMarker("TF", "REST", Around("REST", 200)),))
    with pytest.raises(GrammarError, match="no marker"):
        Grammar((LONE,), ())
    with pytest.raises(GrammarError, match="marker CTCF is defined twice"):
        Grammar((LONE,), (MARKER, MARKER))
    with pytest.raises(GrammarError, match="motif CTCF is defined twice"):
        Grammar((LONE,), (MARKER,), (Motif("CTCF", "ACGTACGT", "here"),))
    near, far = (Element("lone", ("CTCF",), family=Family("f", apart)) for apart in (10, 20))
    with pytest.raises(GrammarError, match="family f is defined twice"):
        Grammar((near, far), (MARKER,))
    shuffled = Element("lone", ("CTCF",), shuffled=True)
    with pytest.raises(GrammarError, match="role lone are shuffled, some not"):
        Grammar((LONE, shuffled), (MARKER,))


def test_own_motifs_are_added_to_the_built_in_ones() -> None:
    own = Motif("MINE", "ACGTACGT", "here")
    grammar = Grammar((LONE, Element("mine", ("MINE",))), (MARKER,), (own,))
    assert grammar.motifs() == {"CTCF": MOTIFS["CTCF"], "MINE": own}


@pytest.mark.parametrize("name", GRAMMARS)
def test_a_named_grammar_has_a_local_a_clustered_and_a_distant_marker(name: str) -> None:
    rules = {type(marker.rule) for marker in GRAMMARS[name].markers}
    assert rules == {Around, Clustered, Between}


def test_the_benchmark_has_every_control() -> None:
    roles = {element.role for element in GRAMMARS["benchmark"].elements}
    assert roles == {
        "pair", "too_far", "respaced", "lone", "shuffled", "cluster", "spread", "single"
    }  # fmt: skip
