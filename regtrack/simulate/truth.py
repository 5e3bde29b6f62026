"""The correct answer as a BED: every site, named by motif, role, element and copy.

`CTCF/pair/17/3` is the third motif from the left in element 17 of the chromosome, a `pair`.
`CTCF/chance` is a match that was not planted. `CTCF/shuffled/40/1` belongs to an element with
shuffled motifs.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from regtrack.errors import GrammarError
from regtrack.simulate.grammar import Grammar
from regtrack.simulate.rules import Site


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
    sites = []
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            chrom, start, end, name, _, strand = line.split("\t")
            motif, role, *planted = name.split("/")
            element, copy = map(int, planted or (0, 0))
            real = role not in shuffled
            sites.append(
                Site(chrom, int(start), int(end), motif, strand, role, real, element, copy)
            )
    except (OSError, ValueError) as error:
        raise GrammarError(
            f"{path} is not the truth.bed of a simulation: {error}; run simulate again"
        ) from error
    return sites
