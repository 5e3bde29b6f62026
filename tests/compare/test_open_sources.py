"""Opening tracks and labels: contents, fit, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from small_tracks import write_bigwig, write_sweep
from small_world import World

from regtrack.compare.open_sources import open_sources
from regtrack.compare.sources import Sources
from regtrack.errors import RegtrackError


def test_everything_is_opened(world: World, sources: Sources) -> None:
    assert [model.id for model in sources.catalog.models] == ["cnn7", "dilated"]
    assert [marker.name for marker in sources.catalog.markers] == list(world.labels)
    assert [track.id for track in sources.catalog.others] == ["signal"]
    assert sources.dataset is not None
    values = sources.values("dilated.K562_CTCF", "chr1", 50_000, 70_000)
    np.testing.assert_array_equal(
        values, world.scores["dilated"]["K562_CTCF"]["chr1"][50_000:70_000]
    )
    assert sources.bins("signal", "chr2", 10, 20, 5).mean.tolist() == [10.5, 12.5, 14.5, 16.5, 18.5]


def test_genes_are_read_in_the_background(world: World, sources: Sources) -> None:
    assert sources.genes is None
    with_genes = world.open(genes=world.folder / "genes.gtf")
    assert with_genes.gene_file is not None
    found = with_genes.gene_file.wait(20)
    assert found is not None
    assert with_genes.genes is found
    assert found.within("chr1", 0, 9000).names == ("NOL9",)


def test_genes_that_cannot_be_read_are_reported_without_stopping_anything(
    world: World, tmp_path: Path
) -> None:
    path = tmp_path / "g.gtf"
    path.write_text("#\nchr1\tx\tCDS\t1\t2\t.\t+\t.\t\nno genes\n")
    sources = world.open(genes=path)
    assert sources.gene_file is not None
    assert sources.gene_file.wait(20) is None
    assert (sources.gene_file.error or "").startswith("g.gtf line 3 cannot be read")
    assert sources.genes is None


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (("chr1", "1"), 'g.gtf: "chr1" and "1" in one file are both read as chr1'),
        (("Chr2", "2"), 'g.gtf: "Chr2" and "2" in one file are both read as chr2'),
        (("7", "8"), "g.gtf has no gene on the tracks, which have chr1, chr2: its genes are on 7"),
    ],
)
def test_genes_whose_chromosomes_do_not_fit_the_tracks_are_reported(
    world: World, tmp_path: Path, names: tuple[str, str], problem: str
) -> None:
    path = tmp_path / "g.gtf"
    row = '%s\tx\tgene\t1\t9\t.\t+\t.\tgene_id "a";\n'
    path.write_text("".join(row % name for name in names))
    later = world.open(genes=path).gene_file
    assert later is not None
    assert later.wait(20) is None
    assert (later.error or "").startswith(problem)


def test_labels_of_each_kind(world: World) -> None:
    table = world.open(labels=world.folder / "markers.tsv")
    assert table.dataset is None
    assert table.catalog.marker("K562_DNase").category == "DNase"
    bed = world.open(labels=world.folder / "K562_CTCF.bed")
    assert bed.labels is not None
    assert [marker.name for marker in bed.labels.markers] == list(world.labels)
    assert bed.catalog.marker("K562_CTCF").category == "TF"
    assert {marker.name for marker in bed.catalog.markers} == set(world.labels)
    none = world.open(labels=None)
    assert none.labels is None


def test_a_single_bed_is_the_labels_of_every_marker(world: World, tmp_path: Path) -> None:
    path = tmp_path / "mine.bed"
    path.write_text("chr1\t100\t200\n")
    labels = world.open(labels=path).labels
    assert labels is not None
    for marker in world.labels:
        assert list(labels.stretches(marker, "chr1", 0, 1_000)) == [(100, 200)]
    alone = open_sources([world.folder / "signal.bw"], labels=path)
    assert [marker.name for marker in alone.catalog.markers] == ["mine"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("notes.txt", "these are notes\n", "line 1 cannot be read"),
        ("empty.bed", "", "has no peak on the tracks, which have chr1"),
        ("mouse.bed", "scaffold_7\t1\t9\n", "has no peak on the tracks"),
        ("markers.tsv", "file\tcategory\tcell\ttarget\nnotes.txt\tTF\tK562\tCTCF\n",
         r"notes\.txt line 1 cannot be read"),
    ],
)  # fmt: skip
def test_invalid_labels_are_refused_at_once(
    world: World, tmp_path: Path, name: str, text: str, message: str
) -> None:
    (tmp_path / "notes.txt").write_text("these are notes\n")
    (tmp_path / name).write_text(text)
    with pytest.raises(RegtrackError, match=message) as caught:
        world.open(labels=tmp_path / name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chr1\t100\t200\n", r"line 1 cannot be read: .*\(this is a BED file\)"),
        ("# nothing\n", "has no genes"),
    ],
)
def test_invalid_genes_are_refused_at_once(
    world: World, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "g.gtf").write_text(text)
    with pytest.raises(RegtrackError, match=message):
        world.open(genes=tmp_path / "g.gtf")


def test_a_reference_that_is_no_fasta_is_refused_at_once(world: World, tmp_path: Path) -> None:
    (tmp_path / "g.fa").write_bytes(b"\xeb\xf2\x89\x87")
    with pytest.raises(RegtrackError, match=r"g\.fa is a bigBed, not a FASTA"):
        world.open(reference=tmp_path / "g.fa")


@pytest.mark.parametrize("option", ["labels", "reference"])
def test_what_is_read_again_is_no_pipe(world: World, option: str) -> None:
    with pytest.raises(RegtrackError, match="/dev/null is a pipe or a device"):
        world.open(**{option: Path("/dev/null")})


def test_the_reference_that_a_sweep_names(world: World, tmp_path: Path) -> None:
    folder = write_sweep(tmp_path / "s", "cnn7", {"a": {"c": np.ones(9, np.float32)}})
    record = json.loads((folder / "sweep.json").read_text())
    for path, found in [
        (str(world.folder / "genome.fa"), (world.folder / "genome.fa").resolve()),
        (str(tmp_path / "gone.fa"), None),
    ]:
        (folder / "sweep.json").write_text(json.dumps({**record, "reference": {"path": path}}))
        assert open_sources([folder]).reference == found


@pytest.mark.parametrize("option", ["labels", "genes", "reference", "checkpoint"])
def test_missing_files_are_named(world: World, tmp_path: Path, option: str) -> None:
    gone = tmp_path / "gone"
    options = {"checkpoints": [gone]} if option == "checkpoint" else {option: gone}
    with pytest.raises(RegtrackError, match=r"no .* at .*gone") as caught:
        open_sources([world.folder / "sweeps"], **options)
    assert "\n" not in str(caught.value)


def test_a_dataset_of_another_assembly_is_refused(world: World, tmp_path: Path) -> None:
    for chrom, message in [
        ("chr1", r"chr1 is 9 bp in the tracks and 310,000 bp in the dataset"),
        ("chr7", r"the tracks \(chr7\) and the dataset .* share no chromosome"),
    ]:
        path = write_bigwig(tmp_path / f"{chrom}.bw", {chrom: np.ones(9, np.float32)})
        with pytest.raises(RegtrackError, match=message):
            open_sources([path], labels=world.folder / "data")
