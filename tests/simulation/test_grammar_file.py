"""Grammar files: what is written reads back, and a mistake costs one line that says where."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regtrack.errors import GrammarError
from regtrack.simulation.grammar import Element, Family, Grammar, PlantedMarker
from regtrack.simulation.grammar_file import read_grammar, write_grammar
from regtrack.simulation.motifs import Motif
from regtrack.simulation.named import GRAMMARS, find_grammar
from regtrack.simulation.rules import Around, Site, Span

OWN = Grammar(
    (Element("pair", ("MINE", "CTCF"), ((5, 9),), 2.5, True, False, Family("f", 40)),),
    (PlantedMarker("TF", "mine-1", Around("MINE", 200)),),
    (Motif("MINE", "ACGTWACGT", "here"),),
)


@pytest.mark.parametrize("grammar", [*GRAMMARS.values(), OWN], ids=[*GRAMMARS, "own"])
def test_what_is_written_reads_back(grammar: Grammar, tmp_path: Path) -> None:
    write_grammar(tmp_path / "g.json", grammar)
    assert read_grammar(tmp_path / "g.json") == grammar
    assert max(map(len, (tmp_path / "g.json").read_text().splitlines())) < 400


def put(*keys: Any) -> Callable[[Any], None]:
    """Sets the value that comes last at the place that the keys before it name."""

    def change(content: Any) -> None:
        for key in keys[:-2]:
            content = content[key]
        content[keys[-2]] = keys[-1]

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put("format", "other"), "format is 'other'; expected 'regtrack grammar'"),
        (put("version", 2), "version is 2; expected 1"),
        (put("elments", []), '"elments" is unknown here; .* Did you mean "elements"'),
        (put("elements", {}), "elements: expected a list; found {}"),
        (put("elements", 0, "gap", []), 'elements 1: "gap" is unknown here.*"gaps"'),
        (put("elements", 0, "gaps", [[5]]), r"elements 1: gaps: item 1: expected \[fewest, most"),
        (put("elements", 0, "gaps", [[5, "9"]]), "whole number; found '9'"),
        (put("elements", 0, "gaps", []), "2 motifs have 0 gaps between them; expected 1"),
        (put("elements", 0, "per_mb", "many"), "per_mb: expected a number; found 'many'"),
        (put("elements", 0, "per_mb", True), "per_mb: expected a number; found True"),
        (put("elements", 0, "free", 1), "free: expected true or false; found 1"),
        (put("elements", 0, "role", "my pair"), 'role "my pair"; expected a word'),
        (put("elements", 0, "motifs", 1, "CTC"), 'motif "CTC"; expected one of'),
        (put("elements", 0, "family", {"name": "f"}), "family: apart missing"),
        (put("markers", 0, "target", "a/b"), 'markers 1: target "a/b"'),
        (put("markers", 0, "rule", "around"), "markers 1: rule: expected a rule"),
        (put("markers", 0, "rule", "kind", "arund"), 'found .* Did you mean "around"'),
        (put("markers", 0, "rule", "width", 2.5), "rule: width: expected a whole number"),
        (put("motifs", 0, "letters", "ACGX"), '1: motif MINE: "ACGX" is not an IUPAC string'),
        (put("motifs", 0, "letters", "ACG"), "matches every 64 bp by chance"),
    ],
)
def test_a_mistake_is_reported_in_one_line_that_says_where(
    change: Callable[[Any], None], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "g.json"
    write_grammar(path, OWN)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    with pytest.raises(GrammarError, match=message) as caught:
        read_grammar(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_grammar_that_would_take_hours_is_refused(tmp_path: Path) -> None:
    names = [f"M{number}" for number in range(1001)]
    content = {
        "motifs": [{"name": name, "letters": "ACGTACGT", "source": ""} for name in names],
        "elements": [],
        "markers": [],
    }
    (tmp_path / "g.json").write_text(json.dumps(content))
    with pytest.raises(GrammarError, match="1,001 motifs; a grammar has at most 1,000"):
        read_grammar(tmp_path / "g.json")
    (tmp_path / "g.json").write_text(("[" * (1 << 20) + "\n") * 17)
    with pytest.raises(GrammarError, match=r"line 17 .*no grammar \(JSON\) is so large"):
        read_grammar(tmp_path / "g.json")


def test_a_file_that_is_not_json_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "g.json").write_text('{"elements": [}')
    with pytest.raises(GrammarError, match=r"is not valid JSON: .* line 1 column"):
        find_grammar(str(tmp_path / "g.json"))
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(GrammarError, match=r"expected an object with elements, .*; found \[\]"):
        read_grammar(tmp_path / "list.json")


def test_a_name_that_is_neither_grammar_nor_file_is_refused() -> None:
    with pytest.raises(GrammarError, match=r'or file "benchmrk"; .* Did you mean "benchmark"'):
        find_grammar("benchmrk")


def test_a_custom_rule_cannot_be_written(tmp_path: Path) -> None:
    class Everywhere:
        names = ()

        def label(self, sites: object) -> list[Any]:
            return []

        def due(self, site: Site) -> Span:
            return site.start, site.end

    own = Grammar(OWN.elements, (PlantedMarker("TF", "all", Everywhere()),), OWN.own)
    with pytest.raises(GrammarError, match="Everywhere cannot be written to a grammar file"):
        write_grammar(tmp_path / "g.json", own)
