"""GTFs of many writers: which genes they have, and that every row is counted."""

from __future__ import annotations

import gzip
import logging
import os
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from regtrack.errors import RegtrackError
from regtrack.genome.intervals import Positions
from regtrack.tracks.gene_places import FAR
from regtrack.tracks.genes import GeneCounts, Genes
from regtrack.tracks.gtf import check_genes, read_genes
from regtrack.tracks.transcripts import Transcripts

Row = tuple[str, int, int, str]  # kind, start and end (1-based, both included), attributes


def gtf(rows: list[Row], chrom: str = "chr1", strand: str = "+") -> str:
    return "".join(
        f"{chrom}\tx\t{kind}\t{start}\t{end}\t.\t{strand}\t.\t{attributes}\n"
        for kind, start, end, attributes in rows
    )


def read(folder: Path, text: str | bytes) -> Genes:
    path = folder / "genes.gtf"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_genes(path)


def drawn_of(known: Transcripts, gene: int) -> Positions:
    """The transcript that is drawn for a gene, if it has any."""
    return np.arange(known.first[gene], known.first[gene + 1])[:1]


def listed(genes: Genes) -> list[tuple[str, str, int, int, list[tuple[int, int]]]]:
    """Chromosome, name, start, end and exons of every gene, 0-based and half-open."""
    return [
        (
            chrom, name, int(found.starts[at]), int(found.ends[at]),
            [
                (int(low), int(high))
                for low, high, *_ in zip(*known.exons_of(drawn_of(known, at)), strict=True)
            ],
        )
        for chrom, found in genes.by_chrom.items()
        for known in [found.transcripts]
        for at, name in enumerate(found.names)
    ]  # fmt: skip


IDS = 'transcript_id "g1.t1"; gene_id "g1";'
EXONS: list[Row] = [("exon", 101, 200, IDS), ("exon", 301, 400, IDS)]
ONE = ("chr1", "g1", 100, 400, [(100, 200), (300, 400)])


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([("gene", 101, 400, "g1"), ("transcript", 101, 400, "g1.t1"), *EXONS,
                      ("intron", 201, 300, IDS), ("CDS", 151, 200, IDS)], id="BRAKER"),
        pytest.param(EXONS, id="no row for the gene"),
        pytest.param([("CDS", 101, 200, IDS), ("CDS", 301, 400, IDS),
                      ("start_codon", 101, 103, IDS)], id="coding parts alone"),
        pytest.param([("CDS", 151, 200, IDS), *EXONS, ("CDS", 301, 350, IDS)], id="both"),
        pytest.param([(k, s, e, "gene_id g1; transcript_id g1.t1; n 1;") for k, s, e, _ in EXONS],
                     id="no quotes"),
        pytest.param([(k, s, e, 'note "a; gene_id b";  transcript_id   "t" ;gene_id\t"g1"')
                      for k, s, e, _ in EXONS], id="blanks and order"),
        pytest.param([(k, s, e, 'havana_gene "H"; ref_gene_id "R"; gene_id "g1"')
                      for k, s, e, _ in EXONS], id="similar attributes"),
        pytest.param([("gene", 101, 400, 'gene_id "g1"'), ("exon", 101, 200, 'gene_id "g1"'),
                      ("exon", 301, 400, 'gene_id "g1"')], id="no transcripts"),
        pytest.param([(k, s, e, 'transcript_id "g1"') for k, s, e, _ in EXONS],
                     id="transcripts alone"),
    ],
)  # fmt: skip
def test_one_gene_is_read_however_it_is_written(tmp_path: Path, rows: list[Row]) -> None:
    genes = read(tmp_path, "track name=x\nbrowser hide all\n" + gtf(rows))
    assert listed(genes) == [ONE]
    others = sum(kind in {"intron", "start_codon"} for kind, *_ in rows)
    assert genes.counts == GeneCounts(read=len(rows), other=others, skipped=2)


def test_a_transcript_row_alone_makes_a_gene_without_exons(tmp_path: Path) -> None:
    genes = read(tmp_path, gtf([("transcript", 5, 9, "jg7.t12"), ("mRNA", 7, 20, "jg7.t1")]))
    assert listed(genes) == [("chr1", "jg7", 4, 20, [])]


