"""Write an .npy file piece by piece when its length is known only at the end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regtrack.closing import Closing


class ArrayFile(Closing):
    """A one-dimensional array on disk that grows by appending; a context manager.

    NumPy reserves space in the header for the length to grow, so the header is rewritten at the
    end. Pieces are written as plain bytes, so that a full disk raises an error instead of losing a
    memory mapping.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any]) -> None:
        self._dtype = dtype
        self._length = 0
        self._file = path.open("wb")
        self._write_header()

    def append(self, piece: npt.NDArray[Any]) -> None:
        """Append elements, (n,) of the file's dtype."""
        self._file.write(np.ascontiguousarray(piece, self._dtype).view(np.uint8).data)
        self._length += len(piece)

    def close(self) -> None:
        """Write the final header, and close the file."""
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
