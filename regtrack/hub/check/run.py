"""Fetch a hub and every file that it names, and name each problem in a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from regtrack.files.recognise import recognise
from regtrack.files.shown import listed, shown
from regtrack.genome.assembly import Assembly
from regtrack.hub.check.files import assembly_of_track, assembly_of_two_bit, open_file
from regtrack.hub.check.places import WHOLE, Folder, Places, Server, UnreachableError
from regtrack.hub.check.stanzas import (
    FILE_TYPES,
    Found,
    head_problems,
    parse_stanzas,
    track_problems,
)
from regtrack.hub.file_names import HUB_FILE
from regtrack.machine.threads import Threads
from regtrack.progress import SILENT, Progress
from regtrack.tracks.session import IGV_GENOMES, known_genome

_AT_ONCE = 8  # files
_SHOWN = 3  # chromosomes of one problem


@dataclass
class HubReport:
    """What is wrong with a hub.

    Attributes:
        address: of hub.txt.
        tracks: how many tracks it has with files.
        files: how many files were read.
        problems: where and what, each a line.
        assumed: assemblies without a sequence in the hub that UCSC must have; those that it is
            known to have are left out.
    """

    address: str
    tracks: int = 0
    files: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether nothing is wrong, if UCSC has what is assumed."""
        return not self.problems

    def add(self, where: str, problems: Iterable[str]) -> None:
        """Add problems of a file."""
        self.problems += [(where, one) for one in problems if (where, one) not in self.problems]

    def text(self) -> str:
        """The report in lines; a problem that several files have is one."""
        places: dict[str, list[str]] = {}
        for where, problem in self.problems:
            places.setdefault(problem, []).append(where)
        lines = [f"{_places(where)}: {problem}" for problem, where in places.items()]
        lost = len(lines)
        found = "works" if self.works else f"{lost} problem{'' if lost == 1 else 's'}"
        if self.assumed:
            found += f", if UCSC has {listed(self.assumed)} (the hub brings no sequence)"
        summary = f"{self.address}: {self.tracks:,} tracks, {self.files:,} files read: {found}"
        return "\n".join([*lines, summary])


def _places(names: list[str]) -> str:
    """Where a problem is, with the number of files beyond the first."""
    others = len(names) - 1
    return names[0] + (f" and {others:,} other{'' if others == 1 else 's'}" if others else "")


def check_hub(address: str, *, progress: Progress = SILENT) -> HubReport:
    """Fetch and parse a hub as genome browsers do.

    Args:
        address: URL of hub.txt or of its folder, or a path.
        progress: shows the files read.

    Returns:
        What is wrong: settings, addresses, ranges, CORS, kinds of files, and chromosomes that are
        not those of the assembly.
    """
    places: Places = Server() if urlsplit(address).scheme in {"http", "https"} else Folder()
    at = _hub_address(address, places)
    report = HubReport(at)
    try:
        stanzas = _text(places, at, HUB_FILE, report)
    except UnreachableError as error:
        report.add(at, [str(error)])
        return report
    _Check(places, at, report).run(stanzas, progress)
    return report


def _hub_address(address: str, places: Places) -> str:
    if isinstance(places, Folder):
        return str(Path(address) / HUB_FILE) if Path(address).is_dir() else address
    return address if address.endswith(".txt") else f"{address.rstrip('/')}/{HUB_FILE}"


def _text(places: Places, at: str, name: str, report: HubReport) -> list[Found]:
    """The stanzas of a text.

    Raises:
        UnreachableError: it cannot be read, or is not text.
    """
    part = places.part(at, 0, WHOLE)
    kind = recognise(part.data[:4096])
    if "HTML" in kind:
        raise UnreachableError(
            "answers an HTML page, not a hub: a sign-in page, or a page that shows the file; name "
            "the address of the file itself"
        )
    report.add(name, part.notes)
    if b"\0" in part.data:
        raise UnreachableError(f"is {kind}; expected a hub, which is text")
    found = parse_stanzas(part.data.decode("utf-8", "replace"))
    if not found:
        raise UnreachableError("is empty; expected a hub")
    return found


