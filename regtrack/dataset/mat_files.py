"""DeepSEA's published windows: train.mat (MATLAB 7.3, which is HDF5), valid.mat and test.mat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.errors import DatasetError
from regtrack.genome.sequence import Codes, N

LENGTH = 1_000  # bp of a window
_CODES = np.array([0, 2, 1, 3], dtype=np.uint8)  # of DeepSEA's channels: A G C T

Labels = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MatWindows:
    """The windows of one file, read a part at a time.

    Attributes:
        path: the file.
        count: number of windows.
        markers: number of labels of a window.
        part: one-hot (n, 4, 1000) and labels (n, markers), uint8, of windows start to stop.
    """

    path: Path
    count: int
    markers: int
    part: Callable[[int, int], tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]]

    def read(self, start: int, stop: int) -> tuple[Codes, Labels]:
        """Codes, uint8 (n, 1000), and labels, bool (n, markers), of some windows.

        Raises:
            DatasetError: a base that is neither one letter nor none, or a label other than 0 and 1.
        """
        one_hot, labels = self.part(start, stop)
        letters = one_hot.sum(1, dtype=np.uint8)
        if one_hot.max(initial=0) > 1 or letters.max(initial=0) > 1 or labels.max(initial=0) > 1:
            raise DatasetError(
                f"{self.path}: windows {start:,} to {stop:,} hold other numbers than 0 and 1, or "
                "two letters at one base; expected one-hot sequence and labels"
            )
        codes = np.einsum("ncl,c->nl", one_hot, _CODES)
        return np.where(letters, codes, N).astype(np.uint8), labels.astype(np.bool_)


@contextmanager
def open_mat(path: Path, split: str) -> Iterator[MatWindows]:
    """The windows of a split's file, such as `trainxdata` and `traindata` of train.mat.

    HDF5 shows MATLAB's axes in reverse: (1000, 4, windows) and (markers, windows) in train.mat, and
    (windows, 4, 1000) and (windows, markers) in the others. A MATLAB 5 file is read as a whole.

    Raises:
        DatasetError: no such file or variable, or other shapes.
    """
    with ExitStack() as stack:
        found, reverse = _variables(path, stack)
        names = f"{split}xdata", f"{split}data"
        if missing := [name for name in names if name not in found]:
            known = ", ".join(name for name in found if not name.startswith(("__", "#")))
            raise DatasetError(
                f"{path} lacks {' and '.join(missing)}; it holds {known or 'nothing'}"
            )
        x, y = (found[name] for name in names)
        shapes = [tuple(one.shape[::-1] if reverse else one.shape) for one in (x, y)]
        count, markers = shapes[1] if len(shapes[1]) == 2 else (0, 0)
        if count == 0 or shapes[0] != (count, 4, LENGTH):
            raise DatasetError(
                f"{path} holds {names[0]} of shape {tuple(x.shape)} and {names[1]} of "
                f"{tuple(y.shape)}; expected "
                + ("(1000, 4, windows) and (markers, windows)" if reverse
                   else "(windows, 4, 1000) and (windows, markers)")
            )  # fmt: skip

        def part(start: int, stop: int) -> tuple[Any, Any]:
            if reverse:
                return x[..., start:stop].transpose(2, 1, 0), y[..., start:stop].T
            return x[start:stop], y[start:stop]

        yield MatWindows(path, count, markers, part)


def _variables(path: Path, stack: ExitStack) -> tuple[Any, bool]:
    """The arrays of a file by name, and whether their axes are in reverse."""
    if not path.is_file():
        raise DatasetError(f"no file {path}; expected DeepSEA's train.mat, valid.mat or test.mat")
    try:  # only who reads such files needs these
        import h5py  # noqa: PLC0415
        import scipy.io  # noqa: PLC0415
    except ImportError as error:
        raise DatasetError(
            f"{path} needs h5py and scipy; install them: pip install 'regtrack[deepsea]'"
        ) from error
    try:
        if h5py.is_hdf5(path):
            return stack.enter_context(h5py.File(path, "r")), True
        return scipy.io.loadmat(path), False
    except (OSError, ValueError, TypeError, NotImplementedError) as error:
        raise DatasetError(f"{path} is no MATLAB file, or a damaged one; copy it again") from error
