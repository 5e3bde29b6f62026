"""Labels, genes, variants and calls of a hub, read by other programs."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pybigtools
import pytest
from read_hub import read_hub
from small_tracks import write_bigwig, write_sweep

from regtrack.errors import RegtrackError
from regtrack.hub.check.run import check_hub
from regtrack.hub.make_items import ItemFiles
from regtrack.hub.publish import HubRequest, write_hub
from regtrack.model_style import style_of

SIZES = {"chr1": 5_000, "chr2": 900}
ONES = {chrom: np.ones(size, np.float32) for chrom, size in SIZES.items()}
GTF = (
    'chr1\tx\texon\t101\t200\t.\t-\t.\tgene_id "G1"; transcript_id "T1"; gene_name "NOL9";\n'
    'chr1\tx\texon\t301\t400\t.\t-\t.\tgene_id "G1"; transcript_id "T1"; gene_name "NOL9";\n'
    'chr1\tx\tCDS\t151\t200\t.\t-\t0\tgene_id "G1"; transcript_id "T1"; gene_name "NOL9";\n'
    'chr1\tx\tCDS\t301\t330\t.\t-\t0\tgene_id "G1"; transcript_id "T1"; gene_name "NOL9";\n'
    'chr2\tx\tgene\t11\t50\t.\t+\t.\tgene_id "G2";\n'
    'chr2\tx\tgene\t890\t950\t.\t+\t.\tgene_id "PAST";\n'
)
VCF = (
    "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
    "1\t100\trs7\tA\tG,T\t.\t.\t.\n1\t200\t.\tACG\tA\t.\t.\t.\nchr9\t5\trs9\tA\tC\t.\t.\t.\n"
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Two models of two markers, with files of everything that may be shown beside them."""
    markers = {"K562_CTCF": ONES, "K562_DNase": ONES}
    write_sweep(tmp_path / "tracks" / "one", "cnn7", markers)
    write_sweep(tmp_path / "tracks" / "two", "dilated", markers)
    (tmp_path / "ctcf.bed").write_text("chr1\t10\t60\nchr1\t50\t90\nchr2\t0\t900\n")
    (tmp_path / "other.bed").write_text("chr1\t1\t2\n")
    (tmp_path / "markers.tsv").write_text(
        "file\tcategory\tcell\ttarget\nctcf.bed\tTF\tK562\tCTCF\nother.bed\tTF\tA549\tMAX\n"
    )
    (tmp_path / "genes.gtf").write_text(GTF)
    (tmp_path / "hits.vcf").write_text(VCF)
    return tmp_path


def made(house: Path, **options: Any) -> Path:
    """A hub of the house's tracks."""
    return write_hub(HubRequest(paths=[house / "tracks"], genome="planted", **options))[0]


def items(path: Path, chrom: str) -> list[tuple[Any, ...]]:
    with pybigtools.open(str(path)) as file:
        return list(file.records(chrom))


def test_labels_stand_below_their_marker_with_its_name(house: Path) -> None:
    folder = made(house, labels=house / "markers.tsv")
    tracks = read_hub(folder / "hub.txt")["tracks"]
    beds = {name: one for name, one in tracks.items() if one.get("type", "").startswith("bigBed")}
    assert list(beds) == ["labels_K562_CTCF"]  # A549_MAX has no track
    (bed,) = beds.values()
    assert (bed["parent"], bed["type"], bed["visibility"]) == ("TF_predicted", "bigBed 4", "dense")
    assert bed["longLabel"] == "K562_CTCF labels: 2"
    order = [name for name, one in tracks.items() if one.get("parent") == "TF_predicted"]
    assert order == ["K562_CTCF", "labels_K562_CTCF", "K562_DNase"]
    path = folder / bed["bigDataUrl"]
    assert items(path, "chr1") == [(10, 90, "K562_CTCF")]
    assert items(path, "chr2") == [(0, 900, "K562_CTCF")]


def test_one_bed_labels_every_marker(house: Path) -> None:
    tracks = read_hub(made(house, labels=house / "ctcf.bed") / "hub.txt")["tracks"]
    assert {"labels_K562_CTCF", "labels_K562_DNase"} <= tracks.keys()


