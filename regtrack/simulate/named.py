"""Grammars by name, and those that users write themselves."""

from __future__ import annotations

from pathlib import Path

from regtrack.errors import GrammarError, nearest
from regtrack.simulate.benchmark_grammar import BENCHMARK_GRAMMAR
from regtrack.simulate.default import DEFAULT_GRAMMAR
from regtrack.simulate.grammar import Grammar
from regtrack.simulate.grammar_file import read_grammar

GRAMMARS = {"demo": DEFAULT_GRAMMAR, "benchmark": BENCHMARK_GRAMMAR}


def find_grammar(name: str) -> Grammar:
    """The grammar of a name, or of a JSON file.

    Raises:
        GrammarError: neither a name nor a file, or a file that is no grammar.
    """
    if name in GRAMMARS:
        return GRAMMARS[name]
    if not Path(name).is_file():
        raise GrammarError(
            f'no grammar is called "{name}", and no file either; expected {", ".join(GRAMMARS)} or '
            f"a JSON file.{nearest(name, GRAMMARS)}"
        )
    return read_grammar(name)
