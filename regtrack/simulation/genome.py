"""Simulate a reference with planted grammar, and the peaks that follow from it."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from regtrack.atomic import publish_folder
from regtrack.errors import AssemblyError, check_seed, invalid
from regtrack.genome.assembly import Assembly
from regtrack.genome.intervals import Intervals, Mask
from regtrack.genome.sequence import Codes, decode
from regtrack.machine.memory import check_memory
from regtrack.progress import SILENT, Progress
from regtrack.simulation.background import draw_background, draw_soft_mask, put_gaps
from regtrack.simulation.default import DEFAULT_GRAMMAR
from regtrack.simulation.grammar import Grammar, PlantedMarker
from regtrack.simulation.grammar_file import write_grammar
from regtrack.simulation.plant import find_sites, plant
from regtrack.simulation.rules import Site
from regtrack.simulation.truth import write_truth

BIOSAMPLE = "sim"
SHORTEST = 100_000

_COLUMNS = 60
_PER_BASE = 15  # bytes of memory, measured
_TRUTH_FILE = "truth.bed"
# N, as a fraction of the length: at each telomere-like end, and in the gap inside
_CHROMS = {
    "chr1": (0.45, 0.003, 0.007),
    "chr2": (0.30, 0.003, 0.0),
    "chr3": (0.125, 0.0, 0.004),
    "chr4": (0.125, 0.0, 0.0),
}


@dataclass(frozen=True)
class Simulation:
    """What was simulated, and where the files are.

    Attributes:
        folder: of all files.
        reference: the FASTA.
        markers: the markers table.
        truth: a BED of every site, described in `regtrack.simulation.truth`.
        grammar: what was planted, as a grammar file.
        assembly: names and lengths.
        planted: number of sites per role; sites that arose by chance are included.
        labelled: bp covered by peaks, per target.
        seed: of all random choices.
    """

    folder: Path
    reference: Path
    markers: Path
    truth: Path
    grammar: Path
    assembly: Assembly
    planted: dict[str, int]
    labelled: dict[str, int]
    seed: int


@dataclass(frozen=True)
class _Chromosome:
    name: str
    codes: Codes
    soft_mask: Mask
    sites: list[Site]
    decoys: list[Site]

    def peaks(self, marker: PlantedMarker) -> Intervals:
        labels = marker.rule.label(self.sites)
        found = Intervals.merged([one.start for one in labels], [one.end for one in labels])
        return found.clip(0, len(self.codes))


def simulate(
    out: str | Path,
    *,
    seed: int = 0,
    length: int = 2_000_000,
    grammar: Grammar = DEFAULT_GRAMMAR,
    overwrite: bool = False,
    progress: Progress = SILENT,
) -> Simulation:
    """Write a simulated assembly with planted grammar, and the peaks of its markers.

    The folder holds `reference.fa`; `markers.tsv`; `peaks/TARGET.bed.gz` per marker; `truth.bed`,
    every site of every motif with its role; and `grammar.json`, what was planted. The same seed
    gives byte-identical files.

    Args:
        out: folder to write.
        seed: of all random choices.
        length: bp, of the four chromosomes together.
        grammar: what is planted and labelled.
        overwrite: replace `out`.
        progress: receives the chromosomes as they are done.

    Raises:
        AssemblyError: `length` is below 100,000, or a negative seed.
        OutOfMemoryError: the genome does not fit into memory.
        GrammarError: a motif that cannot be drawn, or a rule that grammar files cannot express.
        OutputError: `out` exists, or cannot be written.
    """
    check_seed(seed, AssemblyError)
    assembly, out = _assembly(length), Path(out)
    with publish_folder(out, mark=_TRUTH_FILE, overwrite=overwrite) as folder:
        write_grammar(folder / "grammar.json", grammar)
        with progress.task("Simulating", assembly.total, "bp") as task:
            chromosomes = []
            for index, name in enumerate(assembly.names):
                rng = np.random.default_rng([seed, index])
                chromosomes.append(_draw_chromosome(name, assembly.length(name), grammar, rng))
                task.advance(assembly.length(name))
        _write_fasta(folder / "reference.fa", chromosomes)
        sites = (sorted([*c.sites, *c.decoys]) for c in chromosomes)
        write_truth(folder / _TRUTH_FILE, chain.from_iterable(sites))
        labelled = _write_markers(folder, grammar.markers, chromosomes)
    return Simulation(
        folder=out,
        reference=out / "reference.fa",
        markers=out / "markers.tsv",
        truth=out / _TRUTH_FILE,
        grammar=out / "grammar.json",
        assembly=assembly,
        planted=dict(Counter(s.role for c in chromosomes for s in (*c.sites, *c.decoys))),
        labelled=labelled,
        seed=seed,
    )


def _assembly(length: int) -> Assembly:
    if length < SHORTEST:
        raise AssemblyError(
            invalid("length", length, f"{SHORTEST:,} or more, to hold its grammar", "bp")
        )
    check_memory(_PER_BASE * length, "choose a smaller `length`")
    # odd lengths, as real chromosomes have
    lengths = [round(share * length) + 37 - 2 * i for i, (share, *_) in enumerate(_CHROMS.values())]
    lengths[-1] = length - sum(lengths[:-1])
    return Assembly(tuple(_CHROMS), tuple(lengths))


def _draw_chromosome(
    name: str, length: int, grammar: Grammar, rng: np.random.Generator
) -> _Chromosome:
    codes = draw_background(length, rng)
    _, ends, middle = _CHROMS[name]
    put_gaps(codes, ends=ends, middle=middle)
    planted = plant(codes, name, grammar, rng)
    return _Chromosome(
        name=name,
        codes=codes,
        soft_mask=draw_soft_mask(length, rng),
        sites=find_sites(codes, name, planted, grammar.motifs()),
        decoys=[site for site in planted if not site.real],
    )


def _write_fasta(path: Path, chromosomes: Iterable[_Chromosome]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for chromosome in chromosomes:
            letters = np.frombuffer(decode(chromosome.codes).encode(), dtype=np.uint8).copy()
            letters[chromosome.soft_mask] |= 0x20  # ASCII: lower case is bit 5
            text = letters.tobytes().decode()
            file.write(f">{chromosome.name}\n")
            for start in range(0, len(text), _COLUMNS):
                file.write(f"{text[start : start + _COLUMNS]}\n")


def _write_markers(
    folder: Path, markers: Iterable[PlantedMarker], chromosomes: Sequence[_Chromosome]
) -> dict[str, int]:
    """Write the table and one peak file per marker; returns the labelled bp per target."""
    (folder / "peaks").mkdir()
    rows = ["file\tcategory\tbiosample\ttarget"]
    labelled = {}
    for marker in markers:
        file = f"peaks/{marker.target}.bed.gz"
        rows.append(f"{file}\t{marker.category}\t{BIOSAMPLE}\t{marker.target}")
        lines = [
            f"{chromosome.name}\t{start}\t{end}\n"
            for chromosome in chromosomes
            for start, end in chromosome.peaks(marker)
        ]
        # no time in the gzip header: the same seed gives byte-identical files
        (folder / file).write_bytes(gzip.compress("".join(lines).encode(), mtime=0))
        labelled[marker.target] = sum(c.peaks(marker).bases for c in chromosomes)
    (folder / "markers.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return labelled