def test_genes_are_thick_where_they_code(house: Path) -> None:
    folder = made(house, genes=house / "genes.gtf")
    gene = read_hub(folder / "hub.txt")["tracks"]["genes"]
    assert (gene["type"], gene["searchIndex"], gene["visibility"]) == ("bigBed 12", "name", "pack")
    path = folder / gene["bigDataUrl"]
    assert items(path, "chr1") == [
        (100, 400, "NOL9", "0", "-", "150", "330", "0", "2", "100,100,", "0,200,")
    ]
    assert items(path, "chr2") == [(10, 50, "G2", "0", "+", "10", "10", "0", "1", "40,", "0,")]


def test_variants_have_their_alleles(house: Path, caplog: pytest.LogCaptureFixture) -> None:
    (house / "eqtl.bed").write_text("track name=x\nchr1\t7\t8\trs1\nchr2\t8\t9\n")
    files = ItemFiles(variants=(house / "hits.vcf", house / "eqtl.bed"))
    folder = made(house, items=files)
    tracks = read_hub(folder / "hub.txt")["tracks"]
    found = tracks["variants_hits"]
    assert (found["type"], found["parent"], found["shortLabel"]) == (
        "bigBed 4 +", "variants", "hits",
    )  # fmt: skip
    assert items(folder / found["bigDataUrl"], "chr1") == [
        (99, 100, "rs7", "A", "G,T"),
        (199, 202, "1:200_ACG>A", "ACG", "A"),
    ]
    assert items(folder / tracks["variants_eqtl"]["bigDataUrl"], "chr1") == [(7, 8, "rs1")]
    assert "hits.vcf: items are left out: 1 on chromosomes that the tracks lack" in caplog.text


def test_items_without_a_base_or_past_an_end_are_left_out_and_counted(
    house: Path, caplog: pytest.LogCaptureFixture
) -> None:
    start = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n"
    (house / "ends.vcf").write_text(
        f"{start}chr2\t0\tt\tN\t<DEL>\nchr2\t900\tlast\tA\tC\nchr2\t901\tafter\tN\tC\n"
    )
    (house / "cuts.bed").write_text(
        f"chr1\t5\t5\nchr1\t4999\t5000\nchr1\t8\t8\nchr1\t9\t{'9' * 15}\nchr7\t1\t2\n"
    )
    folder = made(house, items=ItemFiles(variants=(house / "ends.vcf", house / "cuts.bed")))
    assert items(folder / "hub-items/variants_ends.bb", "chr2") == [(899, 900, "last", "A", "C")]
    assert items(folder / "hub-items/variants_cuts.bb", "chr1") == [(4_999, 5_000, ".")]
    assert "ends.vcf: items are left out: 1 ending past their chromosome, 1 with no base" in (
        caplog.text
    )
    assert (
        "cuts.bed: items are left out: 1 on chromosomes that the tracks lack, 1 ending past their "
        "chromosome, 2 with no base"
    ) in caplog.text


def test_calls_named_as_a_track_stand_below_it_in_its_colour(house: Path) -> None:
    calls = house / "calls"
    calls.mkdir()
    row = "chr1\t10\t60\tp1\t2000\t.\t0.75\t-1\t1.5\t20\n"
    (calls / "dilated.K562_CTCF.narrowPeak").write_text(row)
    (calls / "mine.bed").write_text("chr2\t5\t9\tx\n")
    (calls / "empty.narrowPeak").write_text("")
    (calls / "summary.json").write_text("{}")
    folder = made(house, items=ItemFiles(calls=(calls,)))
    tracks = read_hub(folder / "hub.txt")["tracks"]
    light = style_of("dilated").light
    peaks = tracks["calls_dilated_K562_CTCF"]
    assert (peaks["type"], peaks["parent"]) == ("bigNarrowPeak", "TF_predicted")
    assert peaks["color"] == ",".join(str(int(light[at : at + 2], 16)) for at in (1, 3, 5))
    assert items(folder / peaks["bigDataUrl"], "chr1") == [
        (10, 60, "p1", "1000", ".", "0.75", "-1", "1.5", "20")
    ]
    assert {tracks[name]["parent"] for name in ("calls_mine", "calls_empty")} == {"calls"}
    assert tracks["calls_empty"]["longLabel"] == "empty calls: 0"


