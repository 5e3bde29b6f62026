"""Check every part of a bigWig, and report what is wrong and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from regtrack.files.shown import shown
from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress
from regtrack.tracks.bigwig.check_data import DataCheck
from regtrack.tracks.bigwig.findings import Finding, Findings
from regtrack.tracks.bigwig.layout import VERSION, Leaves, order_key
from regtrack.tracks.bigwig.line import Line
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.readings import Expected
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.source import check_file
from regtrack.tracks.bigwig.trees import Chrom

_LONGEST = 400  # letters of a message about names
_CHROMS = 32  # chromosomes, those with the most bases, whose zoom levels pyBigWig reads
_SHORT_PATIENCE = 5.0  # seconds that pyBigWig gets for a file that is known to be damaged


@dataclass(frozen=True)
class Report:
    """The result of checking a file.

    Attributes:
        path: the file.
        findings: what is wrong; empty if the file is valid.
        notes: what is unusual or doubtful although every value can be read.
        chroms: number of chromosomes.
        covered: number of bases with a value.
        zooms: bp per record of each zoom level.
    """

    path: Path
    findings: tuple[Finding, ...]
    notes: tuple[Finding, ...] = ()
    chroms: int = 0
    covered: int = 0
    zooms: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """One line if the file is valid, and one more per finding or note."""
        lines = [f"  {found.part}: {found.message}" for found in self.findings]
        lines += [f"  note on {found.part}: {found.message}" for found in self.notes]
        return "\n".join([f"{self.path}: {self._verdict}", *lines])

    @property
    def _verdict(self) -> str:
        if not self.valid:
            return "not valid"
        zooms = ", ".join(f"{reduction:,}" for reduction in self.zooms)
        levels = f"zoom levels of {zooms} bp" if zooms else "no zoom level"
        second = "" if self._alone else "; pyBigWig reads the same"
        return (
            f"valid; {self.chroms:,} chromosome{'s' * (self.chroms != 1)}, "
            f"{self.covered:,} bases with a value, "
            f"{levels}{second}"
        )

    @property
    def _alone(self) -> bool:
        return any(found.part == "pyBigWig" for found in self.notes)


def validate(
    path: str | Path,
    assembly: Assembly | None = None,
    *,
    second_reader: SecondReader | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Check a bigWig of any writer, with all its values and zoom levels.

    pyBigWig reads the file too; if it fails or finds other contents, that is a finding. Memory
    holds the indexes and a batch of values, whatever the file's size.

    Args:
        path: the file.
        assembly: the assembly that the chromosomes must belong to, if given.
        second_reader: pyBigWig in a separate process, which many files may share; default: one is
            started for this file.
        progress: shows the data blocks checked.

    Raises:
        TrackError: there is no such file.
    """
    path = Path(path)
    check_file(path)
    findings = Findings()
    with ExitStack() as stack:
        reader = second_reader or stack.enter_context(SecondReader())  # starts while we read
        content = _Content()
        with findings.reading("header"), RawBigWig(path) as raw:
            content = _check_parts(raw, assembly, findings, progress)
        if content.big_endian:
            findings.note("pyBigWig", "cannot read big-endian files; only regtrack has read this")
        else:
            _ask(reader, path, content.expected, findings)
    return Report(
        path, findings.all(), findings.notes, content.chroms, content.covered, content.zooms
    )


def _ask(reader: SecondReader, path: Path, expected: Expected, findings: Findings) -> None:
    """Compare with pyBigWig; it is not waited for long if the file is known to be damaged."""
    patience = _SHORT_PATIENCE if findings.all() else None
    with findings.reading("pyBigWig"):
        for message in reader.check(path, expected, patience=patience):
            findings.add("pyBigWig", message)


@dataclass(frozen=True)
class _Content:
    """The contents that our reader found: for the `Report`, and for comparison with pyBigWig."""

    chroms: int = 0
    covered: int = 0
    zooms: tuple[int, ...] = ()
    expected: Expected = field(default_factory=Expected)
    big_endian: bool = False


