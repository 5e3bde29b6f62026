"""Whether two assemblies are the same: the one rule that every part of regtrack uses.

They are the same if they share at least one chromosome and every shared chromosome has the same
length in both. `chr1`, `1` and `Chr1` are one chromosome, and so are `chrM` and `MT`: each name is
matched to the closest spelling (`regtrack.genome.spellings`), and never two names to one.
Chromosomes that only one of the two has do not matter: a reference has scaffolds that a dataset
leaves out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regtrack.genome.assembly import Assembly


@dataclass(frozen=True)
class LengthMismatch:
    """A chromosome that two assemblies share, with a different length in each.

    Attributes:
        ours: its name in our assembly.
        theirs: its name in the other.
        our_length: its length in ours (bp).
        their_length: its length in the other (bp).
    """

    ours: str
    theirs: str
    our_length: int
    their_length: int

    def describe(self, us: str, them: str) -> str:
        """Both lengths in words, for messages.

        Args:
            us: what has our assembly, such as "the reference".
            them: what has the other.

        >>> LengthMismatch("chr2", "2", 6007, 5000).describe("the reference", "training")
        'chr2 is 6,007 bp in the reference and 5,000 bp in training (named 2 there)'
        """
        named = f" (named {self.theirs} there)" if self.theirs != self.ours else ""
        return (
            f"{self.ours} is {self.our_length:,} bp in {us} and {self.their_length:,} bp in "
            f"{them}{named}"
        )


@dataclass(frozen=True)
class Agreement:
    """Which chromosomes two assemblies share, and how they differ.

    Attributes:
        ours: our assembly.
        theirs: the other.
        shared: for each chromosome that both have, their name by our name, in our order.
        mismatches: the shared chromosomes whose lengths differ, in our order.
        only_ours: names of chromosomes that only ours has, in our order.
        only_theirs: names of chromosomes that only theirs has, in their order.
    """

    ours: Assembly
    theirs: Assembly
    shared: Mapping[str, str]
    mismatches: tuple[LengthMismatch, ...]
    only_ours: tuple[str, ...]
    only_theirs: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether both are the same assembly, judged by names and lengths."""
        return bool(self.shared) and not self.mismatches

    def difference(self, us: str, them: str) -> str:
        """Why they are not the same assembly, for messages; empty if they are.

        Args:
            us: what has our assembly, such as "the reference".
            them: what has the other.

        >>> hg, mm = Assembly(("chr1",), (9,)), Assembly(("X",), (7,))
        >>> compare_assemblies(hg, mm).difference("the reference", "the dataset")
        'the reference (chr1) and the dataset (X) share no chromosome'
        """
        if self.mismatches:
            return self.mismatches[0].describe(us, them)
        if not self.shared:
            return (
                f"{us} ({self.ours.summary()}) and {them} ({self.theirs.summary()}) share no "
                "chromosome"
            )
        return ""


def compare_assemblies(ours: Assembly, theirs: Assembly) -> Agreement:
    """Match the chromosomes of two assemblies: those that are each other's closest spelling.

    Args:
        ours: the assembly whose names and order the result uses.
        theirs: the other assembly.

    >>> ours, theirs = Assembly(("chr1", "chr2"), (9, 5)), Assembly(("1", "MT"), (9, 3))
    >>> found = compare_assemblies(ours, theirs)
    >>> found.same, dict(found.shared), found.only_ours, found.only_theirs
    (True, {'chr1': '1'}, ('chr2',), ('MT',))
    """
    shared = {}
    for name in ours.names:
        other = theirs.resolve(name)
        if other is not None and ours.resolve(other) == name:  # so that no name is taken twice
            shared[name] = other
    taken = set(shared.values())
    return Agreement(
        ours=ours,
        theirs=theirs,
        shared=shared,
        mismatches=tuple(
            LengthMismatch(name, other, ours.length(name), theirs.length(other))
            for name, other in shared.items()
            if ours.length(name) != theirs.length(other)
        ),
        only_ours=tuple(name for name in ours.names if name not in shared),
        only_theirs=tuple(name for name in theirs.names if name not in taken),
    )
