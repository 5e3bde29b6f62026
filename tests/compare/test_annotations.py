"""BED and VCF files beside the tracks: where their places lie, and what is refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from small_world import World

from regtrack.compare.annotations import is_annotation, read_places
from regtrack.compare.open_sources import open_sources
from regtrack.errors import RegtrackError
from regtrack.genome.assembly import Assembly

ASSEMBLY = Assembly(("chr1", "chr2"), (1_000, 500))
VCF = """\
##fileformat=VCFv4.2
#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO
2\t100\t.\tA\tG\t.\t.\t.
1\t11\trs7\tACG\tA\t.\t.\t.
X\t5\t.\tA\tT\t.\t.\t.
"""


def rows(path: Path, kind: str) -> dict[str, list[tuple[int, int, str]]]:
    found = read_places(path, kind, ASSEMBLY)
    return {
        chrom: list(zip(places.starts.tolist(), places.ends.tolist(), places.names, strict=True))
        for chrom, places in found.items()
    }


def test_a_bed_has_names_and_any_order(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    path.write_text(
        "track name=x\n#c\nchr1\t50\t70\tb\nchr1\t10\t20\nchr1\t990\t2000\tc\n"
        "chr1\t5\t5\nchr2\t600\t700\nchr9\t1\t2\n"
    )
    assert rows(path, "BED") == {
        "chr1": [(5, 6, ""), (10, 20, ""), (50, 70, "b"), (990, 1_000, "c")]
    }


def test_a_vcf_names_its_variants(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf.gz"
    path.write_bytes(gzip.compress(VCF.encode()))
    assert rows(path, "VCF") == {"chr1": [(10, 13, "rs7")], "chr2": [(99, 100, "A>G")]}


def test_the_telomere_is_no_base(tmp_path: Path) -> None:
    path = tmp_path / "a.vcf"
    path.write_text("chr1\t0\t.\tN\t<DEL>\nchr1\t1\tfirst\tA\tT\n")
    assert rows(path, "VCF") == {"chr1": [(0, 1, "first")]}


def test_places_are_found_by_bisection(tmp_path: Path) -> None:
    path = tmp_path / "a.bed"
    path.write_text("chr1\t0\t900\nchr1\t10\t20\nchr1\t300\t310\nchr1\t800\t810\n")
    places = read_places(path, "BED", ASSEMBLY)["chr1"]
    for start, end in ((15, 16), (305, 306), (850, 860), (905, 910)):
        found = places.within(start, end)
        overlap = [
            at
            for at, (low, high) in enumerate(zip(places.starts, places.ends, strict=True))
            if low < end and high > start
        ]
        assert set(overlap) <= set(range(found.start, found.stop))
    assert places.within(905, 910) == slice(4, 4)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("a.bed", "chr1\t5\n", "expected chrom, start and end"),
        ("a.bed", "chr1\t9\t5\n", "expected chrom, start and end"),
        ("a.bed", "chrX\t5\t9\n", "nothing on the tracks"),
        ("a.vcf", "chr1\t-1\t.\tA\tT\n", "expected CHROM, POS"),
        ("a.bed", "1\t5\t9\nchr1\t5\t9\n", 'a.bed: "1" and "chr1"'),
    ],
)
def test_what_is_no_place_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(RegtrackError, match=says):
        read_places(path, "VCF" if name.endswith("vcf") else "BED", ASSEMBLY)


def test_files_are_told_from_tracks_by_their_names(world: World, tmp_path: Path) -> None:
    assert is_annotation(Path("x/a.BED.gz"))
    assert is_annotation(Path("a.narrowPeak"))
    assert not is_annotation(Path("a.bw"))
    (tmp_path / "signal.bed").write_text("chr1\t100\t200\tmine\n")
    given = [world.folder / "sweeps", world.folder / "signal.bw", tmp_path / "signal.bed"]
    with open_sources(given) as sources:
        (file,) = sources.annotations
        assert (file.id, file.kind) == ("signal.bed", "BED")
        assert [(str(place), name) for place, name in file.listed(9)] == [("chr1:101-200", "mine")]
    with pytest.raises(RegtrackError, match="no file at"):
        open_sources([world.folder / "sweeps", tmp_path / "gone.vcf"])
