"""Grammars as JSON files (the format is in docs/simulate.md), with one-line error messages."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

from regtrack.errors import GrammarError, nearest
from regtrack.files.shown import shown
from regtrack.files.text import read_lines
from regtrack.simulation.grammar import Element, Family, Grammar, PlantedMarker
from regtrack.simulation.motifs import Motif
from regtrack.simulation.rules import Around, Between, Clustered, Rule

FORMAT = "regtrack grammar"
VERSION = 1
_LARGEST = 16 << 20

RULES: dict[str, type[Around | Between | Clustered]] = {
    "around": Around,
    "clustered": Clustered,
    "between": Between,
}


def write_grammar(path: Path, grammar: Grammar) -> None:
    """Write a grammar file, one line per element or marker."""
    parts = {
        "motifs": [asdict(motif) for motif in grammar.own],
        "elements": [_without_defaults(element) for element in grammar.elements],
        "markers": [{**asdict(m), "rule": _rule_dict(m.rule)} for m in grammar.markers],
    }
    blocks = [f'"format": {json.dumps(FORMAT)}', f'"version": {VERSION}']
    for name, rows in parts.items():
        lines = ",\n  ".join(json.dumps(row) for row in rows)
        blocks.append(f'"{name}": [\n  {lines}\n ]' if rows else f'"{name}": []')
    path.write_text("{\n " + ",\n ".join(blocks) + "\n}\n", encoding="utf-8")


def read_grammar(path: str | Path) -> Grammar:
    """Read a grammar file.

    Raises:
        GrammarError: no such file, or not a grammar; the message says where in the file.
    """
    path = Path(path)
    lines = read_lines(path, "grammar (JSON)", GrammarError, most=_LARGEST)
    text = "\n".join(line for _, line in lines)
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise GrammarError(f"{path} is not valid JSON: {shown(error)}") from error
    try:
        return _grammar(content)
    except GrammarError as error:
        raise GrammarError(f"{path}: {shown(error, 400)}") from error


def _without_defaults(element: Element) -> dict[str, Any]:
    values = asdict(element)
    return {
        f.name: values[f.name] for f in fields(element) if getattr(element, f.name) != f.default
    }


def _rule_dict(rule: Rule) -> dict[str, Any]:
    for kind, found in RULES.items():
        if isinstance(rule, found):
            return {"kind": kind, **asdict(rule)}
    raise GrammarError(
        f"a rule of class {type(rule).__name__} cannot be written to a grammar file; expected one "
        f"of {', '.join(found.__name__ for found in RULES.values())}"
    )


def _grammar(content: Any) -> Grammar:
    parts = {"motifs": Motif, "elements": Element, "markers": PlantedMarker}
    _check_keys(content, {"elements", "markers"}, {"format", "version", "motifs"})
    for name, expected in (("format", FORMAT), ("version", VERSION)):
        if content.get(name, expected) != expected:
            raise GrammarError(f"{name} is {shown(repr(content[name]))}; expected {expected!r}")
    motifs, elements, markers = (
        _each(content.get(name, []), name, partial(_build, kind)) for name, kind in parts.items()
    )
    return Grammar(elements, markers, motifs)


def _each(value: Any, name: str, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    """Every item of a list, read; an error names the item by its number, from 1."""
    return tuple(_at(f"{name} {nth}", read, item) for nth, item in enumerate(_list(value, name), 1))


def _rule(value: Any) -> Rule:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in RULES:
        raise GrammarError(
            f'expected a rule, {{"kind": ..., ...}}, of kind {", ".join(RULES)}; found '
            f"{shown(repr(value))}{nearest(shown(kind), RULES)}"
        )
    rule: Rule = _build(RULES[kind], {name: v for name, v in value.items() if name != "kind"})
    return rule


def _build(kind: type[Any], value: Any) -> Any:
    """A dataclass of the grammar built from JSON; the types of its fields say how each is read."""
    optional = {f.name for f in fields(kind) if f.default is not MISSING}
    _check_keys(value, {f.name for f in fields(kind)} - optional, optional)
    types = {f.name: str(f.type) for f in fields(kind)}
    return kind(**{name: _at(name, _READERS[types[name]], found) for name, found in value.items()})


def _at(where: str, read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except GrammarError as error:
        raise GrammarError(f"{where}: {error}") from error


def _check_keys(value: Any, required: set[str], optional: set[str]) -> None:
    known = sorted(required | optional)
    if not isinstance(value, Mapping):
        raise GrammarError(
            f"expected an object with {', '.join(known)}; found {shown(repr(value))}"
        )
    strange = next((name for name in value if name not in known), None)
    if strange is not None:
        raise GrammarError(
            f'"{shown(strange)}" is unknown here; expected {", ".join(known)}'
            f"{nearest(shown(strange), known)}"
        )
    missing = sorted(required - value.keys())
    if missing:
        raise GrammarError(f"{', '.join(missing)} missing; expected {', '.join(known)}")


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise GrammarError(f"{name}: expected a list; found {shown(repr(value))}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise GrammarError(f"expected a string; found {shown(repr(value))}")
    return value


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise GrammarError(f"expected a whole number; found {shown(repr(value))}")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise GrammarError(f"expected a number; found {shown(repr(value))}")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise GrammarError(f"expected true or false; found {shown(repr(value))}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return _each(value, "item", _text)


def _gap(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise GrammarError(f"expected [fewest, most] in bp; found {shown(repr(value))}")
    return _whole(value[0]), _whole(value[1])


def _gaps(value: Any) -> tuple[tuple[int, int], ...]:
    return _each(value, "item", _gap)


def _family(value: Any) -> Family | None:
    return None if value is None else _build(Family, value)


_READERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "int": _whole,
    "float": _number,
    "bool": _flag,
    "tuple[str, ...]": _texts,
    "tuple[Span, ...]": _gaps,
    "Family | None": _family,
    "Rule": _rule,
}