def test_sessions_hold_the_items_too(house: Path) -> None:
    folder = made(
        house, labels=house / "markers.tsv", genes=house / "genes.gtf",
        items=ItemFiles(variants=(house / "hits.vcf",)),
    ).rename(house / "elsewhere")  # fmt: skip
    session = ElementTree.parse(folder / "igv-session.xml").getroot()
    beds = [one.get("path") or "" for one in session.iter("Resource") if one.get("type") == "bb"]
    assert beds == [
        "hub-items/genes.bb", "hub-items/labels_K562_CTCF.bb", "hub-items/variants_hits.bb",
    ]  # fmt: skip
    assert all((folder / path).is_file() for path in beds)
    config = json.loads((folder / "igv.json").read_text())
    drawn = [(row["type"], row["name"]) for row in config["tracks"]]
    assert drawn == [
        ("annotation", "Genes"), ("merged", "K562_CTCF"), ("annotation", "K562_CTCF labels"),
        ("merged", "K562_DNase"), ("annotation", "hits"),
    ]  # fmt: skip


def test_effects_of_four_letters_are_stacked_as_letters(house: Path) -> None:
    for letter in "ACGT":
        write_bigwig(house / "tracks" / f"locus.{letter}.bw", ONES)
    write_bigwig(house / "tracks" / "half.A.bw", ONES)
    folder = made(house)
    tracks = read_hub(folder / "hub.txt")["tracks"]
    stack = tracks["locus"]
    assert (stack["container"], stack["aggregate"], stack["logo"]) == ("multiWig", "stacked", "on")
    below = [one for one in tracks.values() if one.get("parent") == "locus"]
    assert [one["shortLabel"] for one in below] == list("ACGT")
    assert [unquote(one["bigDataUrl"]) for one in below] == [f"locus.{x}.bw" for x in "ACGT"]
    assert tracks["half_A"]["parent"] == "other_signals"
    config = json.loads((folder / "igv.json").read_text())
    rows = [row for row in config["tracks"] if row["name"].startswith("locus ")]
    assert [row["name"] for row in rows] == [f"locus {letter}" for letter in "ACGT"]
    assert {row["autoscaleGroup"] for row in rows} == {"locus saturation"}


def test_a_hub_of_919_markers_and_as_many_files_of_any_name_is_valid(tmp_path: Path) -> None:
    short = {"chr1": np.ones(40, np.float32)}
    sweep = write_sweep(tmp_path / "all" / "s", "cnn7", {"m": short})
    record = json.loads((sweep / "sweep.json").read_text())
    (entry,) = record["tracks"]
    names = [f"{'x' * (at % 3 * 40)}K562.{at}" for at in range(306)]
    names += [name.lower() for name in names] + [name.replace(".", "_") for name in names]
    names.append("9")
    record["tracks"] = [
        entry | {"file": f"{at}.bw", "marker": name} for at, name in enumerate(names)
    ]
    signals = tmp_path / "all" / "Gewebe"
    signals.mkdir()
    for at in range(len(names)):
        os.link(sweep / entry["file"], sweep / f"{at}.bw")
        os.link(sweep / entry["file"], signals / f"Zellen für β, (≥{at % 300}%) #{at // 300}.bw")
    (sweep / "sweep.json").write_text(json.dumps(record))
    folder, count = write_hub(HubRequest(paths=[tmp_path / "all"], genome="hg38"))
    tracks = read_hub(folder / "hub.txt")["tracks"]
    rows = [one for one in tracks.values() if "bigDataUrl" in one]
    assert len(rows) == count == 2 * 919
    assert all((folder / unquote(one["bigDataUrl"])).is_file() for one in rows)
    assert len({name.lower() for name in tracks}) == 2 * 919 + 2
    assert all(re.fullmatch(r"[A-Za-z][\w-]*", name, re.ASCII) for name in tracks)
    assert all(len(one["shortLabel"]) <= 17 and one["longLabel"].isascii() for one in rows)
    assert max(len(one["longLabel"]) for one in rows) <= 76


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("chr1\t5\n", "line 1 cannot be read.*expected BED"),
        ("chr1\t9\t5\tx\n", "its end, 5, is before its start; expected the start first$"),
        ("chr1\t-1\t5\tx\n", "expected start and end as whole numbers of 0 or more$"),
        ("chr1\t5\t5\n", "has no item on the tracks, .*: 1 with no base; use items with bases"),
        ("chr1\t5\t99999999999\n", "has no item on the tracks, .*: 1 ending past their chromos"),
        ("chr1\t5\t9\tx\t0\t.\t1\t-1\tnan\t2\n", "ten columns of narrowPeak"),
        ("chr1\t5\t9\tx\t0\t.\t1\t-1\t1\t4\n", "ten columns of narrowPeak"),
        ("##fileformat=VCFv4.2\nchr1\tx\t.\tA\tC\n", "expected POS as a whole number"),
        ("##fileformat=VCFv4.2\nchr1\t5\t.\t.\tC\n", "expected REF as the letters"),
        ("##fileformat=VCFv4.2\nchr1\t5\t.\n", "expected VCF"),
        ("chr77\t5\t9\n", "has no item on the tracks"),
        ("1\t5\t9\nchr1\t5\t9\n", 'calls.txt: "1" and "chr1" in one file are both read as chr1'),
        (VCF, "is a VCF; expected calls"),
    ],
)
def test_calls_that_cannot_be_are_refused(house: Path, content: str, message: str) -> None:
    (house / "calls.txt").write_text(content)
    with pytest.raises(RegtrackError, match=message):
        made(house, items=ItemFiles(calls=(house / "calls.txt",)))
    assert not (house / "tracks" / "hub.txt").exists()


