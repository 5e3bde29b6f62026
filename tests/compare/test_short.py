"""Datasets with labels in the middle of their windows: each labelled base counts once."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from small_world import World

from regtrack.compare.labels import DatasetLabels
from regtrack.compare.windows import piece_labels, windows_of
from regtrack.dataset.build import build_dataset
from regtrack.dataset.spec import DatasetSpec, SplitSpec
from regtrack.dataset.store import Dataset


def test_overlapping_windows_count_each_base_once(world: World, tmp_path: Path) -> None:
    spec = DatasetSpec.short(split=SplitSpec(kind="chrom", test_chroms=("chr2",)))
    out = tmp_path / "short"
    build_dataset(world.folder / "genome.fa", world.folder / "markers.tsv", out, spec=spec)
    dataset = Dataset.open(out)
    middles = [
        (dataset.interval(number).chrom, dataset.interval(number).start + 400)
        for number in range(len(dataset.windows))
    ]
    sources = world.open(labels=out)
    windows = windows_of(sources)
    assert windows.bases == 200 * len(middles)
    names = [windows.names[chrom] for chrom in windows.chroms.tolist()]
    assert sorted(zip(names, windows.starts.tolist(), strict=True)) == sorted(middles)
    for marker, by_chrom in world.labels.items():
        labelled = sum(piece_labels(sources, marker, piece).sum() for piece in windows.pieces())
        assert labelled == sum(by_chrom[chrom][at : at + 200].sum() for chrom, at in middles)
    sources.pool.close()

    labels = DatasetLabels(dataset)
    for chrom in ("chr1", "chr2"):
        stretches = labels.split_at(chrom, 0, 400_000)
        assert all(one[1] <= other[0] for one, other in pairwise(stretches))
        held = sum(end - start for start, end, _ in stretches)
        assert held == 200 * np.sum([name == chrom for name, _ in middles])
