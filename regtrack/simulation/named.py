"""Built-in grammars by name, and grammars from files."""

from __future__ import annotations

import os

from regtrack.errors import GrammarError, nearest
from regtrack.files.shown import shown
from regtrack.simulation.benchmark_grammar import BENCHMARK_GRAMMAR
from regtrack.simulation.default import DEFAULT_GRAMMAR
from regtrack.simulation.grammar import Grammar
from regtrack.simulation.grammar_file import read_grammar

GRAMMARS = {"demo": DEFAULT_GRAMMAR, "benchmark": BENCHMARK_GRAMMAR}


def find_grammar(name: str) -> Grammar:
    """The grammar with this name, or in this JSON file.

    Raises:
        GrammarError: neither a name nor a file, or the file is not a grammar.
    """
    if name in GRAMMARS:
        return GRAMMARS[name]
    if not os.path.exists(name):  # noqa: PTH110 - a file or a pipe, under any name
        raise GrammarError(
            f'there is no grammar or file "{shown(name)}"; expected {", ".join(GRAMMARS)} or '
            f"a JSON file{nearest(shown(name), GRAMMARS)}"
        )
    return read_grammar(name)
