"""DeepSEA's .mat files of a few windows, in the layout of the published ones."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import torch

from regtrack.dataset import build_mat
from regtrack.dataset.build_mat import build_from_mat
from regtrack.dataset.loader import dense_labels, make_loader
from regtrack.dataset.store import Dataset
from regtrack.dataset.verify import verify_dataset
from regtrack.errors import DatasetError

COUNTS = {"train": 61, "valid": 27, "test": 30}
MARKERS = 5


def windows_of(split: str) -> tuple[list[str], np.ndarray]:
    """Letters of each window, and its labels (n, markers)."""
    random = np.random.default_rng(len(split))
    letters = np.array(list("ACGTN"))[
        random.choice(5, (COUNTS[split], 1_000), p=[0.24] * 4 + [0.04])
    ]
    return ["".join(row) for row in letters], random.integers(0, 2, (COUNTS[split], MARKERS))


def one_hot(sequences: list[str]) -> np.ndarray:
    """As DeepSEA's: (windows, 4, 1000) with channels A G C T, and N as zeros."""
    found = np.zeros((len(sequences), 4, 1_000), np.uint8)
    for number, text in enumerate(sequences):
        for channel, letter in enumerate("AGCT"):
            found[number, channel] = [base == letter for base in text]
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """train.mat in HDF5 with axes in reverse, valid.mat and test.mat in MATLAB 5; a table."""
    for split in COUNTS:
        sequences, labels = windows_of(split)
        x, y = one_hot(sequences), labels.astype(np.uint8)
        if split == "train":
            with h5py.File(tmp_path / "train.mat", "w", userblock_size=512) as file:
                file["trainxdata"], file["traindata"] = x.transpose(2, 1, 0), y.T
        else:
            scipy.io.savemat(tmp_path / f"{split}.mat", {f"{split}xdata": x, f"{split}data": y})
    rows = [f"missing{m}.bed.gz\t{'TF' if m else 'DNase'}\tK562\tT{m}\n" for m in range(MARKERS)]
    (tmp_path / "markers.tsv").write_text("file\tcategory\tcell\ttarget\n" + "".join(rows))
    return tmp_path


def test_windows_and_labels_come_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build_mat, "_AT_ONCE", 25)
    monkeypatch.setattr(build_mat, "_PER_CHROM", 50)
    summary = build_from_mat(folder, folder / "markers.tsv", folder / "out")
    dataset = Dataset.open(folder / "out")

    assert summary.splits == dataset.split_sizes == COUNTS
    assert dataset.assembly.names == ("train", "train.2", "valid", "test")
    assert [marker.name for marker in dataset.markers] == [f"K562_T{m}" for m in range(MARKERS)]
    assert not list(verify_dataset(folder / "out"))
    total = []
    for split in COUNTS:
        sequences, labels = windows_of(split)
        loader = make_loader(
            dataset, split, batch_size=8, seed=0, epoch=0, shuffle=False, max_shift=100
        )
        batches = list(loader)
        codes = torch.cat([batch.codes for batch in batches]).numpy()
        found = torch.cat([dense_labels(batch, MARKERS) for batch in batches]).numpy()
        assert ["".join("ACGTN"[code] for code in row) for row in codes] == sequences
        assert (found[..., 0] == labels).all()
        assert (dataset.positives(split) == labels.sum(0)).all()
        total.append(labels)
    assert summary.coverage == pytest.approx(np.concatenate(total).mean(0).tolist())


def test_one_file_is_a_dataset_for_evaluation(folder: Path) -> None:
    for name in ("train.mat", "valid.mat"):
        (folder / name).unlink()
    build_from_mat(folder, folder / "markers.tsv", folder / "out")
    assert Dataset.open(folder / "out").split_sizes == {"train": 0, "valid": 0, "test": 30}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: {"validxdata": x.transpose(2, 1, 0), "validdata": y.T},
         r"shape \(1000, 4, 27\) and validdata of \(5, 27\); expected \(windows, 4, 1000\)"),
        (lambda x, y: {"testxdata": x, "testdata": y}, "lacks validxdata and validdata; it h"),
        (lambda x, y: {"validxdata": x * 2, "validdata": y}, "other numbers than 0 and 1"),
        (lambda x, y: {"validxdata": np.maximum(x, x[:, ::-1]), "validdata": y}, "two letters at"),
        (lambda x, y: {"validxdata": x, "validdata": y[:, :4]}, "4 labels per window, and .* 5 ro"),
    ],
)  # fmt: skip
def test_other_contents_are_one_line(folder: Path, change, message: str) -> None:  # type: ignore[no-untyped-def]
    sequences, labels = windows_of("valid")
    scipy.io.savemat(folder / "valid.mat", change(one_hot(sequences), labels.astype(np.uint8)))
    with pytest.raises(DatasetError, match=message):
        build_from_mat(folder, folder / "markers.tsv", folder / "out")
    assert not (folder / "out").exists()


def test_no_file_and_no_matlab_file_are_one_line(folder: Path, tmp_path: Path) -> None:
    (folder / "valid.mat").write_bytes(b"<html>not found</html>" * 20)
    with pytest.raises(DatasetError, match=r"valid\.mat is no MATLAB file, or a damaged one"):
        build_from_mat(folder, folder / "markers.tsv", folder / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"holds none of train\.mat, valid\.mat and"):
        build_from_mat(tmp_path / "empty", folder / "markers.tsv", folder / "out")
