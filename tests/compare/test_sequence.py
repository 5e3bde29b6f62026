"""Letters of an assembly, from a dataset or a FASTA."""

from __future__ import annotations

from small_world import World

from regtrack.compare.sequence import Letters
from regtrack.dataset.store import Dataset
from regtrack.genome.sequence import decode


def test_letters_come_from_the_dataset_or_the_reference(world: World) -> None:
    dataset = Dataset.open(world.folder / "data")
    fasta = world.folder / "genome.fa"
    truth = fasta.read_text().split("\n")[3][10:60]
    for letters in (Letters(dataset, None), Letters(None, fasta), Letters(dataset, fasta)):
        codes = letters.codes("2", 10, 60)
        assert codes is not None
        assert decode(codes) == truth
        assert letters.codes("chrX", 0, 1) is None
    assert Letters(None, None).codes("chr1", 0, 1) is None
