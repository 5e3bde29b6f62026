"""Genes of a GTF: exons, lanes and lookup by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from regtrack.errors import RegionError, RegtrackError
from regtrack.genome.interval import Interval
from regtrack.tracks.genes import Genes, pack_lanes
from regtrack.tracks.gtf import check_genes, read_genes


def line(
    kind: str,
    start: int,
    end: int,
    *,
    gene: str,
    chrom: str = "chr1",
    rest: str = "",
    sign: str = "+",
) -> str:
    """A line of a GTF, 1-based with both ends included."""
    return f'{chrom}\tx\t{kind}\t{start}\t{end}\t.\t{sign}\t.\tgene_id "{gene}"; {rest}\n'


def transcript(name: str, *tags: str) -> str:
    return f'transcript_id "{name}"; ' + "".join(f'tag "{tag}"; ' for tag in tags)


TEXT = "".join(
    [
        "#!genome-build GRCh38\n\n",
        line("gene", 101, 1000, gene="G1", rest='gene_name "Nol9"; ', sign="-"),
        line("transcript", 101, 400, gene="G1", rest=transcript("T1")),
        line("exon", 101, 400, gene="G1", rest=transcript("T1"), sign="-"),
        line("exon", 901, 1000, gene="G1", rest=transcript("T2", "basic", "Ensembl_canonical")),
        line("exon", 201, 210, gene="G1", rest=transcript("T2", "basic", "Ensembl_canonical")),
        line("CDS", 201, 210, gene="G1", rest=transcript("T2")),
        # no gene line, no name, and two transcripts, of which the longer is drawn
        line("exon", 501, 510, gene="G2", rest=transcript("T3")),
        line("exon", 601, 700, gene="G2", rest=transcript("T4")),
        line("exon", 801, 900, gene="G2", rest=transcript("T4")),
        line("gene", 1, 50, gene="G1", chrom="chr2", rest='gene_name "NOL10"; ', sign="."),
        line("gene", 5001, 5002, gene="G3", rest='gene_name "TP53"; '),
    ]
)
PACKED = gzip.compress(TEXT.encode(), mtime=0)  # byte-identical whenever tests are collected


@pytest.fixture
def genes(tmp_path: Path) -> Genes:
    path = tmp_path / "genes.gtf.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    return read_genes(path)


def test_genes_and_the_exons_of_one_transcript(genes: Genes) -> None:
    assert len(genes) == 4
    rows = genes.within("chr1", 0, 2000)
    assert rows.names == ("Nol9", "G2")
    assert rows.starts.tolist() == [100, 500]
    assert rows.ends.tolist() == [1000, 900]
    assert rows.strands.tolist() == [-1, 1]
    assert rows.lanes.tolist() == [0, 1]
    exons = zip(rows.exon_owners, rows.exon_starts, rows.exon_ends, strict=True)
    assert [tuple(map(int, exon)) for exon in exons] == [
        (0, 200, 210),
        (0, 900, 1000),
        (1, 600, 700),
        (1, 800, 900),
    ]


ISOFORMS = "".join(
    [
        line("gene", 101, 1000, gene="G1", rest='gene_name "NOL9"; '),
        line("exon", 101, 200, gene="G1", rest=transcript("T1", "Ensembl_canonical")),
        line("exon", 301, 400, gene="G1", rest=transcript("T1")),
        line("CDS", 151, 200, gene="G1", rest=transcript("T1")),
        line("CDS", 301, 330, gene="G1", rest=transcript("T1")),
        line("exon", 101, 200, gene="G1", rest=transcript("T2")),
        line("exon", 801, 1000, gene="G1", rest=transcript("T2")),
        line("CDS", 501, 560, gene="G2", rest=transcript("T3"), sign="-"),
        line("gene", 601, 700, gene="G3"),
    ]
)


@pytest.fixture
def many(tmp_path: Path) -> Genes:
    path = tmp_path / "isoforms.gtf"
    path.write_text(ISOFORMS)
    return read_genes(path)


def test_the_coding_parts_of_the_transcript_that_is_drawn(many: Genes) -> None:
    rows = many.within("chr1", 0, 2000)
    assert rows.names == ("NOL9", "G2", "G3")
    assert rows.coding.tolist() == [[150, 330], [500, 560], [0, 0]]
    # T1 codes from within its first exon to within its second; G2 has coding parts alone
    assert [part.tolist() for part in rows.thick()] == [[150, 300, 500], [200, 330, 560], [0, 0, 1]]


def test_every_transcript_is_a_row_of_its_own_length(many: Genes) -> None:
    rows = many.within("chr1", 0, 2000, isoforms=True)
    assert rows.names == ("NOL9", "NOL9", "G2", "G3")
    assert rows.starts.tolist() == [100, 100, 500, 600]
    assert rows.ends.tolist() == [400, 1000, 560, 700]
    assert rows.strands.tolist() == [1, 1, -1, 1]
    assert rows.lanes.tolist() == [0, 1, 0, 0]
    assert rows.exon_owners.tolist() == [0, 0, 1, 1, 2]
    assert rows.exon_starts.tolist() == [100, 300, 100, 800, 500]
    assert [part.tolist() for part in rows.thick()] == [[150, 300, 500], [200, 330, 560], [0, 0, 2]]
    # T1 ends before; its gene does not
    assert many.within("chr1", 450, 2000, isoforms=True).names == ("NOL9", "G2", "G3")


def test_only_overlapping_genes_and_at_most_the_limit(genes: Genes) -> None:
    assert genes.within("chr1", 1000, 5000).names == ()
    assert genes.within("chr1", 999, 5001).names == ("Nol9", "TP53")
    assert genes.within("2", 0, 10).names == ("NOL10",)
    assert genes.within("2", 0, 10).strands.tolist() == [0]
    assert genes.within("chrX", 0, 10).names == ()
    few = genes.within("chr1", 0, 9000, limit=1)
    assert (few.names, few.hidden) == (("Nol9",), 2)


def test_names_are_found_in_either_case(genes: Genes) -> None:
    assert genes.find(" nol9 ") == Interval("chr1", 100, 1000)
    assert genes.complete("NOL") == ["NOL10", "Nol9"]
    assert genes.complete("n", limit=1) == ["NOL10"]
    assert genes.complete("x") == genes.complete("") == []
    with pytest.raises(RegionError, match='Did you mean "TP53"'):
        genes.find("TP35")
    with pytest.raises(RegionError) as caught:
        genes.find("x" * 9999)
    assert len(str(caught.value)) < 200


def test_a_plain_file_reads_the_same(genes: Genes, tmp_path: Path) -> None:
    path = tmp_path / "plain.gtf"
    path.write_text(TEXT)
    assert read_genes(path).within("chr1", 0, 9000).names == genes.within("chr1", 0, 9000).names


def test_a_missing_or_damaged_file_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "g.gtf"
    with pytest.raises(RegtrackError, match="no GTF file at"):
        read_genes(path)
    for broken in (PACKED[:-20], PACKED[:40] + b"x" * 40):
        path.write_bytes(broken)
        with pytest.raises(RegtrackError, match="damaged gzip"):
            read_genes(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"chr1 1 2\n", "line 1 cannot be read"),
        (b"", "has no genes"),
        (PACKED[:15], "damaged gzip"),
    ],
)
def test_a_check_reads_only_the_beginning(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "g.gtf"
    path.write_bytes(content)
    with pytest.raises(RegtrackError, match=message):
        check_genes(path)
    path.write_text(TEXT + "chr1 1 2\n")
    check_genes(path)
    with pytest.raises(RegtrackError, match="expected nine columns"):
        read_genes(path)


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(1, 60)), max_size=60).map(sorted),
    st.integers(0, 20),
)
def test_genes_in_a_lane_do_not_overlap(pairs: list[tuple[int, int]], gap: int) -> None:
    starts = np.array([start for start, _ in pairs], dtype=np.int64)
    ends = starts + np.array([length for _, length in pairs], dtype=np.int64)
    lanes = pack_lanes(starts, ends, gap)
    for lane in set(lanes.tolist()):
        mine = lanes == lane
        assert (starts[mine][1:] >= ends[mine][:-1] + gap).all()
    # every lane is needed: at its first interval all lower lanes are taken
    for lane in set(lanes.tolist()):
        first = int(np.flatnonzero(lanes == lane)[0])
        taken = (starts[:first] <= starts[first]) & (ends[:first] + gap > starts[first])
        assert set(range(lane)) <= set(lanes[:first][taken].tolist())


@pytest.mark.real
def test_real_genes(real_data: Path) -> None:
    genes = read_genes(real_data / "genes_ensembl_hg38_chr1_10M.gtf.gz")
    assert "ISG15" in genes.within("chr1", 1_000_000, 1_025_000).names
    assert genes.find("isg15") == Interval("chr1", 1_013_422, 1_014_540)
    isg15 = genes.within("chr1", 1_013_500, 1_013_501)
    # its CDS rows: 1013574-1013576 and 1013984-1014475
    assert isg15.names == ("ISG15",)
    assert [part.tolist() for part in isg15.thick()[:2]] == [
        [1_013_573, 1_013_983],
        [1_013_576, 1_014_475],
    ]
