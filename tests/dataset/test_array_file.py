"""Arrays written in pieces are read by NumPy as one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from regtrack.dataset.array_file import ArrayFile
from regtrack.dataset.format import BASE, OFFSET, ROW, WINDOW


@pytest.mark.parametrize("dtype", [BASE, OFFSET, ROW, WINDOW])
@pytest.mark.parametrize("sizes", [[], [0], [3], [5, 0, 100_000, 1]])
def test_pieces_read_as_one_array(tmp_path: Path, dtype: np.dtype, sizes: list[int]) -> None:
    random = np.random.default_rng(0)
    pieces = [np.frombuffer(random.bytes(size * dtype.itemsize), dtype) for size in sizes]
    with ArrayFile(tmp_path / "a.npy", dtype) as file:
        for piece in pieces:
            file.append(piece)
    found = np.load(tmp_path / "a.npy", mmap_mode="r", allow_pickle=False)
    expected = np.concatenate(pieces) if pieces else np.empty(0, dtype)
    assert found.dtype == dtype
    assert found.tobytes() == expected.tobytes()
    # identical to what NumPy writes at once
    np.save(tmp_path / "b.npy", expected)
    assert (tmp_path / "a.npy").read_bytes() == (tmp_path / "b.npy").read_bytes()


def test_a_piece_of_another_type_is_cast(tmp_path: Path) -> None:
    with ArrayFile(tmp_path / "a.npy", OFFSET) as file:
        file.append(np.arange(6, dtype=np.int32)[::2])
    assert np.load(tmp_path / "a.npy").tolist() == [0, 2, 4]
