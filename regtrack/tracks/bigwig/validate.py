"""Check every part of a bigWig, and report what is wrong and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from regtrack.genome.agreement import compare_assemblies
from regtrack.genome.assembly import Assembly
from regtrack.progress import SILENT, Progress
from regtrack.tracks.bigwig.check_data import DataCheck
from regtrack.tracks.bigwig.findings import Finding, Findings
from regtrack.tracks.bigwig.layout import VERSION
from regtrack.tracks.bigwig.raw import RawBigWig
from regtrack.tracks.bigwig.readings import Expected
from regtrack.tracks.bigwig.second_reader import SecondReader
from regtrack.tracks.bigwig.source import check_file
from regtrack.tracks.bigwig.trees import Chrom, order_key

_CHROMS = 32  # chromosomes, those with the most bases, whose zoom levels pyBigWig reads


@dataclass(frozen=True)
class Report:
    """The result of checking a file.

    Attributes:
        path: the file.
        findings: what is wrong; empty if the file is valid.
        chroms: number of chromosomes.
        covered: number of bases with a value.
        zooms: bp per record of each zoom level.
    """

    path: Path
    findings: tuple[Finding, ...]
    chroms: int = 0
    covered: int = 0
    zooms: tuple[int, ...] = ()

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def text(self) -> str:
        """One line if the file is valid, else one more per finding."""
        if not self.valid:
            lines = [f"  {found.part}: {found.message}" for found in self.findings]
            return "\n".join([f"{self.path}: not valid", *lines])
        zooms = ", ".join(f"{reduction:,}" for reduction in self.zooms)
        return (
            f"{self.path}: valid; {self.chroms:,} chromosomes, {self.covered:,} bases with a "
            f"value, zoom levels of {zooms} bp; pyBigWig reads the same"
        )


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
        with findings.reading("pyBigWig"):
            for message in reader.check(path, content.expected):
                findings.add("pyBigWig", message)
    return Report(path, findings.all(), content.chroms, content.covered, content.zooms)


@dataclass(frozen=True)
class _Content:
    """The contents that our reader found: for the `Report`, and for comparison with pyBigWig."""

    chroms: int = 0
    covered: int = 0
    zooms: tuple[int, ...] = ()
    expected: Expected = field(default_factory=Expected)


def _check_parts(
    raw: RawBigWig, assembly: Assembly | None, findings: Findings, progress: Progress
) -> _Content:
    _check_header(raw, findings)
    chroms: dict[int, Chrom] = {}
    with findings.reading("chromosomes"):
        chroms = _checked_chromosomes(raw, assembly, findings)
    data = DataCheck(raw, chroms, findings)
    with findings.reading("index"):
        _check_index(raw)
        if chroms:
            name = raw.source.path.name
            with progress.task(f"checking {name}", len(raw.index), "blocks") as task:
                data.run(task)
    zooms = tuple(level.reduction for level in raw.header.zooms)
    lengths = {chrom.name: chrom.length for chrom in chroms.values()}
    expected = Expected()
    if lengths and len(lengths) == len(raw.chroms):
        expected = _expected(raw, lengths, data, findings)
    return _Content(len(chroms), data.covered, zooms, expected)


def _expected(
    raw: RawBigWig, lengths: Mapping[str, int], data: DataCheck, findings: Findings
) -> Expected:
    """The contents that pyBigWig should find, without parts that are known to be wrong."""
    expected = Expected(lengths)
    if findings.of("index") or findings.of("data"):
        return expected
    expected = replace(expected, samples=tuple(data.samples.taken))
    if raw.header.summary_at and not findings.of("summary"):
        expected = replace(expected, bases=data.covered)
    if raw.header.zooms and not findings.of("header") and not findings.of("zoom"):
        expected = replace(expected, chroms=data.largest_chroms(_CHROMS))
    return expected


def _check_header(raw: RawBigWig, findings: Findings) -> None:
    version, zooms = raw.header.version, raw.header.zooms
    if not 1 <= version <= VERSION:
        findings.add("header", f"version {version}; expected 1 to {VERSION}")
    reductions = [level.reduction for level in zooms]
    if not reductions:
        findings.add("header", "no zoom level; IGV refuses such a file")
    if reductions != sorted(set(reductions)) or 0 in reductions:
        findings.add("header", f"zoom levels of {reductions} bp; expected increasing widths")
    if not raw.ends_with_magic():
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
            findings.add("chromosomes", f"{kind} {common[0][0]} is used twice")
    if names != sorted(names, key=str.encode):
        findings.add("chromosomes", "names are not in bytewise order; readers search by bisection")
    sound = {chrom.name: chrom.length for chrom in raw.chroms if chrom.length > 0}
    for chrom in raw.chroms:
        if chrom.length < 1:
            findings.add("chromosomes", f"{chrom.name} has length 0")
    if assembly is not None and sound:
        _check_assembly(Assembly(tuple(sound), tuple(sound.values())), assembly, findings)
    return {chrom.number: chrom for chrom in raw.chroms}


def _check_assembly(held: Assembly, assembly: Assembly, findings: Findings) -> None:
    """Check that the file's chromosomes belong to an assembly, which may have more."""
    found = compare_assemblies(held, assembly)
    for mismatch in found.mismatches:
        findings.add("chromosomes", mismatch.describe("the file", "the assembly"))
    for name in found.only_ours:
        findings.add(
            "chromosomes", f"{name} is not in the assembly, which has {assembly.summary()}"
        )


def _check_index(raw: RawBigWig) -> None:
    leaves = raw.index
    at = raw.header.index_at
    order = order_key(leaves["first_chrom"], leaves["start"])
    if (order[1:] < order[:-1]).any():
        raise raw.source.error("data index", at, "blocks are not in order of chromosome and start")
    if raw.block_count != len(leaves):
        message = f"{len(leaves):,} blocks; the header of the data says {raw.block_count:,}"
        raise raw.source.error("data index", at, message)
