"""What a request means: the files, and the references to make of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from regtrack.errors import FetchError, invalid, nearest
from regtrack.fetch.sources import WHOLE, Source, read_sources
from regtrack.files.shown import listed
from regtrack.genome.spellings import Spellings
from regtrack.labels.marker import select_markers
from regtrack.name_lists import split_names

ASSEMBLY = "hg19"  # the paper's


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """What is asked for.

    Attributes:
        names: of collections: `encode-919`, `hg19`, `hg38`, `blacklist`, `genes`, `mappability`,
            `starter`, and those of `sources`.
        markers: globs of the markers whose peak files are wanted, see `select_markers`; default:
            all.
        chroms: chromosomes of references, also in lists separated by commas; default: all.
        assembly: of collections with files of several; default: that of the others, else hg19.
        sources: another table of sources, see `regtrack.fetch.sources.read_sources`; its
            collections take precedence.
    """

    names: Sequence[str]
    markers: Sequence[str] = ()
    chroms: Sequence[str] = ()
    assembly: str | None = None
    sources: str | Path | None = None


@dataclass(frozen=True, slots=True)
class ReferencePlan:
    """A reference to make.

    Attributes:
        file: the FASTA, in the output folder.
        parts: the files it is made of, in its order.
        chroms: its chromosomes; empty: all of the one file.
    """

    file: str
    parts: tuple[Source, ...]
    chroms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """What to fetch.

    Attributes:
        files: to store as they are.
        references: to make.
    """

    files: tuple[Source, ...]
    references: tuple[ReferencePlan, ...]

    @property
    def downloads(self) -> tuple[Source, ...]:
        """Every file that is downloaded if nothing is there yet."""
        return (*self.files, *(part for plan in self.references for part in plan.parts))

    @property
    def citations(self) -> tuple[str, ...]:
        """What to cite, each once."""
        return tuple(dict.fromkeys(one.citation for one in self.downloads if one.citation))


def choose(request: FetchRequest) -> Choice:
    """The files that a request means.

    Raises:
        FetchError: an unknown collection, assembly or chromosome, globs or chromosomes without
            anything that has such, or a broken table of sources.
        MarkerError: a glob that matches nothing.
    """
    tables = [read_sources()]
    if request.sources is not None:
        tables.insert(0, read_sources(Path(request.sources)))
    rows = {name: _of_collection(tables, name) for name in dict.fromkeys(request.names)}
    assembly = request.assembly or _assembly_of(rows)
    chosen = _each_once(one for name, found in rows.items() for one in _on(name, found, assembly))
    marked = [one for one in chosen if one.marker is not None]
    if request.markers and not marked:
        raise FetchError(f"`markers` was given, and {', '.join(rows)} has no peak files; omit it")
    known = [one.marker for one in marked if one.marker]
    kept = select_markers(known, request.markers) if marked else []
    plain = [one for one in chosen if one.marker is None and not one.chrom]
    return Choice(
        tuple(plain + [marked[row] for row in kept]),
        _references([one for one in chosen if one.chrom], request.chroms),
    )


def _of_collection(tables: Sequence[Sequence[Source]], name: str) -> list[Source]:
    """The files of a collection, from the first table that has it."""
    for sources in tables:
        if found := [one for one in sources if name in one.collections]:
            return found
    known = dict.fromkeys(each for table in tables for one in table for each in one.collections)
    raise FetchError(
        f'no collection is called "{name}"; expected {", ".join(known)}{nearest(name, known)}'
    )


def _each_once(sources: Iterable[Source]) -> list[Source]:
    """Files that are in several collections, once."""
    found: dict[str, Source] = {}
    for one in sources:
        other = found.setdefault(one.file, one)
        if other.urls != one.urls:
            raise FetchError(
                f"two collections have a file {one.file}: {other.urls[0]} and {one.urls[0]}; fetch "
                "them into folders of their own"
            )
    return list(found.values())


def _assembly_of(rows: dict[str, list[Source]]) -> str:
    """The assembly of the collections that have one alone, if it is the same for all."""
    each = [{one.assembly for one in found if one.assembly} for found in rows.values()]
    single = {next(iter(found)) for found in each if len(found) == 1}
    return single.pop() if len(single) == 1 else ASSEMBLY


def _on(name: str, rows: Sequence[Source], assembly: str) -> list[Source]:
    """The rows of an assembly, if they are of several; those of a single one are all of it."""
    several = {one.assembly for one in rows if one.assembly}
    if len(several) < 2:
        return list(rows)
    if assembly not in several:
        expected = f"{' or '.join(sorted(several))}, of which {name} has files"
        raise FetchError(invalid("assembly", assembly, expected))
    return [one for one in rows if one.assembly in {"", assembly}]


def _references(rows: Sequence[Source], chroms: Sequence[str]) -> tuple[ReferencePlan, ...]:
    if chroms and not rows:
        raise FetchError("`chroms` was given, and no reference is asked for; omit it")
    assemblies = dict.fromkeys(one.assembly for one in rows)
    return tuple(
        _reference(name, [one for one in rows if one.assembly == name], chroms)
        for name in assemblies
    )


def _reference(assembly: str, rows: Sequence[Source], chroms: Sequence[str]) -> ReferencePlan:
    """Named chromosomes come from their own files if all have one, else from the whole."""
    file = f"{assembly}.fa.gz"
    whole = next((one for one in rows if one.chrom == WHOLE), None)
    single = {one.chrom: one for one in rows if one.chrom != WHOLE}
    asked = Spellings(single)
    names = tuple({asked.find(name) or name: 0 for name in split_names(chroms, single.keys())})
    if not names and whole is not None:
        return ReferencePlan(file, (whole,), ())
    names = names or tuple(single)
    missing = [name for name in names if name not in single]
    if not missing:
        parts = tuple(one for name, one in single.items() if name in names)
        return ReferencePlan(file, parts, tuple(one.chrom for one in parts))
    if whole is None:
        raise FetchError(
            f"{file} cannot have {listed(missing)}; expected {listed(list(single), most=30)}"
            f"{nearest(missing[0], single)}"
        )
    return ReferencePlan(file, (whole,), names)
