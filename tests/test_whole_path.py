"""From a real sequence and real peaks to bigWigs, at a small size."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyBigWig
import pytest

import regtrack

pytestmark = [pytest.mark.real, pytest.mark.slow]

# two strong markers a category, so that little training is enough to beat guessing
MARKERS = (
    "awgTfbs_GM12878_Taf1Pcr1x",
    "awgTfbs_GM12878_GabpPcr2x",
    "awgDnase_Helas3ifna4h",
    "awgDnase_Gm06990",
    "encode_H1hESC_H3K4me3",
    "encode_GM12878_H3K27ac_ENCFF816AHV",
)
LENGTH = 10_000_000
REGION = (550_000, 720_000)  # holds an assembly gap, 585,988 its end


@pytest.fixture(scope="module")
def dataset(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> regtrack.Dataset:
    folder = tmp_path_factory.mktemp("whole_path")
    with (real_data / "markers.tsv").open() as file:
        rows = list(csv.reader(file, delimiter="\t"))
    chosen = [row for row in rows[1:] if Path(row[0]).name.removesuffix(".bed.gz") in MARKERS]
    assert len(chosen) == len(MARKERS)
    table = folder / "markers.tsv"
    table.write_text("\n".join("\t".join(row) for row in [rows[0], *chosen]) + "\n")
    regtrack.build_dataset(
        real_data / "chr1_hg38_10M.fa.gz",
        table,
        folder / "data",
        spec=regtrack.DatasetSpec(split=regtrack.SplitSpec(kind="block", block=500_000)),
        exclude=real_data / "exclude.bed",
        peaks_folder=real_data,
    )
    return regtrack.Dataset.open(folder / "data")


@pytest.fixture(scope="module")
def run(dataset: regtrack.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    regtrack.train(
        dataset,
        folder / "run",
        model="dilated",
        settings={"channels": (64, 64, 32), "hidden": 32, "dropout": 0.1},
        config=regtrack.TrainingConfig(
            epochs=1, batch_size=2, learning_rate=0.003, epoch_windows=150, shift=10_000
        ),
    )
    return folder / "run" / "checkpoint.safetensors"


def test_a_little_training_beats_guessing_in_every_category(
    dataset: regtrack.Dataset, run: Path
) -> None:
    report = regtrack.evaluate(dataset, [run], split="valid")
    assert {row.category for row in report.categories} == {"TF", "DNase", "histone"}
    for row in report.categories:
        assert row.average_precision > 2 * row.base_rate, row


def test_tracks_hold_scores_where_there_are_bases(
    dataset: regtrack.Dataset, run: Path, real_data: Path, tmp_path: Path
) -> None:
    regions = tmp_path / "regions.bed"
    regions.write_text(f"chr1\t{REGION[0]}\t{REGION[1]}\n")
    summary = regtrack.predict_genome(
        run,
        real_data / "chr1_hg38_10M.fa.gz",
        tmp_path / "tracks",
        selection=regtrack.Selection(regions=regions),
    )
    with regtrack.Reference(real_data / "chr1_hg38_10M.fa.gz") as reference:
        known = reference.codes("chr1", *REGION) != 4
    assert 0 < known.sum() < len(known)
    assert len(summary.tracks) == len(MARKERS)
    for track in summary.tracks:
        with pyBigWig.open(str(tmp_path / "tracks" / track.file)) as file:
            assert file.chroms() == {"chr1": LENGTH}
            found = file.values("chr1", *REGION, numpy=True)
            assert file.header()["nBasesCovered"] == known.sum()
        assert np.array_equal(np.isfinite(found), known)
        assert found[known].min() >= 0
        assert found[known].max() <= 1
