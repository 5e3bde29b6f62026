"""A simulation on disk: complete, the same for a seed, and labelled as its sequence says."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from regtrack.errors import AssemblyError, GrammarError, OutOfMemoryError, OutputError
from regtrack.genome.reference import Reference
from regtrack.genome.sequence import N
from regtrack.labels.manifest import read_markers
from regtrack.labels.peaks import read_peaks
from regtrack.simulation.default import DEFAULT_GRAMMAR
from regtrack.simulation.genome import Simulation, simulate
from regtrack.simulation.grammar_file import read_grammar
from regtrack.simulation.motifs import MOTIFS
from regtrack.simulation.truth import read_truth

LENGTH = 300_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    return simulate(tmp_path_factory.mktemp("simulate") / "genome", length=LENGTH)


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".fai"
    }


def truth(made: Simulation) -> list[tuple[str, int, int, str, str, str]]:
    rows = [line.split("\t") for line in made.truth.read_text().splitlines()]
    return [(r[0], int(r[1]), int(r[2]), *r[3].split("/")[:2], r[5]) for r in rows]


def test_the_reference_reads_back_with_gaps_and_soft_masking(made: Simulation) -> None:
    with Reference(made.reference) as reference:
        assert reference.assembly == made.assembly
        assert reference.assembly.total == LENGTH
        chr1 = reference.codes("chr1", 0, made.assembly.length("chr1"))
    assert chr1[0] == chr1[-1] == N
    inside = np.flatnonzero(chr1 == N)
    assert len(set(np.diff(inside))) > 1, "a gap inside too"
    lines = made.reference.read_text().splitlines()
    assert {len(line) for line in lines} >= {60}
    assert max(map(len, lines)) == 60
    letters = "".join(line for line in lines if not line.startswith(">"))
    assert set(letters) <= set("ACGTNacgtn")
    assert set("acgt") < set(letters)


def test_the_markers_table_and_its_peaks_load(made: Simulation) -> None:
    files = read_markers(made.markers)
    assert [file.marker.name for file in files] == [
        "sim_CTCF", "sim_REST", "sim_DNase", "sim_H3K27me3"
    ]  # fmt: skip
    assert [file.marker.category for file in files] == ["TF", "TF", "DNase", "histone"]
    for file in files:
        peaks = read_peaks(file.path, made.assembly)
        covered = sum(end - start for found in peaks.by_chrom.values() for start, end in found)
        assert covered == made.labelled[file.marker.target] > 0


def test_the_truth_is_every_match_in_the_sequence(made: Simulation) -> None:
    found = set()
    with Reference(made.reference) as reference:
        for chrom, length in zip(made.assembly.names, made.assembly.lengths, strict=True):
            codes = reference.codes(chrom, 0, length)
            for name in DEFAULT_GRAMMAR.motifs():
                for strand, starts in zip("+-", MOTIFS[name].find_both(codes), strict=True):
                    found |= {(chrom, start, name, strand) for start in starts.tolist()}
    rows = truth(made)
    assert {(c, s, name, strand) for c, s, _, name, role, strand in rows if role != "shuffled"} == (
        found
    )
    assert {role: sum(row[4] == role for row in rows) for role in made.planted} == made.planted


def test_controls_are_planted_and_unlabelled(made: Simulation) -> None:
    rows = truth(made)
    assert {"pair", "too_far", "lone", "cluster", "single", "shuffled"} <= {r[4] for r in rows}
    peaks = {
        file.marker.target: read_peaks(file.path, made.assembly)
        for file in read_markers(made.markers)
    }

    def share(target: str, role: str) -> float:
        inside = []
        for chrom, start, end, _, found, _ in rows:
            if found == role:
                labelled = peaks[target].by_chrom.get(chrom, ())
                inside.append(any(low <= start and end <= high for low, high in labelled))
        return float(np.mean(inside))

    assert share("H3K27me3", "pair") == 1
    assert share("H3K27me3", "lone") < 0.5  # some lie in the reach of another's partner
    assert share("DNase", "cluster") == 1
    assert share("DNase", "single") == 0


def test_the_same_seed_gives_byte_identical_files(made: Simulation, tmp_path: Path) -> None:
    again = simulate(str(tmp_path / "again"), length=LENGTH)
    other = simulate(tmp_path / "other", length=LENGTH, seed=1)
    assert digests(again.folder) == digests(made.folder)
    differ = {name for name, value in digests(other.folder).items()
              if value != digests(made.folder)[name]}  # fmt: skip
    assert differ == set(digests(made.folder)) - {"markers.tsv", "grammar.json"}


def test_the_demos_genome_and_labels_have_not_changed_since_version_0_1(made: Simulation) -> None:
    """Measured then; grammars had no names yet, and the truth no elements."""
    peaks = [gzip.decompress(path.read_bytes()) for path in sorted(made.folder.glob("peaks/*"))]
    old_truth = re.sub(r"(/[a-z_]+)/\d+/\d+", r"\1", made.truth.read_text()).encode()
    everything = [made.reference.read_bytes(), made.markers.read_bytes(), *peaks, old_truth]
    assert hashlib.sha256(b"".join(everything)).hexdigest().startswith("c1fe468e696a65df")


def test_the_planted_grammar_is_written_too(made: Simulation) -> None:
    assert read_grammar(made.grammar) == DEFAULT_GRAMMAR


def test_the_truth_reads_back(made: Simulation) -> None:
    sites = read_truth(made.truth, DEFAULT_GRAMMAR)
    assert len(sites) == sum(made.planted.values())
    lines = made.truth.read_text().splitlines()
    for line, site in zip(lines, sites, strict=True):
        assert line.split("\t")[:3] == [site.chrom, str(site.start), str(site.end)]
    assert {site.role for site in sites if not site.element} <= {"chance"}
    assert {site.role for site in sites if not site.real} == {"shuffled"}


@pytest.mark.parametrize(
    "line",
    [
        "",
        "chr1\t5\t9\tCTCF/pair",
        "chr1\t9\t9\tCTCF/chance\t0\t+",
        "chr1\t-5\t9\tCTCF/chance\t0\t+",
        "chr1\t5\t9\tCTCF/chance\t0\t*",
        "chr1\t5\t9\tCTCF/pair/1\t0\t+",
        "chr1\t5\t9\tCTCF/pair/1/x\t0\t+",
        "\x1b[2J" * 99,
    ],
)
def test_a_line_that_is_no_site_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "truth.bed"
    path.write_text(f"chr1\t5\t9\tCTCF/chance\t0\t+\n{line}\n")
    with pytest.raises(GrammarError, match=r"truth\.bed line 2: found .*; expected") as caught:
        read_truth(path, DEFAULT_GRAMMAR)
    assert str(caught.value).isprintable()


def test_gzip_carries_no_time_and_no_name(made: Simulation) -> None:
    raw = (made.folder / "peaks" / "CTCF.bed.gz").read_bytes()
    assert raw[3] == 0
    assert raw[4:8] == bytes(4)
    assert gzip.decompress(raw).startswith(b"chr1\t")


def test_too_short_a_length_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="expected 100,000 or more"):
        simulate(tmp_path / "short", length=5_000)
    assert not (tmp_path / "short").exists()


def test_a_negative_seed_and_a_genome_beyond_memory_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AssemblyError, match="`seed` is -1; expected 0 or more"):
        simulate(tmp_path / "odd", seed=-1)
    with pytest.raises(OutOfMemoryError, match=r"1,500,000 GB .*; choose a smaller `length`"):
        simulate(tmp_path / "long", length=10**14)
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_refused_before_anything_is_drawn(made: Simulation) -> None:
    with pytest.raises(OutputError, match="`overwrite=True`"):
        simulate(made.folder, length=LENGTH)


def test_the_shortest_length_has_every_marker(tmp_path: Path) -> None:
    made = simulate(tmp_path / "short", length=100_000)
    assert min(made.labelled.values()) > 0
    assert made.assembly.total == 100_000