def test_labels_and_folders_without_what_is_needed_are_refused(house: Path) -> None:
    (house / "markers.tsv").write_text("file\tcategory\tcell\ttarget\nother.bed\tTF\tA549\tMAX\n")
    with pytest.raises(RegtrackError, match="the labels have no marker of the tracks, such as K56"):
        made(house, labels=house / "markers.tsv")
    (house / "empty").mkdir()
    with pytest.raises(RegtrackError, match="has no file of calls"):
        made(house, items=ItemFiles(calls=(house / "empty",)))
    assert not (house / "tracks" / "hub.txt").exists()


def test_items_are_replaced_with_the_hub(house: Path) -> None:
    made(house, labels=house / "markers.tsv")
    with pytest.raises(RegtrackError, match="exists already"):
        made(house, labels=house / "markers.tsv")
    request = HubRequest(paths=[house / "tracks"], genome="x", genes=house / "genes.gtf")
    write_hub(request, overwrite=True)
    assert sorted(one.name for one in (house / "tracks" / "hub-items").iterdir()) == [
        "genes.bb", "items.tsv",
    ]  # fmt: skip


def test_copies_are_complete(house: Path) -> None:
    folder = made(house, labels=house / "markers.tsv", out=house / "hub", copy=True)
    tracks = read_hub(folder / "hub.txt")["tracks"]
    paths = [folder / unquote(one["bigDataUrl"]) for one in tracks.values() if "bigDataUrl" in one]
    assert len(paths) == 5
    assert all(path.is_file() for path in paths)


@pytest.mark.real
def test_real_labels_and_genes_are_in_the_hub(tmp_path: Path, real_data: Path) -> None:
    data = real_data
    ones = {"chr1": np.ones(10_000_000, np.float32)}
    write_sweep(tmp_path / "tracks", "cnn7", {"GM12878_CTCF": ones})
    request = HubRequest(
        paths=[tmp_path / "tracks"], genome="hg38part", labels=data / "markers.tsv",
        genes=data / "genes_ensembl_hg38_chr1_10M.gtf.gz",
    )  # fmt: skip
    folder, _ = write_hub(request)
    labelled = np.zeros(10_000_000, bool)
    with gzip.open(data / "peaks" / "awgTfbs_GM12878_Ctcf.bed.gz", "rt") as lines:
        for line in lines:
            start, end = map(int, line.split("\t")[1:3])
            labelled[start:end] = True
    found = np.zeros_like(labelled)
    rows = items(folder / "hub-items" / "labels_GM12878_CTCF.bb", "chr1")
    for start, end, name in rows:
        assert name == "GM12878_CTCF"
        assert not found[start:end].any()
        found[start:end] = True
    np.testing.assert_array_equal(found, labelled)
    with gzip.open(data / "genes_ensembl_hg38_chr1_10M.gtf.gz", "rt") as lines:
        exons = {tuple(line.split("\t")[3:5]) for line in lines if "\texon\t" in line}
    genes = items(folder / "hub-items" / "genes.bb", "chr1")
    assert {"SAMD11", "AGRN", "NOL9"} <= {row[2] for row in genes}
    for row in genes:
        sizes, places = (list(map(int, row[at].rstrip(",").split(","))) for at in (9, 10))
        drawn = [
            (row[0] + at + 1, row[0] + at + size) for at, size in zip(places, sizes, strict=True)
        ]
        assert {(str(low), str(high)) for low, high in drawn} <= exons
    assert check_hub(str(folder)).problems == []
