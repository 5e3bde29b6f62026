"""The type of an index in compiled loops of this folder."""

from __future__ import annotations

import numpy as np

u = np.uint64
"""An index that Numba does not check for being negative, which would count from the end."""