@pytest.mark.parametrize(
    ("attributes", "name"),
    [
        ('gene_id "a"; gene_name "N"; gene_symbol "S"; gene "G"', "N"),
        ('gene_symbol "S"; gene_id "a"', "S"),
        ('gene "G"; gene_id "a"', "G"),
        ("gene_id a; gene_name N;", "N"),
        ('gene_id "a"; gene_name ""', "a"),
        ('gene_id "a; b"', "a; b"),
        ('gene_id "é"', "é"),
    ],
)
def test_a_gene_is_called_by_its_name(tmp_path: Path, attributes: str, name: str) -> None:
    assert listed(read(tmp_path, gtf([("gene", 1, 9, attributes)])))[0][1] == name


def test_a_name_may_come_after_the_first_row(tmp_path: Path) -> None:
    rows = [EXONS[0], ("gene", 101, 400, 'gene_id "g1"; gene_name "Late"')]
    assert listed(read(tmp_path, gtf(rows)))[0][1] == "Late"


def test_one_id_on_two_chromosomes_is_two_genes(tmp_path: Path) -> None:
    genes = read(tmp_path, gtf(EXONS, "chrX") + gtf(EXONS, "chrY"))
    assert listed(genes) == [("chrX", *ONE[1:]), ("chrY", *ONE[1:])]


def moved(rows: list[Row], by: int) -> list[Row]:
    return [(kind, start + by, end + by, attributes) for kind, start, end, attributes in rows]


@pytest.mark.parametrize(
    ("rows", "spans"),
    [
        # with rows for the gene, each is a gene
        ([("gene", 101, 400, "g1"), *EXONS, *moved([("gene", 101, 400, "g1"), *EXONS], 1000)],
         [(100, 400, 2), (1100, 1400, 2)]),
        # unless they overlap
        ([("gene", 101, 400, "g1"), ("gene", 301, 500, "g1"), *EXONS], [(100, 500, 2)]),
        # without: what is further away than introns are long
        ([*EXONS, *moved(EXONS, 50_000_000)], [(100, 400, 2), (50_000_100, 50_000_400, 2)]),
        ([*EXONS, *moved(EXONS, FAR)], [(100, FAR + 400, 4)]),
        ([*EXONS, *moved(EXONS, FAR + 301)], [(100, 400, 2), (FAR + 401, FAR + 701, 2)]),
        # rows outside of that of their gene
        ([("gene", 301, 400, "g1"), *EXONS], [(100, 400, 2)]),
    ],
)  # fmt: skip
def test_one_id_at_two_places_of_a_chromosome(
    tmp_path: Path, rows: list[Row], spans: list[tuple[int, int, int]]
) -> None:
    for written in (rows, rows[::-1]):
        found = listed(read(tmp_path, gtf(written)))
        assert [(start, end, len(exons)) for _, _, start, end, exons in found] == spans


def test_one_id_on_both_strands_is_two_genes(tmp_path: Path) -> None:
    genes = read(tmp_path, gtf(EXONS) + gtf(moved(EXONS, 1000), strand="-"))
    assert [start for _, _, start, *_ in listed(genes)] == [100, 1100]
    assert genes.by_chrom["chr1"].strands.tolist() == [1, -1]


def test_transcripts_that_share_an_id_stay_with_their_genes(tmp_path: Path) -> None:
    rows = [("exon", 1, 9, 'gene_id "a"; transcript_id "unknown_transcript_1"'),
            ("exon", 101, 109, 'gene_id "b"; transcript_id "unknown_transcript_1"')]  # fmt: skip
    found = listed(read(tmp_path, gtf(rows)))
    assert found == [("chr1", "a", 0, 9, [(0, 9)]), ("chr1", "b", 100, 109, [(100, 109)])]


def test_ids_that_begin_alike_are_told_apart(tmp_path: Path) -> None:
    rows = [("exon", 1, 9, "transcript_id t; gene_id g1"),
            ("exon", 101, 109, "transcript_id t; gene_id g10"),
            ("exon", 201, 209, "gene_id g1; transcript_id t1"),
            ("exon", 201, 207, "gene_id g1; transcript_id t10")]  # fmt: skip
    found = listed(read(tmp_path, gtf(rows)))
    assert found == [("chr1", "g1", 0, 209, [(0, 9)]), ("chr1", "g10", 100, 109, [(100, 109)])]