def _check_parts(
    raw: RawBigWig, assembly: Assembly | None, findings: Findings, progress: Progress
) -> _Content:
    _check_header(raw, findings)
    chroms: dict[int, Chrom] = {}
    with findings.reading("chromosomes"):
        chroms = _checked_chromosomes(raw, assembly, findings)
    data = DataCheck(raw, Line(list(chroms.values())), findings)
    with findings.reading("index"):
        leaves = _checked_index(raw, findings)
        if chroms:
            name = raw.source.path.name
            with progress.task(f"checking {name}", len(leaves), "blocks") as task:
                data.run(leaves, task)
    zooms = tuple(level.reduction for level in raw.header.zooms)
    lengths = {chrom.name: chrom.length for chrom in chroms.values()}
    expected = Expected()
    if lengths and len(lengths) == len(raw.chroms):
        expected = _expected(raw, lengths, data, findings)
    return _Content(len(chroms), data.covered, zooms, expected, raw.source.big_endian)


def _expected(
    raw: RawBigWig, lengths: Mapping[str, int], data: DataCheck, findings: Findings
) -> Expected:
    """The contents that pyBigWig should find, without parts that are known to be wrong."""
    expected = Expected(lengths)
    if findings.of("index") or findings.of("data"):
        return expected
    expected = replace(expected, samples=tuple(data.samples.taken))
    if raw.header.summary_at and not (findings.of("summary") or raw.summary.empty):
        expected = replace(expected, bases=data.covered)
    doubtful = findings.of("header") or findings.of("zoom") or findings.noted("zoom")
    if raw.header.zooms and not doubtful:
        expected = replace(expected, chroms=data.largest_chroms(_CHROMS))
    return expected


def _check_header(raw: RawBigWig, findings: Findings) -> None:
    version, zooms = raw.header.version, raw.header.zooms
    if not 1 <= version <= VERSION:
        findings.add("header", f"version {version}; expected 1 to {VERSION}")
    reductions = [level.reduction for level in zooms]
    if not reductions:
        findings.note("header", "no zoom level; IGV refuses such a file")
    if reductions != sorted(set(reductions)) or 0 in reductions:
        findings.add("header", f"zoom levels of {reductions} bp; expected increasing widths")
    after = raw.bytes_after_end()
    if after:
        findings.note("header", f"{after:,} bytes follow the end of the file")
    elif after is None and version < VERSION:
        findings.note("header", "no magic number at the end of the file, as in old versions")
    elif after is None:
        findings.add("header", "no magic number at the end of the file, which may be truncated")


def _checked_chromosomes(
    raw: RawBigWig, assembly: Assembly | None, findings: Findings
) -> dict[int, Chrom]:
    """The chromosomes by number."""
    names = [chrom.name for chrom in raw.chroms]
    numbers = [chrom.number for chrom in raw.chroms]
    for kind, seen in (("name", names), ("number", numbers)):
        common = Counter(seen).most_common(1)
        if common and common[0][1] > 1:
            findings.add("chromosomes", f"{kind} {shown(common[0][0])} is used twice")
    # within one node readers look at every name
    if raw.chrom_nodes > 1 and names != sorted(names, key=str.encode):
        findings.add("chromosomes", "names are not in bytewise order; readers search by bisection")
    sound = {chrom.name: chrom.length for chrom in raw.chroms if chrom.length > 0}
    for chrom in raw.chroms:
        if chrom.length < 1:
            findings.add("chromosomes", f"{shown(chrom.name)} has length 0")
    if assembly is not None and sound:
        _check_assembly(Assembly(tuple(sound), tuple(sound.values())), assembly, findings)
    return {chrom.number: chrom for chrom in raw.chroms}


def _check_assembly(held: Assembly, assembly: Assembly, findings: Findings) -> None:
    """Check that the file's chromosomes belong to an assembly, which may have more."""
    found = compare_assemblies(held, assembly)
    for mismatch in found.mismatches:
        findings.add("chromosomes", shown(mismatch.describe("the file", "the assembly"), _LONGEST))
    for name in found.only_ours:
        findings.add(
            "chromosomes",
            f"{shown(name)} is not in the assembly, which has {shown(assembly.summary())}",
        )


def _checked_index(raw: RawBigWig, findings: Findings) -> Leaves:
    """The index in order of chromosome and start."""
    leaves = raw.index
    order = order_key(leaves["first_chrom"], leaves["start"])
    if (order[1:] < order[:-1]).any():
        findings.add("index", "blocks are not in order of chromosome and start; readers search so")
        leaves = leaves[np.argsort(order, kind="stable")]
    stated = raw.block_counts
    if len(leaves) not in stated:
        message = f"{len(leaves):,} blocks; the header of the data says {stated[-1]:,}"
        findings.note("index", message)
    return leaves
