"""Motifs as IUPAC strings, each with the publication it was taken from."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from operator import and_

import numpy as np

from regtrack.errors import GrammarError
from regtrack.genome.intervals import Positions
from regtrack.genome.sequence import LETTERS, Codes, encode, reverse_complement

# the bases that each letter stands for: Cornish-Bowden 1985, Nucleic Acids Res. 13:3021, table 1
IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T",
    "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC",
    "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip


@dataclass(frozen=True)
class Motif:
    """What a factor binds: a string of IUPAC letters, read on the forward strand.

    Attributes:
        name: the factor.
        letters: the consensus.
        source: where the consensus was published.

    Raises:
        GrammarError: a name that is not a word, or letters that are not IUPAC.
    """

    name: str
    letters: str
    source: str

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise GrammarError(f'motif "{self.name}"; expected a name of letters, digits and _')
        if not self.letters or not set(self.letters) <= set(IUPAC):
            raise GrammarError(f'motif {self.name}: "{self.letters}" is not an IUPAC string')

    @property
    def chance(self) -> float:
        """Expected matches per base and strand in random sequence of equally frequent bases."""
        return math.prod(len(IUPAC[letter]) / 4 for letter in self.letters)

    def __len__(self) -> int:
        return len(self.letters)

    @cached_property
    def allowed(self) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
        """Bases permitted at each position, bool (len(self), 5); N is never permitted."""
        table = np.zeros((len(self.letters), len(LETTERS)), dtype=np.bool_)
        for position, letter in enumerate(self.letters):
            table[position, encode(IUPAC[letter])] = True
        return table

    def draw(self, rng: np.random.Generator) -> Codes:
        """One matching sequence, uint8 (len(self),); permitted bases are equally likely."""
        choices = rng.integers(self.allowed.sum(axis=1))
        ranks = self.allowed.cumsum(axis=1) - 1
        chosen = self.allowed & (ranks == choices[:, None])
        codes: Codes = chosen.argmax(axis=1).astype(np.uint8)
        return codes

    def find(self, codes: Codes) -> Positions:
        """Starts (n,) in bp of all matches on the forward strand, sorted."""
        starts = np.arange(max(len(codes) - len(self) + 1, 0), dtype=np.int64)
        # test the most selective positions first: they leave the fewest candidates for the others
        for offset in np.argsort(self.allowed.sum(axis=1), kind="stable"):
            starts = starts[self.allowed[offset][codes[starts + offset]]]
        return starts

    def find_both(self, codes: Codes) -> tuple[Positions, Positions]:
        """Starts (n,) in bp of all matches, on the forward strand and on the reverse strand.

        A match on both strands, such as a palindrome, is reported on the forward strand only.
        """
        forward = self.find(codes)
        backward = np.sort(len(codes) - len(self) - self.find(reverse_complement(codes)))
        return forward, np.setdiff1d(backward, forward)

    def is_in(self, codes: Codes) -> bool:
        """Whether codes, uint8 (n,), contain a match on either strand.

        For a few codes faster than `find`: most places are left at their first or second base.
        """
        bases = [1 << code for code in codes.tolist()]
        return any(
            all(map(and_, strand, bases[start : start + len(self)]))
            for strand in self._strands
            for start in range(len(bases) - len(self) + 1)
        )

    @cached_property
    def _strands(self) -> tuple[list[int], list[int]]:
        """Bases permitted at each position as bits, on the forward strand and on the reverse."""
        bits = 1 << np.arange(len(LETTERS))
        complemented = self.allowed[::-1, encode("TGCAN")]
        return (self.allowed @ bits).tolist(), (complemented @ bits).tolist()


MOTIFS = {
    motif.name: motif
    for motif in (
        Motif(
            "CTCF",
            "YDRCCASYAGRKGGCRSYV",
            "Kheradpour and Kellis 2014, Nucleic Acids Res. 42:2976 (CTCF_known1)",
        ),
        Motif(
            "REST",
            "TTCAGCACCACGGACAGCGCC",
            "Schoenherr, Paquette and Anderson 1996, Proc. Natl. Acad. Sci. USA 93:9881 (NRSE)",
        ),
        Motif(
            "TP53",
            "GGACATGCCCGGGCATGTCC",
            "Funk et al. 1992, Mol. Cell. Biol. 12:2866 (p53CON)",
        ),
        Motif(
            "HSF1",
            "NGAANNTTCNNGAANNTTCN",
            "Amin, Ananthan and Voellmy 1988, Mol. Cell. Biol. 8:3761 (NGAAN, alternating)",
        ),
        Motif(
            "MAFK",
            "TGCTGASTCAGCA",
            "Yoshida et al. 2005, Nucleic Acids Res. 33:3465 (Maf recognition element)",
        ),
    )
}