def test_every_row_is_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows: list[Row] = [
        *EXONS,
        ("exon", 1, 9, ""),
        ("exon", 1, 9, 'gene_id ""; note "x"'),
        ("gene", 1, 9, 'ID_x "1"'),
        ("UTR", 101, 110, IDS),
    ]
    with caplog.at_level(logging.WARNING):
        genes = read(tmp_path, "#!x\n" + gtf(rows) + "\n")
    assert genes.counts == GeneCounts(read=6, other=1, nameless=3, skipped=2)
    assert genes.counts.used == 2
    (message,) = caplog.messages
    assert message.endswith(
        "genes.gtf: 1 genes from 2 of 6 rows; 3 dropped, without gene_id; 1 of other kinds"
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("##gff-version 3\nchr1\tx\tgene\t1\t9\t.\t+\t.\tID=g;Name=n\n",
         "line 2 .* this is GFF3; expected a GTF: convert it with gffread"),
        (gtf([("mRNA", 1, 9, "ID=t;Parent=g")]), "line 1 .* this is GFF3"),
        ("chr1\t1\t9\n", r"line 1 .*nine columns.*\(this is a BED file\)"),
        (gtf([("exon", 0, 9, IDS)]), "line 1 .*expected a start of 1 or more"),
        (gtf([EXONS[0], ("exon", 9, 8, IDS)]), "line 2 .*expected a start of 1 or more"),
        (gtf([("exon", -1, 9, IDS)]), "line 1 .*whole numbers"),
        (gtf([("exon", 1, 10**13, IDS)]), "line 1 .*no chromosome is this long"),
        (gtf([("exon", 1, 9, f'gene_id "{"g" * 2000}";')]), "line 1 .*is longer than 1,000 bytes"),
        (gtf([("UTR", 1, 9, IDS), ("exon", 1, 9, "")]),
         "has no genes; .*found 0 of 2 rows; 1 dropped, without gene_id; 1 of other kinds"),
        ("", "has no genes"),
        ("\x1b[31m" + "x" * 9999, "line 1 cannot be read"),
        (b"<html>", "is an HTML page .*; expected a GTF file"),
        (b"\xeb\xf2\x89\x87", "is a bigBed; expected a GTF file"),
    ],
)  # fmt: skip
def test_what_is_no_gtf_is_refused(tmp_path: Path, content: str | bytes, reason: str) -> None:
    with pytest.raises(RegtrackError, match=reason) as caught:
        read(tmp_path, content)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400 + len(str(tmp_path))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_gtf_is_read_in_every_dress(tmp_path: Path, end: str, coding: str) -> None:
    text = gtf([("gene", 1, 9, 'gene_id "é"'), ("gene", 21, 29, 'gene_id "b"')])
    content = text.replace("\n", end).encode(coding)
    for packed in (content, gzip.compress(content[:50]) + gzip.compress(content[50:])):
        assert [gene[1] for gene in listed(read(tmp_path, packed))] == ["é", "b"]


def test_more_rows_than_any_annotation_has_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regtrack.tracks.gtf._AT_ONCE", 2)
    monkeypatch.setattr("regtrack.tracks.gtf._MOST_ROWS", 7)
    same = gtf([("exon", 1, 9, IDS)])
    assert read(tmp_path, same * 7).counts.used == 7
    with pytest.raises(RegtrackError, match="has more than 7 rows of genes and exons"):
        read(tmp_path, same * 9)


def test_a_pipe_is_read_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text(gtf(EXONS)))
    writer.start()
    check_genes(pipe)
    assert listed(read_genes(pipe)) == [ONE]
    writer.join()


places = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 3), st.integers(1, 60), st.integers(0, 20)),
    min_size=1, max_size=12,
)  # fmt: skip


@settings(max_examples=60)
@given(places)
def test_genes_span_their_rows_and_draw_one_transcript(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, int, int]]
) -> None:
    text = gtf(
        [
            ("exon", start, start + size, f'gene_id "{gene}"; transcript_id "{gene}{number}"')
            for gene, number, start, size in rows
        ]
    )
    expected = {}
    for gene in {gene for gene, *_ in rows}:
        mine = [row for row in rows if row[0] == gene]
        # most bases, then the transcript that comes first in the file
        totals: dict[int, int] = {}
        for _, number, _, size in mine:
            totals[number] = totals.get(number, 0) + size + 1
        drawn = max(totals, key=lambda number: totals[number])
        expected[gene] = (
            min(start for *_, start, _ in mine) - 1,
            max(start + size for *_, start, size in mine),
            sorted(start - 1 for _, number, start, _ in mine if number == drawn),
        )
    found = listed(read(tmp_path_factory.mktemp("gtf"), text))
    assert {
        name: (start, end, [low for low, _ in exons]) for _, name, start, end, exons in found
    } == expected
