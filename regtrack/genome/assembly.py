"""The chromosomes of an assembly: names, order and lengths."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regtrack.errors import AssemblyError, nearest
from regtrack.files.shown import listed, shown
from regtrack.files.text import Text
from regtrack.genome.spellings import Spellings
from regtrack.name_lists import split_names

MOST_NAMES = 10_000_000  # of a file: hundreds of times those of any assembly
_DIGITS = 18  # of a length, which is a number of 64 bits


@dataclass(frozen=True)
class Assembly:
    """Names and lengths (bp) of chromosomes, in the order of the reference.

    Raises:
        AssemblyError: no chromosome, a duplicate name, or a length below 1.
    """

    names: tuple[str, ...]
    lengths: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.names or len(self.names) != len(self.lengths):
            raise AssemblyError(
                f"an assembly needs one length per chromosome and at least one chromosome; "
                f"found {len(self.names)} names and {len(self.lengths)} lengths"
            )
        if len(set(self.names)) != len(self.names):
            twice = next(name for name, count in Counter(self.names).items() if count > 1)
            raise AssemblyError(f"chromosome {shown(twice)} is named twice; names must be unique")
        for name, length in zip(self.names, self.lengths, strict=True):
            if length < 1:
                raise AssemblyError(
                    f"chromosome {shown(name)} has length {length}; expected at least 1"
                )

    @cached_property
    def length_of(self) -> dict[str, int]:
        """The length of each chromosome (bp)."""
        return dict(zip(self.names, self.lengths, strict=True))

    @cached_property
    def number_of(self) -> dict[str, int]:
        """The index of each chromosome."""
        return {name: number for number, name in enumerate(self.names)}

    @cached_property
    def _spellings(self) -> Spellings:
        return Spellings(self.names)

    @cached_property
    def by_bytes(self) -> tuple[str, ...]:
        """The names, sorted by their bytes."""
        return tuple(sorted(self.names, key=str.encode))

    @cached_property
    def digest(self) -> str:
        """A short digest of names, order and lengths; equal assemblies have equal digests."""
        text = "\n".join(f"{n}\t{s}" for n, s in zip(self.names, self.lengths, strict=True))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def total(self) -> int:
        """The sum of the lengths (bp)."""
        return sum(self.lengths)

    def __contains__(self, chrom: object) -> bool:
        return chrom in self.length_of

    def length(self, chrom: str) -> int:
        """The length of a chromosome (bp).

        Raises:
            AssemblyError: the chromosome is not in the assembly.
        """
        try:
            return self.length_of[chrom]
        except KeyError:
            raise AssemblyError(
                f'chromosome "{shown(chrom)}" is not in the assembly, which has {self.summary()}'
                f"{nearest(chrom, self.names)}"
            ) from None

    def resolve(self, chrom: str) -> str | None:
        """The assembly's own name for a chromosome in any spelling, such as `1` for `chr1`.

        None if the assembly does not have the chromosome, or several names are as close. The
        spellings are those of `regtrack.genome.spellings`.

        >>> Assembly(("1", "MT"), (10, 5)).resolve("chrM")
        'MT'
        >>> Assembly(("chr1",), (10,)).resolve("7") is None
        True
        """
        return chrom if chrom in self.length_of else self._spellings.find(chrom)

    def bridge(self, names: Iterable[str], *, where: object = "") -> dict[str, str]:
        """The assembly's own name for each name of one file that it has, in any spelling.

        Args:
            names: of the file.
            where: the file, which an error then begins with.

        Raises:
            AssemblyError: two names of the file are one chromosome.

        >>> Assembly(("chr1", "chr2"), (10, 5)).bridge(["2", "chr1", "3"])
        {'2': 'chr2', 'chr1': 'chr1'}
        """
        found: dict[str, str] = {}
        spelled: dict[str, str] = {}  # the file's name of each of ours
        for name in names:
            chrom = self.resolve(name)
            if chrom is None:
                continue
            first = spelled.setdefault(chrom, name)
            if first != name:
                raise AssemblyError(
                    f"{where}{where and ': '}"
                    f'"{shown(first)}" and "{shown(name)}" in one file are both read as '
                    f"{shown(chrom)}, so its data may be there twice or be of two assemblies; keep "
                    "the lines of one name, or rename them if they belong together"
                )
            found[name] = chrom
        return found

    def named(self, chroms: Iterable[str]) -> tuple[str, ...]:
        """The single names in lists separated by commas (see `regtrack.name_lists`).

        >>> Assembly(("chr1", "HLA,1"), (10, 5)).named(["chr1, HLA,1", "chr2"])
        ('chr1', 'HLA,1', 'chr2')
        """
        return split_names(chroms, self.names, self.resolve)

    def subset(self, chroms: Iterable[str]) -> Assembly:
        """Only the named chromosomes, in this assembly's order; a string is one name or a list.

        Raises:
            AssemblyError: a name that the assembly does not have in any spelling (`chr1` or `1`).
        """
        given = [chroms] if isinstance(chroms, str) else chroms
        requested = {self.resolve(chrom) or chrom for chrom in self.named(given)}
        for chrom in requested:
            self.length(chrom)
        kept = [name for name in self.names if name in requested]
        return Assembly(tuple(kept), tuple(self.length_of[name] for name in kept))

    def summary(self, count: int = 3) -> str:
        """The first few names, for messages.

        >>> Assembly(("chr1", "chr2", "chr3", "chr4"), (1, 1, 1, 1)).summary()
        'chr1, chr2, chr3 and 1 more'
        """
        return listed(self.names, count)


def read_sizes(path: Path) -> Assembly:
    """Read a chrom.sizes or .fai file: name and length in the first two columns.

    Raises:
        AssemblyError: the file cannot be read, is not text or is empty, or a line does not begin
            with a name and a whole number.
    """
    names: list[str] = []
    lengths: list[int] = []
    with Text(path, "file of names and lengths (.chrom.sizes or .fai)", AssemblyError) as text:
        for number, line in text:
            fields = line.split(b"\t", 2) if b"\t" in line else line.split()
            sound = len(fields) > 1 and fields[1].isdigit() and len(fields[1]) <= _DIGITS
            if not (sound and fields[0].strip()):
                raise text.refused(number, line, "expected a name and a length in bp")
            if len(names) == MOST_NAMES:
                raise text.refused(number, line, f"no assembly has {MOST_NAMES:,} chromosomes")
            names.append(fields[0].strip().decode())
            lengths.append(int(fields[1]))
    if not names:
        raise AssemblyError(f"{path} has no lines; expected a name and a length in bp on each")
    try:
        return Assembly(tuple(names), tuple(lengths))
    except AssemblyError as error:
        raise AssemblyError(f"{path}: {error}") from None
