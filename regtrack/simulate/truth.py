"""The true answer as a BED: every site, named by motif, role, element and copy.

`CTCF/pair/17/3` is the third motif from the left of the chromosome's element 17, which is a `pair`;
`CTCF/chance` is a site that nobody planted, and `CTCF/shuffled/40/1` one of an element whose motifs
are shuffled.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from regtrack.errors import GrammarError
from regtrack.simulate.grammar import Grammar
from regtrack.simulate.rules import Site


def write_truth(path: Path, sites: Iterable[Site]) -> None:
    """Write sites, in the order given."""
    with path.open("w") as file:
        for site in sites:
            planted = f"/{site.element}/{site.copy}" if site.element else ""
            name = f"{site.motif}/{site.role}{planted}"
            file.write(f"{site.chrom}\t{site.start}\t{site.end}\t{name}\t0\t{site.strand}\n")


def read_truth(path: Path, grammar: Grammar) -> list[Site]:
    """The sites that `write_truth` wrote, in their order.

    Args:
        path: the BED.
        grammar: what was planted, which knows the roles whose motifs are shuffled.

    Raises:
        GrammarError: no such file, or a line that is no site.
    """
    shuffled = {element.role for element in grammar.elements if element.shuffled}
    sites = []
    try:
        for line in path.read_text().splitlines():
            chrom, start, end, name, _, strand = line.split("\t")
            motif, role, *planted = name.split("/")
            element, copy = map(int, planted or (0, 0))
            real = role not in shuffled
            sites.append(
                Site(chrom, int(start), int(end), motif, strand, role, real, element, copy)
            )
    except (OSError, ValueError) as error:
        raise GrammarError(
            f"{path} is no truth of a simulation: {error}; simulate again"
        ) from error
    return sites
