"""Writing an .npy file piece by piece, its length not known before the end."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt


class ArrayFile:
    """A one-dimensional array on disk that grows by appending; a context manager.

    NumPy leaves room in the header for the length to grow, so it is written again at the end. The
    pieces go through plain writes, so that a full disk is an error and not a lost mapping.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._length = 0
        self._file = path.open("wb")
        self._write_header()

    def append(self, piece: npt.NDArray[Any]) -> None:
        """Write more elements (n,)."""
        self._file.write(np.ascontiguousarray(piece, self._dtype).view(np.uint8).data)
        self._length += len(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()

    def _write_header(self) -> None:
        np.lib.format.write_array_header_1_0(
            self._file,
            {
                "descr": np.lib.format.dtype_to_descr(self._dtype),
                "fortran_order": False,
                "shape": (self._length,),
            },
        )
