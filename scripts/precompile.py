"""Compile the encoder's deflate, which takes longest of all loops: once, not in each process.

`make` runs it while pip installs the tools, and the tests before they begin; where the sources
have not changed, it finds the machine code and does nothing.
"""

from __future__ import annotations

import numpy as np

from regtrack.tracks.bigwig.deflate.streams import deflate


def main() -> None:
    """Compile by use."""
    deflate(np.zeros(4, np.uint32), [0], [4])


if __name__ == "__main__":
    main()