@dataclass
class _Check:
    """One hub while it is checked."""

    places: Places
    at: str
    report: HubReport

    def run(self, stanzas: list[Found], progress: Progress) -> None:
        head, *rest = stanzas
        if "hub" not in head.settings:
            self.report.add(HUB_FILE, [f"begins with {shown(next(iter(head.settings)))}; expected "
                                       "hub NAME"])  # fmt: skip
            return
        self.report.add(HUB_FILE, head_problems(head))
        if head.get("useOneFile") == "on":
            genomes = [one for one in rest if "genome" in one.settings]
            tracks = [one for one in rest if "track" in one.settings]
            if len(genomes) != 1:
                self.report.add(HUB_FILE, [f"{len(genomes)} genomes; with useOneFile expected one"])
            for genome in genomes[:1]:
                self._genome(genome, tracks, self.at, HUB_FILE, progress)
            return
        self._several(head, progress)

    def _several(self, head: Found, progress: Progress) -> None:
        """A hub whose genomes and tracks are in files of their own."""
        name = head.get("genomesFile")
        if not name:
            self.report.add(HUB_FILE, ["neither useOneFile on nor a genomesFile"])
            return
        at = self.places.join(self.at, name)
        try:
            genomes = _text(self.places, at, name, self.report)
        except UnreachableError as error:
            self.report.add(name, [str(error)])
            return
        for genome in genomes:
            track_file = genome.get("trackDb")
            there = self.places.join(at, track_file)
            try:
                tracks = _text(self.places, there, track_file, self.report)
            except UnreachableError as error:
                self.report.add(track_file or name, [str(error)])
                continue
            self._genome(genome, tracks, there, track_file, progress)

    def _genome(
        self, genome: Found, tracks: list[Found], at: str, name: str, progress: Progress
    ) -> None:
        """The tracks of a genome, whose addresses are seen from `at`."""
        self.report.add(name, track_problems(tracks))
        held = [track for track in tracks if track.get("bigDataUrl")]
        self.report.tracks += len(held)
        assembly = self._two_bit(genome)
        with (
            progress.task("Reading", len(held), "files") as task,
            Threads(_AT_ONCE) as pool,
        ):
            for address, problems, found in pool.ahead(
                lambda one: self._file(one, at), held, 2 * _AT_ONCE
            ):
                self.report.add(address, problems)
                if found is not None:
                    self.report.files += 1
                    self.report.add(address, _strangers(found, assembly, genome.get("genome")))
                task.advance(1)

    def _two_bit(self, genome: Found) -> Assembly | None:
        """The assembly that a hub brings; None if it is UCSC's own."""
        name = genome.get("twoBitPath")
        if not name:
            if genome.get("genome") not in IGV_GENOMES:
                self.report.assumed.append(genome.get("genome") or "the assembly")
            return None
        try:
            source = open_file(self.places, self.places.join(self.at, name), name, "a 2bit file")
            self.report.add(name, source.notes)
            self.report.files += 1
            return assembly_of_two_bit(source)
        except UnreachableError as error:
            self.report.add(name, [str(error)])
            return None

    def _file(self, track: Found, at: str) -> tuple[str, list[str], Assembly | None]:
        """A track's file: its address in the hub, its problems, and its chromosomes."""
        address = track.get("bigDataUrl")
        expected = FILE_TYPES.get(track.get("type").partition(" ")[0])
        place = self.places.join(at, address)
        name, notes = shown(address, 120), []
        try:
            if expected is None:
                return name, list(self.places.part(place, 0, 1).notes), None
            source = open_file(self.places, place, name, expected)
            notes = list(source.notes)
            return name, notes, assembly_of_track(source, expected)
        except UnreachableError as error:
            return name, [*notes, f"{error}{self._alike(place)}"], None

    def _alike(self, place: str) -> str:
        """Where a file is that has the name in another case, for the end of a message."""
        if not isinstance(self.places, Server):
            return ""
        folder, _, name = place.rpartition("/")
        for other in dict.fromkeys((name.lower(), name.upper(), name.swapcase())):
            if other != name and self.places.exists(f"{folder}/{other}"):
                return f'; there is "{shown(other)}", and servers tell upper and lower case apart'
        return ""


def _strangers(found: Assembly, assembly: Assembly | None, genome: str) -> list[str]:
    """Chromosomes of a file that are not those of the hub's assembly."""
    if assembly is None:
        known = known_genome(found)
        if genome in IGV_GENOMES and known not in {None, genome}:
            return [f"has the chromosomes of {known}; the hub says {genome}"]
        first = found.length_of.get("chr1")
        if genome in IGV_GENOMES and first not in {None, IGV_GENOMES[genome]}:
            return [f"has chr1 of {first:,} bp; that of {genome} has {IGV_GENOMES[genome]:,} bp"]
        if genome in IGV_GENOMES and first is None and "1" in found.length_of:
            return [f'names chromosomes as "1"; {genome} at UCSC names them as "chr1"']
        return []
    lengths = assembly.length_of
    wrong = [
        f"{shown(chrom)} of {size:,} bp" + (f" (there {lengths[chrom]:,})" if chrom in lengths
                                            else " (not there)")
        for chrom, size in zip(found.names, found.lengths, strict=True)
        if lengths.get(chrom) != size
    ]  # fmt: skip
    if not wrong:
        return []
    more = f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
    return [f"has chromosomes that are not those of the hub's 2bit: {', '.join(wrong[:_SHOWN])}"
            f"{more}"]  # fmt: skip
