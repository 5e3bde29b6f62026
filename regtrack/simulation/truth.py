"""The correct answer as a BED: every site, named by motif, role, element and copy.

`CTCF/pair/17/3` is the third motif from the left in element 17 of the chromosome, a `pair`.
`CTCF/chance` is a match that was not planted. `CTCF/shuffled/40/1` belongs to an element with
shuffled motifs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from regtrack.errors import GrammarError
from regtrack.files.shown import shown
from regtrack.simulation.grammar import Grammar
from regtrack.simulation.rules import Site

_LINE = re.compile(
    r"(?P<chrom>[^\t]+)\t(?P<start>\d{1,10})\t(?P<end>\d{1,10})\t"
    r"(?P<motif>[^\t/]+)/(?P<role>[^\t/]+)(/(?P<element>\d{1,9})/(?P<copy>\d{1,9}))?"
    r"\t0\t(?P<strand>[+-])",
    re.ASCII,
)


def write_truth(path: Path, sites: Iterable[Site]) -> None:
    """Write sites, in the order given."""
    with path.open("w", encoding="utf-8") as file:
        for site in sites:
            planted = f"/{site.element}/{site.copy}" if site.element else ""
            name = f"{site.motif}/{site.role}{planted}"
            file.write(f"{site.chrom}\t{site.start}\t{site.end}\t{name}\t0\t{site.strand}\n")


def read_truth(path: Path, grammar: Grammar) -> list[Site]:
    """The sites that `write_truth` wrote, in the same order.

    Args:
        path: the BED.
        grammar: what was planted; it knows the roles with shuffled motifs.

    Raises:
        GrammarError: no such file, or a line that is not a site.
    """
    shuffled = {element.role for element in grammar.elements if element.shuffled}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise GrammarError(f"{path} cannot be read ({error}); run simulate again") from error
    return [_site(path, number, line, shuffled) for number, line in enumerate(lines, 1)]


def _site(path: Path, number: int, line: str, shuffled: set[str]) -> Site:
    found = _LINE.fullmatch(line)
    if found is None or int(found["start"]) >= int(found["end"]):
        raise GrammarError(
            f'{path} line {number}: found "{shown(line)}"; expected chromosome, start, end, '
            "motif/role or motif/role/element/copy, 0 and strand; run simulate again"
        )
    return Site(
        chrom=found["chrom"],
        start=int(found["start"]),
        end=int(found["end"]),
        motif=found["motif"],
        strand=found["strand"],
        role=found["role"],
        real=found["role"] not in shuffled,
        element=int(found["element"] or 0),
        copy=int(found["copy"] or 0),
    )
